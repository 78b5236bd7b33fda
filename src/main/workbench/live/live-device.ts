import { parseDescriptor } from '../../engine/hid/index.ts';
import { type Bridge, type OpenDevice, type RealDevice } from '../../host/bridge/index.ts';
import { messageOf } from '../../host/errors/index.ts';
import { type StoredSessionDevice } from '../../host/store/index.ts';
import { type LiveBatch, type LiveView } from '../../../preload/contract/index.ts';
import { realDeviceId } from '../devices/device-summary.ts';
import { type Attachment, type DevicePlan } from '../simulation/attach.ts';
import { LiveRate } from './live-rate.ts';
import { LiveRows } from './live-rows.ts';
import { type LiveReport, LiveStream } from './live-stream.ts';
import { isSameDevice, planOf } from './machine-devices.ts';

/** Rows in a batch at most: a device of 1,000 reports a second is shown whole, more nobody reads. */
const ROWS = 16;
/** Milliseconds between two looks for a device that was unplugged. */
const RETRY = 400;

/** How a driver gets on a device: again after each replug. */
export interface LiveDriver {
  readonly projectId: string;
  readonly engine: 'interpreter' | 'jit';
  attach(plan: DevicePlan): Attachment;
  /** True if it is attached and its HID_BPF_CONFIG names the device: udev would have loaded it without being asked. */
  isFor(attachment: Attachment): boolean;
}

export interface LiveDeviceOptions {
  readonly bridge: Bridge;
  /** The time (microseconds of the reports' clock) that counts as 0. */
  readonly origin: number;
  /** Called when it went away, came back, or has something else to say. */
  readonly onChanged: () => void;
  /** Called when it was plugged in again and its driver attached anew in place of `previous`. */
  readonly onAttached: (attachment: Attachment, previous: Attachment | undefined) => void;
  /** True if the device at the path is open already, as another one. */
  readonly isTaken: (path: string) => boolean;
}

/** The clock of reports, in microseconds. */
export function clock(): number {
  return performance.now() * 1000;
}

/** A plugged-in device that is open: its reports go through the attached driver. Unplugged, it is waited for. */
export class LiveDevice {
  readonly #options: LiveDeviceOptions;
  readonly #rate = new LiveRate();
  #device: RealDevice;
  #open: OpenDevice;
  #isOpen = false;
  #stream: LiveStream;
  #rows: LiveRows;
  #driver: LiveDriver | undefined;
  #message: string | undefined;
  #closed = false;
  /** Reports of streams that ended: the rate must not jump when a driver is attached. */
  #earlier = 0;
  #shownRate = 0;

  constructor(device: RealDevice, open: OpenDevice, options: LiveDeviceOptions) {
    this.#options = options;
    this.#device = device;
    this.#open = open;
    this.#stream = new LiveStream(undefined, options.origin, clock());
    this.#rows = this.#newRows();
    this.#listen(open);
  }

