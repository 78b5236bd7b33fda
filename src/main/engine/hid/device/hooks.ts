import { type HidDevice } from './hid-device.ts';
import { type ReportType } from '../types.ts';

/** HID_REQ_GET_REPORT and its siblings (linux/hid.h, enum hid_class_request). */
export const HID_REQ_GET_REPORT = 0x01;
export const HID_REQ_GET_IDLE = 0x02;
export const HID_REQ_GET_PROTOCOL = 0x03;
export const HID_REQ_SET_REPORT = 0x09;
export const HID_REQ_SET_IDLE = 0x0a;
export const HID_REQ_SET_PROTOCOL = 0x0b;

/** Where a report or request comes from, as HID-BPF sees it: 0n = device or kernel, else an address-like number. */
export type Source = bigint;

/**
 * Where HID-BPF plugs itself into a device. Every hook is called at the place where the kernel calls the function named.
 * An absent hook costs nothing.
 */
export interface DeviceHooks {
  /**
   * dispatch_hid_bpf_device_event(): sees every report before it is looked up. Returns the bytes that go on (the same array
   * if untouched; it is read before the next report comes) or a negative errno, which ends the report.
   * `fromBpf`: a program injected it.
   */
  deviceEvent?(
    device: HidDevice,
    type: ReportType,
    data: Uint8Array,
    source: Source,
    fromBpf: boolean,
  ): Uint8Array | number;
  /**
   * call_hid_bpf_rdesc_fixup(): given the device's own descriptor (not to be written to), returns the one to parse: the same
   * array, or a new one.
   */
  reportDescriptorFixup?(device: HidDevice, descriptor: Uint8Array): Uint8Array;
  /**
   * dispatch_hid_bpf_raw_requests(): may change `data` in place. Non-zero ends the request: it becomes its result and the
   * device is not asked.
   */
  rawRequest?(
    device: HidDevice,
    reportNumber: number,
    data: Uint8Array,
    type: ReportType,
    request: number,
    source: Source,
    fromBpf: boolean,
  ): number;
  /** dispatch_hid_bpf_output_report(): as rawRequest. */
  outputReport?(device: HidDevice, data: Uint8Array, source: Source, fromBpf: boolean): number;
  /** hid_bpf_connect_device(): the device was parsed and has a hidraw node; buffers are allocated here. */
  connected?(device: HidDevice): void;
  /** hid_bpf_disconnect_device(): before the device is parsed anew or goes away. */
  disconnected?(device: HidDevice): void;
}

/**
 * The device behind the kernel (struct hid_ll_driver): answers requests, takes output and feature reports.
 * Numbers returned are byte counts or negative errnos.
 */
export interface DeviceTransport {
  /** Longest report it carries: 16384 on real buses, 4096 on uhid (max_buffer_size). */
  readonly maxBufferSize: number;
  /** GET_REPORT fills `data`, SET_REPORT sends it; `request` is one of HID_REQ_*. */
  rawRequest(reportNumber: number, data: Uint8Array, type: ReportType, request: number): number;
  /** A report on the interrupt out pipe; undefined where the bus has none (hidraw then uses SET_REPORT). */
  readonly outputReport: ((data: Uint8Array) => number) | undefined;
}
