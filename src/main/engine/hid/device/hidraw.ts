import { type HidDevice } from './hid-device.ts';
import { HID_REQ_GET_REPORT, HID_REQ_SET_REPORT, type Source } from './hooks.ts';
import { MAX_BUFFER_SIZE } from '../parse.ts';
import { type ReportType } from '../types.ts';

const ENODEV = 19;
const EINVAL = 22;
const ENOSYS = 38;

/** HID_QUIRK_NO_OUTPUT_REPORTS_ON_INTR_EP: output reports go as SET_REPORT. */
export const HID_QUIRK_NO_OUTPUT_REPORTS_ON_INTR_EP = 0x00040000;

/** Sends a report as hidraw does for write() and HIDIOCS… (hidraw_send_report): byte 0 is the report number. */
export function hidrawSend(device: HidDevice, data: Uint8Array, type: ReportType, source: Source): number {
  if (!device.isBound) return -ENODEV;
  if (data.length > MAX_BUFFER_SIZE || data.length < 2) return -EINVAL;
  const buffer = data.slice();
  if (type === 'output' && (device.quirks & HID_QUIRK_NO_OUTPUT_REPORTS_ON_INTR_EP) === 0) {
    const sent = device.outputReport(buffer, source);
    if (sent !== -ENOSYS) return sent;
  }
  return device.rawRequest(buffer[0] as number, buffer, type, HID_REQ_SET_REPORT, source);
}

/** write() on /dev/hidrawN. Returns a byte count or a negative errno. */
export function hidrawWrite(device: HidDevice, data: Uint8Array, source: Source): number {
  return hidrawSend(device, data, 'output', source);
}

/**
 * HIDIOCGFEATURE, HIDIOCGINPUT, HIDIOCGOUTPUT (hidraw_get_report): byte 0 of `buffer` is the report number asked for; the answer is
 * written over the buffer. Returns how many bytes, or a negative errno.
 */
export function hidrawGet(device: HidDevice, buffer: Uint8Array, type: ReportType, source: Source): number {
  if (!device.isBound) return -ENODEV;
  if (buffer.length > MAX_BUFFER_SIZE || buffer.length < 2) return -EINVAL;
  const data = new Uint8Array(buffer.length);
  const result = device.rawRequest(buffer[0] as number, data, type, HID_REQ_GET_REPORT, source);
  if (result < 0) return result;
  const length = Math.min(result, data.length);
  buffer.set(data.subarray(0, length));
  return length;
}
