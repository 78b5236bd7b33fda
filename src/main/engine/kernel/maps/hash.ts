import { ElemFlag, Errno, MapFlag, MapType } from '../../abi/index.ts';
import { roundUp } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { BucketTable, keyText } from './buckets.ts';
import {
  ACCESS_FLAGS,
  BpfMap,
  KMALLOC_MAX_SIZE,
  PCPU_MIN_UNIT_SIZE,
  accessFlagsOk,
  numaNode,
  type MapAttr,
  type MapElement,
} from './map.ts';

const CREATE_FLAGS =
  MapFlag.NO_PREALLOC | MapFlag.NO_COMMON_LRU | MapFlag.NUMA_NODE | ACCESS_FLAGS | MapFlag.ZERO_SEED;
/** sizeof(struct htab_elem). */
const ELEMENT_HEAD = 48;

/** htab_map_alloc_check() of kernel/bpf/hashtab.c. */
export function checkHashAttr(attr: MapAttr, mayZeroSeed: boolean): void {
  const percpu = attr.type === MapType.PERCPU_HASH || attr.type === MapType.LRU_PERCPU_HASH;
  const lru = attr.type === MapType.LRU_HASH || attr.type === MapType.LRU_PERCPU_HASH;
  const percpuLru = (attr.flags & MapFlag.NO_COMMON_LRU) !== 0;
  if ((attr.flags & MapFlag.ZERO_SEED) !== 0 && !mayZeroSeed) fail(Errno.EPERM, 'BPF_F_ZERO_SEED');
  if ((attr.flags & ~CREATE_FLAGS) !== 0 || !accessFlagsOk(attr.flags)) {
    fail(Errno.EINVAL, 'flags that hash maps do not have');
  }
  if (!lru && percpuLru) fail(Errno.EINVAL, 'BPF_F_NO_COMMON_LRU is for LRU maps');
  if (lru && (attr.flags & MapFlag.NO_PREALLOC) !== 0) fail(Errno.ENOTSUPP, 'LRU maps are preallocated');
  if (numaNode(attr) !== -1 && (percpu || percpuLru)) fail(Errno.EINVAL, 'a NUMA node for per-CPU memory');
  if (attr.maxEntries === 0 || attr.keySize === 0 || attr.valueSize === 0) {
    fail(Errno.EINVAL, 'a hash map needs entries, a key size and a value size');
  }
  if (attr.keySize + attr.valueSize >= KMALLOC_MAX_SIZE - ELEMENT_HEAD)
    fail(Errno.E2BIG, 'element too large');
  if (percpu && roundUp(attr.valueSize, 8) > PCPU_MIN_UNIT_SIZE) fail(Errno.E2BIG, 'per-CPU value size');
  if (attr.maxEntries > 2 ** 31) fail(Errno.E2BIG, 'more than 2^31 entries');
}

/** One element: its key and values lie at fixed addresses and stay readable when it is out of use. */
export interface HashElement {
  readonly key: bigint;
  readonly value: bigint;
  name: string;
}

/**
 * Elements in a pool, as in a preallocated htab: replacing a value takes the spare element and makes the old one the spare,
 * so that a program's pointer to the old value stays valid and unchanged.
 */
abstract class PooledMap extends BpfMap {
  protected readonly elementsByKey: BucketTable<HashElement>;
  readonly #pool: HashElement[] = [];
  readonly #all: HashElement[] = [];
  readonly #valueBytes: number;

  constructor(kernel: Kernel, attr: MapAttr, valueBytes: number) {
    super(kernel, attr);
    this.#valueBytes = valueBytes;
    this.elementsByKey = new BucketTable(attr.maxEntries);
  }

  get bucketCount(): number {
    return this.elementsByKey.bucketCount;
  }

  bucketKeys(bucket: number): Uint8Array[] {
    return this.elementsByKey.keysIn(bucket);
  }

  protected find(key: Uint8Array): HashElement | undefined {
    return this.elementsByKey.get(keyText(key));
  }

