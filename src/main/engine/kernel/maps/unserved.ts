import { Errno, MapFlag, MapType } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../task.ts';
import { IndexedMap } from './array.ts';
import { ACCESS_FLAGS, BpfMap, PAGE_SIZE, readOnlyForPrograms, type MapAttr } from './map.ts';

/**
 * Map types whose values are things that this kernel does not have: perf events, cgroups, sockets, devices. They are made
 * as Linux makes them and stay empty, because no descriptor can be the right kind of file.
 */
export class ForeignArrayMap extends IndexedMap {
  override sysLookup(): Uint8Array {
    fail(Errno.ENOTSUPP, 'user space cannot read such values');
  }

  /** perf_event_get(), cgroup_get_from_fd(): EBADF for every descriptor, as none is a perf event or a cgroup. */
  override sysUpdate(_task: Task, key: Uint8Array, _value: Uint8Array, flags: bigint): number {
    if (flags !== 0n) return -Errno.EINVAL;
    return this.index(key) === undefined ? -Errno.E2BIG : -Errno.EBADF;
  }

  /** map_check_no_btf(). */
  override checkBtf(): number {
    return -Errno.ENOTSUPP;
  }

  override sysDelete(key: Uint8Array): number {
    return this.index(key) === undefined ? -Errno.E2BIG : -Errno.ENOENT;
  }

  protected freeElements(): void {
    // Nothing can be in it.
  }
}

/** Types with other keys: storage of cgroups, sockets, inodes and tasks. */
export class ForeignMap extends BpfMap {
  override nextKey(): number {
    return -Errno.ENOENT;
  }

  override sysLookup(): Uint8Array {
    fail(Errno.ENOENT, 'this kernel has nothing that such a map could hold');
  }

  override sysUpdate(task: Task, _key: Uint8Array, value: Uint8Array, _flags: bigint): number {
    if (value.length >= 4) task.file(viewOf(value).getInt32(0, true));
    return -Errno.EINVAL;
  }

  override sysDelete(_key: Uint8Array): number {
    return -Errno.ENOENT;
  }

  protected freeElements(): void {
    // Nothing can be in it.
  }
}

/** BPF_MAP_TYPE_DEVMAP_HASH: __dev_map_hash_update_elem(). No device here takes redirected packets by a hash. */
export class DevHashMap extends ForeignMap {
  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, readOnlyForPrograms(attr));
  }

  override checkBtf(): number {
    return -Errno.ENOTSUPP;
  }

  override sysUpdate(): number {
    return -Errno.EINVAL;
  }
}

/** First kernel with stack_map_lookup_and_delete_elem(). */
const STACK_TAKEN_SINCE = 6018;

/** BPF_MAP_TYPE_STACK_TRACE (kernel/bpf/stackmap.c): only programs put stacks into it. */
export class StackTraceMap extends ForeignMap {
  override checkBtf(): number {
    return -Errno.ENOTSUPP;
  }

  override sysUpdate(): number {
    return -Errno.EINVAL;
  }

  /** stack_map_delete_elem(): the table has a power of two of buckets. */
  override sysDelete(key: Uint8Array): number {
    const buckets = 2 ** Math.ceil(Math.log2(this.maxEntries));
    return viewOf(key).getUint32(0, true) >= buckets ? -Errno.E2BIG : -Errno.ENOENT;
  }

  override sysLookupAndDelete(key: Uint8Array, flags: bigint): Uint8Array {
    if (this.kernel.profile.code < STACK_TAKEN_SINCE) return super.sysLookupAndDelete(key, flags);
    return this.sysLookup();
  }
}

const MAX_BPF_STACK = 512;
/** CONFIG_NR_CPUS of distributions' kernels. */
const NR_CPUS = 8192;

/** bpf_local_storage_map_alloc_check(). */
export function checkStorageAttr(attr: MapAttr): void {
  const flags = MapFlag.NO_PREALLOC | MapFlag.CLONE;
  if (
    (attr.flags & ~flags) !== 0 ||
    (attr.flags & MapFlag.NO_PREALLOC) === 0 ||
    attr.maxEntries !== 0 ||
    attr.keySize !== 4 ||
    attr.valueSize === 0 ||
    attr.btfKeyTypeId === 0 ||
    attr.btfValueTypeId === 0
  ) {
    fail(Errno.EINVAL, 'storage maps have BPF_F_NO_PREALLOC, no entries, 4-byte keys, a value and BTF types');
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
  if (hash && attr.keySize > MAX_BPF_STACK) fail(Errno.E2BIG, 'the key does not fit on the stack');
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
  if (attr.type === MapType.CPUMAP && attr.maxEntries > NR_CPUS) fail(Errno.E2BIG, 'more entries than CPUs');
}

/** cgroup_storage_map_alloc(). */
export function checkCgroupStorageAttr(attr: MapAttr): void {
  if (attr.keySize !== 8 && attr.keySize !== 16) fail(Errno.EINVAL, 'the key is a cgroup id');
  if (attr.valueSize === 0) fail(Errno.EINVAL, 'a value size is needed');
  if (attr.valueSize > PAGE_SIZE) fail(Errno.E2BIG, 'value size');
  if (attr.maxEntries !== 0) fail(Errno.EINVAL, 'entries come and go with programs');
}

/** arena_map_alloc(). The size is that of what mmap(2) may show: at most 4 GiB. */
export function checkArenaAttr(attr: MapAttr): void {
  if (
    attr.keySize !== 0 ||
    attr.valueSize !== 0 ||
    attr.maxEntries === 0 ||
    (attr.flags & MapFlag.MMAPABLE) === 0 ||
    (attr.flags & ~(MapFlag.MMAPABLE | MapFlag.SEGV_ON_FAULT | MapFlag.NO_USER_CONV)) !== 0 ||
    attr.extra % BigInt(PAGE_SIZE) !== 0n
  ) {
    fail(Errno.EINVAL, 'an arena is BPF_F_MMAPABLE, has no keys and values, and whole pages');
  }
  if (attr.maxEntries * PAGE_SIZE > 2 ** 32) fail(Errno.E2BIG, 'an arena has at most 4 GiB');
}

/**
 * BPF_MAP_TYPE_ARENA: made as Linux makes it; its pages are not simulated, so that a program that casts into one is
 * refused or faults, and mmap(2) says no.
 */
export class ArenaMap extends BpfMap {
  override readonly checksBtf = true;

  override sysLookup(): Uint8Array {
    fail(Errno.EINVAL, 'an arena has no elements');
  }
  override sysUpdate(): number {
    return -Errno.EOPNOTSUPP;
  }
  override sysDelete(): number {
    return -Errno.EOPNOTSUPP;
  }
  override nextKey(): number {
    return -Errno.EOPNOTSUPP;
  }
  protected freeElements(): void {
    // No page was ever given out.
  }
}
