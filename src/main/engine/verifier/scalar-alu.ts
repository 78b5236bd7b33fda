/**
 * What arithmetic does to the bounds of scalars (scalar_min_max_*, scalar32_min_max_* in kernel/bpf/verifier.c).
 * Each works on `dst` in place, both 32- and 64-bit bounds; the caller brings them into agreement afterwards.
 */
import { boundsFromBits, lowerS32Max, lowerU32Max, raiseS32Min, raiseU32Min } from './bounds.ts';
import { addHigh, highHalf, highHalfOfNumber, lowHalf, subHigh, unsignedLess } from './int64.ts';
import { type Register, S32_MAX, S32_MIN } from './register.ts';
import { multiplyLow, tnumArshift, tnumLshift, tnumRshift, tnumSubreg } from './tnum.ts';

export interface ScalarRules {
  /** Sums whose both ends overflow alike keep their bounds (6.17). */
  readonly wrapsTogether: boolean;
  /** Products of negative numbers have bounds too (6.14). */
  readonly multipliesSigned: boolean;
  /** Known bits of products by tnumMulByUnion() (6.18). */
  readonly multipliesByUnion: boolean;
}

function signedAddOverflows(aHigh: number, bHigh: number, sumHigh: number): boolean {
  return ((aHigh ^ sumHigh) & (bHigh ^ sumHigh)) < 0;
}

function signedSubOverflows(aHigh: number, bHigh: number, diffHigh: number): boolean {
  return ((aHigh ^ bHigh) & (aHigh ^ diffHigh)) < 0;
}

export function scalarAdd32(dst: Register, src: Register, rules: ScalarRules): void {
  const smin = dst.s32Min + src.s32Min;
  const smax = dst.s32Max + src.s32Max;
  const minOver = smin !== (smin | 0);
  const maxOver = smax !== (smax | 0);
  if (minOver || maxOver) {
    dst.s32Min = S32_MIN;
    dst.s32Max = S32_MAX;
  } else {
    dst.s32Min = smin;
    dst.s32Max = smax;
  }
  const umin = (dst.u32Min >>> 0) + (src.u32Min >>> 0);
  const umax = (dst.u32Max >>> 0) + (src.u32Max >>> 0);
  const uminOver = umin > 0xffff_ffff;
  const umaxOver = umax > 0xffff_ffff;
  if (rules.wrapsTogether ? !uminOver && umaxOver : uminOver || umaxOver) {
    dst.u32Min = 0;
    dst.u32Max = -1;
  } else {
    dst.u32Min = umin | 0;
    dst.u32Max = umax | 0;
  }
}

export function scalarAdd64(dst: Register, src: Register, rules: ScalarRules): void {
  const sminL = (dst.sminL + src.sminL) | 0;
  const sminH = addHigh(dst.sminH, dst.sminL, src.sminH, sminL);
  const smaxL = (dst.smaxL + src.smaxL) | 0;
  const smaxH = addHigh(dst.smaxH, dst.smaxL, src.smaxH, smaxL);
  if (signedAddOverflows(dst.sminH, src.sminH, sminH) || signedAddOverflows(dst.smaxH, src.smaxH, smaxH)) {
    dst.sminH = S32_MIN;
    dst.sminL = 0;
    dst.smaxH = S32_MAX;
    dst.smaxL = -1;
  } else {
    dst.sminH = sminH;
    dst.sminL = sminL;
    dst.smaxH = smaxH;
    dst.smaxL = smaxL;
  }
  const uminL = (dst.uminL + src.uminL) | 0;
  const uminH = addHigh(dst.uminH, dst.uminL, src.uminH, uminL);
  const umaxL = (dst.umaxL + src.umaxL) | 0;
  const umaxH = addHigh(dst.umaxH, dst.umaxL, src.umaxH, umaxL);
  const minOver = unsignedLess(uminH, uminL, dst.uminH, dst.uminL);
  const maxOver = unsignedLess(umaxH, umaxL, dst.umaxH, dst.umaxL);
  if (rules.wrapsTogether ? !minOver && maxOver : minOver || maxOver) {
    dst.uminH = dst.uminL = 0;
    dst.umaxH = dst.umaxL = -1;
  } else {
    dst.uminH = uminH;
    dst.uminL = uminL;
    dst.umaxH = umaxH;
    dst.umaxL = umaxL;
  }
}

