import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../engine/base/index.ts';
import { HID_REQ_GET_REPORT, HID_REQ_SET_REPORT } from '../../engine/hid/index.ts';
import { parseRecording } from '../../engine/recording/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { openObject, simulationOptions } from '../commands.ts';
import { Resources } from '../resources.ts';
import { attach } from '../simulation/attach.ts';
import { transportTo } from './device-transport.ts';
import { LiveStream } from './live-stream.ts';

/** A device that answers feature report 5, and keeps what it is sent. */
function keeper(): { transport: ReturnType<typeof transportTo>; sent: string[] } {
  const sent: string[] = [];
  const transport = transportTo({
    write: (report) => void sent.push(`write ${toHex(report)}`),
    sendFeature: (report) => void sent.push(`feature ${toHex(report)}`),
    getFeature(reportId, length) {
      sent.push(`get ${reportId} ${length}`);
      if (reportId !== 5) throw new Error('stalled');
      return Uint8Array.of(5, 0xab, 0xcd).subarray(0, length + 1);
    },
  });
  return { transport, sent };
}

describe('the bus of a twin', () => {
  it('asks the device for features, and sends it features and output reports', () => {
    const { transport, sent } = keeper();
    const data = Uint8Array.of(5, 1, 2, 3, 4);
    expect(transport.rawRequest(5, data, 'feature', HID_REQ_GET_REPORT)).toBe(3);
    expect(toHex(data)).toBe('05abcd0304');
    expect(transport.rawRequest(5, data.subarray(0, 2), 'feature', HID_REQ_GET_REPORT)).toBe(2);
    expect(transport.rawRequest(6, data, 'feature', HID_REQ_SET_REPORT)).toBe(5);
    expect(transport.rawRequest(5, data, 'output', HID_REQ_SET_REPORT)).toBe(5);
    expect(transport.outputReport?.(data.subarray(0, 2))).toBe(2);
    expect(sent).toEqual(['get 5 4', 'get 5 1', 'feature 05abcd0304', 'write 05abcd0304', 'write 05ab']);
  });

  it('answers EIO where the device refuses, and where hidraw has no such request', () => {
    const { transport } = keeper();
    const data = new Uint8Array(4);
    expect(transport.rawRequest(7, data, 'feature', HID_REQ_GET_REPORT)).toBe(-5);
    expect(transport.rawRequest(5, data, 'input', HID_REQ_GET_REPORT)).toBe(-5);
    expect(transport.rawRequest(5, data, 'feature', 2)).toBe(-5);
  });
});

describe('a driver on a plugged-in device', () => {
  it('asks the device itself: hid_bpf_hw_request() and hid_bpf_hw_output_report()', () => {
    const drivers = join(REPOSITORY, 'src/main/workbench/testing');
    const path = join(drivers, 'drivers/work-item/driver.bpf.o');
    const pad = parseRecording(new Uint8Array(readFileSync(join(drivers, 'devices/pad.hid')))).devices[0]!;
    const { transport, sent } = keeper();
    const plan = { ...pad, deviceId: 'twin', uniq: '', transport };
    const attachment = attach(
      new Resources(join(REPOSITORY, 'resources')),
      simulationOptions({}),
      openObject(path, new Uint8Array(readFileSync(path))),
      [plan],
      0,
    );
    expect(attachment.view.failure).toBeUndefined();
    sent.length = 0;
    const stream = new LiveStream(attachment, 0, 0);
    stream.report(1000, fromHex('01 01 00 00 00 00 00 00'));
    const reports = stream.take(20_000).flatMap(({ after }) => after.map((report) => toHex(report)));
    expect(sent).toEqual(['get 5 4', 'write 0301020304']);
    // Byte 2 is what the device has answered.
    expect(reports).toEqual(['0101000000000000', '01f0ab0100000077']);
  });
});
