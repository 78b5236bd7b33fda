/** Bytes of x86-64 instructions whose operands are registers of BPF (arch/x86/net/bpf_jit_comp.c; Intel SDM, volume 2). */
import { AluOp, InsnSize } from '../../isa/index.ts';

/** Registers of BPF beyond R10 and the kernel's own: those that the compiler keeps for itself. */
export const Reg = {
  R0: 0,
  R1: 1,
  R2: 2,
  R3: 3,
  R4: 4,
  R5: 5,
  FP: 10,
  AX: 11,
  AUX: 12,
  X86_R9: 13,
  X86_R12: 14,
} as const;

/** Low three bits of the x86 register that stands for each. */
const NUMBERS: readonly number[] = [0, 7, 6, 2, 1, 0, 3, 5, 6, 7, 5, 2, 3, 1, 4];
/** r8 to r15: one bit more, in the prefix. */
const EXTENDED: ReadonlySet<number> = new Set([5, 7, 8, 9, 11, 12, 13, 14]);
/** Their low byte has a name only with a prefix. */
const PREFIXED_BYTES: ReadonlySet<number> = new Set([...EXTENDED, 1, 2, 10]);

const REX = 0x40;
const REX_W = 0x48;
/** Opcodes of operations on two registers; those of shifts are the extension of the opcode. */
export const ALU_OPCODES: Readonly<Record<number, number>> = {
  [AluOp.ADD]: 0x01,
  [AluOp.SUB]: 0x29,
  [AluOp.AND]: 0x21,
  [AluOp.OR]: 0x09,
  [AluOp.XOR]: 0x31,
  [AluOp.LSH]: 0xe0,
  [AluOp.RSH]: 0xe8,
  [AluOp.ARSH]: 0xf8,
};
/** ModRM extension and the short opcode for rax, of operations with an immediate. */
export const IMMEDIATE_OPCODES: Readonly<Record<number, readonly [extension: number, short: number]>> = {
  [AluOp.ADD]: [0xc0, 0x05],
  [AluOp.SUB]: [0xe8, 0x2d],
  [AluOp.AND]: [0xe0, 0x25],
  [AluOp.OR]: [0xc8, 0x0d],
  [AluOp.XOR]: [0xf0, 0x35],
};

/** A signed immediate or distance of 8 bits. */
export function fitsByte(value: number): boolean {
  return value >= -128 && value <= 127;
}

/** It stands for one of r8 to r15. */
export function isExtended(reg: number): boolean {
  return EXTENDED.has(reg);
}

/** Collects bytes. Methods are named for what they write; registers are of BPF. */
export class Emitter {
  readonly bytes: number[] = [];

  get length(): number {
    return this.bytes.length;
  }

  emit(...bytes: readonly number[]): this {
    for (const byte of bytes) this.bytes.push(byte & 0xff);
    return this;
  }

  emit32(value: number): this {
    return this.emit(value, value >> 8, value >> 16, value >> 24);
  }

  /** No operations of `length` bytes, as long ones as there are. */
  nops(length: number): this {
    for (let left = length; left > 0;) {
      const size = Math.min(left, 8);
      this.emit(...(NOPS[size] as readonly number[]));
      left -= size;
    }
    return this;
  }

  static one(byte: number, reg: number): number {
    return byte | (isExtended(reg) ? 1 : 0);
  }

  static two(byte: number, rm: number, reg: number): number {
    return byte | (isExtended(rm) ? 1 : 0) | (isExtended(reg) ? 4 : 0);
  }

  static three(byte: number, base: number, reg: number, index: number): number {
    return Emitter.two(byte, base, reg) | (isExtended(index) ? 2 : 0);
  }

  static rm(byte: number, reg: number): number {
    return byte + (NUMBERS[reg] as number);
  }

  static rmReg(byte: number, rm: number, reg: number): number {
    return byte + (NUMBERS[rm] as number) + ((NUMBERS[reg] as number) << 3);
  }

  /** A prefix for two registers, where they need one. */
  prefix2(rm: number, reg: number, isWide: boolean): this {
    if (isWide) return this.emit(Emitter.two(REX_W, rm, reg));
    return isExtended(rm) || isExtended(reg) ? this.emit(Emitter.two(REX, rm, reg)) : this;
  }

  /** A prefix for one register, where it needs one. */
  prefix1(reg: number, isWide: boolean): this {
    if (isWide) return this.emit(Emitter.one(REX_W, reg));
    return isExtended(reg) ? this.emit(Emitter.one(REX, reg)) : this;
  }

  /** mov dst, src of 64 bits; nothing where they are one. */
  move(dst: number, src: number): this {
    if (dst === src) return this;
    return this.emit(Emitter.two(REX_W, dst, src), 0x89, Emitter.rmReg(0xc0, dst, src));
  }

  moveReg(isWide: boolean, dst: number, src: number): this {
    if (isWide) return this.move(dst, src);
    return this.prefix2(dst, src, false).emit(0x89, Emitter.rmReg(0xc0, dst, src));
  }

