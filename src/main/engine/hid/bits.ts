/** Bits of a report: little-endian, bit 0 of byte 0 first (HID 1.11, 8.4; hid-core.c __extract and __implement). */

/** Up to 32 bits from `offset`, unsigned. Bits behind the end read as 0. */
export function extractBits(bytes: Uint8Array, offset: number, count: number): number {
  let value = 0;
  let done = 0;
  let at = offset >> 3;
  let shift = offset & 7;
  while (done < count) {
    value |= ((bytes[at] ?? 0) >> shift) << done;
    done += 8 - shift;
    shift = 0;
    at += 1;
  }
  return count >= 32 ? value >>> 0 : (value & ((1 << count) - 1)) >>> 0;
}

/** Writes up to 32 bits; bits that lie behind the end are left out. */
export function storeBits(bytes: Uint8Array, offset: number, count: number, value: number): void {
  for (let i = 0; i < count; i++) {
    const at = (offset + i) >> 3;
    if (at >= bytes.length) return;
    const bit = 1 << ((offset + i) & 7);
    const old = bytes[at] as number;
    bytes[at] = (value >>> i) & 1 ? old | bit : old & ~bit;
  }
}

/** Reads the low `bits` (0 … 32) of a number as signed (hid_snto32). */
export function signExtend(value: number, bits: number): number {
  if (bits === 0) return 0;
  const shift = 32 - bits;
  return (value << shift) >> shift;
}
