import { ByteWriter, EngineError } from '../base/index.ts';
import { ITEM_TYPES } from './items.ts';
import { type ItemType } from './types.ts';

/** An item as an editor holds it. */
export interface EditableItem {
  readonly type: ItemType;
  /** 0 … 14 (15 is the mark of long items). */
  readonly tag: number;
  /** Data as a number; negative ones are written in two's complement. */
  readonly value: number;
  /** Data bytes 0, 1, 2 or 4; the fewest that hold the value if left out. */
  readonly size?: number;
}

/** Fewest data bytes that hold a value of an item; signed items keep their sign bit free. */
export function dataSizeOf(value: number, isSigned: boolean): 0 | 1 | 2 | 4 {
  if (isSigned) return value >= -128 && value <= 127 ? 1 : value >= -32768 && value <= 32767 ? 2 : 4;
  return value <= 0xff ? 1 : value <= 0xffff ? 2 : 4;
}

/** Items whose data is a signed number: logical and physical limits (tags 1 … 4) and the unit exponent (5). */
export function isSignedItem(type: ItemType, tag: number): boolean {
  return type === 'global' && tag >= 1 && tag <= 5;
}

/** Bytes of one item. Throws `usage` for a tag, size or value that no short item has. */
export function encodeItem(item: EditableItem): Uint8Array {
  const { type, tag, value } = item;
  const isSigned = isSignedItem(type, tag) || value < 0;
  const size = item.size ?? dataSizeOf(value, isSigned);
  if (!Number.isInteger(tag) || tag < 0 || tag > 14) {
    throw new EngineError('usage', `no short item has the tag ${tag}; tags go from 0 to 14`, { tag });
  }
  if (size !== 0 && size !== 1 && size !== 2 && size !== 4) {
    throw new EngineError('usage', `an item has 0, 1, 2 or 4 bytes of data, not ${size}`, { size });
  }
  const limit = 2 ** (8 * size);
  if (!Number.isInteger(value) || value < -limit / 2 || value >= limit || (size === 0 && value !== 0)) {
    throw new EngineError('usage', `${value} does not fit into ${size} bytes of item data`, { value, size });
  }
  const code = size === 4 ? 3 : size;
  const bytes = new Uint8Array(1 + size);
  bytes[0] = (tag << 4) | (ITEM_TYPES.indexOf(type) << 2) | code;
  for (let i = 0; i < size; i++) bytes[1 + i] = value >>> (8 * i);
  return bytes;
}

/** Bytes of a descriptor made of items; raw bytes (long or truncated items, anything at all) are taken as they are. */
export function encodeDescriptor(items: readonly (EditableItem | Uint8Array)[]): Uint8Array {
  const writer = new ByteWriter();
  for (const item of items) writer.push(item instanceof Uint8Array ? item : encodeItem(item));
  return writer.finish();
}
