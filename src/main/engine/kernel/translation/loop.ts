import { Errno } from '../../abi/index.ts';
import { Op, PseudoSource, type Insn } from '../../isa/index.ts';
import {
  AluOp,
  FP,
  InsnSize,
  JmpOp,
  alu32Imm,
  alu64Imm,
  ja,
  jumpIf,
  jumpIfReg,
  ldx,
  mov64,
  stx,
} from './insns.ts';

const MAX_LOOPS = 1 << 23;
/** Registers that the callback keeps: rounds, the current one, the callback's context. */
const [ROUNDS, CURRENT, CONTEXT] = [6, 7, 8];
/** Index of the callback's call. */
export const LOOP_CALL = 12;
/** Bytes below the frame that the three registers take. */
export const LOOP_STACK = 24;

/** bpf_loop() in place (inline_bpf_loop): `base` is where its three slots of stack begin, below the frame pointer. */
export function inlineLoop(base: number): Insn[] {
  const call: Insn = { code: Op.CALL, dst: 0, src: PseudoSource.CALL, off: 0, imm: 0 };
  return [
    jumpIf(JmpOp.JLE, 1, MAX_LOOPS, 2),
    alu32Imm(AluOp.MOV, 0, -Errno.E2BIG),
    ja(16),
    stx(InsnSize.DW, FP, ROUNDS, base),
    stx(InsnSize.DW, FP, CURRENT, base + 8),
    stx(InsnSize.DW, FP, CONTEXT, base + 16),
    mov64(ROUNDS, 1),
    alu32Imm(AluOp.MOV, CURRENT, 0),
    mov64(CONTEXT, 3),
    jumpIfReg(JmpOp.JGE, CURRENT, ROUNDS, 5),
    mov64(1, CURRENT),
    mov64(2, CONTEXT),
    call,
    alu64Imm(AluOp.ADD, CURRENT, 1),
    jumpIf(JmpOp.JEQ, 0, 0, -6),
    mov64(0, CURRENT),
    ldx(InsnSize.DW, ROUNDS, FP, base),
    ldx(InsnSize.DW, CURRENT, FP, base + 8),
    ldx(InsnSize.DW, CONTEXT, FP, base + 16),
  ];
}
