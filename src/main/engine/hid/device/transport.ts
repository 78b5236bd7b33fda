import { HID_REQ_GET_REPORT, HID_REQ_SET_REPORT, type DeviceTransport } from './hooks.ts';
import { UHID_MAX_BUFFER_SIZE } from '../parse.ts';
import { type ReportType } from '../types.ts';

const EIO = 5;
const EINVAL = 22;

/** What a scripted device was sent. */
export interface DeviceTraffic {
  readonly kind: 'get' | 'set' | 'output';
  readonly type: ReportType;
  /** Report number asked for or sent; undefined for output reports. */
  readonly reportNumber: number | undefined;
  /** Bytes sent; empty for `get`. */
  readonly data: Uint8Array;
}

/**
 * A device that exists only as a script: GET_REPORT is answered from a table, all else is taken and written down. Behaves as a device made
 * through /dev/uhid (drivers/hid/uhid.c): no answer and every error is -EIO, other requests than GET_REPORT and SET_REPORT are -EIO.
 */
export class ScriptedTransport implements DeviceTransport {
  readonly maxBufferSize: number;
  /** Answers to GET_REPORT by report number: bytes, or a negative errno (which the caller sees as -EIO). */
  readonly replies = new Map<number, Uint8Array | number>();
  /** What SET_REPORT returns instead of the count: by report number, a negative errno (seen as -EIO). */
  readonly setErrors = new Map<number, number>();
  /** All that the device was asked and sent, in order. */
  readonly traffic: DeviceTraffic[] = [];
  /** Set to undefined for a bus without interrupt out pipe. */
  outputReport: ((data: Uint8Array) => number) | undefined;

  constructor(maxBufferSize = UHID_MAX_BUFFER_SIZE) {
    this.maxBufferSize = maxBufferSize;
    this.outputReport = (data) => {
      if (data.length > this.maxBufferSize) return -EINVAL;
      this.traffic.push({ kind: 'output', type: 'output', reportNumber: undefined, data: data.slice() });
      return data.length;
    };
  }

  rawRequest(reportNumber: number, data: Uint8Array, type: ReportType, request: number): number {
    if (request === HID_REQ_GET_REPORT) {
      this.traffic.push({ kind: 'get', type, reportNumber, data: new Uint8Array(0) });
      const reply = this.replies.get(reportNumber);
      if (reply === undefined || typeof reply === 'number') return -EIO;
      const length = Math.min(reply.length, data.length, this.maxBufferSize);
      data.set(reply.subarray(0, length));
      return length;
    }
    if (request === HID_REQ_SET_REPORT) {
      if (data.length > this.maxBufferSize) return -EINVAL;
      this.traffic.push({ kind: 'set', type, reportNumber, data: data.slice() });
      return this.setErrors.has(reportNumber) ? -EIO : data.length;
    }
    return -EIO;
  }
}
