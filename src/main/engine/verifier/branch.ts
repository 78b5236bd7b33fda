/** What comparisons tell: whether a branch is taken, and the operands' bounds on either side. */
import { JmpOp } from '../isa/index.ts';
import {
  lowerS32Max,
  lowerSmax,
  lowerU32Max,
  lowerUmax,
  raiseS32Min,
  raiseSmin,
  raiseU32Min,
  raiseUmin,
  syncBounds,
} from './bounds.ts';
import { signedLess, unsignedLess } from './int64.ts';
import { PacketRange, type Register } from './register.ts';
import { RegType, isPacketPointer } from './reg-type.ts';
import {
  tnumAnd,
  tnumConst,
  tnumIntersect,
  tnumOr,
  tnumOverlap,
  tnumSubreg,
  tnumWithSubreg,
} from './tnum.ts';

/** JSET reversed: none of the bits is set (no opcode of its own). */
const JSET_NOT = JmpOp.JSET | 8;

/** `true` always taken, `false` never, `undefined` not known. */
export type Decision = boolean | undefined;

/** The operator with its operands swapped. */
export function flipOperator(operation: number): number {
  switch (operation) {
    case JmpOp.JGE:
      return JmpOp.JLE;
    case JmpOp.JGT:
      return JmpOp.JLT;
    case JmpOp.JLE:
      return JmpOp.JGE;
    case JmpOp.JLT:
      return JmpOp.JGT;
    case JmpOp.JSGE:
      return JmpOp.JSLE;
    case JmpOp.JSGT:
      return JmpOp.JSLT;
    case JmpOp.JSLE:
      return JmpOp.JSGE;
    case JmpOp.JSLT:
      return JmpOp.JSGT;
    default:
      return operation;
  }
}

/** The operator that holds where this one does not. */
function reverseOperator(operation: number): number {
  switch (operation) {
    case JmpOp.JEQ:
      return JmpOp.JNE;
    case JmpOp.JNE:
      return JmpOp.JEQ;
    case JmpOp.JSET:
      return JSET_NOT;
    case JmpOp.JGE:
      return JmpOp.JLT;
    case JmpOp.JGT:
      return JmpOp.JLE;
    case JmpOp.JLE:
      return JmpOp.JGT;
    case JmpOp.JLT:
      return JmpOp.JGE;
    case JmpOp.JSGE:
      return JmpOp.JSLT;
    case JmpOp.JSGT:
      return JmpOp.JSLE;
    case JmpOp.JSLE:
      return JmpOp.JSGT;
    default:
      return JmpOp.JSGE;
  }
}

function isConstScalar(r: Register, half: boolean): boolean {
  return r.type === RegType.SCALAR && (half ? r.varOff.maskLow === 0 : r.isConst);
}

/** a.umax < b.umin and the like, in the width of the comparison. */
function umaxBelowUmin(a: Register, b: Register, half: boolean): boolean {
  return half ? a.u32Max >>> 0 < b.u32Min >>> 0 : unsignedLess(a.umaxH, a.umaxL, b.uminH, b.uminL);
}

function uminBelowUmax(a: Register, b: Register, half: boolean): boolean {
  return half ? a.u32Min >>> 0 < b.u32Max >>> 0 : unsignedLess(a.uminH, a.uminL, b.umaxH, b.umaxL);
}

function smaxBelowSmin(a: Register, b: Register, half: boolean): boolean {
  return half ? a.s32Max < b.s32Min : signedLess(a.smaxH, a.smaxL, b.sminH, b.sminL);
}

function sminBelowSmax(a: Register, b: Register, half: boolean): boolean {
  return half ? a.s32Min < b.s32Max : signedLess(a.sminH, a.sminL, b.smaxH, b.smaxL);
}

/** Both have no value in common. */
function areDisjoint(a: Register, b: Register, half: boolean): boolean {
  const bitsA = half ? tnumSubreg(a.varOff) : a.varOff;
  const bitsB = half ? tnumSubreg(b.varOff) : b.varOff;
  if (!tnumOverlap(bitsA, bitsB)) return true;
  const apart = (h: boolean): boolean =>
    umaxBelowUmin(b, a, h) || umaxBelowUmin(a, b, h) || smaxBelowSmin(b, a, h) || smaxBelowSmin(a, b, h);
  return apart(half) || (!half && apart(true));
}

function equality(a: Register, b: Register, half: boolean): Decision {
  const bothConst = half ? a.varOff.maskLow === 0 && b.varOff.maskLow === 0 : a.isConst && b.isConst;
  if (bothConst) {
    return a.varOff.valueLow === b.varOff.valueLow && (half || a.varOff.valueHigh === b.varOff.valueHigh);
  }
  return areDisjoint(a, b, half) ? false : undefined;
}

