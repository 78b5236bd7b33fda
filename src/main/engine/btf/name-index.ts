import { encodeUtf8 } from '../base/index.ts';
import { type Btf } from './btf.ts';

/**
 * Hash table from a type's essential name (its name without a `___flavor` suffix) to ids. It hashes the bytes of the
 * string section and makes no strings, so that indexing a kernel's BTF takes a few milliseconds.
 */
export class NameIndex {
  readonly #btf: Btf;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #mask: number;

  constructor(btf: Btf) {
    this.#btf = btf;
    const own = btf.typeCount - btf.firstId;
    let buckets = 64;
    while (buckets < own) buckets *= 2;
    this.#mask = buckets - 1;
    this.#heads = new Int32Array(buckets).fill(-1);
    this.#next = new Int32Array(own);
    // Backwards, so that a chain lists its ids in ascending order.
    for (let id = btf.typeCount - 1; id >= btf.firstId; id--) {
      const offset = btf.nameOffsetOf(id) - btf.firstString;
      if (offset < 0 || btf.nameOffsetOf(id) === 0) continue;
      const bucket = hash(btf.strings, offset) & this.#mask;
      this.#next[id - btf.firstId] = this.#heads[bucket] as number;
      this.#heads[bucket] = id;
    }
    if (btf.base !== undefined) this.#addNamesOfBase(btf);
  }

  /** Own types whose name is a string of the base: strings are made for these, a module has few. */
  #addNamesOfBase(btf: Btf): void {
    for (let id = btf.typeCount - 1; id >= btf.firstId; id--) {
      const offset = btf.nameOffsetOf(id);
      if (offset === 0 || offset >= btf.firstString) continue;
      const bucket = hash(encodeUtf8(btf.nameOf(id)), 0) & this.#mask;
      this.#insertSorted(bucket, id);
    }
  }

  #insertSorted(bucket: number, id: number): void {
    const first = this.#btf.firstId;
    let previous = -1;
    let at = this.#heads[bucket] as number;
    while (at >= 0 && at < id) {
      previous = at;
      at = this.#next[at - first] as number;
    }
    this.#next[id - first] = at;
    if (previous < 0) this.#heads[bucket] = id;
    else this.#next[previous - first] = id;
  }

  /** Lowest id in the name's bucket that `accept` takes. */
  find(name: string, accept: (id: number) => boolean): number | undefined {
    let id = this.#heads[hash(encodeUtf8(name), 0) & this.#mask] as number;
    while (id >= 0) {
      if (accept(id)) return id;
      id = this.#next[id - this.#btf.firstId] as number;
    }
    return undefined;
  }

  /** Ids with that essential name, ascending. */
  all(essential: string): number[] {
    const out: number[] = [];
    let id = this.#heads[hash(encodeUtf8(essential), 0) & this.#mask] as number;
    while (id >= 0) {
      if (essentialName(this.#btf.nameOf(id)) === essential) out.push(id);
      id = this.#next[id - this.#btf.firstId] as number;
    }
    return out;
  }
}

/**
 * The name without a flavor: `task_struct___old` is `task_struct` (bpf_core_essential_name_len). The separator is
 * the last `___` that has something other than `_` on either side.
 */
export function essentialName(name: string): string {
  for (let i = name.length - 5; i >= 0; i--) {
    if (
      name[i] !== '_' &&
      name[i + 1] === '_' &&
      name[i + 2] === '_' &&
      name[i + 3] === '_' &&
      name[i + 4] !== '_'
    ) {
      return name.slice(0, i + 1);
    }
  }
  return name;
}

/** FNV-1a of the essential part of the C string at `offset`. */
function hash(bytes: Uint8Array, offset: number): number {
  let end = offset;
  let underscores = 0;
  let essentialEnd = -1;
  for (; end < bytes.length; end++) {
    const byte = bytes[end] as number;
    if (byte === 0) break;
    if (byte === 0x5f) underscores++;
    else {
      if (underscores === 3 && end - 3 > offset) essentialEnd = end - 3;
      underscores = 0;
    }
  }
  if (essentialEnd >= 0) end = essentialEnd;
  let value = 0x811c9dc5;
  for (let i = offset; i < end; i++) value = Math.imul(value ^ (bytes[i] as number), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
