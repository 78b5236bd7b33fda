/**
 * Messages as bytes for the WebSocket: u32 LE length of the JSON part, the JSON as UTF-8, then all binary parts,
 * 8-byte aligned. In the JSON a typed array is {"$b":[kind, offset, length in bytes]}, a bigint {"$n":"123"},
 * and an object that has a key beginning with $ is {"$o":[[key, value], …]}.
 */
export interface TextCodec {
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

type Binary = Uint8Array | Uint32Array | Float64Array;
type Kind = 'u8' | 'u32' | 'f64';

function kindOf(value: unknown): Kind | undefined {
  if (value instanceof Uint8Array) return 'u8';
  if (value instanceof Uint32Array) return 'u32';
  if (value instanceof Float64Array) return 'f64';
  return undefined;
}

function align8(value: number): number {
  return (value + 7) & ~7;
}

/** Encodes a message. Values that JSON does not know (functions, symbols) are a bug and become null or vanish as in JSON. */
export function encodeMessage(message: unknown, text: TextCodec): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  const pack = (value: unknown): unknown => {
    if (typeof value === 'bigint') return { $n: value.toString() };
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(pack);
    const kind = kindOf(value);
    if (kind !== undefined) {
      const array = value as Binary;
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      const at = size;
      parts.push(bytes);
      size = align8(size + bytes.length);
      return { $b: [kind, at, bytes.length] };
    }
    const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, pack(item)]);
    return entries.some(([key]) => key.startsWith('$')) ? { $o: entries } : Object.fromEntries(entries);
  };
  const json = text.encode(JSON.stringify(pack(message)));
  const start = align8(4 + json.length);
  const out = new Uint8Array(start + size);
  new DataView(out.buffer).setUint32(0, json.length, true);
  out.set(json, 4);
  let at = start;
  for (const part of parts) {
    out.set(part, at);
    at += align8(part.length);
  }
  return out;
}

/** Decodes what encodeMessage made. Throws an Error that says what is wrong on anything else. */
export function decodeMessage(bytes: Uint8Array, text: TextCodec): unknown {
  if (bytes.length < 4) throw new Error('message: shorter than its header');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const start = align8(4 + length);
  if (4 + length > bytes.length) throw new Error('message: shorter than its JSON part');
  const unpackBinary = (value: unknown): Binary => {
    if (!Array.isArray(value)) throw new Error('message: bad binary reference');
    const [kind, offset, size] = value as unknown[];
    const fits =
      typeof offset === 'number' &&
      typeof size === 'number' &&
      Number.isInteger(offset) &&
      Number.isInteger(size) &&
      offset >= 0 &&
      size >= 0;
    if (!fits || start + offset + size > bytes.length) throw new Error('message: binary part out of range');
    const copy = bytes.slice(start + offset, start + offset + size);
    if (kind === 'u8') return copy;
    if (kind === 'u32' && size % 4 === 0) return new Uint32Array(copy.buffer);
    if (kind === 'f64' && size % 8 === 0) return new Float64Array(copy.buffer);
    throw new Error('message: unknown binary kind');
  };
  const unpack = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(unpack);
    const object = value as Record<string, unknown>;
    if ('$n' in object) return BigInt(String(object['$n']));
    if ('$b' in object) return unpackBinary(object['$b']);
    const entries = '$o' in object ? (object['$o'] as [string, unknown][]) : Object.entries(object);
    if (!Array.isArray(entries)) throw new Error('message: bad object');
    const out: Record<string, unknown> = {};
    for (const [key, item] of entries) {
      Object.defineProperty(out, key, {
        value: unpack(item),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return out;
  };
  return unpack(JSON.parse(text.decode(bytes.subarray(4, 4 + length))));
}
