import { parseDescriptor, type ParsedDescriptor } from '../../engine/hid/index.ts';
import { type OpenDevice, type UhidAnswers, UhidReportType } from '../../host/bridge/index.ts';

/** Answers a stand-in's requests by asking the device: output and feature reports, as /dev/hidraw passes them. */
export function requestsTo(device: OpenDevice, descriptor: Uint8Array): UhidAnswers {
  const parsed = parseDescriptor(descriptor);
  return {
    output: (data) => device.write(withId(parsed, 'output', data)),
    async getReport(report, reportType) {
      const length = parsed.reports.feature.get(report)?.bytes;
      if (reportType !== UhidReportType.FEATURE || length === undefined) return undefined;
      return device.getFeature(report, length);
    },
    async setReport(_report, reportType, data) {
      if (reportType === UhidReportType.FEATURE) await device.sendFeature(withId(parsed, 'feature', data));
      else if (reportType === UhidReportType.OUTPUT) await device.write(withId(parsed, 'output', data));
      else return false;
      return true;
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
