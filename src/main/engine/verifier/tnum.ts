import { U64_MAX } from '../base/index.ts';
import { addHigh, bitWidth, hexText, subHigh, toUnsigned, unsignedText } from './int64.ts';

/**
 * A tracked number: which bits of a 64-bit value are known (`mask` bit clear, the bit is in `value`) and which are not
 * (`mask` bit set, `value` bit clear). Immutable; halves are int32. See kernel/bpf/tnum.c and arXiv 2105.05398.
 */
export class Tnum {
  readonly valueHigh: number;
  readonly valueLow: number;
  readonly maskHigh: number;
  readonly maskLow: number;

  constructor(valueHigh: number, valueLow: number, maskHigh: number, maskLow: number) {
    this.valueHigh = valueHigh;
    this.valueLow = valueLow;
    this.maskHigh = maskHigh;
    this.maskLow = maskLow;
  }

  get isConst(): boolean {
    return this.maskHigh === 0 && this.maskLow === 0;
  }

  get isUnknown(): boolean {
    return this.maskHigh === -1 && this.maskLow === -1;
  }

  /** The low 32 bits are known. */
  get isSubregConst(): boolean {
    return this.maskLow === 0;
  }

  get value(): bigint {
    return toUnsigned(this.valueHigh, this.valueLow);
  }

  get mask(): bigint {
    return toUnsigned(this.maskHigh, this.maskLow);
  }
}

export const TNUM_UNKNOWN = new Tnum(0, 0, -1, -1);
export const TNUM_ZERO = new Tnum(0, 0, 0, 0);

export function tnumConst(high: number, low: number): Tnum {
  return high === 0 && low === 0 ? TNUM_ZERO : new Tnum(high, low, 0, 0);
}

export function isZeroTnum(a: Tnum): boolean {
  return a.maskLow === 0 && a.maskHigh === 0 && a.valueLow === 0 && a.valueHigh === 0;
}

export function tnumEquals(a: Tnum, b: Tnum): boolean {
  return (
    a === b ||
    (a.valueHigh === b.valueHigh &&
      a.valueLow === b.valueLow &&
      a.maskHigh === b.maskHigh &&
      a.maskLow === b.maskLow)
  );
}

/** The smallest tnum that holds every value of the unsigned range. */
export function tnumRange(minHigh: number, minLow: number, maxHigh: number, maxLow: number): Tnum {
  const changing = bitWidth(minHigh ^ maxHigh, minLow ^ maxLow);
  if (changing === 0) return tnumConst(minHigh, minLow);
  if (changing === 64) return TNUM_UNKNOWN;
  const maskHigh = changing > 32 ? ((1 << (changing - 32)) - 1) | 0 : 0;
  const maskLow = changing >= 32 ? -1 : ((1 << changing) - 1) | 0;
  return new Tnum(minHigh & ~maskHigh, minLow & ~maskLow, maskHigh, maskLow);
}

export function tnumAdd(a: Tnum, b: Tnum): Tnum {
  const masksLow = (a.maskLow + b.maskLow) | 0;
  const masksHigh = addHigh(a.maskHigh, a.maskLow, b.maskHigh, masksLow);
  const valuesLow = (a.valueLow + b.valueLow) | 0;
  const valuesHigh = addHigh(a.valueHigh, a.valueLow, b.valueHigh, valuesLow);
  const totalLow = (masksLow + valuesLow) | 0;
  const totalHigh = addHigh(masksHigh, masksLow, valuesHigh, totalLow);
  const unknownLow = (totalLow ^ valuesLow) | a.maskLow | b.maskLow;
  const unknownHigh = (totalHigh ^ valuesHigh) | a.maskHigh | b.maskHigh;
  return new Tnum(valuesHigh & ~unknownHigh, valuesLow & ~unknownLow, unknownHigh, unknownLow);
}

