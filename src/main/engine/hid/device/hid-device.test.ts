import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EngineError, fromHex, toHex } from '../../base/index.ts';
import { sharedPath } from '../../testing/shared.ts';
import {
  HID_6_12,
  HID_6_18,
  HID_6_3,
  hidProfile,
  HID_REQ_GET_IDLE,
  HID_REQ_GET_REPORT,
  HID_REQ_SET_REPORT,
  HidBus,
  hidrawGet,
  hidrawSend,
  hidrawWrite,
  ScriptedTransport,
  type DeviceHooks,
  type HidDevice,
} from '../index.ts';

const NUMBERED = fromHex('05010902a101850109301581257f750895028106850209319102c0');
const IDENTITY = { bus: 3, vendor: 0x6666, product: 1, name: 'lab' };

function listen(device: HidDevice): string[] {
  const seen: string[] = [];
  device.openHidraw((data) => seen.push(toHex(data)));
  return seen;
}

describe('input path', () => {
  it('gives hidraw what it takes and says with which errno it refuses the rest', () => {
    const device = new HidBus().add(IDENTITY, NUMBERED);
    const seen = listen(device);
    const log: string[] = [];
    device.log.on((line) => log.push(line));
    const results = ['010203', '01020304', '0102', '02', '00', ''].map((hex) =>
      device.inputReport('input', fromHex(hex)),
    );
    expect(results).toEqual([0, 0, -22, -1, -1, -1]);
    expect(seen).toEqual(['010203', '01020304']);
    expect(log).toEqual(['Event data for report 1 was too short (2 vs 1)']);
    expect(device.sysName).toBe('0003:6666:0001.0001');
    expect(device.maxReportBytes).toBe(3);
  });

  it('passes short reports on in older kernels', () => {
    expect([hidProfile('6.6'), hidProfile('v6.12.117'), hidProfile('6.18')]).toEqual([
      HID_6_3,
      HID_6_12,
      HID_6_18,
    ]);
    const device = new HidBus(HID_6_3).add(IDENTITY, NUMBERED);
    const seen = listen(device);
    expect(device.inputReport('input', fromHex('01'))).toBe(0);
    expect(seen).toEqual(['01']);
  });

  it('asks the event hook before it looks the report up', () => {
    const device = new HidBus().add(IDENTITY, NUMBERED);
    const seen = listen(device);
    const hooks: DeviceHooks = {
      deviceEvent(_, type, data, source, fromBpf) {
        if (data[0] === 9) return -1;
        return data[0] === 7
          ? fromHex('01aabb')
          : fromBpf && type === 'input' && source === 5n
            ? fromHex('01')
            : data;
      },
    };
    device.hooks = hooks;
    expect(device.inputReport('input', fromHex('07'))).toBe(0);
    expect(device.inputReport('input', fromHex('010000'))).toBe(0);
    expect(device.inputReport('input', fromHex('09'))).toBe(-1);
    expect(device.inputReport('input', fromHex('010000'), 5n, true)).toBe(-22);
    expect(seen).toEqual(['01aabb', '010000']);
  });

  it('guards itself against a report from within a report, as the input lock does', () => {
    const device = new HidBus().add(IDENTITY, NUMBERED);
    const results: number[] = [];
    device.hooks = {
      deviceEvent(_, type, data, _source, fromBpf) {
        if (!fromBpf) {
          results.push(device.inputReport(type, data, 1n, true));
          results.push(device.inputReport(type, data, 1n, true, true));
        }
        return data;
      },
    };
    expect(device.inputReport('input', fromHex('010203'))).toBe(0);
    expect(device.inputReport('input', fromHex('010203'), 1n, true, true)).toBe(-22);
    expect(results).toEqual([-16, 0]);
  });

  it('has no driver and no hidraw node while a fixup leaves a descriptor that does not parse', () => {
    const device = new HidBus().add(IDENTITY, NUMBERED);
    const seen = listen(device);
    device.hooks = { reportDescriptorFixup: () => fromHex('c0') };
    expect(device.reprobe()).toBe(false);
    expect(device.inputReport('input', fromHex('010203'))).toBe(-19);
    expect(hidrawWrite(device, fromHex('0201'), 0n)).toBe(-19);
    device.hooks = {};
    expect(device.reprobe()).toBe(true);
    expect(device.inputReport('input', fromHex('010203'))).toBe(0);
    expect(seen).toEqual(['010203']);
  });
});