function anyBitSet(first: Register, second: Register, half: boolean): Decision {
  const [a, b] = isConstScalar(second, half) ? [first, second] : [second, first];
  if (!isConstScalar(b, half)) return undefined;
  const highMask = half ? 0 : -1;
  const setLow = a.varOff.valueLow & ~a.varOff.maskLow & b.varOff.valueLow;
  const setHigh = a.varOff.valueHigh & ~a.varOff.maskHigh & b.varOff.valueHigh & highMask;
  if ((setLow | setHigh) !== 0) return true;
  const maybeLow = (a.varOff.valueLow | a.varOff.maskLow) & b.varOff.valueLow;
  const maybeHigh = (a.varOff.valueHigh | a.varOff.maskHigh) & b.varOff.valueHigh & highMask;
  return (maybeLow | maybeHigh) === 0 ? false : undefined;
}

/** Decision of a < b, or a <= b with `orEqual`. */
function lessThan(a: Register, b: Register, half: boolean, signed: boolean, orEqual: boolean): Decision {
  if (signed) {
    if (orEqual ? !sminBelowSmax(b, a, half) : smaxBelowSmin(a, b, half)) return true;
    if (orEqual ? smaxBelowSmin(b, a, half) : !sminBelowSmax(a, b, half)) return false;
  } else {
    if (orEqual ? !uminBelowUmax(b, a, half) : umaxBelowUmin(a, b, half)) return true;
    if (orEqual ? umaxBelowUmin(b, a, half) : !uminBelowUmax(a, b, half)) return false;
  }
  return undefined;
}

/** Decision of a comparison of two scalars (is_scalar_branch_taken). */
export function scalarDecision(a: Register, b: Register, operation: number, half: boolean): Decision {
  switch (operation) {
    case JmpOp.JEQ:
      return equality(a, b, half);
    case JmpOp.JNE: {
      const equal = equality(a, b, half);
      return equal === undefined ? undefined : !equal;
    }
    case JmpOp.JSET:
      return anyBitSet(a, b, half);
    case JmpOp.JLT:
      return lessThan(a, b, half, false, false);
    case JmpOp.JLE:
      return lessThan(a, b, half, false, true);
    case JmpOp.JGT:
      return lessThan(b, a, half, false, false);
    case JmpOp.JGE:
      return lessThan(b, a, half, false, true);
    case JmpOp.JSLT:
      return lessThan(a, b, half, true, false);
    case JmpOp.JSLE:
      return lessThan(a, b, half, true, true);
    case JmpOp.JSGT:
      return lessThan(b, a, half, true, false);
    case JmpOp.JSGE:
      return lessThan(b, a, half, true, true);
    default:
      return undefined;
  }
}

/** Decision of comparing a packet pointer with pkt_end, where an earlier comparison told. */
export function packetDecision(dst: Register, src: Register, operation: number): Decision {
  let pointer: Register;
  let op = operation;
  if (src.type === RegType.PACKET_END) pointer = dst;
  else if (dst.type === RegType.PACKET_END) {
    pointer = src;
    op = flipOperator(operation);
  } else return undefined;
  if (pointer.range >= 0) return undefined;
  if (op === JmpOp.JLE || op === JmpOp.JGT) {
    return pointer.range === PacketRange.BEYOND_END ? op === JmpOp.JGT : undefined;
  }
  if (op === JmpOp.JLT || op === JmpOp.JGE) return op === JmpOp.JGE;
  return undefined;
}

/** Packet pointers and the end of the packet. */
export function isAnyPacketPointer(r: Register): boolean {
  return isPacketPointer(r.type) || r.type === RegType.PACKET_END;
}

function refineEqual(a: Register, b: Register, half: boolean): void {
  if (half) {
    raiseU32Min(a, b.u32Min);
    lowerU32Max(a, b.u32Max);
    raiseS32Min(a, b.s32Min);
    lowerS32Max(a, b.s32Max);
    b.u32Min = a.u32Min;
    b.u32Max = a.u32Max;
    b.s32Min = a.s32Min;
    b.s32Max = a.s32Max;
    const common = tnumIntersect(tnumSubreg(a.varOff), tnumSubreg(b.varOff));
    a.varOff = tnumWithSubreg(a.varOff, common);
    b.varOff = tnumWithSubreg(b.varOff, common);
    return;
  }
  raiseUmin(a, b.uminH, b.uminL);
  lowerUmax(a, b.umaxH, b.umaxL);
  raiseSmin(a, b.sminH, b.sminL);
  lowerSmax(a, b.smaxH, b.smaxL);
  b.uminH = a.uminH;
  b.uminL = a.uminL;
  b.umaxH = a.umaxH;
  b.umaxL = a.umaxL;
  b.sminH = a.sminH;
  b.sminL = a.sminL;
  b.smaxH = a.smaxH;
  b.smaxL = a.smaxL;
  a.varOff = tnumIntersect(a.varOff, b.varOff);
  b.varOff = a.varOff;
}

