/** Instructions as the kernel's own macros write them (include/linux/filter.h). */
import {
  AluOp,
  FRAME_POINTER,
  InsnClass,
  InsnMode,
  InsnSize,
  InsnSource,
  JmpOp,
  Op,
  ldImm64,
  type Insn,
} from '../../isa/index.ts';

/** The kernel's own register behind r10 (BPF_REG_AX). */
export const AX = 11;
/** `off` of a move that adds the address of this CPU's data (BPF_ADDR_PERCPU). */
const ADDR_PERCPU = -1;

function insn(code: number, fields: Partial<Omit<Insn, 'code'>> = {}): Insn {
  return { code, dst: 0, src: 0, off: 0, imm: 0, ...fields };
}

/** `size` is one of InsnSize. */
export function ldx(size: number, dst: number, src: number, off: number): Insn {
  return insn(InsnClass.LDX | InsnMode.MEM | size, { dst, src, off });
}

/** A store of a register. */
export function stx(size: number, dst: number, src: number, off: number): Insn {
  return insn(InsnClass.STX | InsnMode.MEM | size, { dst, src, off });
}

/** A store of an immediate. */
export function st(size: number, dst: number, off: number, imm: number): Insn {
  return insn(InsnClass.ST | InsnMode.MEM | size, { dst, off, imm });
}

/** `op` is one of AluOp. */
export function alu64(op: number, dst: number, src: number): Insn {
  return insn(InsnClass.ALU64 | op | InsnSource.X, { dst, src });
}

/** With an immediate. */
export function alu64Imm(op: number, dst: number, imm: number): Insn {
  return insn(InsnClass.ALU64 | op, { dst, imm });
}

/** On the low halves; the upper half of `dst` becomes 0. */
export function alu32(op: number, dst: number, src: number): Insn {
  return insn(InsnClass.ALU | op | InsnSource.X, { dst, src });
}

/** On the low half, with an immediate. */
export function alu32Imm(op: number, dst: number, imm: number): Insn {
  return insn(InsnClass.ALU | op, { dst, imm });
}

/** dst = src */
export function mov64(dst: number, src: number): Insn {
  return alu64(AluOp.MOV, dst, src);
}

/** The address of this CPU's copy of a per-CPU variable. */
export function movPerCpu(dst: number, src: number): Insn {
  return { ...mov64(dst, src), off: ADDR_PERCPU };
}

/** `op` is one of JmpOp. */
export function jumpIf(op: number, dst: number, imm: number, off: number): Insn {
  return insn(InsnClass.JMP | op, { dst, imm, off });
}

/** Compares the low half. */
export function jumpIf32(op: number, dst: number, imm: number, off: number): Insn {
  return insn(InsnClass.JMP32 | op, { dst, imm, off });
}

/** Compares with a register. */
export function jumpIfReg(op: number, dst: number, src: number, off: number): Insn {
  return insn(InsnClass.JMP | op | InsnSource.X, { dst, src, off });
}

/** goto */
export function ja(off: number): Insn {
  return insn(Op.JA, { off });
}

/** A call of a function of the kernel; real kernels have its distance from __bpf_call_base in `imm`. */
export function call(imm: number): Insn {
  return insn(Op.CALL, { imm });
}

export const EXIT: Insn = insn(Op.EXIT);

/** An atomic operation on 8 bytes; `op` is one of AtomicOp. */
export function atomic64(op: number, dst: number, src: number): Insn {
  return insn(InsnClass.STX | InsnMode.ATOMIC | InsnSize.DW, { dst, src, imm: op });
}

/** ld_imm64 of the address of something that the kernel has allocated: nothing here stands for it. */
export function ldKernelObject(dst: number): [Insn, Insn] {
  return ldImm64(dst, 0xffff_8880_0000_0000n);
}

/** ld_imm64 of the address of a variable of the kernel. */
export function ldKernelVariable(dst: number): [Insn, Insn] {
  return ldImm64(dst, 0xffff_ffff_8280_0000n);
}

export { AluOp, FRAME_POINTER as FP, InsnSize, JmpOp };