export function scalarSub32(dst: Register, src: Register, rules: ScalarRules): void {
  const smin = dst.s32Min - src.s32Max;
  const smax = dst.s32Max - src.s32Min;
  if (smin !== (smin | 0) || smax !== (smax | 0)) {
    dst.s32Min = S32_MIN;
    dst.s32Max = S32_MAX;
  } else {
    dst.s32Min = smin;
    dst.s32Max = smax;
  }
  const minUnder = dst.u32Min >>> 0 < src.u32Max >>> 0;
  const maxUnder = dst.u32Max >>> 0 < src.u32Min >>> 0;
  if (rules.wrapsTogether ? minUnder && !maxUnder : minUnder) {
    dst.u32Min = 0;
    dst.u32Max = -1;
  } else {
    dst.u32Min = (dst.u32Min - src.u32Max) | 0;
    dst.u32Max = (dst.u32Max - src.u32Min) | 0;
  }
}

export function scalarSub64(dst: Register, src: Register, rules: ScalarRules): void {
  const sminL = (dst.sminL - src.smaxL) | 0;
  const sminH = subHigh(dst.sminH, dst.sminL, src.smaxH, src.smaxL);
  const smaxL = (dst.smaxL - src.sminL) | 0;
  const smaxH = subHigh(dst.smaxH, dst.smaxL, src.sminH, src.sminL);
  if (signedSubOverflows(dst.sminH, src.smaxH, sminH) || signedSubOverflows(dst.smaxH, src.sminH, smaxH)) {
    dst.sminH = S32_MIN;
    dst.sminL = 0;
    dst.smaxH = S32_MAX;
    dst.smaxL = -1;
  } else {
    dst.sminH = sminH;
    dst.sminL = sminL;
    dst.smaxH = smaxH;
    dst.smaxL = smaxL;
  }
  const minUnder = unsignedLess(dst.uminH, dst.uminL, src.umaxH, src.umaxL);
  const maxUnder = unsignedLess(dst.umaxH, dst.umaxL, src.uminH, src.uminL);
  if (rules.wrapsTogether ? minUnder && !maxUnder : minUnder) {
    dst.uminH = dst.uminL = 0;
    dst.umaxH = dst.umaxL = -1;
  } else {
    const low = (dst.uminL - src.umaxL) | 0;
    dst.uminH = subHigh(dst.uminH, dst.uminL, src.umaxH, src.umaxL);
    dst.uminL = low;
    const highest = (dst.umaxL - src.uminL) | 0;
    dst.umaxH = subHigh(dst.umaxH, dst.umaxL, src.uminH, src.uminL);
    dst.umaxL = highest;
  }
}

/** Least and greatest of the products of two ranges' ends; undefined where one leaves the given bits. */
function productRange<N extends number | bigint>(
  times: (a: N, b: N) => N,
  [aMin, aMax]: readonly [N, N],
  [bMin, bMax]: readonly [N, N],
  lowest: N,
  highest: N,
): readonly [N, N] | undefined {
  let least = times(aMin, bMin);
  let greatest = least;
  for (const product of [least, times(aMin, bMax), times(aMax, bMin), times(aMax, bMax)]) {
    if (product < lowest || product > highest) return undefined;
    if (product < least) least = product;
    if (product > greatest) greatest = product;
  }
  return [least, greatest];
}

/** As doubles: exact up to 2^53, and beyond that never less. */
const times = (a: number, b: number): number => a * b;
const timesExactly = (a: bigint, b: bigint): bigint => a * b;

function multiplySigned32(dst: Register, src: Register): void {
  const unsigned = productRange(
    times,
    [dst.u32Min >>> 0, dst.u32Max >>> 0],
    [src.u32Min >>> 0, src.u32Max >>> 0],
    0,
    0xffff_ffff,
  );
  const signed = productRange(times, [dst.s32Min, dst.s32Max], [src.s32Min, src.s32Max], S32_MIN, S32_MAX);
  dst.u32Min = unsigned === undefined ? 0 : unsigned[0] | 0;
  dst.u32Max = unsigned === undefined ? -1 : unsigned[1] | 0;
  dst.s32Min = signed === undefined ? S32_MIN : signed[0] | 0;
  dst.s32Max = signed === undefined ? S32_MAX : signed[1] | 0;
}

