import { cString, toHex } from '../base/index.ts';
import { BtfIntEncoding, BtfKind, type Btf } from '../btf/index.ts';

/** Elements and members shown of one array or struct; more end in `…`. */
const MAX_ITEMS = 16;
const MAX_DEPTH = 6;

/** Bytes of a variable as C would write its initial value: `-5`, `"text"`, `{1, 2}`, `{.x = 3}`; hex where types end. */
export function formatValue(btf: Btf, typeId: number, bytes: Uint8Array, depth = 0): string {
  const type = btf.typeById(btf.resolve(typeId));
  const size = btf.sizeOf(type.id) ?? 0;
  if (size === 0 || bytes.length < size || depth > MAX_DEPTH) return hex(bytes);
  switch (type.kind) {
    case BtfKind.INT: {
      const value = integer(bytes.subarray(0, size), (type.encoding & BtfIntEncoding.SIGNED) !== 0);
      if ((type.encoding & BtfIntEncoding.BOOL) !== 0) return value === 0n ? 'false' : 'true';
      return String(value);
    }
    case BtfKind.ENUM:
    case BtfKind.ENUM64: {
      const value = integer(bytes.subarray(0, size), type.signed);
      return type.values.find((candidate) => candidate.value === value)?.name ?? String(value);
    }
    case BtfKind.PTR: {
      const value = integer(bytes.subarray(0, 8), false);
      return value === 0n ? 'NULL' : `0x${value.toString(16)}`;
    }
    case BtfKind.ARRAY:
      return formatArray(btf, type.elementType, type.length, bytes, depth);
    case BtfKind.STRUCT: {
      const members = type.members.slice(0, MAX_ITEMS).map((member) => {
        if (member.bitfieldSize > 0)
          return `.${member.name} = ${bitfield(bytes, member.bitOffset, member.bitfieldSize)}`;
        const at = member.bitOffset / 8;
        const value = formatValue(
          btf,
          member.type,
          bytes.subarray(at, at + (btf.sizeOf(member.type) ?? 0)),
          depth + 1,
        );
        return member.name === '' ? value : `.${member.name} = ${value}`;
      });
      return braces(members, type.members.length);
    }
    default:
      return hex(bytes);
  }
}

function formatArray(
  btf: Btf,
  elementType: number,
  length: number,
  bytes: Uint8Array,
  depth: number,
): string {
  const element = btf.typeById(btf.resolve(elementType));
  const size = btf.sizeOf(element.id) ?? 0;
  if (size === 0) return hex(bytes);
  if (bytes.every((byte) => byte === 0)) return '{}';
  const isChar = element.kind === BtfKind.INT && size === 1 && (element.encoding & BtfIntEncoding.BOOL) === 0;
  if (isChar && isText(bytes)) return JSON.stringify(cString(bytes));
  const items: string[] = [];
  for (let i = 0; i < Math.min(length, MAX_ITEMS); i++) {
    items.push(formatValue(btf, elementType, bytes.subarray(i * size, (i + 1) * size), depth + 1));
  }
  return braces(items, length);
}

function braces(items: readonly string[], total: number): string {
  return `{${items.join(', ')}${total > items.length ? ', …' : ''}}`;
}

/** Printable characters up to a NUL, and nothing but NUL behind it. */
function isText(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0);
  if (end < 0) return false;
  return bytes.every((byte, i) =>
    i < end ? (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x09 : byte === 0,
  );
}

function integer(bytes: Uint8Array, signed: boolean): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return signed ? BigInt.asIntN(8 * bytes.length, value) : value;
}

function bitfield(bytes: Uint8Array, offset: number, size: number): bigint {
  let value = 0n;
  for (let i = 0; i < size; i++) {
    const bit = offset + i;
    if (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1) value |= 1n << BigInt(i);
  }
  return value;
}

function hex(bytes: Uint8Array): string {
  const shown = toHex(bytes.subarray(0, 32), ' ');
  return bytes.length > 32 ? `${shown} …` : shown;
}
