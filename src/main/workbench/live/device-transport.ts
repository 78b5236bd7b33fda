import {
  type DeviceTransport,
  HID_REQ_GET_REPORT,
  HID_REQ_SET_REPORT,
  MAX_BUFFER_SIZE,
} from '../../engine/hid/index.ts';
import { Errno } from '../../engine/abi/index.ts';
import { type RequestsAtOnce } from '../../host/bridge/index.ts';

/**
 * The bus of a simulated twin of a plugged-in device: what the driver's programs ask with hid_bpf_hw_request() or
 * hid_bpf_hw_output_report(), and what the input driver asks when the device is bound anew, the device itself is asked.
 * Feature reports and output reports, as /dev/hidraw passes them; all else, and every error, is -EIO.
 */
export function transportTo(device: RequestsAtOnce): DeviceTransport {
  const sent = (data: Uint8Array, send: (data: Uint8Array) => void): number =>
    answered(() => {
      send(data.slice());
      return data.length;
    });
  const written = (data: Uint8Array): number => sent(data, (report) => device.write(report));
  return {
    maxBufferSize: MAX_BUFFER_SIZE,
    rawRequest(reportNumber, data, type, request) {
      if (request === HID_REQ_SET_REPORT && type === 'feature')
        return sent(data, (report) => device.sendFeature(report));
      // Without an interrupt out pipe hidraw sends it with SET_REPORT.
      if (request === HID_REQ_SET_REPORT && type === 'output') return written(data);
      if (request !== HID_REQ_GET_REPORT || type !== 'feature') return -Errno.EIO;
      return answered(() => {
        const reply = device.getFeature(reportNumber, data.length - 1).subarray(0, data.length);
        data.set(reply);
        return reply.length;
      });
    },
    outputReport: written,
  };
}

function answered(ask: () => number): number {
  try {
    return ask();
  } catch {
    return -Errno.EIO;
  }
}
