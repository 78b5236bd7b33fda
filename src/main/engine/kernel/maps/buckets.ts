import type { BpfMap } from './map.ts';

/** JHASH_INITVAL of include/linux/jhash.h. */
const INITIAL = 0xdeadbeef;

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** jhash() with initval 0 (Bob Jenkins' lookup3): what htab_map_hash() gives where BPF_F_ZERO_SEED is set. */
export function jhash(key: Uint8Array): number {
  let a = (INITIAL + key.length) | 0;
  let b = a;
  let c = a;
  const word = (at: number): number =>
    (key[at] ?? 0) | ((key[at + 1] ?? 0) << 8) | ((key[at + 2] ?? 0) << 16) | ((key[at + 3] ?? 0) << 24);
  let at = 0;
  for (; key.length - at > 12; at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
  }
  if (at === key.length) return c >>> 0;
  a = (a + word(at)) | 0;
  b = (b + word(at + 4)) | 0;
  c = (c + word(at + 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

/** Text of a key's bytes: key of a JS Map. */
export function keyText(key: Uint8Array): string {
  let text = '';
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}

function keyOfText(text: string): Uint8Array {
  const key = new Uint8Array(text.length);
  for (let i = 0; i < key.length; i++) key[i] = text.charCodeAt(i);
  return key;
}

/**
 * The table of struct bpf_htab: elements in buckets by their key's hash, the newest of a bucket first. Walks go from bucket to
 * bucket, as the kernel's do. The seed is always 0 here, also where the kernel would take a random one: the same run gives
 * the same order.
 */
export class BucketTable<T> {
  /** Buckets: the entries rounded up to a power of two. */
  readonly bucketCount: number;
  readonly #values = new Map<string, T>();
  readonly #buckets = new Map<number, string[]>();

  constructor(maxEntries: number) {
    let count = 1;
    while (count < maxEntries) count *= 2;
    this.bucketCount = count;
  }

  get size(): number {
    return this.#values.size;
  }

  get(name: string): T | undefined {
    return this.#values.get(name);
  }

  #bucketOf(name: string): number {
    return (jhash(keyOfText(name)) & (this.bucketCount - 1)) >>> 0;
  }

  /** Puts an element at the front of its bucket; one that is there under the same key goes. */
  set(name: string, value: T): void {
    const bucket = this.#bucketOf(name);
    this.#values.set(name, value);
    this.#buckets.set(bucket, [name, ...this.#others(bucket, name)]);
  }

  delete(name: string): void {
    if (!this.#values.delete(name)) return;
    const bucket = this.#bucketOf(name);
    const rest = this.#others(bucket, name);
    if (rest.length === 0) this.#buckets.delete(bucket);
    else this.#buckets.set(bucket, rest);
  }

  #others(bucket: number, name: string): string[] {
    return this.#namesIn(bucket).filter((other) => other !== name);
  }

  clear(): void {
    this.#values.clear();
    this.#buckets.clear();
  }

  #namesIn(bucket: number): readonly string[] {
    return this.#buckets.get(bucket) ?? [];
  }

  /** Keys of one bucket, as a walk meets them. */
  keysIn(bucket: number): Uint8Array[] {
    return this.#namesIn(bucket).map(keyOfText);
  }

  /** The key behind `key`, the first one for an unknown or no key (htab_map_get_next_key); undefined at the end. */
  nextKey(key: Uint8Array | undefined): Uint8Array | undefined {
    const next = this.#next(key === undefined ? undefined : keyText(key));
    return next === undefined ? undefined : keyOfText(next);
  }

  #next(name: string | undefined): string | undefined {
    if (name === undefined || !this.#values.has(name)) return this.#firstFrom(0);
    const bucket = this.#bucketOf(name);
    const names = this.#namesIn(bucket);
    return names[names.indexOf(name) + 1] ?? this.#firstFrom(bucket + 1);
  }

  /**
   * First key of the first bucket that is not empty, from `bucket` on: by scan, and once that has looked at as many buckets as are in
   * use, by those.
   */
  #firstFrom(bucket: number): string | undefined {
    const scanned = Math.min(this.bucketCount, bucket + this.#buckets.size);
    for (let at = bucket; at < scanned; at++) {
      const first = this.#buckets.get(at)?.[0];
      if (first !== undefined) return first;
    }
    if (scanned === this.bucketCount) return undefined;
    let best = Number.POSITIVE_INFINITY;
    for (const used of this.#buckets.keys()) if (used >= bucket && used < best) best = used;
    return this.#buckets.get(best)?.[0];
  }

  /** All elements with their keys, in no order. */
  entries(): Iterable<[string, T]> {
    return this.#values.entries();
  }

  /** All elements in the order of a walk. */
  values(): T[] {
    const buckets = [...this.#buckets].sort(([left], [right]) => left - right);
    return buckets.flatMap(([, names]) => names.map((name) => this.#values.get(name) as T));
  }

  /** The elements and their order as they are now; call what it gives to have them back. */
  snapshot(): () => void {
    const values = [...this.#values];
    const buckets = [...this.#buckets];
    return () => {
      this.clear();
      for (const [name, value] of values) this.#values.set(name, value);
      for (const [bucket, names] of buckets) this.#buckets.set(bucket, names);
    };
  }

  /** The same for the bucket of one key only. */
  snapshotOf(name: string): () => void {
    const bucket = this.#bucketOf(name);
    const before = this.#namesIn(bucket).map((each): [string, T] => [each, this.#values.get(each) as T]);
    return () => {
      for (const each of this.#namesIn(bucket)) this.#values.delete(each);
      for (const [each, value] of before) this.#values.set(each, value);
      if (before.length === 0) this.#buckets.delete(bucket);
      else
        this.#buckets.set(
          bucket,
          before.map(([each]) => each),
        );
    };
  }
}

/** A map whose elements lie in buckets: what its batch commands count by. */
export interface BucketMap extends BpfMap {
  readonly bucketCount: number;
  /** Keys of one bucket, as a walk meets them. */
  bucketKeys(bucket: number): Uint8Array[];
}

export function isBucketMap(map: BpfMap): map is BucketMap {
  return 'bucketCount' in map;
}
