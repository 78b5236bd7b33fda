import { ElemFlag, Errno, MapFlag } from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfProg } from '../programs/prog.ts';
import type { Task } from '../task.ts';
import { IndexedMap, checkArrayAttr } from './array.ts';
import type { MapAttr } from './map.ts';
import { MapOwner } from './map-owner.ts';

/** fd_array_map_alloc_check() of kernel/bpf/arraymap.c: values are descriptors, programs see no rights. */
export function checkFdArrayAttr(attr: MapAttr): void {
  if (attr.valueSize !== 4) fail(Errno.EINVAL, 'values are descriptors of 4 bytes');
  if ((attr.flags & (MapFlag.RDONLY_PROG | MapFlag.WRONLY_PROG)) !== 0) {
    fail(Errno.EINVAL, 'access flags for programs');
  }
  checkArrayAttr(attr);
}

/** BPF_MAP_TYPE_PROG_ARRAY: programs for bpf_tail_call(). */
export class ProgArrayMap extends IndexedMap {
  readonly #progs = new Map<number, BpfProg>();
  override readonly owner = new MapOwner(true);

  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, attr);
  }

  /** The program of a slot, for bpf_tail_call(). */
  at(index: number): BpfProg | undefined {
    return this.#progs.get(index);
  }

  override get programs(): BpfProg[] {
    return [...this.#progs.values()];
  }

  override sysLookup(key: Uint8Array): Uint8Array {
    const index = this.index(key);
    const prog = index === undefined ? undefined : this.#progs.get(index);
    if (prog === undefined) fail(Errno.ENOENT, 'the slot is empty');
    const value = new Uint8Array(4);
    viewOf(value).setUint32(0, prog.id, true);
    return value;
  }

  override sysUpdate(task: Task, key: Uint8Array, value: Uint8Array, flags: bigint): number {
    if (flags !== BigInt(ElemFlag.ANY)) return -Errno.EINVAL;
    const index = this.index(key);
    if (index === undefined) return -Errno.E2BIG;
    const prog = task.progByFd(viewOf(value).getInt32(0, true));
    if (!this.owner.accepts(prog.owner))
      fail(Errno.EINVAL, `${prog.name} is not of the kind that the map holds`);
    this.#set(index, prog.get());
    return 0;
  }

  #set(index: number, prog: BpfProg | undefined): void {
    const old = this.#progs.get(index);
    if (prog === undefined) this.#progs.delete(index);
    else this.#progs.set(index, prog);
    old?.put();
  }

  override sysDelete(key: Uint8Array): number {
    const index = this.index(key);
    if (index === undefined) return -Errno.E2BIG;
    if (!this.#progs.has(index)) return -Errno.ENOENT;
    this.#set(index, undefined);
    return 0;
  }

  /** prog_array_map_clear(): the last user space holder went, so programs that call each other can go too. */
  protected override releaseUsers(): void {
    for (const index of [...this.#progs.keys()]) this.#set(index, undefined);
  }

  override metaEqual(): boolean {
    return false;
  }

  protected freeElements(): void {
    this.releaseUsers();
  }
}
