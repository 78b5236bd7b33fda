import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { parseRecording } from '../../engine/recording/index.ts';
import { Resources, openObject, parseProperties, replayRecording, simulationOptions } from '../index.ts';
import { attach } from './attach.ts';
import { driverVersion, driverVersions } from './udev.ts';

const resources = new Resources(join(REPOSITORY, 'resources'));
const TESTING = join(REPOSITORY, 'src/main/workbench/testing');
const bytes = (path: string): Uint8Array => new Uint8Array(readFileSync(join(TESTING, path)));

/** An object of a test driver under another file name. */
function object(driver: string, fileName = 'driver.bpf.o'): ReturnType<typeof openObject> {
  return openObject(fileName, bytes(`drivers/${driver}/driver.bpf.o`));
}
const PAD = new TextDecoder().decode(bytes('devices/pad.hid'));
function pad(change = (text: string): string => text): ReturnType<typeof parseRecording> {
  return parseRecording(
    new TextEncoder().encode(`${change(PAD)}E: 000000.000000 8 01 01 02 03 04 05 06 07\n`),
  );
}
function replay(
  objects: readonly ReturnType<typeof openObject>[],
  words: readonly string[],
  kernel = '6.12',
  recording = pad(),
): ReturnType<typeof replayRecording> {
  const options = { ...simulationOptions({ kernel }), before: false, udev: parseProperties(words) };
  return replayRecording(resources, objects, recording, options);
}
const reports = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('E:'));

describe('loading as udev-hid-bpf does', () => {
  it('gives properties and the parsed descriptor, takes exported properties', () => {
    const { report, text } = replay([object('udev-properties')], ['MODE=A', 'OTHER=1']);
    expect(report.udev).toEqual([
      {
        object: 'driver.bpf.o',
        attached: true,
        probe: { ran: true, retval: 0, accepted: true },
        properties: { SUMMARY: '2 in, 1 out' },
      },
    ]);
    expect(reports(text)[0]).toContain('01 41 40 03');
  });

  it('leaves a property out that does not fit with its NUL', () => {
    const { text } = replay([object('udev-properties')], ['MODE=0123456789abcdef']);
    expect(reports(text)[0]).toContain('01 00 40 03');
    expect(reports(replay([object('udev-properties')], ['MODE=0123456789abcde']).text)[0]).toContain(
      '01 30 40',
    );
  });

  it('a probe that refuses, and a device that HID_BPF_CONFIG does not name, end it with the reason', () => {
    expect(() => replay([object('udev-properties')], ['MODE=x'])).toThrow(
      /probe\(\) refused the device: retval is -1/,
    );
    const other = pad((text) => text.replace('1234 0001', '1235 0001'));
    expect(() => replay([object('udev-properties')], [], '6.12', other)).toThrow(/is not for this device/);
  });

  it('tries the versions of a driver from the highest number down', () => {
    const versions = [
      object('traced-chain', '0009-Test__Pad.bpf.o'),
      object('udev-properties', '0010-Test__Pad.bpf.o'),
    ];
    const tried = (kernel: string): unknown[] =>
      replay(versions, [], kernel).report.udev!.map((one) => [one.object, one.attached]);
    expect(tried('6.12')).toEqual([['0010-Test__Pad.bpf.o', true]]);
    expect(tried('6.6')).toEqual([
      ['0010-Test__Pad.bpf.o', false],
      ['0009-Test__Pad.bpf.o', true],
    ]);
    expect(() => replay(versions, ['MODE=x'])).toThrow(
      /no version of the driver takes the device: 0010.*; 0009/,
    );
  });

  it('attach() of the application shows exported properties, and warns of a device that is not named', () => {
    const { devices } = pad();
    const plan = { ...devices[0]!, deviceId: 'd', uniq: '' };
    const { view } = attach(resources, simulationOptions({}), object('udev-properties'), [plan], 0);
    expect(view).toMatchObject({ ok: true, properties: { SUMMARY: '2 in, 1 out' }, warnings: [] });
    const other = attach(
      resources,
      simulationOptions({}),
      object('udev-properties'),
      [{ ...plan, vendor: 1 }],
      0,
    );
    expect(other.view.warnings).toEqual([expect.stringContaining('HID_BPF_CONFIG')]);
  });
});

describe('file names of drivers', () => {
  it('number and stem; without a number it is a driver of its own', () => {
    expect(driverVersion('0010-Huion__Dial-2.bpf.o')).toEqual({ number: 10, stem: 'Huion__Dial-2.bpf.o' });
    expect(driverVersion('dial.bpf.o')).toEqual({ number: 0, stem: 'dial.bpf.o' });
  });

  it('every object is in one group, and groups fall in number', () => {
    const name = fc.tuple(fc.integer({ min: 0, max: 99 }), fc.constantFrom('a__b', 'c__d', 'e__f'));
    fc.assert(
      fc.property(fc.uniqueArray(name, { selector: String }), (names) => {
        const objects = names.map(([number, stem]) => ({
          fileName: `${String(number).padStart(4, '0')}-${stem}.bpf.o`,
        }));
        const groups = driverVersions(objects);
        expect(groups.flat()).toHaveLength(objects.length);
        for (const group of groups) {
          const numbers = group.map(({ fileName }) => driverVersion(fileName).number);
          expect(numbers).toEqual([...numbers].sort((left, right) => right - left));
          expect(new Set(group.map(({ fileName }) => driverVersion(fileName).stem)).size).toBe(1);
        }
      }),
    );
  });
});