/** Bounds of a product where doubles hold all ends exactly; false where they may not. */
function multiplySmall(dst: Register, src: Register): boolean {
  const { MAX_SAFE_INTEGER: most, MIN_SAFE_INTEGER: least } = Number;
  const unsigned = productRange(times, [dst.umin, dst.umax], [src.umin, src.umax], 0, most);
  if (unsigned === undefined) return false;
  const signed = productRange(times, [dst.smin, dst.smax], [src.smin, src.smax], least, most);
  if (signed === undefined) return false;
  dst.uminH = highHalfOfNumber(unsigned[0]);
  dst.uminL = unsigned[0] | 0;
  dst.umaxH = highHalfOfNumber(unsigned[1]);
  dst.umaxL = unsigned[1] | 0;
  dst.sminH = highHalfOfNumber(signed[0]);
  dst.sminL = signed[0] | 0;
  dst.smaxH = highHalfOfNumber(signed[1]);
  dst.smaxL = signed[1] | 0;
  return true;
}

function multiplySigned64(dst: Register, src: Register): void {
  if (multiplySmall(dst, src)) return;
  const unsigned = productRange(
    timesExactly,
    [dst.uminExact, dst.umaxExact],
    [src.uminExact, src.umaxExact],
    0n,
    2n ** 64n - 1n,
  ) ?? [0n, -1n];
  const signed = productRange(
    timesExactly,
    [dst.sminExact, dst.smaxExact],
    [src.sminExact, src.smaxExact],
    -(2n ** 63n),
    2n ** 63n - 1n,
  ) ?? [-(2n ** 63n), 2n ** 63n - 1n];
  dst.uminH = highHalf(unsigned[0]);
  dst.uminL = lowHalf(unsigned[0]);
  dst.umaxH = highHalf(unsigned[1]);
  dst.umaxL = lowHalf(unsigned[1]);
  dst.sminH = highHalf(signed[0]);
  dst.sminL = lowHalf(signed[0]);
  dst.smaxH = highHalf(signed[1]);
  dst.smaxL = lowHalf(signed[1]);
}

export function scalarMul32(dst: Register, src: Register, rules: ScalarRules): void {
  if (rules.multipliesSigned) {
    multiplySigned32(dst, src);
    return;
  }
  if (src.s32Min < 0 || dst.s32Min < 0 || src.u32Max >>> 0 > 0xffff || dst.u32Max >>> 0 > 0xffff) {
    dst.unbound32();
    return;
  }
  dst.u32Min = Math.imul(dst.u32Min, src.u32Min);
  dst.u32Max = Math.imul(dst.u32Max, src.u32Max);
  if (dst.u32Max < 0) {
    dst.s32Min = S32_MIN;
    dst.s32Max = S32_MAX;
  } else {
    dst.s32Min = dst.u32Min;
    dst.s32Max = dst.u32Max;
  }
}

export function scalarMul64(dst: Register, src: Register, rules: ScalarRules): void {
  if (rules.multipliesSigned) {
    multiplySigned64(dst, src);
    return;
  }
  if (src.sminH < 0 || dst.sminH < 0 || src.umaxH !== 0 || dst.umaxH !== 0) {
    dst.unbound64();
    return;
  }
  const [minHigh, minLow] = multiplyLow(dst.uminH, dst.uminL, src.uminH, src.uminL);
  const [maxHigh, maxLow] = multiplyLow(dst.umaxH, dst.umaxL, src.umaxH, src.umaxL);
  dst.uminH = minHigh;
  dst.uminL = minLow;
  dst.umaxH = maxHigh;
  dst.umaxL = maxLow;
  signedFromUnsigned64(dst, maxHigh >= 0);
}

/** Signed bounds are the unsigned ones where `holds`, else everything. */
function signedFromUnsigned64(dst: Register, holds: boolean): void {
  if (holds) {
    dst.sminH = dst.uminH;
    dst.sminL = dst.uminL;
    dst.smaxH = dst.umaxH;
    dst.smaxL = dst.umaxL;
  } else {
    dst.sminH = S32_MIN;
    dst.sminL = 0;
    dst.smaxH = S32_MAX;
    dst.smaxL = -1;
  }
}

