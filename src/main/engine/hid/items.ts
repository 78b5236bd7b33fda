import { type ItemType } from './types.ts';

/** Main item tags (HID 1.11, 6.2.2.4). */
export const MAIN = { INPUT: 8, OUTPUT: 9, COLLECTION: 10, FEATURE: 11, END_COLLECTION: 12 } as const;
/** Global item tags (6.2.2.7). */
export const GLOBAL = {
  USAGE_PAGE: 0,
  LOGICAL_MINIMUM: 1,
  LOGICAL_MAXIMUM: 2,
  PHYSICAL_MINIMUM: 3,
  PHYSICAL_MAXIMUM: 4,
  UNIT_EXPONENT: 5,
  UNIT: 6,
  REPORT_SIZE: 7,
  REPORT_ID: 8,
  REPORT_COUNT: 9,
  PUSH: 10,
  POP: 11,
} as const;
/** Local item tags (6.2.2.8). */
export const LOCAL = {
  USAGE: 0,
  USAGE_MINIMUM: 1,
  USAGE_MAXIMUM: 2,
  DESIGNATOR_INDEX: 3,
  DESIGNATOR_MINIMUM: 4,
  DESIGNATOR_MAXIMUM: 5,
  STRING_INDEX: 7,
  STRING_MINIMUM: 8,
  STRING_MAXIMUM: 9,
  DELIMITER: 10,
} as const;

export const ITEM_TYPES: readonly ItemType[] = ['main', 'global', 'local', 'reserved'];
const LONG_ITEM_TAG = 15;

/** An item before anything is known about its surroundings. */
export interface RawItem {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly type: ItemType;
  readonly tag: number;
  readonly isLong: boolean;
  readonly isTruncated: boolean;
  readonly size: number;
  readonly unsigned: number;
  readonly signed: number;
}

/**
 * Reads the item at `offset`, as the kernel's fetch_item: tag 15 makes a long item whatever its type bits say, and the size
 * code 3 means four bytes. An item that the descriptor ends in is returned with `isTruncated`.
 */
export function readItem(descriptor: Uint8Array, offset: number): RawItem {
  const prefix = descriptor[offset] as number;
  const type = ITEM_TYPES[(prefix >> 2) & 3] as ItemType;
  const tag = prefix >> 4;
  const left = descriptor.length - offset;
  if (tag === LONG_ITEM_TAG) {
    const size = left > 1 ? (descriptor[offset + 1] as number) : 0;
    const isTruncated = left < 3 || left < 3 + size;
    const bytes = descriptor.subarray(offset, offset + Math.min(left, 3 + size));
    const longTag = left > 2 ? (descriptor[offset + 2] as number) : 0;
    return { offset, bytes, type, tag: longTag, isLong: true, isTruncated, size, unsigned: 0, signed: 0 };
  }
  const code = prefix & 3;
  const size = code === 3 ? 4 : code;
  const isTruncated = left < 1 + size;
  const bytes = descriptor.subarray(offset, offset + Math.min(left, 1 + size));
  let unsigned = 0;
  if (!isTruncated) for (let i = size; i > 0; i--) unsigned = unsigned * 256 + (bytes[i] as number);
  const signed = size === 0 ? 0 : (unsigned << (32 - 8 * size)) >> (32 - 8 * size);
  return { offset, bytes, type, tag, isLong: false, isTruncated, size, unsigned, signed };
}

/** All items of a descriptor in order; the last may be truncated. */
export function readItems(descriptor: Uint8Array): RawItem[] {
  const items: RawItem[] = [];
  for (let offset = 0; offset < descriptor.length;) {
    const item = readItem(descriptor, offset);
    items.push(item);
    offset += item.bytes.length;
  }
  return items;
}