  get deviceId(): string {
    return realDeviceId(this.#device.path);
  }

  get device(): RealDevice {
    return this.#device;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Of its simulated twin. Throws `unsupported` where the system does not tell its descriptor. */
  get plan(): DevicePlan {
    return planOf(this.#device, this.#open);
  }

  get driver(): LiveDriver | undefined {
    return this.#driver;
  }

  /** The driver's attachment that the reports go through. */
  get attachment(): Attachment | undefined {
    return this.#stream.attachment;
  }

  get descriptorChanged(): boolean {
    return this.#stream.descriptorChanged;
  }

  /** From now on reports go through this driver, or through none. Take what has come before: it is lost otherwise. */
  drive(attachment: Attachment | undefined, driver: LiveDriver | undefined): void {
    this.#earlier += this.#stream.reports;
    this.#stream = new LiveStream(attachment, this.#options.origin, clock());
    this.#driver = this.#stream.attachment === undefined ? undefined : driver;
    this.#rows = this.#newRows();
  }

  /** What has come up to that time. */
  take(now: number): LiveReport[] {
    return this.#stream.take(now);
  }

  /** What the screen is told about these reports; undefined if there is nothing new to tell. */
  batch(reports: readonly LiveReport[], recorded: number | undefined): LiveBatch | undefined {
    const rows = this.#rows.take(reports, ROWS);
    const { reports: total, changed, dropped } = this.#stream;
    const rate = this.#rate.at(this.#earlier + total);
    if (rows.length === 0 && rate === this.#shownRate) return undefined;
    this.#shownRate = rate;
    const counts = { reports: total, changed, dropped, rate };
    return { deviceId: this.deviceId, ...counts, rows, ...(recorded === undefined ? {} : { recorded }) };
  }

  /** As a session holds it. */
  stored(index: number): StoredSessionDevice {
    const { name, phys, uniq, bus, vendor, product, descriptor = new Uint8Array() } = this.#device;
    const attached = this.attachment?.device;
    return {
      index,
      name: attached?.name ?? name,
      phys,
      uniq,
      bus,
      vendor,
      product,
      descriptor,
      ...(this.descriptorChanged && attached !== undefined
        ? { fixedDescriptor: attached.descriptor.slice() }
        : {}),
    };
  }

  view(): LiveView {
    return {
      deviceId: this.deviceId,
      deviceName: this.#device.name,
      state: this.isOpen ? 'open' : 'waiting',
      ...(this.#message === undefined ? {} : { message: this.#message }),
      ...(this.#driver === undefined ? {} : { projectId: this.#driver.projectId }),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#open.close().catch(() => undefined);
  }

  #newRows(): LiveRows {
    const original = parseDescriptor(this.#device.descriptor ?? new Uint8Array());
    return new LiveRows(original, this.attachment?.device.parsed ?? original);
  }

  #listen(open: OpenDevice): void {
    this.#isOpen = true;
    open.onReport(({ timeMicroseconds, data }) => this.#stream.report(timeMicroseconds, data));
    open.onGone((reason) => {
      if (this.#open !== open) return;
      this.#isOpen = false;
      this.#message = reason;
      this.#options.onChanged();
      this.#retry();
    });
  }

  #retry(): void {
    const timer = setTimeout(() => {
      void this.#rejoin().then(() => {
        if (!this.#closed && !this.isOpen) this.#retry();
      });
    }, RETRY);
    timer.unref();
  }

  /** Opens the device again, and attaches its driver anew, as udev would. */
  async #rejoin(): Promise<void> {
    const { bridge, isTaken, onChanged } = this.#options;
    const devices = await bridge.list().catch(() => []);
    const back = devices.filter(
      (candidate) =>
        isSameDevice(candidate, this.#device) &&
        (candidate.path === this.#device.path || !isTaken(candidate.path)),
    );
    const device = back.find(({ trouble }) => trouble === undefined);
    if (this.#closed) return;
    if (device === undefined) {
      // It is there again, but may not be opened any more.
      this.#say(back[0]?.trouble?.[0]);
      return;
    }
    try {
      const open = await bridge.open(device.path);
      if (this.#closed) {
        await open.close();
        return;
      }
      this.#device = device;
      this.#open = open;
      this.#message = undefined;
      this.#reattach();
      this.#listen(open);
    } catch (error) {
      this.#message = messageOf(error);
    }
    onChanged();
  }

  #say(message: string | undefined): void {
    if (message === undefined || message === this.#message) return;
    this.#message = message;
    this.#options.onChanged();
  }

  #reattach(): void {
    const driver = this.#driver;
    if (driver === undefined) return;
    const previous = this.attachment;
    const attachment = driver.attach(this.plan);
    this.drive(attachment, driver);
    if (!attachment.view.ok) this.#message = attachment.view.failure?.message;
    this.#options.onAttached(attachment, previous);
  }
}