function signedFromUnsigned32(dst: Register): void {
  if (dst.u32Min <= dst.u32Max) {
    dst.s32Min = dst.u32Min;
    dst.s32Max = dst.u32Max;
  } else {
    dst.s32Min = S32_MIN;
    dst.s32Max = S32_MAX;
  }
}

/** Unsigned 64-bit bounds in signed order. */
function unsignedIsOrdered(dst: Register): boolean {
  return dst.uminH === dst.umaxH ? dst.uminL >>> 0 <= dst.umaxL >>> 0 : dst.uminH < dst.umaxH;
}

/** AND, OR, XOR: `dst.varOff` is the result already, `constant` says that both operands were known (low half, whole). */
function bitwise(
  dst: Register,
  constant32: boolean,
  constant64: boolean,
  unsigned: (dst: Register) => void,
): void {
  unsigned(dst);
  if (constant32) {
    const low = dst.varOff.valueLow;
    dst.markSubregKnown(low);
  } else signedFromUnsigned32(dst);
  if (constant64) {
    dst.markKnown(dst.varOff.valueHigh, dst.varOff.valueLow);
    return;
  }
  signedFromUnsigned64(dst, unsignedIsOrdered(dst));
  boundsFromBits(dst);
}

/** After `dst.varOff = dst & src`; the flags say which operands were constants before. */
export function scalarAnd(dst: Register, src: Register, constant32: boolean, constant64: boolean): void {
  bitwise(dst, constant32, constant64, () => {
    dst.u32Min = dst.varOff.valueLow;
    if (src.u32Max >>> 0 < dst.u32Max >>> 0) dst.u32Max = src.u32Max;
    dst.uminH = dst.varOff.valueHigh;
    dst.uminL = dst.varOff.valueLow;
    if (unsignedLess(src.umaxH, src.umaxL, dst.umaxH, dst.umaxL)) {
      dst.umaxH = src.umaxH;
      dst.umaxL = src.umaxL;
    }
  });
}

/** After `dst.varOff = dst | src`. */
export function scalarOr(dst: Register, src: Register, constant32: boolean, constant64: boolean): void {
  bitwise(dst, constant32, constant64, () => {
    if (src.u32Min >>> 0 > dst.u32Min >>> 0) dst.u32Min = src.u32Min;
    dst.u32Max = dst.varOff.valueLow | dst.varOff.maskLow;
    if (unsignedLess(dst.uminH, dst.uminL, src.uminH, src.uminL)) {
      dst.uminH = src.uminH;
      dst.uminL = src.uminL;
    }
    dst.umaxH = dst.varOff.valueHigh | dst.varOff.maskHigh;
    dst.umaxL = dst.varOff.valueLow | dst.varOff.maskLow;
  });
}

/** After `dst.varOff = dst ^ src`. */
export function scalarXor(dst: Register, constant32: boolean, constant64: boolean): void {
  bitwise(dst, constant32, constant64, () => {
    dst.u32Min = dst.varOff.valueLow;
    dst.u32Max = dst.varOff.valueLow | dst.varOff.maskLow;
    dst.uminH = dst.varOff.valueHigh;
    dst.uminL = dst.varOff.valueLow;
    dst.umaxH = dst.varOff.valueHigh | dst.varOff.maskHigh;
    dst.umaxL = dst.varOff.valueLow | dst.varOff.maskLow;
  });
}

/** 32-bit bounds from the low half of the known bits. */
function bounds32FromBits(dst: Register): void {
  const { valueLow, maskLow } = dst.varOff;
  raiseS32Min(dst, valueLow | (maskLow & S32_MIN));
  lowerS32Max(dst, valueLow | (maskLow & S32_MAX));
  raiseU32Min(dst, valueLow);
  lowerU32Max(dst, valueLow | maskLow);
}

function shiftLeft32Bounds(dst: Register, shift: number): void {
  dst.s32Min = S32_MIN;
  dst.s32Max = S32_MAX;
  if (shift > 31 || dst.u32Max >>> 0 > 2 ** (31 - shift)) {
    dst.u32Min = 0;
    dst.u32Max = -1;
  } else {
    dst.u32Min <<= shift;
    dst.u32Max <<= shift;
  }
}

