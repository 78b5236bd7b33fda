import { ElemFlag, Errno, MapType } from '../../abi/index.ts';
import { roundUp, viewOf } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../task.ts';
import { IndexedMap } from './array.ts';
import { PooledMap, type HashElement } from './hash.ts';
import type { BpfMap, MapAttr, MapElement } from './map.ts';

const NO_INNER: readonly number[] = [
  MapType.PROG_ARRAY,
  MapType.ARRAY_OF_MAPS,
  MapType.HASH_OF_MAPS,
  MapType.CGROUP_STORAGE,
  MapType.PERCPU_CGROUP_STORAGE,
  MapType.STRUCT_OPS,
];

/** bpf_map_meta_alloc() of kernel/bpf/map_in_map.c: the map that tells what inner maps look like. */
export function innerTemplate(task: Task, attr: MapAttr): BpfMap {
  const inner = task.mapByFd(attr.innerMapFd);
  if (inner.type === MapType.ARRAY_OF_MAPS || inner.type === MapType.HASH_OF_MAPS) {
    fail(Errno.EINVAL, 'maps in maps go one level deep');
  }
  if (NO_INNER.includes(inner.type)) fail(Errno.ENOTSUPP, 'maps of this type do not go into maps');
  return inner;
}

/** Shape of inner maps: what remains of the template when it is gone. */
export class InnerShape {
  readonly map: BpfMap;

  /** Holds the template itself: a simulation can afford to. */
  constructor(map: BpfMap) {
    this.map = map.get();
  }

  /** bpf_map_fd_get_ptr(): a map of the right shape, with a hold. */
  take(task: Task, value: Uint8Array): BpfMap {
    const map = task.mapByFd(viewOf(value).getInt32(0, true));
    if (!this.map.metaEqual(map)) fail(Errno.EINVAL, `map ${map.name} has another shape than the template`);
    return map.get();
  }

  free(): void {
    this.map.put();
  }
}

function idBytes(map: BpfMap): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, map.id, true);
  return bytes;
}

/** BPF_MAP_TYPE_ARRAY_OF_MAPS: a lookup by a program gives the inner map itself. */
export class ArrayOfMaps extends IndexedMap {
  readonly shape: InnerShape;
  readonly #inner = new Map<number, BpfMap>();

  constructor(kernel: Kernel, task: Task, attr: MapAttr) {
    const template = innerTemplate(task, attr);
    super(kernel, attr);
    this.shape = new InnerShape(template);
  }

  /** map_check_no_btf(). */
  override checkBtf(): number {
    return -Errno.ENOTSUPP;
  }

  override lookup(key: Uint8Array): bigint {
    const index = this.index(key);
    return (index === undefined ? undefined : this.#inner.get(index))?.address ?? 0n;
  }

  override sysLookup(key: Uint8Array): Uint8Array {
    const index = this.index(key);
    const inner = index === undefined ? undefined : this.#inner.get(index);
    return inner === undefined ? fail(Errno.ENOENT, 'the slot is empty') : idBytes(inner);
  }

  override sysUpdate(task: Task, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (flags !== BigInt(ElemFlag.ANY)) return -Errno.EINVAL;
    const index = this.index(key);
    if (index === undefined) return -Errno.E2BIG;
    const inner = this.shape.take(task, value);
    this.#inner.get(index)?.put();
    this.#inner.set(index, inner);
    return 0;
  }

  override update(): number {
    return -Errno.EINVAL;
  }

  override sysDelete(key: Uint8Array): number {
    const index = this.index(key);
    if (index === undefined) return -Errno.E2BIG;
    const inner = this.#inner.get(index);
    if (inner === undefined) return -Errno.ENOENT;
    this.#inner.delete(index);
    inner.put();
    return 0;
  }

  override get batch(): { lookup: boolean; update: boolean; delete: boolean } {
    return { lookup: true, update: true, delete: false };
  }

  protected freeElements(): void {
    for (const inner of this.#inner.values()) inner.put();
    this.shape.free();
  }
}

/** BPF_MAP_TYPE_HASH_OF_MAPS. */
export class HashOfMaps extends PooledMap {
  readonly shape: InnerShape;
  readonly #inner = new Map<HashElement, BpfMap>();

  constructor(kernel: Kernel, task: Task, attr: MapAttr) {
    const template = innerTemplate(task, attr);
    super(kernel, attr, roundUp(8, 8));
    this.shape = new InnerShape(template);
  }

  /** map_check_no_btf(). */
  override checkBtf(): number {
    return -Errno.ENOTSUPP;
  }

  override lookup(key: Uint8Array): bigint {
    const element = this.find(key);
    return (element === undefined ? undefined : this.#inner.get(element))?.address ?? 0n;
  }

  override sysLookup(key: Uint8Array): Uint8Array {
    const element = this.find(key);
    const inner = element === undefined ? undefined : this.#inner.get(element);
    return inner === undefined ? fail(Errno.ENOENT, 'no such element') : idBytes(inner);
  }

  override sysUpdate(task: Task, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    // bpf_fd_htab_map_update_elem() takes the map before it looks at the flags.
    const inner = this.shape.take(task, value);
    if (flags > BigInt(ElemFlag.EXIST)) {
      inner.put();
      return -Errno.EINVAL;
    }
    const old = this.find(key);
    const refused = this.checkFlags(old !== undefined, flags);
    const full = old === undefined && this.elementsByKey.size >= this.maxEntries;
    if (refused !== 0 || full) {
      inner.put();
      return refused !== 0 ? refused : -Errno.E2BIG;
    }
    const element = this.take();
    this.kernel.arena.writeU64(element.value, inner.address);
    this.insert(element, key);
    this.#inner.set(element, inner);
    if (old !== undefined) this.#drop(old);
    return 0;
  }

  override update(): number {
    return -Errno.EINVAL;
  }

  override delete(key: Uint8Array): number {
    const element = this.find(key);
    if (element === undefined) return -Errno.ENOENT;
    this.removeElement(element);
    this.#drop(element);
    return 0;
  }

  #drop(element: HashElement): void {
    this.#inner.get(element)?.put();
    this.#inner.delete(element);
    this.giveBack(element);
  }

  override sysLookupAndDelete(): Uint8Array {
    fail(Errno.ENOTSUPP, 'this map type has no lookup-and-delete');
  }

  override elements(): MapElement[] | number {
    return -Errno.EINVAL;
  }

  protected override freeElements(): void {
    for (const inner of this.#inner.values()) inner.put();
    super.freeElements();
    this.shape.free();
  }
}
