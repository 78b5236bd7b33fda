import { roundUp } from '../base/index.ts';

/** One slot of the arena's heap: what an allocation got, or a free one that waits for the next of its capacity. */
export interface Slot {
  readonly offset: number;
  /** Bytes up to the next slot: the allocation's size and its red zone. */
  readonly capacity: number;
  size: number;
  label: string;
  access: 'rw' | 'ro';
  used: boolean;
  /** Has parts that may not be touched. */
  poisoned: boolean;
}

/** At least so many bytes behind every allocation belong to nobody. */
export const RED_ZONE = 16;

/** Bytes a slot needs: fine steps for small allocations, an eighth of the size for large ones. */
function capacityFor(size: number): number {
  const needed = roundUp(size + RED_ZONE, 16);
  if (needed <= 1024) return needed;
  const step = 2 ** Math.max(4, Math.floor(Math.log2(needed)) - 3);
  return roundUp(needed, step);
}

/** Free slots of one capacity, first in first out. */
interface Queue {
  items: Slot[];
  head: number;
}

/**
 * Which bytes of the arena belong to whom. Slots are made in the order of their addresses and never merged; a freed
 * one goes to the end of its capacity's queue, so that a dangling pointer is noticed for as long as possible.
 */
export class Regions {
  readonly #slots: Slot[] = [];
  readonly #free = new Map<number, Queue>();
  readonly #limit: number;
  #top: number;

  constructor(start: number, limit: number) {
    this.#top = start;
    this.#limit = limit;
  }

  /** A slot for `size` bytes at a multiple of `align`, or undefined if the arena is full. `fresh`: never used before. */
  take(size: number, align: number): { slot: Slot; fresh: boolean } | undefined {
    const capacity = capacityFor(size);
    const waiting = this.#free.get(capacity);
    const reused = waiting === undefined ? undefined : takeFrom(waiting, align);
    if (reused !== undefined) return { slot: reused, fresh: false };
    const offset = roundUp(this.#top, align);
    if (offset + capacity > this.#limit) return undefined;
    this.#top = offset + capacity;
    const slot: Slot = { offset, capacity, size: 0, label: '', access: 'rw', used: false, poisoned: false };
    this.#slots.push(slot);
    return { slot, fresh: true };
  }

  release(slot: Slot): void {
    slot.used = false;
    this.#queue(slot.capacity).items.push(slot);
  }

  /** Takes back the taking of this very slot: the same request gets it again. */
  untake(slot: Slot, fresh: boolean): void {
    slot.used = false;
    if (fresh) {
      this.#slots.pop();
      this.#top = slot.offset;
      return;
    }
    const queue = this.#queue(slot.capacity);
    if (queue.head > 0) queue.items[--queue.head] = slot;
    else queue.items.unshift(slot);
  }

  /** Takes back the release of this very slot. */
  unrelease(slot: Slot): void {
    const { items } = this.#queue(slot.capacity);
    items.splice(items.lastIndexOf(slot), 1);
    slot.used = true;
  }

  /** The used slot whose allocation or red zone holds the offset. */
  at(offset: number): Slot | undefined {
    let low = 0;
    let high = this.#slots.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const slot = this.#slots[middle] as Slot;
      if (offset < slot.offset) high = middle - 1;
      else if (offset >= slot.offset + slot.capacity) low = middle + 1;
      else return slot.used ? slot : undefined;
    }
    return undefined;
  }

  #queue(capacity: number): Queue {
    let queue = this.#free.get(capacity);
    if (queue === undefined) this.#free.set(capacity, (queue = { items: [], head: 0 }));
    return queue;
  }
}

/** The oldest free slot, if it is aligned: slots of one capacity nearly always have the same alignment. */
function takeFrom(queue: Queue, align: number): Slot | undefined {
  const slot = queue.items[queue.head];
  if (slot === undefined || slot.offset % align !== 0) return undefined;
  queue.head++;
  if (queue.head > 1024 && queue.head * 2 > queue.items.length) {
    queue.items = queue.items.slice(queue.head);
    queue.head = 0;
  }
  return slot;
}