/** Left shift of the low half by a known number of bits below 32. */
export function scalarLsh32(dst: Register, shift: number): void {
  const low = tnumSubreg(dst.varOff);
  shiftLeft32Bounds(dst, shift);
  dst.varOff = tnumSubreg(tnumLshift(low, shift));
  dst.unbound64();
  bounds32FromBits(dst);
}

export function scalarLsh64(dst: Register, shift: number): void {
  if (shift === 32) {
    // The usual pair << 32, s>> 32 that sign-extends the low half.
    dst.smaxH = dst.s32Max;
    dst.smaxL = 0;
    dst.sminH = dst.s32Min;
    dst.sminL = 0;
  } else {
    dst.sminH = S32_MIN;
    dst.sminL = 0;
    dst.smaxH = S32_MAX;
    dst.smaxL = -1;
  }
  if (dst.umaxExact > 1n << BigInt(63 - shift)) {
    dst.uminH = dst.uminL = 0;
    dst.umaxH = dst.umaxL = -1;
  } else if (shift > 0) {
    const min = shiftLeft(dst.uminH, dst.uminL, shift);
    const max = shiftLeft(dst.umaxH, dst.umaxL, shift);
    dst.uminH = min[0];
    dst.uminL = min[1];
    dst.umaxH = max[0];
    dst.umaxL = max[1];
  }
  shiftLeft32Bounds(dst, shift);
  dst.varOff = tnumLshift(dst.varOff, shift);
  boundsFromBits(dst);
}

function shiftLeft(high: number, low: number, shift: number): readonly [number, number] {
  if (shift >= 32) return [shift === 32 ? low : low << (shift - 32), 0];
  return [(high << shift) | (low >>> (32 - shift)), low << shift];
}

function shiftRight(high: number, low: number, shift: number): readonly [number, number] {
  if (shift === 0) return [high, low];
  if (shift >= 32) return [0, (shift === 32 ? high : high >>> (shift - 32)) | 0];
  return [(high >>> shift) | 0, (low >>> shift) | (high << (32 - shift))];
}

function shiftRightSigned(high: number, low: number, shift: number): readonly [number, number] {
  if (shift === 0) return [high, low];
  if (shift >= 32) return [high >> 31, high >> Math.min(31, shift - 32)];
  return [high >> shift, (low >>> shift) | (high << (32 - shift))];
}

export function scalarRsh32(dst: Register, shift: number): void {
  const low = tnumSubreg(dst.varOff);
  dst.s32Min = S32_MIN;
  dst.s32Max = S32_MAX;
  dst.varOff = tnumRshift(low, shift);
  dst.u32Min = (dst.u32Min >>> shift) | 0;
  dst.u32Max = (dst.u32Max >>> shift) | 0;
  dst.unbound64();
  bounds32FromBits(dst);
}

export function scalarRsh64(dst: Register, shift: number): void {
  dst.sminH = S32_MIN;
  dst.sminL = 0;
  dst.smaxH = S32_MAX;
  dst.smaxL = -1;
  dst.varOff = tnumRshift(dst.varOff, shift);
  const min = shiftRight(dst.uminH, dst.uminL, shift);
  const max = shiftRight(dst.umaxH, dst.umaxL, shift);
  dst.uminH = min[0];
  dst.uminL = min[1];
  dst.umaxH = max[0];
  dst.umaxL = max[1];
  dst.unbound32();
  boundsFromBits(dst);
}

export function scalarArsh32(dst: Register, shift: number): void {
  dst.s32Min >>= shift;
  dst.s32Max >>= shift;
  dst.varOff = tnumArshift(tnumSubreg(dst.varOff), shift, 32);
  dst.u32Min = 0;
  dst.u32Max = -1;
  dst.unbound64();
  bounds32FromBits(dst);
}

export function scalarArsh64(dst: Register, shift: number): void {
  const min = shiftRightSigned(dst.sminH, dst.sminL, shift);
  const max = shiftRightSigned(dst.smaxH, dst.smaxL, shift);
  dst.sminH = min[0];
  dst.sminL = min[1];
  dst.smaxH = max[0];
  dst.smaxL = max[1];
  dst.varOff = tnumArshift(dst.varOff, shift, 64);
  dst.uminH = dst.uminL = 0;
  dst.umaxH = dst.umaxL = -1;
  dst.unbound32();
  boundsFromBits(dst);
}
