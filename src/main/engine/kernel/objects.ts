import { assert } from '../base/index.ts';

/** Something that lives as long as somebody holds it: atomic64 refcnt and the put that frees at zero. */
export abstract class KernelObject {
  #references = 1;

  get references(): number {
    return this.#references;
  }

  /** One more holder. */
  get(): this {
    assert(this.#references > 0, 'a freed kernel object is taken again');
    this.#references++;
    return this;
  }

  /** One holder less; the last one frees it. */
  put(): void {
    assert(this.#references > 0, 'a kernel object is put twice');
    if (--this.#references === 0) this.free();
  }

  /** Gives back all that the object holds. Called once. */
  protected abstract free(): void;
}

/**
 * Ids of objects that user space can find (idr_alloc_cyclic from 1): an id is not used again while the counter runs on.
 */
export class IdTable<T> {
  readonly #objects = new Map<number, T>();
  #last = 0;

  get size(): number {
    return this.#objects.size;
  }

  /** The id that the next object gets. */
  get nextId(): number {
    return this.#last + 1;
  }

  add(object: T): number {
    const id = ++this.#last;
    this.#objects.set(id, object);
    return id;
  }

  get(id: number): T | undefined {
    return this.#objects.get(id);
  }

  remove(id: number): void {
    this.#objects.delete(id);
  }

  /** Lowest id ≥ `from` (idr_get_next), or undefined. */
  nextFrom(from: number): number | undefined {
    let best: number | undefined;
    for (const id of this.#objects.keys()) {
      if (id >= from && (best === undefined || id < best)) best = id;
    }
    return best;
  }

  values(): T[] {
    return [...this.#objects.values()];
  }
}
