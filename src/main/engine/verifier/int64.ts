/**
 * 64-bit values as two int32 halves, the form the verifier keeps its bounds in: BigInt would cost ten times as much.
 * Halves are always int32 (`| 0`), also those of unsigned values.
 */

/** High half of a + b, given the low half of the sum. */
export function addHigh(aHigh: number, aLow: number, bHigh: number, sumLow: number): number {
  return (aHigh + bHigh + (sumLow >>> 0 < aLow >>> 0 ? 1 : 0)) | 0;
}

/** High half of a - b. */
export function subHigh(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  return (aHigh - bHigh - (aLow >>> 0 < bLow >>> 0 ? 1 : 0)) | 0;
}

/** a < b, unsigned. */
export function unsignedLess(aHigh: number, aLow: number, bHigh: number, bLow: number): boolean {
  return aHigh === bHigh ? aLow >>> 0 < bLow >>> 0 : aHigh >>> 0 < bHigh >>> 0;
}

/** a < b, signed. */
export function signedLess(aHigh: number, aLow: number, bHigh: number, bLow: number): boolean {
  return aHigh === bHigh ? aLow >>> 0 < bLow >>> 0 : aHigh < bHigh;
}

/** The value as an unsigned BigInt. */
export function toUnsigned(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The value as a signed BigInt. */
export function toSigned(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** The unsigned value as a double: exact below 2^53, near enough to compare with small limits above. */
export function unsignedNumber(high: number, low: number): number {
  return (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
}

/** The signed value as a double: exact within ±2^53. */
export function signedNumber(high: number, low: number): number {
  return high * 0x1_0000_0000 + (low >>> 0);
}

export function lowHalf(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

export function highHalf(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}

/** High half of a whole double within ±2^53; its low half is `value | 0`. */
export function highHalfOfNumber(value: number): number {
  return Math.floor(value / 0x1_0000_0000) | 0;
}

/** `0x1f`, and `0x0` for zero. */
export function hexText(high: number, low: number): string {
  const lowText = (low >>> 0).toString(16);
  return high === 0 ? `0x${lowText}` : `0x${(high >>> 0).toString(16)}${lowText.padStart(8, '0')}`;
}

/** In the log's notation: small numbers in decimal, others in hexadecimal (verbose_unum of kernel/bpf/log.c). */
export function unsignedText(high: number, low: number): string {
  return high === 0 && low >>> 0 <= 0xffff ? String(low) : hexText(high, low);
}

/** The same for a signed value; large ones by their 64 bits (verbose_snum). */
export function signedText(high: number, low: number): string {
  return high === low >> 31 && low >= -0x8000 && low <= 0x7fff ? String(low) : hexText(high, low);
}

/** Position of the highest set bit plus one, 0 for zero (fls64). */
export function bitWidth(high: number, low: number): number {
  return high !== 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(low);
}
