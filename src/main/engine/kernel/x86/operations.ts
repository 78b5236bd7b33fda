/** What single instructions of BPF become on x86-64, as in arch/x86/net/bpf_jit_comp.c. Operands are registers of BPF. */
import { AluOp, AtomicOp, InsnClass, InsnSize, InsnSource, JmpOp, type Insn } from '../../isa/index.ts';
import { ALU_OPCODES, Emitter, IMMEDIATE_OPCODES, Reg, fitsByte, isExtended } from './emitter.ts';

const VSYSCALL_ADDRESS = 0xffff_ffff_ff60_0000n;
/** TASK_SIZE_MAX + PAGE_SIZE - VSYSCALL_ADDR */
const KERNEL_LIMIT = BigInt.asUintN(64, 0x7fff_ffff_f000n + 0x1000n - VSYSCALL_ADDRESS);

/** add, sub, and, or and xor with an immediate. */
export function aluImm(e: Emitter, op: number, dst: number, imm: number, isWide: boolean): void {
  const [extension, short] = IMMEDIATE_OPCODES[op] ?? [0, 0];
  e.prefix1(dst, isWide);
  if (fitsByte(imm)) e.emit(0x83, Emitter.rm(extension, dst), imm);
  else if (dst === Reg.R0) e.emit(short).emit32(imm);
  else e.emit(0x81, Emitter.rm(extension, dst)).emit32(imm);
}

/** imul with an immediate. */
export function multiplyImm(e: Emitter, imm: number, dst: number, isWide: boolean): void {
  e.prefix2(dst, dst, isWide);
  if (fitsByte(imm)) e.emit(0x6b, Emitter.rmReg(0xc0, dst, dst), imm);
  else e.emit(0x69, Emitter.rmReg(0xc0, dst, dst)).emit32(imm);
}

/** Shifts by a known number of bits. */
export function shiftImm(e: Emitter, op: number, dst: number, imm: number, isWide: boolean): void {
  const operand = Emitter.rm(ALU_OPCODES[op] ?? 0, dst);
  e.prefix1(dst, isWide);
  if (imm === 1) e.emit(0xd1, operand);
  else e.emit(0xc1, operand, imm);
}

/** Quotient in rax, remainder in rdx: both are kept where they are not the result. */
export function divide(e: Emitter, insn: Insn, dst: number, src: number, isWide: boolean): void {
  const isDivision = (insn.code & 0xf0) === AluOp.DIV;
  if (dst !== Reg.R0) e.emit(0x50);
  if (dst !== Reg.R3) e.emit(0x52);
  let divisor = src;
  if ((insn.code & InsnSource.X) === 0) {
    e.emit(0x49, 0xc7, 0xc3).emit32(insn.imm);
    divisor = Reg.AUX;
  } else if (src === Reg.R0 || src === Reg.R3) {
    e.move(Reg.AUX, src);
    divisor = Reg.AUX;
  }
  if (dst !== Reg.R0) e.moveReg(isWide, Reg.R0, dst);
  const isSigned = insn.off !== 0;
  if (!isSigned) e.emit(0x31, 0xd2);
  else if (isWide) e.emit(0x48, 0x99);
  else e.emit(0x99);
  e.prefix1(divisor, isWide).emit(0xf7, Emitter.rm(isSigned ? 0xf8 : 0xf0, divisor));
  if (!isDivision && dst !== Reg.R3) e.moveReg(isWide, dst, Reg.R3);
  else if (isDivision && dst !== Reg.R0) e.moveReg(isWide, dst, Reg.R0);
  if (dst !== Reg.R3) e.emit(0x5a);
  if (dst !== Reg.R0) e.emit(0x58);
}

/** Byte swaps; to little endian is a cut. */
export function swap(e: Emitter, insn: Insn, dst: number): void {
  const isExtendedRegister = isExtended(dst);
  const isCut = (insn.code & 7) === InsnClass.ALU && (insn.code & InsnSource.X) === 0;
  const clearAbove16 = (): void => {
    if (isExtendedRegister) e.emit(0x45);
    e.emit(0x0f, 0xb7, Emitter.rmReg(0xc0, dst, dst));
  };
  switch (insn.imm) {
    case 16:
      if (!isCut) {
        e.emit(0x66, ...(isExtendedRegister ? [0x41] : []), 0xc1, Emitter.rm(0xc8, dst), 8);
      }
      clearAbove16();
      return;
    case 32:
      if (isCut) e.emit(...(isExtendedRegister ? [0x45] : []), 0x89, Emitter.rmReg(0xc0, dst, dst));
      else e.emit(...(isExtendedRegister ? [0x41] : []), 0x0f, Emitter.rm(0xc8, dst));
      return;
    default:
      if (!isCut) e.emit(Emitter.one(0x48, dst), 0x0f, Emitter.rm(0xc8, dst));
  }
}

/** Loads from anything but the kernel's own addresses give 0; `length` is that of the load behind. */
export function guardLoad(e: Emitter, off: number, dst: number, src: number, length: number): void {
  e.moveImm64(Reg.AX, VSYSCALL_ADDRESS).move(Reg.AUX, src);
  if (off !== 0) e.prefix1(Reg.AUX, true).emit(0x81, Emitter.rm(0xc0, Reg.AUX)).emit32(off);
  e.prefix2(Reg.AUX, Reg.AX, true).emit(0x29, Emitter.rmReg(0xc0, Reg.AUX, Reg.AX));
  e.moveImm64(Reg.AX, KERNEL_LIMIT);
  e.prefix2(Reg.AUX, Reg.AX, true).emit(0x39, Emitter.rmReg(0xc0, Reg.AUX, Reg.AX));
  const none = new Emitter().moveImm32(false, dst, 0).emit(0xeb, length);
  e.emit(0x77, none.length, ...none.bytes);
}