describe('requests', () => {
  it('come from the script, with the errnos of uhid', () => {
    const transport = new ScriptedTransport();
    transport.replies.set(5, fromHex('0501020304'));
    transport.replies.set(6, -110);
    const device = new HidBus().add(IDENTITY, NUMBERED, transport);
    const buffer = fromHex('0500000000000000');
    expect(hidrawGet(device, buffer, 'feature', 1n)).toBe(5);
    expect(toHex(buffer)).toBe('0501020304000000');
    expect(hidrawGet(device, fromHex('0600'), 'input', 1n)).toBe(-5);
    expect(hidrawGet(device, fromHex('05'), 'feature', 1n)).toBe(-22);
    expect(hidrawSend(device, fromHex('05aa'), 'feature', 1n)).toBe(2);
    expect(hidrawWrite(device, fromHex('02ff'), 1n)).toBe(2);
    expect(device.rawRequest(1, new Uint8Array(4), 'input', HID_REQ_GET_IDLE)).toBe(-5);
    transport.outputReport = undefined;
    expect(hidrawWrite(device, fromHex('02ee'), 1n)).toBe(2);
    expect(transport.traffic.map(({ kind, type, data }) => `${kind} ${type} ${toHex(data)}`)).toEqual([
      'get feature ',
      'get input ',
      'set feature 05aa',
      'output output 02ff',
      'set output 02ee',
    ]);
  });

  it('end at the first hook that answers', () => {
    const transport = new ScriptedTransport();
    const device = new HidBus().add(IDENTITY, NUMBERED, transport);
    device.hooks = {
      rawRequest: (_, number, data, _type, request) => {
        if (request === HID_REQ_GET_REPORT) data[1] = 0x77;
        return request === HID_REQ_GET_REPORT ? data.length : number === 9 ? -13 : 0;
      },
      outputReport: (_, data) => {
        data[1] = 0xee;
        return 0;
      },
    };
    const buffer = fromHex('010000');
    expect(hidrawGet(device, buffer, 'feature', 1n)).toBe(3);
    expect(toHex(buffer)).toBe('007700');
    expect(device.rawRequest(9, new Uint8Array(1), 'feature', HID_REQ_SET_REPORT)).toBe(-13);
    expect(hidrawWrite(device, fromHex('0211'), 1n)).toBe(2);
    expect(transport.traffic.map(({ data }) => toHex(data))).toEqual(['02ee']);
  });
});

describe('bus', () => {
  it('holds several devices with ids of their own', () => {
    const bus = new HidBus();
    const first = bus.add(IDENTITY, NUMBERED);
    const second = bus.add({ ...IDENTITY, name: 'other' }, NUMBERED, undefined, 7);
    const third = bus.add(IDENTITY, NUMBERED);
    expect([first.id, second.id, third.id]).toEqual([1, 7, 8]);
    bus.remove(7);
    expect(bus.find(7)).toBeUndefined();
    expect(bus.devices).toEqual([first, third]);
    expect(() => bus.add(IDENTITY, new Uint8Array(4097))).toThrow(EngineError);
    expect(() => bus.add(IDENTITY, NUMBERED, undefined, 8)).toThrow('the hid id 8 is taken');
  });
});

const odd = sharedPath('data/input-events/odd-reports.jsonl');
describe.skipIf(odd === undefined)('odd reports (needs ../shared/data/input-events)', () => {
  interface Row {
    key: string;
    hex: string;
    reports: string[];
    hidraw_missing: number[];
  }
  const files = ['odd-reports', 'crafted'].map((name) => sharedPath(`data/input-events/${name}.jsonl`));
  const rows = files.flatMap((path) =>
    path === undefined
      ? []
      : readFileSync(path, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Row)
          .filter((row) => row.reports !== undefined),
  );

  it.each(rows)(
    '$key: hidraw gets what the real kernel gives it',
    ({ hex, reports, hidraw_missing: missing }) => {
      const device = new HidBus().add(IDENTITY, fromHex(hex));
      const lost: number[] = [];
      reports.forEach((report, index) => {
        const seen = listen(device);
        device.inputReport('input', fromHex(report));
        if (device.isBound && seen.at(-1) !== report) lost.push(index);
      });
      expect(lost).toEqual(device.isBound ? missing : []);
    },
  );
});
