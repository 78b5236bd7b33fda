/** Milliseconds over which the rate is taken. */
const WINDOW = 1000;
/** Seconds below which a rate says nothing. */
const SHORTEST = 0.2;

/** Reports a second, of a count that grows. */
export class LiveRate {
  readonly #beats: { readonly at: number; readonly reports: number }[] = [];

  /** The rate over the last second, where the count is now `reports`. Call it at every beat. */
  at(reports: number): number {
    const now = performance.now();
    this.#beats.push({ at: now, reports });
    while (this.#beats.length > 2 && now - (this.#beats[0]?.at ?? now) > WINDOW) this.#beats.shift();
    const [first] = this.#beats;
    const seconds = (now - (first?.at ?? now)) / 1000;
    return seconds > SHORTEST ? Math.round((reports - (first?.reports ?? 0)) / seconds) : 0;
  }
}
