import { type FieldLayout, type FieldValue } from '../../../preload/contract/index.ts';
import { type ByteRange } from '../state/selection.svelte.ts';

/** Bits that a field has in its report: all elements of an array. */
export function bitsOf(field: FieldLayout): number {
  return field.bitSize * field.count;
}

/** The bytes that bits lie in. */
export function byteRange(bitOffset: number, bitSize: number): ByteRange {
  return { from: bitOffset >> 3, to: (bitOffset + Math.max(1, bitSize) + 7) >> 3 };
}

/** `8`, `16–31`: the head of the column says that bits are meant. */
export function bitsText(bitOffset: number, bitSize: number): string {
  return bitSize <= 1 ? String(bitOffset) : `${bitOffset}–${bitOffset + bitSize - 1}`;
}

/** For each bit of a report the field that has it; a later field wins where they overlap. */
export function fieldOfBit(fields: readonly FieldLayout[], size: number): (FieldLayout | undefined)[] {
  const owners = new Array<FieldLayout | undefined>(size * 8).fill(undefined);
  for (const field of fields) {
    const end = Math.min(owners.length, field.bitOffset + bitsOf(field));
    for (let bit = field.bitOffset; bit < end; bit++) owners[bit] = field;
  }
  return owners;
}

export function bitAt(bytes: Uint8Array, bit: number): number | undefined {
  const byte = bytes[bit >> 3];
  return byte === undefined ? undefined : (byte >> (bit & 7)) & 1;
}

/** True where the other side has another bit, or none. */
export function bitDiffers(bytes: Uint8Array, other: Uint8Array | undefined, bit: number): boolean {
  return other !== undefined && bitAt(bytes, bit) !== bitAt(other, bit);
}

/** The first decoded value that lies on a byte. */
export function fieldAtByte(fields: readonly FieldValue[], byte: number): FieldValue | undefined {
  return fields.find((field) => {
    const range = byteRange(field.bitOffset, field.bitSize);
    return byte >= range.from && byte < range.to;
  });
}
