/**
 * What the bounds of a scalar tell about each other and about its bits (reg_bounds_sync() in kernel/bpf/verifier.c):
 * six views of one value, each tightened by the others.
 */
import { U64_MAX } from '../base/index.ts';
import { highHalf, lowHalf, signedLess, unsignedLess } from './int64.ts';
import { type Register, S32_MAX, S32_MIN } from './register.ts';
import {
  TNUM_UNKNOWN,
  Tnum,
  tnumCast,
  tnumConst,
  tnumIntersect,
  tnumNext,
  tnumNext32,
  tnumRange,
  tnumSubreg,
} from './tnum.ts';

/** smin = max(smin, value) */
export function raiseSmin(r: Register, high: number, low: number): void {
  if (signedLess(r.sminH, r.sminL, high, low)) {
    r.sminH = high;
    r.sminL = low;
  }
}

/** smax = min(smax, value) */
export function lowerSmax(r: Register, high: number, low: number): void {
  if (signedLess(high, low, r.smaxH, r.smaxL)) {
    r.smaxH = high;
    r.smaxL = low;
  }
}

/** umin = max(umin, value) */
export function raiseUmin(r: Register, high: number, low: number): void {
  if (unsignedLess(r.uminH, r.uminL, high, low)) {
    r.uminH = high;
    r.uminL = low;
  }
}

/** umax = min(umax, value) */
export function lowerUmax(r: Register, high: number, low: number): void {
  if (unsignedLess(high, low, r.umaxH, r.umaxL)) {
    r.umaxH = high;
    r.umaxL = low;
  }
}

export function raiseS32Min(r: Register, value: number): void {
  if (value > r.s32Min) r.s32Min = value;
}

export function lowerS32Max(r: Register, value: number): void {
  if (value < r.s32Max) r.s32Max = value;
}

export function raiseU32Min(r: Register, value: number): void {
  if (value >>> 0 > r.u32Min >>> 0) r.u32Min = value;
}

export function lowerU32Max(r: Register, value: number): void {
  if (value >>> 0 < r.u32Max >>> 0) r.u32Max = value;
}

/** Bounds from the known bits. */
export function boundsFromBits(r: Register): void {
  const bits = r.varOff;
  const mostLow = bits.valueLow | bits.maskLow;
  raiseS32Min(r, bits.valueLow | (bits.maskLow & S32_MIN));
  lowerS32Max(r, bits.valueLow | (bits.maskLow & S32_MAX));
  raiseU32Min(r, bits.valueLow);
  lowerU32Max(r, mostLow);
  raiseSmin(r, bits.valueHigh | (bits.maskHigh & S32_MIN), bits.valueLow);
  lowerSmax(r, bits.valueHigh | (bits.maskHigh & S32_MAX), mostLow);
  raiseUmin(r, bits.valueHigh, bits.valueLow);
  lowerUmax(r, bits.valueHigh | bits.maskHigh, mostLow);
  if (singleValues && !bits.isUnknown) pinSingleValue(r);
}

let singleValues = false;

/** Sets for the verification that begins whether one value that bits and range leave is found (7.0, stable branches from 6.18 on). */
export function findSingleValues(on: boolean): void {
  singleValues = on;
}

/** The same where everything fits into 32 bits: most often it does. */
function pinSmallValue(r: Register): void {
  const value = r.varOff.valueLow >>> 0;
  const mask = r.varOff.maskLow >>> 0;
  const least = r.uminL >>> 0;
  const limit = r.umaxL >>> 0;
  const next = tnumNext32(value, mask, least);
  if ((least & ~mask) >>> 0 === value) {
    if (next > limit) r.setConst(0, least | 0);
  } else if (next === value + mask) r.setConst(0, next | 0);
  else if (next <= limit && tnumNext32(value, mask, next) > limit) r.setConst(0, next | 0);
}

/** Where only one number has the known bits and lies in the unsigned range, it is that number. */
function pinSingleValue(r: Register): void {
  const bits = r.varOff;
  if ((bits.valueHigh | bits.maskHigh | r.uminH | r.umaxH) === 0) {
    pinSmallValue(r);
    return;
  }
  const most = bits.value | bits.mask;
  const { uminExact: least, umaxExact: limit } = r;
  const next = tnumNext(bits, least);
  let known: bigint | undefined;
  if ((least & ~bits.mask & U64_MAX) === bits.value) {
    if (next > limit) known = least;
  } else if (next === most) known = most;
  else if (next <= limit && tnumNext(bits, next) > limit) known = next;
  if (known !== undefined) r.setConst(highHalf(known), lowHalf(known));
}