  /** mov with sign extension from `bits`. */
  moveSigned(bits: number, isWide: boolean, dst: number, src: number): this {
    const operands = Emitter.rmReg(0xc0, src, dst);
    if (isWide && bits === 32) return this.emit(Emitter.two(REX_W, src, dst), 0x63, operands);
    if (isWide) return this.emit(Emitter.two(REX_W, src, dst), 0x0f, bits === 8 ? 0xbe : 0xbf, operands);
    if (bits === 8) return this.emit(Emitter.two(REX, src, dst), 0x0f, 0xbe, operands);
    return this.prefix2(src, dst, false).emit(0x0f, 0xbf, operands);
  }

  /** mov dst, imm of 32 bits; `isSigned` fills the upper half with its sign. */
  moveImm32(isSigned: boolean, dst: number, imm: number): this {
    if (isSigned && (imm | 0) < 0) {
      return this.emit(Emitter.one(REX_W, dst), 0xc7, Emitter.rm(0xc0, dst)).emit32(imm);
    }
    if (imm === 0) {
      if (isExtended(dst)) this.emit(Emitter.two(REX, dst, dst));
      return this.emit(0x31, Emitter.rmReg(0xc0, dst, dst));
    }
    return this.prefix1(dst, false).emit(Emitter.rm(0xb8, dst)).emit32(imm);
  }

  /** mov dst, imm of 64 bits in the shortest way. */
  moveImm64(dst: number, value: bigint): this {
    const low = Number(BigInt.asIntN(32, value));
    if (BigInt.asUintN(64, value) === BigInt.asUintN(32, value)) return this.moveImm32(false, dst, low);
    if (BigInt.asIntN(64, value) === BigInt.asIntN(32, value)) return this.moveImm32(true, dst, low);
    this.emit(Emitter.one(REX_W, dst), Emitter.rm(0xb8, dst)).emit32(low);
    return this.emit32(Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** The memory operand [base + off] and a register. */
  memory(base: number, reg: number, off: number): this {
    if (fitsByte(off)) return this.emit(Emitter.rmReg(0x40, base, reg), off);
    return this.emit(Emitter.rmReg(0x80, base, reg)).emit32(off);
  }

  /** The memory operand [base + index + off] and a register. */
  memoryIndexed(base: number, reg: number, index: number, off: number): this {
    const sib = Emitter.rmReg(0, base, index);
    if (fitsByte(off)) return this.emit(Emitter.rmReg(0x44, 0, reg), sib, off);
    return this.emit(Emitter.rmReg(0x84, 0, reg), sib).emit32(off);
  }

  /** Load that clears what is above; `size` is one of InsnSize. */
  load(size: number, dst: number, src: number, off: number): this {
    if (size === InsnSize.B) this.emit(Emitter.two(REX_W, src, dst), 0x0f, 0xb6);
    else if (size === InsnSize.H) this.emit(Emitter.two(REX_W, src, dst), 0x0f, 0xb7);
    else this.prefix2(src, dst, size === InsnSize.DW).emit(0x8b);
    return this.memory(src, dst, off);
  }

  loadSigned(size: number, dst: number, src: number, off: number): this {
    this.emit(Emitter.two(REX_W, src, dst));
    if (size === InsnSize.B) this.emit(0x0f, 0xbe);
    else if (size === InsnSize.H) this.emit(0x0f, 0xbf);
    else this.emit(0x63);
    return this.memory(src, dst, off);
  }

  store(size: number, dst: number, src: number, off: number): this {
    if (size === InsnSize.B) {
      if (isExtended(dst) || PREFIXED_BYTES.has(src)) this.emit(Emitter.two(REX, dst, src));
      this.emit(0x88);
    } else {
      if (size === InsnSize.H) this.emit(0x66);
      this.prefix2(dst, src, size === InsnSize.DW).emit(0x89);
    }
    return this.memory(dst, src, off);
  }

  storeImm(size: number, dst: number, off: number, imm: number): this {
    if (size === InsnSize.H) this.emit(0x66);
    this.prefix1(dst, size === InsnSize.DW).emit(size === InsnSize.B ? 0xc6 : 0xc7);
    if (fitsByte(off)) this.emit(Emitter.rm(0x40, dst), off);
    else this.emit(Emitter.rm(0x80, dst)).emit32(off);
    return this.immediate(size, imm);
  }

  /** As wide as the access, 4 bytes for 8. */
  immediate(size: number, imm: number): this {
    if (size === InsnSize.B) return this.emit(imm);
    return size === InsnSize.H ? this.emit(imm, imm >> 8) : this.emit32(imm);
  }

  /** call or jmp (`opcode`) with a distance of 32 bits; `from` is where the instruction lies. */
  branchTo(opcode: number, target: bigint, from: bigint): this {
    return this.emit(opcode).emit32(Number(BigInt.asIntN(32, target - from - 5n)));
  }
}

const NOPS: readonly (readonly number[])[] = [
  [],
  [0x90],
  [0x66, 0x90],
  [0x0f, 0x1f, 0x00],
  [0x0f, 0x1f, 0x40, 0x00],
  [0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
  [0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];
