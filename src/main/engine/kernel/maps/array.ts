import { ElemFlag, Errno, MapFlag, MapType } from '../../abi/index.ts';
import { roundUp, viewOf } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { arrayTypesOk } from './map-btf.ts';
import {
  ACCESS_FLAGS,
  ARRAY_LOOKUP,
  BpfMap,
  PAGE_SIZE,
  PCPU_MIN_UNIT_SIZE,
  accessFlagsOk,
  numaNode,
  type MapAttr,
  type MapElement,
} from './map.ts';

const CREATE_FLAGS =
  MapFlag.NUMA_NODE | MapFlag.MMAPABLE | ACCESS_FLAGS | MapFlag.PRESERVE_ELEMS | MapFlag.INNER_MAP;

/** array_map_alloc_check() of kernel/bpf/arraymap.c. Throws what the kernel answers. */
export function checkArrayAttr(attr: MapAttr): void {
  const percpu = attr.type === MapType.PERCPU_ARRAY;
  if (
    attr.maxEntries === 0 ||
    attr.keySize !== 4 ||
    attr.valueSize === 0 ||
    (attr.flags & ~CREATE_FLAGS) !== 0 ||
    !accessFlagsOk(attr.flags) ||
    (percpu && numaNode(attr) !== -1)
  ) {
    fail(Errno.EINVAL, 'array needs entries, 4-byte keys, a value size and flags it knows');
  }
  if (attr.type !== MapType.ARRAY && (attr.flags & (MapFlag.MMAPABLE | MapFlag.INNER_MAP)) !== 0) {
    fail(Errno.EINVAL, 'BPF_F_MMAPABLE and BPF_F_INNER_MAP are for BPF_MAP_TYPE_ARRAY');
  }
  if (attr.type !== MapType.PERF_EVENT_ARRAY && (attr.flags & MapFlag.PRESERVE_ELEMS) !== 0) {
    fail(Errno.EINVAL, 'BPF_F_PRESERVE_ELEMS is for perf event arrays');
  }
  if (attr.valueSize > 0x7fff_ffff) fail(Errno.E2BIG, 'value size');
  if (percpu && roundUp(attr.valueSize, 8) > PCPU_MIN_UNIT_SIZE) fail(Errno.E2BIG, 'per-CPU value size');
}

/** Index and rules that all arrays share. */
export abstract class IndexedMap extends BpfMap {
  /** The index, or undefined behind the end. */
  protected index(key: Uint8Array): number | undefined {
    const index =
      ((key[0] ?? 0) | ((key[1] ?? 0) << 8) | ((key[2] ?? 0) << 16) | ((key[3] ?? 0) << 24)) >>> 0;
    return index < this.maxEntries ? index : undefined;
  }

  override nextKey(key: Uint8Array | undefined): Uint8Array | number {
    const index = key === undefined ? undefined : this.index(key);
    if (index === this.maxEntries - 1) return -Errno.ENOENT;
    return keyBytes(index === undefined ? 0 : index + 1);
  }

