import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Btf } from '../../engine/btf/index.ts';
import { fromHex, toHex } from '../../engine/base/index.ts';
import { parseObject } from '../../engine/elf/index.ts';
import { loadObject } from '../../engine/loader/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { HidrawRequest } from './uhid-devices.ts';
import { bootLab, type LabGuest, labMissing } from './testing/lab.ts';

const SAMPLE = join(REPOSITORY, 'resources/samples/mouse-swap-buttons');

/** Reports of the sample's text whose lines begin with `E:`, and its descriptor. */
function recordingOf(file: string): { descriptor: Uint8Array; reports: string[] } {
  const text = readFileSync(join(SAMPLE, file), 'utf8');
  return {
    descriptor: fromHex(/^R: \d+ (.+)$/m.exec(text)?.[1] ?? ''),
    reports: [...text.matchAll(/^E: \S+ \d+ (.+)$/gm)].map(([, bytes = '']) => toHex(fromHex(bytes))),
  };
}

describe.skipIf(labMissing() !== undefined)('a real kernel in the lab (needs QEMU and ../shared/lab)', () => {
  let guest: LabGuest;
  beforeAll(async () => {
    guest = await bootLab();
  });
  afterAll(() => guest.stop());

  it('is the kernel that its name says, and gives its BTF', () => {
    expect(guest.kernel.release).toMatch(/^\d+\.\d+/);
    expect(Btf.parse(guest.kernelBtf()).findByName('hid_bpf_ops')).toBeDefined();
  });

  it('makes a device, passes its reports and answers feature requests', () => {
    const descriptor = fromHex(
      '05010902a10185010930150025 7f7508950181028502093195 03b10209329102c0'.replaceAll(' ', ''),
    );
    const device = guest.devices.createUhid({
      name: 'Lab dial',
      vendor: 0x1234,
      product: 0x5678,
      uniq: 'u',
      descriptor,
    });
    expect(device.name).toMatch(/^0003:1234:5678\./);
    expect(device.driver).toBe('hid-generic');
    expect(device.read('report_descriptor')).toEqual(descriptor);
    device.openHidraw();
    for (let i = 0; i < 20; i++) expect(device.input(Uint8Array.of(1, i))).toBeGreaterThan(0);
    expect(device.readReports().map((report) => [...report])).toEqual(
      Array.from({ length: 20 }, (_, i) => [1, i]),
    );
    const asked: string[] = [];
    const got = device.ioctl(HidrawRequest.GFEATURE, Uint8Array.of(2, 0, 0, 0), (request) => {
      asked.push(request.kind);
      return Uint8Array.of(2, 7, 8, 9);
    });
    expect(got).toEqual({ result: 4, data: Uint8Array.of(2, 7, 8, 9) });
    const refused = device.ioctl(HidrawRequest.SFEATURE, Uint8Array.of(2, 1, 2, 3), (request) => {
      asked.push(`${request.kind} ${'data' in request ? toHex(request.data) : ''}`);
      return 5;
    });
    expect(refused.result).toBe(-5);
    device.write(Uint8Array.of(2, 4, 5, 6), (request) => {
      asked.push(`${request.kind} ${'data' in request ? toHex(request.data) : ''}`);
      return 0;
    });
    expect(asked).toEqual(['get-report', 'set-report 02010203', 'output 02040506']);
    device.destroy();
  });

  it("loads and attaches a driver with the project's own loader, and hidraw shows what the sample expects", () => {
    const before = recordingOf('recording.hid');
    const after = recordingOf('expected.hid');
    const device = guest.devices.createUhid({ descriptor: before.descriptor });
    const spec = parseObject(new Uint8Array(readFileSync(join(SAMPLE, 'driver.bpf.o'))), {
      name: 'driver_bpf',
    });
    const [, major = 0, minor = 0] = /^(\d+)\.(\d+)/.exec(guest.kernel.release)?.map(Number) ?? [];
    const object = loadObject(spec, guest.kernel, {
      kernelBtf: Btf.parse(guest.kernelBtf()),
      kernelVersion: major * 65536 + minor * 256,
    });
    for (const map of object.structOpsMaps) object.attachStructOps(map, { hidId: device.hidId });
    device.settle();
    device.openHidraw();
    const seen: string[] = [];
    const sent = before.reports.slice(0, 200);
    for (let at = 0; at < sent.length; at += 50) {
      for (const report of sent.slice(at, at + 50)) device.input(fromHex(report));
      seen.push(...device.readReports().map((report) => toHex(report)));
    }
    expect(seen).toEqual(after.reports.slice(0, seen.length));
    expect(seen.length).toBeGreaterThan(100);
    object.close();
    device.destroy();
  });
});
