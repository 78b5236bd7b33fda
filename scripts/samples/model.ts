/** What a sample's generator describes: a device, what it sends, and what its driver must make of that. */

/** One report as it leaves the device. `time` in microseconds since the recording's start. */
export interface SentReport {
  time: number;
  bytes: number[];
}

export interface SampleModel {
  /** Folder name; also the template's id. */
  id: string;
  title: string;
  /** What is wrong with the device and what the driver does about it. */
  summary: string;
  device: {
    /** As project.json and the contract name it. */
    bus: 'usb' | 'bluetooth';
    vendor: number;
    product: number;
    name: string;
    phys: string;
  };
  /** The report descriptor that the device has. */
  descriptor: number[];
  /** The descriptor that hidraw shows while the driver is attached. */
  descriptorAfter: number[];
  reports: SentReport[];
  /**
   * A fresh model of the driver, written by hand from what the driver is meant to do, not from its code: the report that
   * hidraw shows, or undefined where none comes out. Called once for each report in order.
   */
  driver: () => (bytes: readonly number[]) => number[] | undefined;
}

/** Numbers that look random and are the same on every machine (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  }

  /** A whole number from low to high, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** Bell-shaped around 0, most values within ±spread. */
  around(spread: number): number {
    return ((this.next() + this.next() + this.next()) / 1.5 - 1) * spread;
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

/** The clock of a device that is polled at a fixed interval; the host sees each poll some microseconds late. */
export class PollClock {
  #polls = 0;
  readonly #interval: number;
  readonly #dice: Dice;

  constructor(interval: number, dice: Dice) {
    this.#interval = interval;
    this.#dice = dice;
  }

  /** Polls since the start. */
  get polls(): number {
    return this.#polls;
  }

  /** The time of the next poll. */
  tick(): number {
    const time = this.#polls * this.#interval + (this.#polls === 0 ? 0 : this.#dice.whole(-90, 140));
    this.#polls++;
    return time;
  }

  /** Lets time pass without a report. Milliseconds. */
  rest(milliseconds: number): void {
    this.#polls += Math.max(1, Math.round((milliseconds * 1000) / this.#interval));
  }
}

/** A 16-bit number as two bytes, low first. */
export const word = (value: number): [number, number] => [value & 0xff, (value >> 8) & 0xff];

/** The signed number in two bytes, low first. */
export const signedWord = (low: number, high: number): number => ((low | (high << 8)) << 16) >> 16;

/** A signed number as one byte. */
export const byte = (value: number): number => value & 0xff;

/** Keeps a number within limits. */
export const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));