/** Takes a constant off the ends of a range. */
function refineNotEqual(a: Register, b: Register, half: boolean): void {
  const [r, constant] = isConstScalar(b, half) ? [a, b] : [b, a];
  if (!isConstScalar(constant, half)) return;
  const low = constant.varOff.valueLow;
  const high = constant.varOff.valueHigh;
  if (half) {
    if (r.u32Min === low) r.u32Min = (r.u32Min + 1) | 0;
    if (r.u32Max === low) r.u32Max = (r.u32Max - 1) | 0;
    if (r.s32Min === low) r.s32Min = (r.s32Min + 1) | 0;
    if (r.s32Max === low) r.s32Max = (r.s32Max - 1) | 0;
    return;
  }
  if (r.uminH === high && r.uminL === low) {
    r.uminL = (low + 1) | 0;
    if (r.uminL === 0) r.uminH = (high + 1) | 0;
  }
  if (r.umaxH === high && r.umaxL === low) {
    r.umaxL = (low - 1) | 0;
    if (low === 0) r.umaxH = (high - 1) | 0;
  }
  if (r.sminH === high && r.sminL === low) {
    r.sminL = (low + 1) | 0;
    if (r.sminL === 0) r.sminH = (high + 1) | 0;
  }
  if (r.smaxH === high && r.smaxL === low) {
    r.smaxL = (low - 1) | 0;
    if (low === 0) r.smaxH = (high - 1) | 0;
  }
}

function refineBits(a: Register, b: Register, half: boolean, set: boolean): void {
  const [r, constant] = isConstScalar(b, half) ? [a, b] : [b, a];
  if (!isConstScalar(constant, half)) return;
  const low = constant.varOff.valueLow;
  const high = half ? 0 : constant.varOff.valueHigh;
  if (set) {
    const value = constant.varOff.value & (half ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn);
    if (value === 0n || (value & (value - 1n)) !== 0n) return;
    if (half) r.varOff = tnumWithSubreg(r.varOff, tnumOr(tnumSubreg(r.varOff), tnumConst(0, low)));
    else r.varOff = tnumOr(r.varOff, tnumConst(high, low));
    return;
  }
  // Bounds may contradict the cleared bits: they are found again from the bits.
  r.markUnbounded();
  if (half) r.varOff = tnumWithSubreg(r.varOff, tnumAnd(tnumSubreg(r.varOff), tnumConst(-1, ~low)));
  else r.varOff = tnumAnd(r.varOff, tnumConst(~high, ~low));
}

/** a < b or a <= b holds. */
function refineLess(a: Register, b: Register, half: boolean, signed: boolean, orEqual: boolean): void {
  const step = orEqual ? 0 : 1;
  if (half) {
    if (signed) {
      lowerS32Max(a, (b.s32Max - step) | 0);
      raiseS32Min(b, (a.s32Min + step) | 0);
    } else {
      lowerU32Max(a, (b.u32Max - step) | 0);
      raiseU32Min(b, (a.u32Min + step) | 0);
    }
    return;
  }
  if (signed) {
    lowerSmax(a, (b.smaxH - (step === 1 && b.smaxL === 0 ? 1 : 0)) | 0, (b.smaxL - step) | 0);
    const low = (a.sminL + step) | 0;
    raiseSmin(b, (a.sminH + (step === 1 && low === 0 ? 1 : 0)) | 0, low);
  } else {
    lowerUmax(a, (b.umaxH - (step === 1 && b.umaxL === 0 ? 1 : 0)) | 0, (b.umaxL - step) | 0);
    const low = (a.uminL + step) | 0;
    raiseUmin(b, (a.uminH + (step === 1 && low === 0 ? 1 : 0)) | 0, low);
  }
}

/** Refines both operands where `operation` holds (regs_refine_cond_op). */
function refine(a: Register, b: Register, operation: number, half: boolean): void {
  switch (operation) {
    case JmpOp.JEQ:
      refineEqual(a, b, half);
      break;
    case JmpOp.JNE:
      refineNotEqual(a, b, half);
      break;
    case JmpOp.JSET:
      refineBits(a, b, half, true);
      break;
    case JSET_NOT:
      refineBits(a, b, half, false);
      break;
    case JmpOp.JLE:
      refineLess(a, b, half, false, true);
      break;
    case JmpOp.JLT:
      refineLess(a, b, half, false, false);
      break;
    case JmpOp.JSLE:
      refineLess(a, b, half, true, true);
      break;
    case JmpOp.JSLT:
      refineLess(a, b, half, true, false);
      break;
    case JmpOp.JGE:
      refineLess(b, a, half, false, true);
      break;
    case JmpOp.JGT:
      refineLess(b, a, half, false, false);
      break;
    case JmpOp.JSGE:
      refineLess(b, a, half, true, true);
      break;
    case JmpOp.JSGT:
      refineLess(b, a, half, true, false);
      break;
    default:
  }
}

/** Refines the operands' copies on both sides of a comparison of scalars. */
export function refineBranches(
  taken: readonly [Register, Register],
  fallen: readonly [Register, Register],
  operation: number,
  half: boolean,
): void {
  refine(fallen[0], fallen[1], reverseOperator(operation), half);
  syncBounds(fallen[0]);
  syncBounds(fallen[1]);
  refine(taken[0], taken[1], operation, half);
  syncBounds(taken[0]);
  syncBounds(taken[1]);
}
