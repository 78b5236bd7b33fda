import { type ObjectSpec } from '../../engine/elf/index.ts';
import { type DeviceTraffic, type ReportType } from '../../engine/hid/index.ts';
import { type LoadedObject } from '../../engine/loader/index.ts';

/** What a kernel says of a map. */
export interface MapShape {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

/**
 * A machine that stimuli are given to: a kernel with a process that loads drivers, and at most one HID device, whose hidraw
 * node is open. Results are those of the system calls: a count, or a negative errno.
 */
export interface ScriptMachine {
  readonly cpus: number;
  /** The device's number, undefined without a device. */
  readonly hidId: number | undefined;
  /** Loads an object for the device. Throws LoadError. */
  load(spec: ObjectSpec): LoadedObject;
  /** Called after programs were attached or detached. */
  reattached(): void;
  /** The device sends a report; then so many milliseconds pass. */
  input(report: Uint8Array, milliseconds: number): void;
  /** Milliseconds pass. */
  advance(milliseconds: number): void;
  /** What the device answers to GET_REPORT of a number: bytes, or a negative errno. */
  setReply(reportNumber: number, reply: Uint8Array | number): void;
  /** write() on hidraw. */
  write(data: Uint8Array): number;
  /** HIDIOCS…: sends a report. */
  send(data: Uint8Array, type: ReportType): number;
  /** HIDIOCG…: asks for the report whose number is byte 0; the answer is written over the buffer. */
  get(buffer: Uint8Array, type: ReportType): number;
  /** The descriptor that hidraw shows; undefined while there is no hidraw node. */
  descriptor(): Uint8Array | undefined;
  names(): { readonly name: string; readonly phys: string; readonly uniq: string };
  /** What came out of hidraw since it was asked last. */
  takeReports(): Uint8Array[];
  /** What reached the device since it was asked last. */
  takeTraffic(): DeviceTraffic[];
  mapShape(fd: number): MapShape;
  /** Records of a ring buffer that nobody has read, in order. */
  ringRecords(fd: number): Uint8Array[];
  /** What a queue or stack gives up, in order. */
  queueValues(fd: number, valueSize: number): Uint8Array[];
}