export function tnumSub(a: Tnum, b: Tnum): Tnum {
  const diffLow = (a.valueLow - b.valueLow) | 0;
  const diffHigh = subHigh(a.valueHigh, a.valueLow, b.valueHigh, b.valueLow);
  const mostLow = (diffLow + a.maskLow) | 0;
  const mostHigh = addHigh(diffHigh, diffLow, a.maskHigh, mostLow);
  const leastLow = (diffLow - b.maskLow) | 0;
  const leastHigh = subHigh(diffHigh, diffLow, b.maskHigh, b.maskLow);
  const unknownLow = (mostLow ^ leastLow) | a.maskLow | b.maskLow;
  const unknownHigh = (mostHigh ^ leastHigh) | a.maskHigh | b.maskHigh;
  return new Tnum(diffHigh & ~unknownHigh, diffLow & ~unknownLow, unknownHigh, unknownLow);
}

export function tnumNeg(a: Tnum): Tnum {
  return tnumSub(TNUM_ZERO, a);
}

export function tnumAnd(a: Tnum, b: Tnum): Tnum {
  const low = a.valueLow & b.valueLow;
  const high = a.valueHigh & b.valueHigh;
  return new Tnum(
    high,
    low,
    (a.valueHigh | a.maskHigh) & (b.valueHigh | b.maskHigh) & ~high,
    (a.valueLow | a.maskLow) & (b.valueLow | b.maskLow) & ~low,
  );
}

export function tnumOr(a: Tnum, b: Tnum): Tnum {
  const low = a.valueLow | b.valueLow;
  const high = a.valueHigh | b.valueHigh;
  return new Tnum(high, low, (a.maskHigh | b.maskHigh) & ~high, (a.maskLow | b.maskLow) & ~low);
}

export function tnumXor(a: Tnum, b: Tnum): Tnum {
  const unknownLow = a.maskLow | b.maskLow;
  const unknownHigh = a.maskHigh | b.maskHigh;
  return new Tnum(
    (a.valueHigh ^ b.valueHigh) & ~unknownHigh,
    (a.valueLow ^ b.valueLow) & ~unknownLow,
    unknownHigh,
    unknownLow,
  );
}

function shiftLeftHigh(high: number, low: number, shift: number): number {
  if (shift === 0) return high;
  if (shift >= 32) return shift === 32 ? low : low << (shift - 32);
  return (high << shift) | (low >>> (32 - shift));
}

function shiftLeftLow(low: number, shift: number): number {
  return shift >= 32 ? 0 : low << shift;
}

function shiftRightLow(high: number, low: number, shift: number): number {
  if (shift === 0) return low;
  if (shift >= 32) return (shift === 32 ? high : high >>> (shift - 32)) | 0;
  return (low >>> shift) | (high << (32 - shift));
}

function shiftRightHigh(high: number, shift: number): number {
  return shift >= 32 ? 0 : (high >>> shift) | 0;
}

export function tnumLshift(a: Tnum, shift: number): Tnum {
  return new Tnum(
    shiftLeftHigh(a.valueHigh, a.valueLow, shift),
    shiftLeftLow(a.valueLow, shift),
    shiftLeftHigh(a.maskHigh, a.maskLow, shift),
    shiftLeftLow(a.maskLow, shift),
  );
}

export function tnumRshift(a: Tnum, shift: number): Tnum {
  return new Tnum(
    shiftRightHigh(a.valueHigh, shift),
    shiftRightLow(a.valueHigh, a.valueLow, shift),
    shiftRightHigh(a.maskHigh, shift),
    shiftRightLow(a.maskHigh, a.maskLow, shift),
  );
}

function arithmeticLow(high: number, low: number, shift: number): number {
  if (shift === 0) return low;
  if (shift >= 32) return high >> Math.min(shift - 32, 31);
  return (low >>> shift) | (high << (32 - shift));
}