/** 32-bit bounds from the 64-bit ones and from each other. */
function deduce32(r: Register): void {
  if (r.uminH === r.umaxH) {
    raiseU32Min(r, r.uminL);
    lowerU32Max(r, r.umaxL);
    if (r.uminL <= r.umaxL) {
      raiseS32Min(r, r.uminL);
      lowerS32Max(r, r.umaxL);
    }
  }
  if (r.sminH === r.smaxH) {
    if (r.sminL >>> 0 <= r.smaxL >>> 0) {
      raiseU32Min(r, r.sminL);
      lowerU32Max(r, r.smaxL);
    }
    if (r.sminL <= r.smaxL) {
      raiseS32Min(r, r.sminL);
      lowerS32Max(r, r.smaxL);
    }
  }
  // The range crosses one multiple of 2^32, but its low halves stay around zero.
  if (((r.uminH + 1) | 0) === r.umaxH && r.uminL < 0 && r.umaxL >= 0) {
    raiseS32Min(r, r.uminL);
    lowerS32Max(r, r.umaxL);
  }
  if (((r.sminH + 1) | 0) === r.smaxH && r.sminL < 0 && r.smaxL >= 0) {
    raiseS32Min(r, r.sminL);
    lowerS32Max(r, r.smaxL);
  }
  if (r.u32Min <= r.u32Max) {
    raiseS32Min(r, r.u32Min);
    lowerS32Max(r, r.u32Max);
  }
  if (r.s32Min >>> 0 <= r.s32Max >>> 0) {
    raiseU32Min(r, r.s32Min);
    lowerU32Max(r, r.s32Max);
  } else if (r.u32Max >>> 0 < r.s32Min >>> 0) {
    r.s32Min = r.u32Min;
    lowerU32Max(r, r.s32Max);
  } else if (r.s32Max >>> 0 < r.u32Min >>> 0) {
    r.s32Max = r.u32Max;
    raiseU32Min(r, r.s32Min);
  }
}

/** 64-bit signed bounds from unsigned ones and back. */
function deduce64(r: Register): void {
  if (!signedLess(r.umaxH, r.umaxL, r.uminH, r.uminL)) {
    raiseSmin(r, r.uminH, r.uminL);
    lowerSmax(r, r.umaxH, r.umaxL);
  }
  if (!unsignedLess(r.smaxH, r.smaxL, r.sminH, r.sminL)) {
    raiseUmin(r, r.sminH, r.sminL);
    lowerUmax(r, r.smaxH, r.smaxL);
  } else if (unsignedLess(r.umaxH, r.umaxL, r.sminH, r.sminL)) {
    r.sminH = r.uminH;
    r.sminL = r.uminL;
    lowerUmax(r, r.smaxH, r.smaxL);
  } else if (unsignedLess(r.smaxH, r.smaxL, r.uminH, r.uminL)) {
    r.smaxH = r.umaxH;
    r.smaxL = r.umaxL;
    raiseUmin(r, r.sminH, r.sminL);
  }
}

/** 64-bit bounds from the 32-bit ones. */
function deduceMixed(r: Register): void {
  raiseUmin(r, r.uminH, r.u32Min);
  lowerUmax(r, r.umaxH, r.u32Max);
  raiseSmin(r, r.sminH, r.u32Min);
  lowerSmax(r, r.smaxH, r.u32Max);
  if (r.s32Min >>> 0 <= r.s32Max >>> 0) {
    raiseUmin(r, r.uminH, r.s32Min);
    lowerUmax(r, r.umaxH, r.s32Max);
    raiseSmin(r, r.sminH, r.s32Min);
    lowerSmax(r, r.smaxH, r.s32Max);
  }
  if (r.s32Min >= 0 && fitsS32(r.sminH, r.sminL) && fitsS32(r.smaxH, r.smaxL)) {
    r.sminH = r.uminH = 0;
    r.sminL = r.uminL = r.s32Min;
    const high = r.s32Max < 0 ? -1 : 0;
    r.smaxH = r.umaxH = high;
    r.smaxL = r.umaxL = r.s32Max;
    r.varOff = tnumIntersect(r.varOff, tnumRange(0, r.s32Min, high, r.s32Max));
  }
}

