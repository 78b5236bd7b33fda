import {
  HID_REQ_GET_REPORT,
  HID_REQ_SET_REPORT,
  type HidDevice,
  parseDescriptor,
  type ParsedDescriptor,
} from '../../engine/hid/index.ts';
import { type OpenDevice, type UhidAnswers, UhidReportType } from '../../host/bridge/index.ts';

/**
 * Answers a stand-in's requests by asking the device: output and feature reports, as /dev/hidraw passes them. `twin` has
 * the driver: its hid_hw_request and hid_hw_output_report programs come first, may change what is sent, and end the
 * request unless they return 0.
 */
export function requestsTo(device: OpenDevice, descriptor: Uint8Array, twin?: HidDevice): UhidAnswers {
  const parsed = parseDescriptor(descriptor);
  /** What the driver's programs say; 0 where the device is to be asked. */
  const ask = (type: 'output' | 'feature', data: Uint8Array, request: number): number =>
    twin?.hooks.rawRequest?.(twin, data[0] ?? 0, data, type, request, 0n, false) ?? 0;
  const write = async (data: Uint8Array, ended: number): Promise<boolean> => {
    if (ended === 0) await device.write(data);
    return ended >= 0;
  };
  return {
    output(bytes) {
      const data = withId(parsed, 'output', bytes);
      return write(data, twin?.hooks.outputReport?.(twin, data, 0n, false) ?? 0);
    },
    async getReport(report, reportType) {
      const length = parsed.reports.feature.get(report)?.bytes;
      if (reportType !== UhidReportType.FEATURE || length === undefined) return undefined;
      const data = new Uint8Array(length + 1);
      data[0] = report;
      const ended = ask('feature', data, HID_REQ_GET_REPORT);
      if (ended !== 0) return ended < 0 ? undefined : data.subarray(0, ended);
      return device.getFeature(report, length);
    },
    async setReport(_report, reportType, bytes) {
      const type = reportType === UhidReportType.FEATURE ? 'feature' : 'output';
      if (type === 'output' && reportType !== UhidReportType.OUTPUT) return false;
      const data = withId(parsed, type, bytes);
      const ended = ask(type, data, HID_REQ_SET_REPORT);
      if (type === 'output') return write(data, ended);
      if (ended === 0) await device.sendFeature(data);
      return ended >= 0;
    },
  };
}

/**
 * A report with its id in front, 0 if the device uses none. The kernel's own reports of such a device come without the 0,
 * those of a program that writes to hidraw with it (hid_output_report, hidraw_send_report): their length tells.
 */
function withId({ reports }: ParsedDescriptor, type: 'output' | 'feature', data: Uint8Array): Uint8Array {
  const plain = reports[type].get(0);
  if (plain === undefined || plain.hasIdByte || data.length > plain.bytes) return data;
  const whole = new Uint8Array(data.length + 1);
  whole.set(data, 1);
  return whole;
}
