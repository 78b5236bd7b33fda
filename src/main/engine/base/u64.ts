/** 64-bit values cross the engine as unsigned BigInts; these make and read them. */

export const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Wraps to 0 … 2^64-1. */
export function u64(value: bigint | number): bigint {
  return BigInt.asUintN(64, BigInt(value));
}

/** The same 64 bits read as signed. */
export function s64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** Low 32 bits as a signed number. */
export function low32(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** High 32 bits as a signed number. */
export function high32(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}

/** Joins two 32-bit halves (of any sign) to an unsigned 64-bit value. */
export function join64(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
