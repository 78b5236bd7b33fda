import { EngineError } from './errors.ts';

/** Little-endian DataView over exactly the given bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** True if both have the same length and content. */
export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/** One array holding all parts in order. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Rounds `value` up to a multiple of `step` (any positive integer). */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/**
 * Bounds-checked little-endian reader. Every read past the end throws an EngineError `parse`
 * that names `what` is being read and the offset.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly what: string;
  offset: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, what: string, offset = 0) {
    this.bytes = bytes;
    this.what = what;
    this.offset = offset;
    this.#view = viewOf(bytes);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  #take(size: number): number {
    const at = this.offset;
    if (size < 0 || at < 0 || at + size > this.bytes.length) {
      throw new EngineError(
        'parse',
        `${this.what} ends at byte ${this.bytes.length}, ${size} bytes needed at ${at}`,
        {
          offset: at,
          size,
          length: this.bytes.length,
        },
      );
    }
    this.offset = at + size;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  s16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  s32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }
  /** A u64 that must be an exact JS number, such as an offset in a file. */
  size64(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new EngineError(
        'parse',
        `${this.what}: size 0x${value.toString(16)} at ${this.offset - 8} is not possible`,
      );
    }
    return Number(value);
  }
  /** A view (not a copy) of the next `size` bytes. */
  take(size: number): Uint8Array {
    const at = this.#take(size);
    return this.bytes.subarray(at, at + size);
  }
  skip(size: number): void {
    this.#take(size);
  }
}

/** Growing little-endian writer. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #view = viewOf(this.#bytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #grow(size: number): number {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const bigger = new Uint8Array(Math.max(this.#bytes.length * 2, at + size));
      bigger.set(this.#bytes);
      this.#bytes = bigger;
      this.#view = viewOf(bigger);
    }
    this.#length = at + size;
    return at;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }
  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
    return this;
  }
  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }
  u64(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
    return this;
  }
  push(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }
  zeros(count: number): this {
    this.#grow(count);
    return this;
  }
  /** Zero-fills up to a multiple of `step`. */
  align(step: number): this {
    return this.zeros(roundUp(this.#length, step) - this.#length);
  }
  /** Overwrites a u32 that was written before. */
  patchU32(offset: number, value: number): this {
    this.#view.setUint32(offset, value, true);
    return this;
  }
  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
