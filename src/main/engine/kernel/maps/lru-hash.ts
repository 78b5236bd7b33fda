import { ElemFlag, Errno, MapFlag } from '../../abi/index.ts';
import { roundUp } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { BpfMap, type MapAttr, type MapElement } from './map.ts';
import { BucketTable, keyText } from './buckets.ts';
import { LruList, type LruNode } from './lru-list.ts';

interface Entry {
  readonly key: bigint;
  readonly value: bigint;
  name: string;
}

/** Elements whose memory is the map's from the start. */
const MAX_POOL_BYTES = 64 * 1024 * 1024;

/** BPF_MAP_TYPE_LRU_HASH and LRU_PERCPU_HASH: when it is full, an element that was not used lately makes room. */
export class LruHashMap extends BpfMap {
  readonly #table: BucketTable<LruNode<Entry>>;
  readonly #lru: LruList<Entry>;
  readonly #pool: bigint;
  readonly #slot: number;
  readonly #perCpuValue: boolean;

  constructor(kernel: Kernel, attr: MapAttr, perCpuValue: boolean) {
    const perCpuList = (attr.flags & MapFlag.NO_COMMON_LRU) !== 0;
    const entries = perCpuList ? roundUp(attr.maxEntries, kernel.cpus) : attr.maxEntries;
    const slot = roundUp(attr.valueSize, 8);
    const keyBytes = roundUp(attr.keySize, 8);
    const stride = keyBytes + slot * (perCpuValue ? kernel.cpus : 1);
    if (stride * entries > MAX_POOL_BYTES)
      fail(Errno.ENOMEM, 'an LRU map is allocated at once and this is too large');
    super(kernel, { ...attr, maxEntries: entries });
    this.#slot = slot;
    this.#table = new BucketTable(entries);
    this.#perCpuValue = perCpuValue;
    this.#pool = kernel.arena.allocate(stride * entries, { label: `elements of map ${attr.name}` });
    const all = Array.from({ length: entries }, (_, index): Entry => {
      const key = this.#pool + BigInt(index * stride);
      return { key, value: key + BigInt(keyBytes), name: '' };
    });
    this.#lru = new LruList(all, perCpuList, kernel.cpus, (entry) => this.#evict(entry));
  }

  override get sysValueSize(): number {
    return this.#perCpuValue ? this.#slot * this.kernel.cpus : this.valueSize;
  }

