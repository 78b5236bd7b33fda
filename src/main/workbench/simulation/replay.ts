import { type HidDevice } from '../../engine/hid/index.ts';
import { type Simulation } from './simulation.ts';

/** Virtual nanoseconds that pass behind the last report, so that timers and work items of the driver end. */
const SETTLE = 1_000_000_000n;

/**
 * Feeds a recording to a device, in its own time. What a hidraw reader gets between one report and the next belongs to
 * the first of the two, also what timers bring later.
 */
export class DeviceReplay {
  readonly #simulation: Simulation;
  readonly #device: HidDevice;
  readonly #base: bigint;
  readonly #close: () => void;
  #out: Uint8Array[] = [];

  constructor(simulation: Simulation, device: HidDevice) {
    this.#simulation = simulation;
    this.#device = device;
    this.#base = simulation.kernel.clock.now();
    this.#close = device.openHidraw((data) => this.#out.push(data.slice()));
  }

  /** Lets time pass up to the report's; returns what came out since the report before it. */
  advance(timeMicroseconds: number): Uint8Array[] {
    const { clock } = this.#simulation.kernel;
    clock.advanceTo(this.#base + BigInt(Math.round(timeMicroseconds)) * 1000n);
    return this.#take();
  }

  /** Delivers a report. Call `advance` with its time first. */
  deliver(bytes: Uint8Array): void {
    this.#device.inputReport('input', bytes);
  }

  /** Ends the replay; returns what came out for the last report. */
  finish(): Uint8Array[] {
    const { clock } = this.#simulation.kernel;
    if (clock.pending) clock.advance(SETTLE);
    this.#close();
    return this.#take();
  }

  #take(): Uint8Array[] {
    if (this.#out.length === 0) return [];
    const out = this.#out;
    this.#out = [];
    return out;
  }
}
