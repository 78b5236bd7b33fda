import { EngineError, assert } from '../base/index.ts';
import {
  AluOp,
  InsnClass,
  InsnMode,
  InsnSize,
  InsnSource,
  type Insn,
  JmpOp,
  Op,
  PseudoSource,
} from '../isa/index.ts';

/** Registers by number, for readable emission. */
export const R0 = 0;
export const R1 = 1;
export const R2 = 2;
export const R3 = 3;
export const R4 = 4;
/** The loader's context. */
export const R6 = 6;
/** Result of the last system call: becomes the loader's return value. */
export const R7 = 7;
/** The instruction that is being relocated. */
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;

/** Helpers that generated programs call (include/uapi/linux/bpf.h). */
export const Helper = {
  PROBE_READ_KERNEL: 113,
  COPY_FROM_USER: 148,
  SYS_BPF: 166,
  BTF_FIND_BY_NAME_KIND: 167,
  SYS_CLOSE: 168,
  KALLSYMS_LOOKUP_NAME: 179,
} as const;

type Size = (typeof InsnSize)[keyof typeof InsnSize];

/** A growing list of instructions; each method appends one (ld_imm64: two slots). */
export class Code {
  readonly insns: Insn[] = [];

  get length(): number {
    return this.insns.length;
  }

  #push(code: number, dst: number, src: number, off: number, imm: number): this {
    this.insns.push({ code, dst, src, off, imm });
    return this;
  }

  movReg(dst: number, src: number): this {
    return this.#push(InsnClass.ALU64 | AluOp.MOV | InsnSource.X, dst, src, 0, 0);
  }
  movImm(dst: number, imm: number): this {
    return this.#push(InsnClass.ALU64 | AluOp.MOV | InsnSource.K, dst, 0, 0, imm);
  }
  addImm(dst: number, imm: number): this {
    return this.#push(InsnClass.ALU64 | AluOp.ADD | InsnSource.K, dst, 0, 0, imm);
  }
  addReg(dst: number, src: number): this {
    return this.#push(InsnClass.ALU64 | AluOp.ADD | InsnSource.X, dst, src, 0, 0);
  }
  shiftRight(dst: number, bits: number): this {
    return this.#push(InsnClass.ALU64 | AluOp.RSH | InsnSource.K, dst, 0, 0, bits);
  }
  and32(dst: number, imm: number): this {
    return this.#push(InsnClass.ALU | AluOp.AND | InsnSource.K, dst, 0, 0, imm);
  }
  /** dst = *(size *)(src + off) */
  load(size: Size, dst: number, src: number, off: number): this {
    return this.#push(InsnClass.LDX | InsnMode.MEM | size, dst, src, off, 0);
  }
  /** *(size *)(dst + off) = src */
  store(size: Size, dst: number, src: number, off: number): this {
    return this.#push(InsnClass.STX | InsnMode.MEM | size, dst, src, off, 0);
  }
  /** *(size *)(dst + off) = imm */
  storeImm(size: Size, dst: number, off: number, imm: number): this {
    return this.#push(InsnClass.ST | InsnMode.MEM | size, dst, 0, off, imm);
  }
  /** if dst OP imm goto pc+off (64-bit) */
  jumpIf(op: number, dst: number, imm: number, off: number): this {
    return this.#push(InsnClass.JMP | op | InsnSource.K, dst, 0, off, imm);
  }
  /** if dst OP src goto pc+off (64-bit) */
  jumpIfReg(op: number, dst: number, src: number, off: number): this {
    return this.#push(InsnClass.JMP | op | InsnSource.X, dst, src, off, 0);
  }
  /** Makes the jump that was emitted as number `jump` lead to the next instruction. Throws `unsupported` if it would be too long. */
  land(jump: number): this {
    const distance = this.insns.length - jump - 1;
    const insn = this.insns[jump];
    assert(insn !== undefined, 'no such jump');
    if (distance > 0x7fff) {
      throw new EngineError('unsupported', `a jump over ${distance} instructions: 32767 are possible`);
    }
    insn.off = distance;
    return this;
  }
  goto(off: number): this {
    return this.#push(Op.JA, 0, 0, off, 0);
  }
  call(helper: number): this {
    return this.#push(Op.CALL, 0, 0, 0, helper);
  }
  exit(): this {
    return this.#push(Op.EXIT, 0, 0, 0, 0);
  }
  /** dst = address of `offset` in the loader's data blob: the value of map index 0 of the loader's fd_array. */
  blobAddress(dst: number, offset: number): this {
    this.#push(Op.LD_IMM64, dst, PseudoSource.MAP_IDX_VALUE, 0, 0);
    return this.#push(0, 0, 0, 0, offset);
  }
}

export const Jump = JmpOp;
export const Width = InsnSize;
