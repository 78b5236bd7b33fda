/** Virtual time: it moves only when somebody advances it, and what falls due in between happens in order. */

interface Timer {
  readonly at: bigint;
  readonly sequence: number;
  readonly action: () => void;
}

export interface ClockTimer {
  /** False if it has already fired or was cancelled. */
  cancel(): boolean;
  readonly expires: bigint;
  readonly pending: boolean;
}

export class VirtualClock {
  #now: bigint;
  #sequence = 0;
  #timers: Timer[] = [];

  /** `start` in nanoseconds since boot. */
  constructor(start = 1_000_000_000n) {
    this.#now = start;
  }

  /** Nanoseconds since boot (CLOCK_MONOTONIC). */
  now(): bigint {
    return this.#now;
  }

  /** True if something is scheduled. */
  get pending(): boolean {
    return this.#timers.length > 0;
  }

  /** Calls `action` at `at` (nanoseconds); at once at the next advance if that has passed. */
  schedule(at: bigint, action: () => void): ClockTimer {
    const entry: Timer = { at, sequence: this.#sequence++, action };
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1] as Timer).at > at) index--;
    this.#timers.splice(index, 0, entry);
    const timers = (): Timer[] => this.#timers;
    return {
      expires: at,
      get pending(): boolean {
        return timers().includes(entry);
      },
      cancel: (): boolean => {
        const place = this.#timers.indexOf(entry);
        if (place >= 0) this.#timers.splice(place, 1);
        return place >= 0;
      },
    };
  }

  /** Lets `nanoseconds` pass; timers and work items that fall due fire at their time, those of the same time in order. */
  advance(nanoseconds: bigint): void {
    this.advanceTo(this.#now + nanoseconds);
  }

  /** Lets time pass until `target`; a target in the past fires only what is due now. */
  advanceTo(target: bigint): void {
    for (;;) {
      const next = this.#timers[0];
      if (next === undefined || next.at > target) break;
      this.#timers.shift();
      if (next.at > this.#now) this.#now = next.at;
      next.action();
    }
    if (target > this.#now) this.#now = target;
  }
}
