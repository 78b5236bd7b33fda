import { type UhidAnswers, type UhidDevice, type UhidIdentity } from './uhid.ts';

/** A HID device of this machine, as the system shows it. */
export interface RealDevice {
  /** What open() takes: `/dev/hidraw3` on Linux. */
  readonly path: string;
  /** The kernel's number of the device (Linux): another one each time it is plugged in. */
  readonly hidId?: number;
  readonly name: string;
  /** BUS_* of linux/input.h: 3 USB, 5 Bluetooth, 0x18 I2C. */
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly phys: string;
  readonly uniq: string;
  /** Top-level collections. */
  readonly usages: readonly { readonly page: number; readonly usage: number }[];
  /** Where the system shows it (Linux). */
  readonly descriptor?: Uint8Array;
  /** Why it cannot be opened and what to do, one entry a line: the first says it all in a sentence. */
  readonly trouble?: readonly string[];
}

export interface RealReport {
  /** From any zero, but growing. */
  readonly timeMicroseconds: number;
  /** Begins with the report id only if the device uses report ids. */
  readonly data: Uint8Array;
}

/** An open device. The first byte of what is written and of features is the report id, 0 if it uses none. */
export interface OpenDevice {
  readonly path: string;
  /** Input reports from now on; returns how to stop. */
  onReport(listener: (report: RealReport) => void): () => void;
  /** Called once when the device is gone. */
  onGone(listener: (reason: string) => void): () => void;
  write(report: Uint8Array): Promise<void>;
  sendFeature(report: Uint8Array): Promise<void>;
  /** The feature report with its id in front; at most `length` bytes and the id. */
  getFeature(reportId: number, length: number): Promise<Uint8Array>;
  /** The same for those who cannot go on without the answer: the thread stands still until the device has given it. */
  readonly atOnce: RequestsAtOnce;
  close(): Promise<void>;
}

/** Requests to an open device that return when it has answered; they throw HostErrors as OpenDevice's reject. */
export interface RequestsAtOnce {
  write(report: Uint8Array): void;
  sendFeature(report: Uint8Array): void;
  getFeature(reportId: number, length: number): Uint8Array;
}

/** Real devices. All errors are HostErrors: `io`, or `not-found` where a device is not there any more. */
export interface Bridge {
  list(): Promise<RealDevice[]>;
  /** Calls the listener when devices come or go; returns how to stop. */
  watch(listener: (devices: readonly RealDevice[]) => void): () => void;
  open(path: string): Promise<OpenDevice>;
  /**
   * Makes a device of this machine through /dev/uhid (Linux) whose driver is ready: the next report arrives. It lives until
   * close(), or until the process ends. `answers`: what the system writes to it and asks of it. Also rejects where no
   * driver of the system takes it.
   */
  plugIn(identity: UhidIdentity, answers?: UhidAnswers): Promise<UhidDevice>;
}

/* ---- the door to node-hid ---- */

/** What node-hid tells of a device: one entry per top-level collection. */
export interface BackendDevice {
  readonly path?: string | undefined;
  readonly vendorId: number;
  readonly productId: number;
  readonly manufacturer?: string | undefined;
  readonly product?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly usagePage?: number | undefined;
  readonly usage?: number | undefined;
}

export interface BackendHandle {
  on(event: 'data', listener: (data: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  write(values: Buffer): Promise<number>;
  sendFeatureReport(data: Buffer): Promise<number>;
  getFeatureReport(reportId: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A handle whose calls return when the device has answered. */
export interface BackendSyncHandle {
  write(values: Buffer): number;
  sendFeatureReport(data: Buffer): number;
  getFeatureReport(reportId: number, length: number): ArrayLike<number>;
  close(): void;
}

export interface Backend {
  devices(): Promise<BackendDevice[]>;
  open(path: string): Promise<BackendHandle>;
  /** Another handle on a device that is open. */
  openSync(path: string): BackendSyncHandle;
}