/** Arithmetic shift of a value of `bits` (32 or 64) bits. */
export function tnumArshift(a: Tnum, shift: number, bits: number): Tnum {
  if (bits === 32) return new Tnum(0, a.valueLow >> shift, 0, a.maskLow >> shift);
  const high = Math.min(shift, 31);
  return new Tnum(
    a.valueHigh >> high,
    arithmeticLow(a.valueHigh, a.valueLow, shift),
    a.maskHigh >> high,
    arithmeticLow(a.maskHigh, a.maskLow, shift),
  );
}

/** Low 64 bits of the product of two pairs. */
export function multiplyLow(aHigh: number, aLow: number, bHigh: number, bLow: number): [number, number] {
  const product = BigInt.asUintN(64, toUnsigned(aHigh, aLow) * toUnsigned(bHigh, bLow));
  return [Number(BigInt.asIntN(32, product >> 32n)), Number(BigInt.asIntN(32, product))];
}

/** What is known of a number that is one of two (tnum_union). */
export function tnumUnion(a: Tnum, b: Tnum): Tnum {
  const maskHigh = (a.valueHigh ^ b.valueHigh) | a.maskHigh | b.maskHigh;
  const maskLow = (a.valueLow ^ b.valueLow) | a.maskLow | b.maskLow;
  return new Tnum(
    a.valueHigh & b.valueHigh & ~maskHigh,
    a.valueLow & b.valueLow & ~maskLow,
    maskHigh,
    maskLow,
  );
}

/** Product of long multiplication: where a bit of `a` is unknown, the sum with or without `b` (tnum_mul since 6.18). */
export function tnumMulByUnion(a: Tnum, b: Tnum): Tnum {
  if (a.isConst && b.isConst) return tnumMul(a, b);
  let product = TNUM_ZERO;
  let left = a;
  let right = b;
  while ((left.valueHigh | left.valueLow | left.maskHigh | left.maskLow) !== 0) {
    if ((left.valueLow & 1) !== 0) product = tnumAdd(product, right);
    else if ((left.maskLow & 1) !== 0) product = tnumUnion(product, tnumAdd(product, right));
    left = tnumRshift(left, 1);
    right = tnumLshift(right, 1);
  }
  return product;
}

/**
 * Product by partial products: the known bits of `a` add `b`'s uncertainty, its unknown bits add all of `b`.
 */
export function tnumMul(a: Tnum, b: Tnum): Tnum {
  const [high, low] = multiplyLow(a.valueHigh, a.valueLow, b.valueHigh, b.valueLow);
  if (a.isConst && b.isConst) return tnumConst(high, low);
  let uncertain = TNUM_ZERO;
  let left = a;
  let right = b;
  while ((left.valueHigh | left.valueLow | left.maskHigh | left.maskLow) !== 0) {
    if ((left.valueLow & 1) !== 0) {
      uncertain = tnumAdd(uncertain, new Tnum(0, 0, right.maskHigh, right.maskLow));
    } else if ((left.maskLow & 1) !== 0) {
      uncertain = tnumAdd(
        uncertain,
        new Tnum(0, 0, right.valueHigh | right.maskHigh, right.valueLow | right.maskLow),
      );
    }
    left = tnumRshift(left, 1);
    right = tnumLshift(right, 1);
  }
  return tnumAdd(tnumConst(high, low), uncertain);
}

/** True if some value is in both. */
export function tnumOverlap(a: Tnum, b: Tnum): boolean {
  const low = ~a.maskLow & ~b.maskLow;
  const high = ~a.maskHigh & ~b.maskHigh;
  return (a.valueLow & low) === (b.valueLow & low) && (a.valueHigh & high) === (b.valueHigh & high);
}

