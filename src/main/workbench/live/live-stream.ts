import { bytesEqual } from '../../engine/base/index.ts';
import { type ReportInput, type StoredVerdict } from '../../host/store/index.ts';
import { verdictOf } from '../views/report-view.ts';
import { type Attachment } from '../simulation/attach.ts';
import { DeviceReplay } from '../simulation/replay.ts';

/** One report with what became of it. Times are microseconds since the stream's origin. */
export type LiveReport = Omit<ReportInput, 'device'>;

/** What a reader of hidraw got of a report: all of it where no driver stands in between. */
export function deliveredOf({ before, after, verdict }: LiveReport): readonly Uint8Array[] {
  return verdict === 'pass' && after.length === 0 ? [before] : after;
}

const NO_BYTES = new Uint8Array();

/**
 * The way of a live device's reports: through the attached driver, if there is one, to whoever takes them. Time is the
 * device's: the simulated kernel's clock follows it, so that timers of the driver fire while reports flow.
 */
export class LiveStream {
  readonly #attachment: Attachment | undefined;
  readonly #replay: DeviceReplay | undefined;
  readonly #origin: number;
  /** When the driver's clock started. */
  readonly #start: number;
  #last: number;
  #pending: { readonly time: number; readonly before: Uint8Array } | undefined;
  #done: LiveReport[] = [];
  reports = 0;
  changed = 0;
  dropped = 0;

  /** `origin`: the time (microseconds of the device's clock) that counts as 0; `now`: when the stream begins. */
  constructor(attachment: Attachment | undefined, origin: number, now: number) {
    this.#attachment = attachment;
    this.#origin = origin;
    this.#last = this.#start = Math.round(now - origin);
    if (attachment?.view.ok === true) {
      this.#replay = new DeviceReplay(attachment.simulation, attachment.device);
    }
  }

  /** The driver that the reports go through. */
  get attachment(): Attachment | undefined {
    return this.#replay === undefined ? undefined : this.#attachment;
  }

  /** True if the driver has given the device another descriptor. */
  get descriptorChanged(): boolean {
    const device = this.attachment?.device;
    return device !== undefined && !bytesEqual(device.descriptor, device.originalDescriptor);
  }

  /** A report has come from the device. `data` is kept. */
  report(at: number, data: Uint8Array): void {
    const time = this.#timeOf(at);
    this.reports++;
    if (this.#replay === undefined) {
      this.#done.push({ timeMicroseconds: time, before: data, after: [], verdict: 'pass' });
      return;
    }
    this.#settle(this.#replay.advance(time - this.#start), time);
    this.#pending = { time, before: data };
    this.#replay.deliver(data);
  }

  /** Lets the driver's time pass and takes what is done. Call it about every 16 ms. */
  take(now: number): LiveReport[] {
    if (this.#replay !== undefined) {
      const time = this.#timeOf(now);
      this.#settle(this.#replay.advance(time - this.#start), time);
    }
    if (this.#done.length === 0) return this.#done;
    const done = this.#done;
    this.#done = [];
    return done;
  }

  /** Clocks of two threads may differ a little: time never goes back. */
  #timeOf(at: number): number {
    this.#last = Math.max(this.#last, Math.round(at - this.#origin));
    return this.#last;
  }

  #settle(after: readonly Uint8Array[], now: number): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) {
      if (after.length > 0) this.#push(now, NO_BYTES, after, 'injected');
      return;
    }
    const verdict = verdictOf(pending.before, after);
    if (verdict === 'changed') this.changed++;
    if (verdict === 'dropped') this.dropped++;
    this.#push(pending.time, pending.before, after, verdict);
  }

  #push(time: number, before: Uint8Array, after: readonly Uint8Array[], verdict: StoredVerdict): void {
    this.#done.push({ timeMicroseconds: time, before, after, verdict });
  }
}
