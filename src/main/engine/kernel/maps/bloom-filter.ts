import { ElemFlag, Errno, MapFlag } from '../../abi/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { ACCESS_FLAGS, BpfMap, KMALLOC_MAX_SIZE, accessFlagsOk, type MapAttr } from './map.ts';

const DEFAULT_HASHES = 5;

/** bloom_map_alloc_check() and the checks of bloom_map_alloc(), kernel/bpf/bloom_filter.c. */
export function checkBloomAttr(attr: MapAttr): void {
  const flags = MapFlag.NUMA_NODE | MapFlag.ZERO_SEED | ACCESS_FLAGS;
  if (attr.valueSize > KMALLOC_MAX_SIZE) fail(Errno.E2BIG, 'value size');
  if (
    attr.keySize !== 0 ||
    attr.valueSize === 0 ||
    attr.maxEntries === 0 ||
    (attr.flags & ~flags) !== 0 ||
    !accessFlagsOk(attr.flags) ||
    (attr.extra & ~0xfn) !== 0n
  ) {
    fail(
      Errno.EINVAL,
      'a bloom filter has values and entries, no keys, and up to 15 hash functions in map_extra',
    );
  }
}

/** BPF_MAP_TYPE_BLOOM_FILTER: says "certainly not there" or "perhaps". Which others match depends on a seed, as in Linux. */
export class BloomFilterMap extends BpfMap {
  readonly #bits: bigint;
  readonly #mask: number;
  readonly #hashes: number;
  readonly #seed: number;

  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, attr);
    this.#hashes = Number(attr.extra) || DEFAULT_HASHES;
    const wanted = Math.floor((attr.maxEntries * this.#hashes) / 5) * 7;
    const size = 2 ** Math.max(6, Math.ceil(Math.log2(Math.max(Math.min(wanted, 2 ** 30), 1))));
    this.#mask = size - 1;
    this.#seed = (attr.flags & MapFlag.ZERO_SEED) !== 0 ? 0 : kernel.random();
    this.#bits = kernel.arena.allocate(size / 8, { label: `map ${attr.name}`, access: 'ro' });
  }

  *#places(value: Uint8Array): IterableIterator<number> {
    for (let index = 0; index < this.#hashes; index++) {
      yield hash(value, (this.#seed + index) >>> 0) & this.#mask;
    }
  }

  override push(value: Uint8Array, flags: bigint): number {
    if (flags !== BigInt(ElemFlag.ANY)) return -Errno.EINVAL;
    const { arena } = this.kernel;
    for (const place of this.#places(value)) {
      const address = this.#bits + BigInt(place >>> 3);
      arena.writeU8(address, arena.readU8(address) | (1 << (place & 7)));
    }
    return 0;
  }

  override peek(value: Uint8Array): number {
    const { arena } = this.kernel;
    for (const place of this.#places(value)) {
      if ((arena.readU8(this.#bits + BigInt(place >>> 3)) & (1 << (place & 7))) === 0) return -Errno.ENOENT;
    }
    return 0;
  }

  override pop(): number {
    return -Errno.EOPNOTSUPP;
  }

  override delete(): number {
    return -Errno.EOPNOTSUPP;
  }

  override nextKey(): number {
    return -Errno.EOPNOTSUPP;
  }

  override readonly checksBtf = true;

  override checkBtf(): number {
    return this.btfKeyTypeId === 0 ? 0 : -Errno.EINVAL;
  }

  protected freeElements(): void {
    this.kernel.arena.free(this.#bits);
  }
}

/** FNV-1a with a seed and a finishing mix: any hash will do, Linux takes jhash with a random seed. */
function hash(bytes: Uint8Array, seed: number): number {
  let h = (0x811c_9dc5 ^ Math.imul(seed, 0x9e37_79b1)) >>> 0;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x0100_0193);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b_3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