  /** An element that nobody uses, newest given back first. */
  protected take(): HashElement {
    const { arena } = this.kernel;
    const spare = this.#pool.pop();
    if (spare !== undefined) {
      this.kernel.onUndo(() => this.#pool.push(spare));
      return spare;
    }
    const keyBytes = roundUp(this.keySize, 8);
    const key = arena.allocate(keyBytes + this.#valueBytes, { label: `element of map ${this.name}` });
    const element = { key, value: key + BigInt(keyBytes), name: '' };
    this.#all.push(element);
    this.kernel.onUndo(() => void this.#all.splice(this.#all.indexOf(element), 1));
    return element;
  }

  protected giveBack(element: HashElement): void {
    this.#pool.push(element);
    this.kernel.onUndo(() => void this.#pool.splice(this.#pool.indexOf(element), 1));
  }

  /** Puts an element into the table under a key. */
  protected insert(element: HashElement, key: Uint8Array): void {
    const name = keyText(key);
    if (this.kernel.recording) this.kernel.onUndo(this.elementsByKey.snapshotOf(name));
    element.name = name;
    this.kernel.arena.write(element.key, key);
    this.elementsByKey.set(name, element);
  }

  protected removeElement(element: HashElement): void {
    const { name } = element;
    if (this.kernel.recording) {
      const restore = this.elementsByKey.snapshotOf(name);
      this.kernel.onUndo(() => {
        restore();
        element.name = name;
      });
    }
    this.elementsByKey.delete(name);
  }

  /** check_flags(): 0 or a negative errno. */
  protected checkFlags(found: boolean, flags: bigint): number {
    const kind = flags & ~BigInt(ElemFlag.F_LOCK);
    if (found && kind === BigInt(ElemFlag.NOEXIST)) return -Errno.EEXIST;
    if (!found && kind === BigInt(ElemFlag.EXIST)) return -Errno.ENOENT;
    return 0;
  }

  override nextKey(key: Uint8Array | undefined): Uint8Array | number {
    return this.elementsByKey.nextKey(key) ?? -Errno.ENOENT;
  }

  override elements(): MapElement[] | number {
    return this.elementsByKey.values().map(({ key, value }) => ({ key, value }));
  }

  override get batch(): { lookup: boolean; update: boolean; delete: boolean } {
    return { lookup: true, update: true, delete: true };
  }

  override sysLookupAndDelete(key: Uint8Array, flags: bigint): Uint8Array {
    if (this.find(key) === undefined) fail(Errno.ENOENT, 'no such element');
    const value = this.sysLookup(key, flags);
    this.delete(key);
    return value;
  }

  protected override releaseUsers(): void {
    for (const element of this.elementsByKey.values()) this.fields?.reset(element.value);
  }

  protected freeElements(): void {
    for (const element of this.#all) {
      if (this.elementsByKey.get(element.name) === element) this.fields?.reset(element.value);
      this.kernel.arena.free(element.key);
    }
  }
}

/** BPF_MAP_TYPE_HASH. */
export class HashMap extends PooledMap {
  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, attr, roundUp(attr.valueSize, 8));
  }

  override lookup(key: Uint8Array): bigint {
    return this.find(key)?.value ?? 0n;
  }

  override update(key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if ((flags & ~BigInt(ElemFlag.F_LOCK)) > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    const locked = (flags & BigInt(ElemFlag.F_LOCK)) !== 0n;
    if (locked && !this.fields?.has('spin_lock')) return -Errno.EINVAL;
    const old = this.find(key);
    const refused = this.checkFlags(old !== undefined, flags);
    if (refused !== 0) return refused;
    if (locked && old !== undefined) {
      this.kernel.arena.write(old.value, this.fields?.keep(old.value, value) ?? value);
      return 0;
    }
    if (old === undefined && this.elementsByKey.size >= this.maxEntries) return -Errno.E2BIG;
    const element = this.take();
    this.kernel.arena.write(element.value, this.fields?.fresh(value) ?? value);
    this.insert(element, key);
    if (old !== undefined) this.#retire(old);
    return 0;
  }

  override delete(key: Uint8Array): number {
    const element = this.find(key);
    if (element === undefined) return -Errno.ENOENT;
    this.removeElement(element);
    this.#retire(element);
    return 0;
  }

  #retire(element: HashElement): void {
    this.fields?.reset(element.value);
    this.giveBack(element);
  }
}

/** BPF_MAP_TYPE_PERCPU_HASH: one value for each CPU behind every key. */
export class PercpuHashMap extends PooledMap {
  readonly #slot: number;

  constructor(kernel: Kernel, attr: MapAttr) {
    const slot = roundUp(attr.valueSize, 8);
    super(kernel, attr, slot * kernel.cpus);
    this.#slot = slot;
  }

  override get sysValueSize(): number {
    return this.#slot * this.kernel.cpus;
  }

  override lookup(key: Uint8Array): bigint {
    return this.lookupOn(key, this.kernel.currentCpu);
  }

  lookupOn(key: Uint8Array, cpu: number): bigint {
    const element = cpu < this.kernel.cpus ? this.find(key) : undefined;
    return element === undefined ? 0n : element.value + BigInt(cpu * this.#slot);
  }

  override update(key: Uint8Array, value: Uint8Array, flags: bigint): number {
    const all = new Uint8Array(this.sysValueSize);
    all.set(value.subarray(0, this.valueSize), this.kernel.currentCpu * this.#slot);
    return this.#store(key, all, flags, this.kernel.currentCpu);
  }

  override sysUpdate(_task: unknown, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    return this.#store(key, value, flags, undefined);
  }

  /** Writes all CPUs' values, or only one's where the element is there already: values are changed in place. */
  #store(key: Uint8Array, values: Uint8Array, flags: bigint, only: number | undefined): number {
    if (flags > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    const old = this.find(key);
    const refused = this.checkFlags(old !== undefined, flags);
    if (refused !== 0) return refused;
    if (old !== undefined) {
      if (only === undefined) this.kernel.arena.write(old.value, values);
      else {
        const at = only * this.#slot;
        this.kernel.arena.write(old.value + BigInt(at), values.subarray(at, at + this.#slot));
      }
      return 0;
    }
    if (this.elementsByKey.size >= this.maxEntries) return -Errno.E2BIG;
    const element = this.take();
    this.kernel.arena.write(element.value, values);
    this.insert(element, key);
    return 0;
  }

  override sysLookup(key: Uint8Array): Uint8Array {
    const element = this.find(key) ?? fail(Errno.ENOENT, 'no such element');
    return this.kernel.arena.bytesAt(element.value, this.sysValueSize).slice();
  }

  override delete(key: Uint8Array): number {
    const element = this.find(key);
    if (element === undefined) return -Errno.ENOENT;
    this.removeElement(element);
    this.giveBack(element);
    return 0;
  }

  override elements(): MapElement[] | number {
    const at = BigInt(this.kernel.currentCpu * this.#slot);
    return this.elementsByKey.values().map(({ key, value }) => ({ key, value: value + at }));
  }
}

export { PooledMap };
