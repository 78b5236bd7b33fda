import { AttachType, ElemFlag, Errno, MapType, ProgType } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import { KernelError, fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfProg } from '../programs/prog.ts';
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
  readonly #slots = new Map<number, Slot>();

  override checkBtf(): number {
    return -Errno.ENOTSUPP;
  }

  override sysLookup(key: Uint8Array, _flags: bigint): Uint8Array {
    const slot = this.#slots.get(this.index(key) ?? -1);
    if (slot === undefined) fail(Errno.ENOENT, 'the slot is empty');
    return slot.value;
  }

  override sysUpdate(task: Task, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (flags > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    const index = this.index(key);
    if (index === undefined) return -Errno.E2BIG;
    if (flags === BigInt(ElemFlag.NOEXIST)) return -Errno.EEXIST;
    const stored = this.store(task, index, value);
    if (typeof stored === 'number') return stored;
    this.#put(index, stored);
    return 0;
  }

  /** What a slot holds after an update, undefined for nothing; a negative errno for what does not fit. */
  protected abstract store(task: Task, index: number, value: Uint8Array): Slot | number | undefined;

  #put(index: number, slot: Slot | undefined): void {
    this.#slots.get(index)?.prog?.put();
    if (slot === undefined) this.#slots.delete(index);
    else this.#slots.set(index, slot);
  }

  override sysDelete(key: Uint8Array): number {
    const index = this.index(key);
    if (index === undefined) return -Errno.EINVAL;
    this.#put(index, undefined);
    return 0;
  }

  protected freeElements(): void {
    for (const index of [...this.#slots.keys()]) this.#put(index, undefined);
  }
}

/** What is in a slot, as user space reads it, and the program that runs for it. */
interface Slot {
  readonly value: Uint8Array;
  readonly prog?: BpfProg;
}

/** The program behind a device or a queue length: a descriptor, 0 for none. */
function programFd(value: Uint8Array): number {
  return value.length < 8 ? 0 : viewOf(value).getInt32(4, true);
}

/** A slot with the program that its value names, if it may stand in this map; undefined where it may not. */
function slotWithProgram(task: Task, map: SlotMap, value: Uint8Array, attachType: number): Slot | undefined {
  const fd = programFd(value);
  const shown = value.slice();
  if (fd <= 0) {
    if (shown.length >= 8) viewOf(shown).setUint32(4, 0, true);
    return { value: shown };
  }
  const prog = progOf(task, fd);
  const fits =
    prog?.type === ProgType.XDP &&
    prog.expectedAttachType === attachType &&
    map.owner?.accepts(prog.owner) === true;
  if (prog === undefined || !fits) return undefined;
  viewOf(shown).setUint32(4, prog.id, true);
  return { value: shown, prog: prog.get() };
}

/** The program of a descriptor; undefined for a descriptor of anything else. */
function progOf(task: Task, fd: number): BpfProg | undefined {
  try {
    return task.progByFd(fd);
  } catch (error) {
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}

/** BPF_MAP_TYPE_DEVMAP: __dev_map_update_elem(). */
export class DevMap extends SlotMap {
  override readonly owner = new MapOwner(false);

  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, readOnlyForPrograms(attr));
  }

  protected override store(task: Task, _index: number, value: Uint8Array): Slot | number | undefined {
    const device = viewOf(value).getUint32(0, true);
    if (device === 0) return programFd(value) > 0 ? -Errno.EINVAL : undefined;
    if (device !== LOOPBACK) return -Errno.EINVAL;
    return slotWithProgram(task, this, value, AttachType.XDP_DEVMAP) ?? -Errno.EINVAL;
  }
}

/** BPF_MAP_TYPE_CPUMAP: cpu_map_update_elem(). */
export class CpuMap extends SlotMap {
  override readonly owner = new MapOwner(false);

  /** A program that does not fit is told as memory that is missing. */
  protected override store(task: Task, index: number, value: Uint8Array): Slot | number | undefined {
    const queue = viewOf(value).getUint32(0, true);
    if (queue > MAX_QUEUE) return -Errno.EOVERFLOW;
    if (index >= this.kernel.cpus) return -Errno.ENODEV;
    if (queue === 0) return undefined;
    return slotWithProgram(task, this, value, AttachType.XDP_CPUMAP) ?? -Errno.ENOMEM;
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