function fitsS32(high: number, low: number): boolean {
  return high === low >> 31;
}

function deduce(r: Register): void {
  deduce32(r);
  deduce64(r);
  deduceMixed(r);
}

/** Known bits from the bounds. */
function bitsFromBounds(r: Register): void {
  const whole = tnumIntersect(r.varOff, tnumRange(r.uminH, r.uminL, r.umaxH, r.umaxL));
  const half = tnumIntersect(tnumSubreg(whole), tnumRange(0, r.u32Min, 0, r.u32Max));
  const value = half.valueLow;
  const mask = half.maskLow & ~value;
  if (value !== whole.valueLow || mask !== whole.maskLow) {
    r.varOff = new Tnum(whole.valueHigh, value, whole.maskHigh, mask);
  } else r.varOff = whole;
}

/** Brings all views of the value into agreement. */
export function syncBounds(r: Register): void {
  if (isSettledConst(r)) return;
  boundsFromBits(r);
  deduce(r);
  deduce(r);
  deduce(r);
  bitsFromBounds(r);
  boundsFromBits(r);
}

/** A constant whose bounds already say so: nothing can be deduced. */
function isSettledConst(r: Register): boolean {
  const bits = r.varOff;
  const low = bits.valueLow;
  const high = bits.valueHigh;
  return (
    bits.maskLow === 0 &&
    bits.maskHigh === 0 &&
    r.uminL === low &&
    r.umaxL === low &&
    r.sminL === low &&
    r.smaxL === low &&
    r.uminH === high &&
    r.umaxH === high &&
    r.sminH === high &&
    r.smaxH === high &&
    r.s32Min === low &&
    r.s32Max === low &&
    r.u32Min === low &&
    r.u32Max === low
  );
}

/** What is wrong with bounds that contradict each other, or undefined (reg_bounds_sanity_check). */
export function boundsViolation(r: Register): string | undefined {
  if (
    unsignedLess(r.umaxH, r.umaxL, r.uminH, r.uminL) ||
    signedLess(r.smaxH, r.smaxL, r.sminH, r.sminL) ||
    r.u32Min >>> 0 > r.u32Max >>> 0 ||
    r.s32Min > r.s32Max
  ) {
    return 'range bounds violation';
  }
  const bits = r.varOff;
  if (
    bits.isConst &&
    (r.uminH !== bits.valueHigh ||
      r.uminL !== bits.valueLow ||
      r.umaxH !== bits.valueHigh ||
      r.umaxL !== bits.valueLow ||
      r.sminH !== bits.valueHigh ||
      r.sminL !== bits.valueLow ||
      r.smaxH !== bits.valueHigh ||
      r.smaxL !== bits.valueLow)
  ) {
    return 'const tnum out of sync with range bounds';
  }
  if (
    bits.maskLow === 0 &&
    (r.u32Min !== bits.valueLow ||
      r.u32Max !== bits.valueLow ||
      r.s32Min !== bits.valueLow ||
      r.s32Max !== bits.valueLow)
  ) {
    return 'const subreg tnum out of sync with range bounds';
  }
  return undefined;
}

/** The low half, zero-extended: 64-bit bounds from the 32-bit ones (zext_32_to_64). */
export function zeroExtend32(r: Register): void {
  r.varOff = tnumSubreg(r.varOff);
  r.uminH = 0;
  r.uminL = r.u32Min;
  r.umaxH = 0;
  r.umaxL = r.u32Max;
  r.sminH = 0;
  r.smaxH = 0;
  if (r.s32Min >= 0 && r.s32Max >= 0) {
    r.sminL = r.s32Min;
    r.smaxL = r.s32Max;
  } else {
    r.sminL = 0;
    r.smaxL = -1;
  }
}

