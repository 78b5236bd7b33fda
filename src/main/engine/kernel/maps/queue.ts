import { ElemFlag, Errno, MapFlag, MapType } from '../../abi/index.ts';
import { roundUp } from '../../base/index.ts';
import { fail } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { ACCESS_FLAGS, BpfMap, KMALLOC_MAX_SIZE, accessFlagsOk, type MapAttr } from './map.ts';

/** queue_stack_map_alloc_check() of kernel/bpf/queue_stack_maps.c. */
export function checkQueueAttr(attr: MapAttr): void {
  const flags = MapFlag.NUMA_NODE | ACCESS_FLAGS;
  if (
    attr.maxEntries === 0 ||
    attr.keySize !== 0 ||
    attr.valueSize === 0 ||
    (attr.flags & ~flags) !== 0 ||
    !accessFlagsOk(attr.flags)
  ) {
    fail(Errno.EINVAL, 'queues and stacks have entries and values, but no keys');
  }
  if (attr.valueSize > KMALLOC_MAX_SIZE) fail(Errno.E2BIG, 'value size');
}

/** BPF_MAP_TYPE_QUEUE and _STACK: a ring with one slot more than it may hold. */
export class QueueMap extends BpfMap {
  readonly #slots: number;
  readonly #slotSize: number;
  readonly #area: bigint;
  #head = 0;
  #tail = 0;

  constructor(kernel: Kernel, attr: MapAttr) {
    super(kernel, attr);
    this.#slots = attr.maxEntries + 1;
    this.#slotSize = roundUp(attr.valueSize, 8);
    this.#area = kernel.arena.allocate(this.#slots * this.#slotSize, { label: `map ${attr.name}` });
  }

  /** Values, the one that pop would give first in front. */
  get values(): Uint8Array[] {
    const values: Uint8Array[] = [];
    for (let at = this.#tail; at !== this.#head; at = (at + 1) % this.#slots) values.push(this.#at(at));
    return this.type === MapType.STACK ? values.reverse() : values;
  }

  #at(slot: number): Uint8Array {
    const address = this.#area + BigInt(slot * this.#slotSize);
    return this.kernel.arena.bytesAt(address, this.valueSize).slice();
  }

  #move(head: number, tail: number): void {
    const [oldHead, oldTail] = [this.#head, this.#tail];
    this.#head = head;
    this.#tail = tail;
    this.kernel.onUndo(() => {
      this.#head = oldHead;
      this.#tail = oldTail;
    });
  }

  /** BPF_EXIST lets a full map drop its oldest value; E2BIG without it. */
  override push(value: Uint8Array, flags: bigint): number {
    const replaces = (flags & BigInt(ElemFlag.EXIST)) !== 0n;
    if ((flags & BigInt(ElemFlag.NOEXIST)) !== 0n || flags > BigInt(ElemFlag.EXIST)) return -Errno.EINVAL;
    const next = (this.#head + 1) % this.#slots;
    let tail = this.#tail;
    if (next === tail) {
      if (!replaces) return -Errno.E2BIG;
      tail = (tail + 1) % this.#slots;
    }
    this.kernel.arena.write(this.#area + BigInt(this.#head * this.#slotSize), value);
    this.#move(next, tail);
    return 0;
  }

  #take(into: Uint8Array, remove: boolean): number {
    into.fill(0);
    if (this.#head === this.#tail) return -Errno.ENOENT;
    if (this.type === MapType.QUEUE) {
      into.set(this.#at(this.#tail));
      if (remove) this.#move(this.#head, (this.#tail + 1) % this.#slots);
      return 0;
    }
    const newest = (this.#head + this.#slots - 1) % this.#slots;
    into.set(this.#at(newest));
    if (remove) this.#move(newest, this.#tail);
    return 0;
  }

  override pop(into: Uint8Array): number {
    return this.#take(into, true);
  }

  override peek(into: Uint8Array): number {
    return this.#take(into, false);
  }

  override nextKey(): number {
    return -Errno.EINVAL;
  }

  protected freeElements(): void {
    this.kernel.arena.free(this.#area);
  }
}