  /** The checks of array_map_update_elem() before it writes: the index, or a negative errno. */
  protected updateIndex(key: Uint8Array, flags: bigint): number {
    if ((flags & ~BigInt(ElemFlag.F_LOCK)) > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    const index = this.index(key);
    if (index === undefined) return -Errno.E2BIG;
    if ((flags & BigInt(ElemFlag.NOEXIST)) !== 0n) return -Errno.EEXIST;
    return index;
  }
}

export function keyBytes(index: number): Uint8Array {
  const key = new Uint8Array(4);
  viewOf(key).setUint32(0, index, true);
  return key;
}

/** BPF_MAP_TYPE_ARRAY: all values in one area, zeroed, there from the start. */
export class ArrayMap extends IndexedMap {
  readonly #elementSize: number;
  readonly #area: bigint;
  readonly #areaSize: number;
  /** Keys that callbacks of bpf_for_each_map_elem() point to. */
  #keys: bigint | undefined;
  override readonly checksBtf = true;

  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, attr);
    this.#elementSize = roundUp(attr.valueSize, 8);
    const size = this.#elementSize * attr.maxEntries;
    this.#areaSize = (attr.flags & MapFlag.MMAPABLE) !== 0 ? roundUp(size, PAGE_SIZE) : size;
    this.#area = kernel.arena.allocate(this.#areaSize, {
      label: `map ${attr.name}`,
      access: (attr.flags & MapFlag.RDONLY_PROG) !== 0 ? 'ro' : 'rw',
    });
  }

  override settle(): void {
    super.settle();
    const { arena } = this.kernel;
    arena.writeU64(this.address + BigInt(ARRAY_LOOKUP.area), this.#area);
    arena.writeU64(this.address + BigInt(ARRAY_LOOKUP.elementSize), BigInt(this.#elementSize));
    arena.writeU64(this.address + BigInt(ARRAY_LOOKUP.entries), BigInt(this.maxEntries));
  }

  /** A key that is not a 4-byte integer is refused: array_map_check_btf(). */
  override checkBtf(): number {
    return arrayTypesOk(this) ? 0 : -Errno.EINVAL;
  }

  override lookup(key: Uint8Array): bigint {
    const index = this.index(key);
    return index === undefined ? 0n : this.#area + BigInt(index * this.#elementSize);
  }

  /** Address of an element by its index, without a key: for fast paths. */
  addressAt(index: number): bigint {
    return index < this.maxEntries ? this.#area + BigInt(index * this.#elementSize) : 0n;
  }

  override update(key: Uint8Array, value: Uint8Array, flags: bigint): number {
    const index = this.updateIndex(key, flags);
    if (index < 0) return index;
    if ((flags & BigInt(ElemFlag.F_LOCK)) !== 0n && !this.fields?.has('spin_lock')) return -Errno.EINVAL;
    const address = this.addressAt(index);
    this.kernel.arena.write(address, this.fields?.keep(address, value) ?? value);
    this.fields?.reset(address);
    return 0;
  }

  override get batch(): { lookup: boolean; update: boolean; delete: boolean } {
    return { lookup: true, update: true, delete: false };
  }

  override elements(): MapElement[] {
    return Array.from({ length: this.maxEntries }, (_, index) => this.#elementOf(index));
  }

  override elementAt(value: bigint): MapElement | undefined {
    const index = Number(value - this.#area) / this.#elementSize;
    return Number.isInteger(index) && index >= 0 && index < this.maxEntries
      ? this.#elementOf(index)
      : undefined;
  }

  #elementOf(index: number): MapElement {
    const { arena } = this.kernel;
    this.#keys ??= arena.allocate(8, { label: `key of map ${this.name}` });
    const key = this.#keys;
    return {
      get key(): bigint {
        arena.writeU32(key, index);
        return key;
      },
      value: this.addressAt(index),
    };
  }

  override metaEqual(other: BpfMap): boolean {
    const anySize = (this.flags & MapFlag.INNER_MAP) !== 0;
    return super.metaEqual(other) && (anySize || this.maxEntries === other.maxEntries);
  }

  override get directValue(): bigint | undefined {
    return this.maxEntries === 1 ? this.#area : undefined;
  }

  override get mappable(): { readonly address: bigint; readonly size: number } | undefined {
    if ((this.flags & MapFlag.MMAPABLE) === 0) return undefined;
    return { address: this.#area, size: this.#areaSize };
  }

  protected override releaseUsers(): void {
    for (let index = 0; this.fields !== undefined && index < this.maxEntries; index++) {
      this.fields.reset(this.addressAt(index));
    }
  }

  protected freeElements(): void {
    for (let index = 0; this.fields !== undefined && index < this.maxEntries; index++) {
      this.fields.reset(this.addressAt(index));
    }
    this.kernel.arena.free(this.#area);
    if (this.#keys !== undefined) this.kernel.arena.free(this.#keys);
  }
}

/** BPF_MAP_TYPE_PERCPU_ARRAY. */
export class PercpuArrayMap extends IndexedMap {
  readonly #elementSize: number;
  readonly #area: bigint;
  #keys: bigint | undefined;
  override readonly checksBtf = true;

  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, attr);
    this.#elementSize = roundUp(attr.valueSize, 8);
    this.#area = kernel.arena.allocate(this.#elementSize * attr.maxEntries * kernel.cpus, {
      label: `map ${attr.name} (per CPU)`,
    });
  }

  override checkBtf(): number {
    return arrayTypesOk(this) ? 0 : -Errno.EINVAL;
  }

  override get sysValueSize(): number {
    return this.#elementSize * this.kernel.cpus;
  }

  /** Address of the value that belongs to one CPU. */
  addressOn(cpu: number, index: number): bigint {
    return this.#area + BigInt((cpu * this.maxEntries + index) * this.#elementSize);
  }

  override lookup(key: Uint8Array): bigint {
    const index = this.index(key);
    return index === undefined ? 0n : this.addressOn(this.kernel.currentCpu, index);
  }

  /** bpf_map_lookup_percpu_elem(). */
  lookupOn(key: Uint8Array, cpu: number): bigint {
    const index = this.index(key);
    return index === undefined || cpu >= this.kernel.cpus ? 0n : this.addressOn(cpu, index);
  }

  override update(key: Uint8Array, value: Uint8Array, flags: bigint): number {
    const index = this.updateIndex(key, flags);
    if (index < 0) return index;
    this.kernel.arena.write(this.addressOn(this.kernel.currentCpu, index), value);
    return 0;
  }

  override sysLookup(key: Uint8Array): Uint8Array {
    const index = this.index(key);
    if (index === undefined) fail(Errno.ENOENT, 'index behind the end');
    const value = new Uint8Array(this.sysValueSize);
    for (let cpu = 0; cpu < this.kernel.cpus; cpu++) {
      value.set(
        this.kernel.arena.bytesAt(this.addressOn(cpu, index), this.#elementSize),
        cpu * this.#elementSize,
      );
    }
    return value;
  }

  override sysUpdate(_task: unknown, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (flags > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    const index = this.updateIndex(key, flags);
    if (index < 0) return index;
    for (let cpu = 0; cpu < this.kernel.cpus; cpu++) {
      const at = cpu * this.#elementSize;
      this.kernel.arena.write(this.addressOn(cpu, index), value.subarray(at, at + this.#elementSize));
    }
    return 0;
  }

  override get batch(): { lookup: boolean; update: boolean; delete: boolean } {
    return { lookup: true, update: true, delete: false };
  }

  override elements(): MapElement[] {
    const { arena } = this.kernel;
    this.#keys ??= arena.allocate(8, { label: `key of map ${this.name}` });
    const key = this.#keys;
    return Array.from({ length: this.maxEntries }, (_, index) => ({
      get key(): bigint {
        arena.writeU32(key, index);
        return key;
      },
      value: this.addressOn(this.kernel.currentCpu, index),
    }));
  }

  protected freeElements(): void {
    this.kernel.arena.free(this.#area);
    if (this.#keys !== undefined) this.kernel.arena.free(this.#keys);
  }
}