/** What is known from both; they must not contradict each other. */
export function tnumIntersect(a: Tnum, b: Tnum): Tnum {
  if (a === b || b.isUnknown) return a;
  if (a.isUnknown) return b;
  const maskLow = a.maskLow & b.maskLow;
  const maskHigh = a.maskHigh & b.maskHigh;
  return new Tnum(
    (a.valueHigh | b.valueHigh) & ~maskHigh,
    (a.valueLow | b.valueLow) & ~maskLow,
    maskHigh,
    maskLow,
  );
}

/** Every value of `b` is one of `a`. */
export function tnumIn(a: Tnum, b: Tnum): boolean {
  if ((b.maskLow & ~a.maskLow) !== 0 || (b.maskHigh & ~a.maskHigh) !== 0) return false;
  return a.valueLow === (b.valueLow & ~a.maskLow) && a.valueHigh === (b.valueHigh & ~a.maskHigh);
}

/** Multiple of `size`, a power of two up to 8. */
export function tnumIsAligned(a: Tnum, size: number): boolean {
  return ((a.valueLow | a.maskLow) & (size - 1)) === 0;
}

/** Low `size` bytes, zero-extended. */
export function tnumCast(a: Tnum, size: number): Tnum {
  if (size === 8) return a;
  const mask = size === 4 ? -1 : (1 << (size * 8)) - 1;
  return new Tnum(0, a.valueLow & mask, 0, a.maskLow & mask);
}

/** The smallest number with the known bits that is larger than `than`; the largest of all where there is none (tnum_step). */
export function tnumNext(a: Tnum, than: bigint): bigint {
  const { value, mask } = a;
  const most = value | mask;
  if (than >= most) return most;
  if (than < value) return value;
  const above = than - value;
  const fixed = above & ~mask & U64_MAX;
  const carry = (1n << BigInt(fixed === 0n ? 0 : fixed.toString(2).length)) - 1n;
  const filled = above | carry | (~mask & U64_MAX);
  return value | ((filled + 1n) & mask);
}

/** tnumNext() of value and mask below 2^32. */
export function tnumNext32(value: number, mask: number, than: number): number {
  const most = value + mask;
  if (than >= most) return most;
  if (than < value) return value;
  const above = than - value;
  const fixed = above & ~mask;
  const carry = fixed === 0 ? 0 : -1 >>> Math.clz32(fixed);
  const filled = above | carry | ~mask;
  return value + (((filled + 1) & mask) >>> 0);
}

function swap32(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}

/** The low `bits` (16, 32, 64) with their bytes in reverse order, above them zeros (tnum_bswap16 and so on). */
export function tnumByteSwap(a: Tnum, bits: number): Tnum {
  const { valueHigh, valueLow, maskHigh, maskLow } = a;
  if (bits === 64) return new Tnum(swap32(valueLow), swap32(valueHigh), swap32(maskLow), swap32(maskHigh));
  const shift = 32 - bits;
  return new Tnum(0, (swap32(valueLow) >>> shift) | 0, 0, (swap32(maskLow) >>> shift) | 0);
}

export function tnumSubreg(a: Tnum): Tnum {
  return a.valueHigh === 0 && a.maskHigh === 0 ? a : new Tnum(0, a.valueLow, 0, a.maskLow);
}

/** High half of `a`, low half of `low`. */
export function tnumWithSubreg(a: Tnum, low: Tnum): Tnum {
  return new Tnum(a.valueHigh, low.valueLow, a.maskHigh, low.maskLow);
}

/** `a` with the low 32 bits set to a constant. */
export function tnumConstSubreg(a: Tnum, low: number): Tnum {
  return new Tnum(a.valueHigh, low | 0, a.maskHigh, 0);
}

/** As the kernel prints it: `7`, `0xffffffff`, `(0x0; 0xff)`. */
export function tnumString(a: Tnum): string {
  const { valueHigh, valueLow, maskHigh, maskLow } = a;
  if (a.isConst) return unsignedText(valueHigh, valueLow);
  return `(${hexText(valueHigh, valueLow)}; ${hexText(maskHigh, maskLow)})`;
}