/** A load from an arena: r12 has where it begins. */
export function loadIndexed(e: Emitter, size: number, dst: number, src: number, off: number): void {
  const prefix = Emitter.three(size === InsnSize.DW ? 0x48 : 0x40, src, dst, Reg.X86_R12);
  if (size === InsnSize.B) e.emit(prefix, 0x0f, 0xb6);
  else if (size === InsnSize.H) e.emit(prefix, 0x0f, 0xb7);
  else e.emit(prefix, 0x8b);
  e.memoryIndexed(src, dst, Reg.X86_R12, off);
}

/** A store of a register to an arena. */
export function storeIndexed(e: Emitter, size: number, dst: number, src: number, off: number): void {
  if (size === InsnSize.H) e.emit(0x66);
  const prefix = Emitter.three(size === InsnSize.DW ? 0x48 : 0x40, dst, src, Reg.X86_R12);
  e.emit(prefix, size === InsnSize.B ? 0x88 : 0x89).memoryIndexed(dst, src, Reg.X86_R12, off);
}

/** A store of an immediate to an arena. */
export function storeImmIndexed(e: Emitter, size: number, dst: number, off: number, imm: number): void {
  if (size === InsnSize.H) e.emit(0x66);
  const prefix = Emitter.three(size === InsnSize.DW ? 0x48 : 0x40, dst, 0, Reg.X86_R12);
  e.emit(prefix, size === InsnSize.B ? 0xc6 : 0xc7).memoryIndexed(dst, 0, Reg.X86_R12, off);
  e.immediate(size, imm);
}

/** An address of an arena as user space has it: the high half is the mapping's, NULL stays NULL. */
export function castToUser(e: Emitter, dst: number, src: number): void {
  if (dst !== src) e.moveReg(false, dst, src);
  e.prefix1(dst, true).emit(0xc1, Emitter.rm(0xe0, dst), 32).prefix1(dst, true);
  if (dst === Reg.R0) e.emit(0x0d).emit32(0);
  else e.emit(0x81, Emitter.rm(0xc8, dst)).emit32(0);
  e.prefix1(dst, true).emit(0xc1, Emitter.rm(0xc0, dst), 32).emit(0x4d, 0x31, 0xdb);
  e.prefix2(dst, dst, false).emit(0x85, Emitter.rmReg(0xc0, dst, dst));
  e.prefix2(Reg.AUX, dst, true).emit(0x0f, 0x44, Emitter.rmReg(0xc0, Reg.AUX, dst));
}

const FETCHING: readonly number[] = [AluOp.AND, AluOp.OR, AluOp.XOR].map((op) => op | AtomicOp.FETCH);
/** Opcodes behind the lock prefix. */
const LOCKED: Readonly<Record<number, readonly number[]>> = {
  [AtomicOp.ADD | AtomicOp.FETCH]: [0x0f, 0xc1],
  [AtomicOp.XCHG]: [0x87],
  [AtomicOp.CMPXCHG]: [0x0f, 0xb1],
};

function locked(e: Emitter, operation: number, dst: number, src: number, off: number, size: number): void {
  const opcode = LOCKED[operation] ?? [ALU_OPCODES[operation] ?? 0];
  e.emit(0xf0).prefix2(dst, src, size === InsnSize.DW);
  e.emit(...opcode).memory(dst, src, off);
}

/** Operations that give the old value and have no instruction are tried until nobody was faster. */
export function atomic(e: Emitter, insn: Insn, dst: number, src: number, size: number): void {
  if (!FETCHING.includes(insn.imm)) {
    locked(e, insn.imm, dst, src, insn.off, size);
    return;
  }
  const isWide = size === InsnSize.DW;
  const [to, from] = [dst === Reg.R0 ? Reg.AX : dst, src === Reg.R0 ? Reg.AX : src];
  e.moveReg(true, Reg.AX, Reg.R0);
  const start = e.length;
  e.load(size, Reg.R0, to, insn.off).moveReg(isWide, Reg.AUX, Reg.R0);
  e.prefix2(Reg.AUX, from, isWide).emit(
    ALU_OPCODES[insn.imm & 0xf0] ?? 0,
    Emitter.rmReg(0xc0, Reg.AUX, from),
  );
  locked(e, AtomicOp.CMPXCHG, to, Reg.AUX, insn.off, size);
  e.emit(0x75, -(e.length - start) - 2);
  e.moveReg(isWide, from, Reg.R0).moveReg(true, Reg.R0, Reg.AX);
}

/** cmp or test, for the conditional jump behind it. */
export function compare(e: Emitter, insn: Insn, dst: number, src: number): void {
  const isWide = (insn.code & 7) === InsnClass.JMP;
  const isTest = (insn.code & 0xf0) === JmpOp.JSET;
  if ((insn.code & InsnSource.X) !== 0) {
    e.prefix2(dst, src, isWide).emit(isTest ? 0x85 : 0x39, Emitter.rmReg(0xc0, dst, src));
  } else if (isTest) e.prefix1(dst, isWide).emit(0xf7, Emitter.rm(0xc0, dst)).emit32(insn.imm);
  else if (insn.imm === 0) e.prefix2(dst, dst, isWide).emit(0x85, Emitter.rmReg(0xc0, dst, dst));
  else if (fitsByte(insn.imm)) e.prefix1(dst, isWide).emit(0x83, Emitter.rm(0xf8, dst), insn.imm);
  else e.prefix1(dst, isWide).emit(0x81, Emitter.rm(0xf8, dst)).emit32(insn.imm);
}
