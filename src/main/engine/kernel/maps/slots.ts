import { ElemFlag, Errno, MapType } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../task.ts';
import { IndexedMap } from './array.ts';
import { readOnlyForPrograms, type MapAttr } from './map.ts';
import { MapOwner } from './map-owner.ts';

/** The loopback device: the only one there is. */
const LOOPBACK = 1;
/** Most packets that a queue of a CPU map holds. */
const MAX_QUEUE = 16384;

/**
 * Arrays of devices, CPUs and sockets (kernel/bpf/devmap.c, cpumap.c, net/xdp/xskmap.c, net/core/sock_map.c,
 * kernel/bpf/reuseport_array.c): slots that are empty until something of this kernel fits into them.
 */
abstract class SlotMap extends IndexedMap {
  readonly #slots = new Map<number, Uint8Array>();

  override checkBtf(): number {
    return -Errno.ENOTSUPP;
  }

  override sysLookup(key: Uint8Array, _flags: bigint): Uint8Array {
    const value = this.#slots.get(this.index(key) ?? -1);
    if (value === undefined) fail(Errno.ENOENT, 'the slot is empty');
    return value;
  }

  override sysUpdate(task: Task, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (flags > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    const index = this.index(key);
    if (index === undefined) return -Errno.E2BIG;
    if (flags === BigInt(ElemFlag.NOEXIST)) return -Errno.EEXIST;
    const stored = this.store(task, index, value);
    if (typeof stored === 'number') return stored;
    if (stored === undefined) this.#slots.delete(index);
    else this.#slots.set(index, stored);
    return 0;
  }

  /** What a slot holds after an update, undefined for nothing; a negative errno for what does not fit. */
  protected abstract store(task: Task, index: number, value: Uint8Array): Uint8Array | number | undefined;

  override sysDelete(key: Uint8Array): number {
    const index = this.index(key);
    if (index === undefined) return -Errno.EINVAL;
    this.#slots.delete(index);
    return 0;
  }

  protected freeElements(): void {
    this.#slots.clear();
  }
}

/** The program behind a device or a queue length: a descriptor, 0 for none. */
function programFd(value: Uint8Array): number {
  return value.length < 8 ? 0 : viewOf(value).getInt32(4, true);
}

/** BPF_MAP_TYPE_DEVMAP: __dev_map_update_elem(). */
export class DevMap extends SlotMap {
  override readonly owner = new MapOwner();

  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, readOnlyForPrograms(attr));
  }

  protected override store(_task: Task, _index: number, value: Uint8Array): Uint8Array | number | undefined {
    const device = viewOf(value).getUint32(0, true);
    const hasProgram = programFd(value) > 0;
    if (device === 0) return hasProgram ? -Errno.EINVAL : undefined;
    return device === LOOPBACK && !hasProgram ? value.slice() : -Errno.EINVAL;
  }
}

/** BPF_MAP_TYPE_CPUMAP: cpu_map_update_elem(). */
export class CpuMap extends SlotMap {
  override readonly owner = new MapOwner();

  protected override store(_task: Task, index: number, value: Uint8Array): Uint8Array | number | undefined {
    const queue = viewOf(value).getUint32(0, true);
    if (queue > MAX_QUEUE) return -Errno.EOVERFLOW;
    if (index >= this.kernel.cpus) return -Errno.ENODEV;
    if (queue === 0) return undefined;
    return programFd(value) > 0 ? -Errno.EINVAL : value.slice();
  }
}

/** sockfd_lookup(): no file of this kernel is a socket. Throws EBADF for a descriptor that is not open. */
function noSocket(task: Task, fd: number): number {
  task.file(fd);
  return -Errno.ENOTSOCK;
}

/** The descriptor in a value of 4 or 8 bytes; undefined for one that is too large. */
function socketFd(value: Uint8Array): number | undefined {
  const view = viewOf(value);
  const fd = value.length === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
  return fd > 0x7fff_ffffn ? undefined : Number(fd);
}

/** BPF_MAP_TYPE_XSKMAP: xsk_map_update_elem(). */
export class XskMap extends SlotMap {
  override sysLookup(): Uint8Array {
    fail(Errno.EOPNOTSUPP, 'sockets are not handed out');
  }

  protected override store(task: Task, _index: number, value: Uint8Array): number {
    return noSocket(task, viewOf(value).getInt32(0, true));
  }
}

/** BPF_MAP_TYPE_SOCKMAP and BPF_MAP_TYPE_SOCKHASH. */
export class SockMap extends IndexedMap {
  /** sock_map_lookup_sys(): sockets are told by their cookies of 8 bytes. */
  override sysLookup(): Uint8Array {
    if (this.valueSize !== 8) fail(Errno.ENOSPC, 'a cookie has 8 bytes');
    fail(Errno.ENOENT, 'there is no socket');
  }

  /** sock_map_update_elem_sys(): the socket is looked at before key and flags. */
  override sysUpdate(task: Task, _key: Uint8Array, value: Uint8Array, _flags: bigint): number {
    const fd = socketFd(value);
    return fd === undefined ? -Errno.EINVAL : noSocket(task, fd);
  }

  override sysDelete(_key: Uint8Array): number {
    return this.type === MapType.SOCKHASH ? -Errno.ENOENT : -Errno.EINVAL;
  }

  override nextKey(key: Uint8Array | undefined): Uint8Array | number {
    return this.type === MapType.SOCKHASH ? -Errno.ENOENT : super.nextKey(key);
  }

  protected freeElements(): void {
    // Nothing can be in it.
  }
}

/** BPF_MAP_TYPE_REUSEPORT_SOCKARRAY: bpf_fd_reuseport_array_update_elem(). */
export class ReuseportArray extends SockMap {
  override sysUpdate(task: Task, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (flags > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    return this.index(key) === undefined ? -Errno.E2BIG : super.sysUpdate(task, key, value, flags);
  }

  override sysDelete(key: Uint8Array): number {
    return this.index(key) === undefined ? -Errno.E2BIG : -Errno.ENOENT;
  }
}
