/**
 * 64-bit multiplication and division on pairs of 32-bit words (low, high) in an Int32Array, at word indexes `d`
 * (left operand and result) and `s`. The fast ways serve values that a double holds exactly.
 */

const TWO_32 = 0x1_0000_0000;

/** High 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const low = Math.imul(a0, b0) >>> 0;
  const middle = (Math.imul(a1, b0) >>> 0) + (low >>> 16);
  const carry = (Math.imul(a0, b1) >>> 0) + (middle & 0xffff);
  return ((Math.imul(a1, b1) >>> 0) + Math.floor(middle / 65536) + Math.floor(carry / 65536)) | 0;
}

export function multiply64(r: Int32Array, d: number, s: number): void {
  const al = r[d] as number;
  const bl = r[s] as number;
  const cross = (Math.imul(al, r[s + 1] as number) + Math.imul(r[d + 1] as number, bl)) | 0;
  r[d + 1] = (multiplyHigh(al, bl) + cross) | 0;
  r[d] = Math.imul(al, bl);
}

/** True if both values are below 2^53. */
function areExact(r: Int32Array, d: number, s: number): boolean {
  return (r[d + 1] as number) >>> 21 === 0 && (r[s + 1] as number) >>> 21 === 0;
}

function valueOf(r: Int32Array, at: number): number {
  return (r[at + 1] as number) * TWO_32 + ((r[at] as number) >>> 0);
}

function wide(r: Int32Array, at: number): bigint {
  return (BigInt((r[at + 1] as number) >>> 0) << 32n) | BigInt((r[at] as number) >>> 0);
}

function setWide(r: Int32Array, at: number, value: bigint): void {
  r[at] = Number(BigInt.asIntN(32, value));
  r[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

/** Unsigned quotient; 0 for a division by zero. */
export function divide64(r: Int32Array, d: number, s: number): void {
  if (((r[s] as number) | (r[s + 1] as number)) === 0) {
    r[d] = 0;
    r[d + 1] = 0;
  } else if (((r[d + 1] as number) | (r[s + 1] as number)) === 0) {
    r[d] = ((r[d] as number) >>> 0) / ((r[s] as number) >>> 0);
  } else if (areExact(r, d, s)) {
    const left = valueOf(r, d);
    const right = valueOf(r, s);
    // The remainder is exact, and with it the division.
    const quotient = (left - (left % right)) / right;
    r[d] = quotient;
    r[d + 1] = quotient / TWO_32;
  } else {
    setWide(r, d, wide(r, d) / wide(r, s));
  }
}

/** Unsigned remainder; the left operand for a division by zero. */
export function modulo64(r: Int32Array, d: number, s: number): void {
  if (((r[s] as number) | (r[s + 1] as number)) === 0) return;
  if (((r[d + 1] as number) | (r[s + 1] as number)) === 0) {
    r[d] = ((r[d] as number) >>> 0) % ((r[s] as number) >>> 0);
  } else if (areExact(r, d, s)) {
    const rest = valueOf(r, d) % valueOf(r, s);
    r[d] = rest;
    r[d + 1] = rest / TWO_32;
  } else {
    setWide(r, d, wide(r, d) % wide(r, s));
  }
}

/** Signed quotient towards zero; 0 for a division by zero, the smallest number divided by -1 is itself. */
export function signedDivide64(r: Int32Array, d: number, s: number): void {
  const right = BigInt.asIntN(64, wide(r, s));
  setWide(r, d, right === 0n ? 0n : BigInt.asIntN(64, wide(r, d)) / right);
}

/** Signed remainder with the sign of the left operand; the left operand for a division by zero. */
export function signedModulo64(r: Int32Array, d: number, s: number): void {
  const right = BigInt.asIntN(64, wide(r, s));
  if (right !== 0n) setWide(r, d, BigInt.asIntN(64, wide(r, d)) % right);
}

/** The four bytes in reverse order. */
export function swap32(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}