  #evict(entry: Entry): boolean {
    const node = this.#table.get(entry.name);
    if (node?.element !== entry) return false;
    this.#table.delete(entry.name);
    this.fields?.reset(entry.value);
    return true;
  }

  /** Lets a recorded step be taken back: the lists and the table as they are now. */
  #remember(): void {
    if (!this.kernel.recording) return;
    const lists = this.#lru.snapshot();
    const table = this.#table.snapshot();
    this.kernel.onUndo(() => {
      lists();
      table();
      for (const [name, node] of this.#table.entries()) node.element.name = name;
    });
  }

  get bucketCount(): number {
    return this.#table.bucketCount;
  }

  bucketKeys(bucket: number): Uint8Array[] {
    return this.#table.keysIn(bucket);
  }

  override lookup(key: Uint8Array): bigint {
    return this.lookupOn(key, this.kernel.currentCpu);
  }

  lookupOn(key: Uint8Array, cpu: number): bigint {
    const node = cpu < this.kernel.cpus ? this.#table.get(keyText(key)) : undefined;
    if (node === undefined) return 0n;
    if (!node.referenced) {
      node.referenced = true;
      this.kernel.onUndo(() => (node.referenced = false));
    }
    return node.element.value + (this.#perCpuValue ? BigInt(cpu * this.#slot) : 0n);
  }

  override lookupQuiet(key: Uint8Array): bigint {
    return this.#table.get(keyText(key))?.element.value ?? 0n;
  }

  override update(key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (!this.#perCpuValue) return this.#replace(key, value, flags);
    const all = new Uint8Array(this.sysValueSize);
    all.set(value.subarray(0, this.valueSize), this.kernel.currentCpu * this.#slot);
    return this.#inPlace(key, all, flags, this.kernel.currentCpu);
  }

  override sysUpdate(_task: unknown, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    return this.#perCpuValue ? this.#inPlace(key, value, flags, undefined) : this.#replace(key, value, flags);
  }

  #check(found: boolean, flags: bigint): number {
    if (found && flags === BigInt(ElemFlag.NOEXIST)) return -Errno.EEXIST;
    return !found && flags === BigInt(ElemFlag.EXIST) ? -Errno.ENOENT : 0;
  }

  /** htab_lru_map_update_elem(): a new node first, which may evict; then the flags decide. */
  #replace(key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (flags > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    this.#remember();
    const node = this.#lru.take();
    if (node === undefined) return -Errno.ENOMEM;
    const { arena } = this.kernel;
    const name = keyText(key);
    arena.write(node.element.key, key);
    arena.write(node.element.value, this.fields?.fresh(value) ?? value);
    const old = this.#table.get(name);
    const refused = this.#check(old !== undefined, flags);
    if (refused !== 0) {
      node.element.name = '';
      this.#lru.release(node);
      return refused;
    }
    this.#insert(name, node);
    if (old !== undefined) {
      node.referenced = true;
      this.fields?.reset(old.element.value);
      this.#lru.release(old);
    }
    return 0;
  }

  #insert(name: string, node: LruNode<Entry>): void {
    node.element.name = name;
    this.#table.set(name, node);
  }

  /** __htab_lru_percpu_map_update_elem(). */
  #inPlace(key: Uint8Array, values: Uint8Array, flags: bigint, only: number | undefined): number {
    if (flags > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    this.#remember();
    const { arena } = this.kernel;
    const name = keyText(key);
    const node = flags === BigInt(ElemFlag.EXIST) ? undefined : this.#lru.take();
    if (node === undefined && flags !== BigInt(ElemFlag.EXIST)) return -Errno.ENOMEM;
    const old = this.#table.get(name);
    const refused = this.#check(old !== undefined, flags);
    if (refused !== 0 || old !== undefined) {
      if (node !== undefined) {
        node.element.name = '';
        this.#lru.release(node);
      }
      if (refused !== 0 || old === undefined) return refused;
      old.referenced = true;
      const at = (only ?? 0) * this.#slot;
      const part = only === undefined ? values : values.subarray(at, at + this.#slot);
      arena.write(old.element.value + BigInt(at), part);
      return 0;
    }
    if (node === undefined) return -Errno.ENOENT;
    arena.write(node.element.key, key);
    arena.write(node.element.value, values);
    this.#insert(name, node);
    return 0;
  }

  override delete(key: Uint8Array): number {
    const node = this.#table.get(keyText(key));
    if (node === undefined) return -Errno.ENOENT;
    this.#remember();
    this.#table.delete(node.element.name);
    this.fields?.reset(node.element.value);
    this.#lru.release(node);
    return 0;
  }

  override nextKey(key: Uint8Array | undefined): Uint8Array | number {
    return this.#table.nextKey(key) ?? -Errno.ENOENT;
  }

  override sysLookup(key: Uint8Array, flags: bigint): Uint8Array {
    if (!this.#perCpuValue) return super.sysLookup(key, flags);
    const address = this.lookupQuiet(key);
    if (address === 0n) fail(Errno.ENOENT, 'no such element');
    return this.kernel.arena.bytesAt(address, this.sysValueSize).slice();
  }

  override sysLookupAndDelete(key: Uint8Array, flags: bigint): Uint8Array {
    const value = this.sysLookup(key, flags);
    this.delete(key);
    return value;
  }

  override elements(): MapElement[] {
    const at = this.#perCpuValue ? BigInt(this.kernel.currentCpu * this.#slot) : 0n;
    return this.#table.values().map(({ element }) => ({ key: element.key, value: element.value + at }));
  }

  override get batch(): { lookup: boolean; update: boolean; delete: boolean } {
    return { lookup: true, update: true, delete: true };
  }

  protected override releaseUsers(): void {
    for (const { element } of this.#table.values()) this.fields?.reset(element.value);
  }

  protected freeElements(): void {
    this.releaseUsers();
    this.kernel.arena.free(this.#pool);
  }
}
