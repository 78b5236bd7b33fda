import { Errno, MapFlag, MapType } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Task } from '../task.ts';
import { IndexedMap } from './array.ts';
import { ACCESS_FLAGS, BpfMap, PAGE_SIZE, type MapAttr } from './map.ts';

/**
 * Map types whose values are things that this kernel does not have: perf events, cgroups, sockets, devices. They are made
 * as Linux makes them and stay empty, because no descriptor can be the right kind of file.
 */
export class ForeignArrayMap extends IndexedMap {
  override sysLookup(): Uint8Array {
    fail(this.type === MapType.PERF_EVENT_ARRAY ? Errno.ENOTSUPP : Errno.ENOENT, 'the slot is empty');
  }

  /** The descriptor is looked at first: EBADF for none, EINVAL for one of another kind. */
  override sysUpdate(task: Task, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (flags !== 0n) return -Errno.EINVAL;
    if (this.index(key) === undefined) return -Errno.E2BIG;
    task.file(viewOf(value).getInt32(0, true));
    return this.type === MapType.CGROUP_ARRAY ? -Errno.EBADF : -Errno.EINVAL;
  }

  override sysDelete(key: Uint8Array): number {
    return this.index(key) === undefined ? -Errno.E2BIG : -Errno.ENOENT;
  }

  protected freeElements(): void {
    // Nothing can be in it.
  }
}

/** Types with other keys: sockets by hash, devices, per-object storage. */
export class ForeignMap extends BpfMap {
  override nextKey(): number {
    return -Errno.ENOENT;
  }

  override sysLookup(): Uint8Array {
    fail(Errno.ENOENT, 'this kernel has nothing that such a map could hold');
  }

  override sysUpdate(task: Task, _key: Uint8Array, value: Uint8Array): number {
    if (value.length >= 4) task.file(viewOf(value).getInt32(0, true));
    return -Errno.EINVAL;
  }

  override sysDelete(): number {
    return -Errno.ENOENT;
  }

  protected freeElements(): void {
    // Nothing can be in it.
  }
}

/** bpf_local_storage_map_alloc_check(). */
export function checkStorageAttr(attr: MapAttr): void {
  const flags = MapFlag.NO_PREALLOC | MapFlag.CLONE;
  if (
    (attr.flags & ~flags) !== 0 ||
    (attr.flags & MapFlag.NO_PREALLOC) === 0 ||
    attr.maxEntries !== 0 ||
    attr.keySize !== 4 ||
    attr.valueSize === 0
  ) {
    fail(Errno.EINVAL, 'storage maps have BPF_F_NO_PREALLOC, no entries, 4-byte keys and a value');
  }
  if (attr.valueSize > 0xffff - 200) fail(Errno.E2BIG, 'value size');
}

/** stack_map_alloc(). */
export function checkStackTraceAttr(attr: MapAttr): void {
  const flags = MapFlag.NUMA_NODE | MapFlag.RDONLY | MapFlag.WRONLY | MapFlag.STACK_BUILD_ID;
  if ((attr.flags & ~flags) !== 0) fail(Errno.EINVAL, 'flags that stack maps do not have');
  const entry = (attr.flags & MapFlag.STACK_BUILD_ID) !== 0 ? 32 : 8;
  if (attr.maxEntries === 0 || attr.keySize !== 4 || attr.valueSize < 8 || attr.valueSize % 8 !== 0) {
    fail(Errno.EINVAL, 'a stack map has 4-byte keys and values of whole addresses');
  }
  if (attr.valueSize % entry !== 0 || attr.valueSize / entry > 127) fail(Errno.EINVAL, 'too many addresses');
}

/** sock_map_alloc() and its like: 4-byte keys (any for hashes), values of 4 or 8 bytes. */
export function checkSocketMapAttr(attr: MapAttr): void {
  const hash = attr.type === MapType.SOCKHASH;
  if (
    attr.maxEntries === 0 ||
    (hash ? attr.keySize === 0 : attr.keySize !== 4) ||
    (attr.valueSize !== 4 && attr.valueSize !== 8) ||
    (attr.flags & ~(MapFlag.NUMA_NODE | MapFlag.RDONLY | MapFlag.WRONLY)) !== 0
  ) {
    fail(Errno.EINVAL, 'a socket map has descriptors or cookies as values');
  }
}

/** dev_map_alloc(), cpu_map_alloc(), xsk_map_alloc(). */
export function checkDeviceMapAttr(attr: MapAttr): void {
  const sizes = attr.type === MapType.XSKMAP ? [4] : [4, 8];
  if (
    attr.maxEntries === 0 ||
    attr.keySize !== 4 ||
    !sizes.includes(attr.valueSize) ||
    (attr.flags & ~(MapFlag.NUMA_NODE | ACCESS_FLAGS)) !== 0
  ) {
    fail(Errno.EINVAL, 'a device map has 4-byte keys and indexes or descriptors as values');
  }
}

/** cgroup_storage_map_alloc(). */
export function checkCgroupStorageAttr(attr: MapAttr): void {
  if (attr.keySize !== 8 && attr.keySize !== 16) fail(Errno.EINVAL, 'the key is a cgroup id');
  if (attr.valueSize === 0) fail(Errno.EINVAL, 'a value size is needed');
  if (attr.valueSize > PAGE_SIZE) fail(Errno.E2BIG, 'value size');
  if (attr.maxEntries !== 0) fail(Errno.EINVAL, 'entries come and go with programs');
}

/** arena_map_alloc(): what a kernel without a JIT for arenas answers, behind its other checks. */
export function checkArenaAttr(): void {
  fail(Errno.EOPNOTSUPP, 'BPF_MAP_TYPE_ARENA (Linux 6.9) is not simulated');
}