/** Keeps the low `size` bytes, zero-extended (coerce_reg_to_size). */
export function truncate(r: Register, size: number): void {
  r.varOff = tnumCast(r.varOff, size);
  const mask = size === 4 ? -1 : (1 << (size * 8)) - 1;
  if (r.uminH === r.umaxH && (r.uminL & ~mask) === (r.umaxL & ~mask)) {
    r.uminL &= mask;
    r.umaxL &= mask;
  } else {
    r.uminL = 0;
    r.umaxL = mask;
  }
  r.uminH = r.umaxH = 0;
  r.sminH = r.smaxH = 0;
  r.sminL = r.uminL;
  r.smaxL = r.umaxL;
  if (size < 4) r.unbound32();
  syncBounds(r);
}

/** The value `value` of `bits` bits, sign-extended to 32. */
function signExtend(value: number, bits: number): number {
  return bits === 32 ? value : (value << (32 - bits)) >> (32 - bits);
}

/** Sign-extends the low `size` bytes to 64 bits (coerce_reg_to_size_sx). */
export function signExtend64(r: Register, size: number): void {
  const bits = size * 8;
  if (r.isConst) {
    const low = signExtend(r.varOff.valueLow, bits);
    r.setConst(low >> 31, low);
    return;
  }
  const sameTop = r.smaxH === r.sminH && (bits === 32 || r.smaxL >>> bits === r.sminL >>> bits);
  if (sameTop) {
    const a = signExtend(r.smaxL, bits);
    const b = signExtend(r.sminL, bits);
    const most = Math.max(a, b);
    const least = Math.min(a, b);
    if (most >= 0 === least >= 0) {
      const high = least < 0 ? -1 : 0;
      r.sminH = r.smaxH = r.uminH = r.umaxH = high;
      r.s32Min = r.sminL = r.u32Min = r.uminL = least;
      r.s32Max = r.smaxL = r.u32Max = r.umaxL = most;
      r.varOff = tnumRange(high, least, high, most);
      return;
    }
  }
  const most = bits === 32 ? S32_MAX : (1 << (bits - 1)) - 1;
  const least = -most - 1;
  r.sminH = -1;
  r.sminL = r.s32Min = least;
  r.smaxH = 0;
  r.smaxL = r.s32Max = most;
  r.uminH = r.uminL = r.u32Min = 0;
  r.umaxH = r.umaxL = r.u32Max = -1;
  r.varOff = TNUM_UNKNOWN;
}

/** Sign-extends the low `size` bytes to 32 bits; the upper half is the caller's business (coerce_subreg_to_size_sx). */
export function signExtend32(r: Register, size: number): void {
  const bits = size * 8;
  if (r.isConst) {
    const low = signExtend(r.varOff.valueLow, bits);
    r.varOff = tnumConst(low >> 31, low);
    r.s32Min = r.s32Max = r.u32Min = r.u32Max = low;
    return;
  }
  if (r.s32Max >>> bits === r.s32Min >>> bits) {
    const a = signExtend(r.s32Max, bits);
    const b = signExtend(r.s32Min, bits);
    const most = Math.max(a, b);
    const least = Math.min(a, b);
    if (most >= 0 === least >= 0) {
      r.s32Min = r.u32Min = least;
      r.s32Max = r.u32Max = most;
      r.varOff = tnumSubreg(tnumRange(least >> 31, least, most >> 31, most));
      return;
    }
  }
  r.s32Max = (1 << (bits - 1)) - 1;
  r.s32Min = -r.s32Max - 1;
  r.u32Min = 0;
  r.u32Max = -1;
  r.varOff = new Tnum(0, 0, 0, -1);
}

/** Every value of `b` is allowed by `a` (range_within). */
export function rangeWithin(a: Register, b: Register): boolean {
  return (
    !unsignedLess(b.uminH, b.uminL, a.uminH, a.uminL) &&
    !unsignedLess(a.umaxH, a.umaxL, b.umaxH, b.umaxL) &&
    !signedLess(b.sminH, b.sminL, a.sminH, a.sminL) &&
    !signedLess(a.smaxH, a.smaxL, b.smaxH, b.smaxL) &&
    a.u32Min >>> 0 <= b.u32Min >>> 0 &&
    a.u32Max >>> 0 >= b.u32Max >>> 0 &&
    a.s32Min <= b.s32Min &&
    a.s32Max >= b.s32Max
  );
}
