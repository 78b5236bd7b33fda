/** Something that must be given back: a subscription, an open handle. */
export interface Disposable {
  dispose(): void;
}

/** A typed list of listeners. Events announce what has happened; nothing waits for them. */
export class Emitter<T> {
  readonly #listeners = new Set<(event: T) => void>();

  /** True if somebody listens: lets a producer skip the making of events. */
  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  on(listener: (event: T) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
