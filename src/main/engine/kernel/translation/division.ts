import { AluOp, InsnClass, InsnSource, JmpOp, type Insn } from '../../isa/index.ts';
import { AX, alu32, alu32Imm, ja, mov64 } from './insns.ts';

/** LLONG_MIN / -1 would fault on x86. */
const SIGNED_OVERFLOW_SINCE = 6012;

function raw(code: number, dst: number, off: number, imm: number): Insn {
  return { code, dst, src: 0, off, imm };
}

/** x s/ -1 is -x, x s% -1 is 0. */
function byMinusOne(first: Insn, isDivision: boolean): Insn[] {
  const kind = first.code & 7;
  return [isDivision ? raw(kind | AluOp.NEG, first.dst, 0, 0) : alu32Imm(AluOp.MOV, first.dst, 0)];
}

function signed(first: Insn, isDivision: boolean, isWide: boolean): Insn[] {
  const kind = first.code & 7;
  const jump = isWide ? InsnClass.JMP : InsnClass.JMP32;
  const { dst, src } = first;
  const isSmall = [mov64(AX, src), raw(kind | AluOp.ADD, AX, 0, 1)];
  if (isDivision) {
    return [
      ...isSmall,
      raw(jump | JmpOp.JGT, AX, 4, 1),
      raw(jump | JmpOp.JEQ, AX, 1, 0),
      raw(kind | AluOp.MOV, dst, 0, 0),
      raw(kind | AluOp.NEG, dst, 0, 0),
      ja(1),
      first,
    ];
  }
  return [
    ...isSmall,
    raw(jump | JmpOp.JGT, AX, 3, 1),
    raw(jump | JmpOp.JEQ, AX, isWide ? 3 : 4, 1),
    alu32Imm(AluOp.MOV, dst, 0),
    ja(1),
    first,
    ...(isWide ? [] : [ja(1), alu32(AluOp.MOV, dst, dst)]),
  ];
}

/**
 * Divisions that cannot fault: x / 0 is 0, x % 0 is x, and x / -1 is -x also where that overflows (do_misc_fixups).
 * Undefined for other instructions.
 */
export function safeDivision(first: Insn, kernel: number): Insn[] | undefined {
  const kind = first.code & 7;
  if (kind !== InsnClass.ALU && kind !== InsnClass.ALU64) return undefined;
  const op = first.code & 0xf0;
  if (op !== AluOp.DIV && op !== AluOp.MOD) return undefined;
  const isDivision = op === AluOp.DIV;
  const isSigned = first.off === 1 && kernel >= SIGNED_OVERFLOW_SINCE;
  if ((first.code & InsnSource.X) === 0) {
    return isSigned && first.imm === -1 ? byMinusOne(first, isDivision) : undefined;
  }
  const isWide = kind === InsnClass.ALU64;
  if (isSigned) return signed(first, isDivision, isWide);
  const jump = isWide ? InsnClass.JMP : InsnClass.JMP32;
  const { dst, src } = first;
  if (isDivision) return [raw(jump | JmpOp.JNE, src, 2, 0), alu32(AluOp.XOR, dst, dst), ja(1), first];
  const end = isWide ? [] : [ja(1), alu32(AluOp.MOV, dst, dst)];
  return [raw(jump | JmpOp.JEQ, src, isWide ? 1 : 2, 0), first, ...end];
}
