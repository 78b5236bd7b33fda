import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Btf } from '../../engine/btf/index.ts';
import { toHex } from '../../engine/base/index.ts';
import { parseDescriptor } from '../../engine/hid/index.ts';
import { type RecordingDevice, parseRecording } from '../../engine/recording/index.ts';
import { type Random, generator } from '../../engine/testing/random.ts';
import { REPOSITORY, sharedPath } from '../../engine/testing/shared.ts';
import { type LabGuest, bootLab, labMissing } from '../../host/real-kernel/testing/lab.ts';
import {
  Resources,
  ScriptSession,
  SimulatedMachine,
  goldenSessions,
  openObject,
  simulationOptions,
} from '../index.ts';
import { LabMachine } from '../testing/lab-machine.ts';

/** Stimuli made for each driver; HIDSMITH_VARIATIONS asks for more, HIDSMITH_SEED for others. */
const COUNT = Number(process.env['HIDSMITH_VARIATIONS'] ?? 10);
const SEED = Number(process.env['HIDSMITH_SEED'] ?? 1);
/** Drivers whose results depend on real time or on memory that the kernel did not initialise. */
const LEFT_OUT = ['timer', 'work-item', 'case22-timer', 'case18-hw-request'];
/** HID-BPF's buffer is a multiple of this; longer reports would overwrite a real kernel's memory. */
const BUFFER_STEP = 64;

interface Driver {
  readonly name: string;
  readonly objectPath: string;
  readonly plan: RecordingDevice;
  /** Reports that the device is known to send, to be changed. */
  readonly samples: readonly Uint8Array[];
}

function recordingOf(path: string): ReturnType<typeof parseRecording> {
  return parseRecording(new Uint8Array(readFileSync(path)));
}

function testDrivers(): Driver[] {
  const sessions = goldenSessions(join(REPOSITORY, 'src/main/workbench/testing/drivers'));
  const first = new Map(sessions.map((session) => [session.objectPath, session] as const));
  return [...first.values()].flatMap(({ objectPath, devicePath, inputPath, kernel }) => {
    if (devicePath === undefined || kernel !== undefined) return [];
    const samples = [...readFileSync(inputPath, 'utf8').matchAll(/^in (.*)$/gm)].map(([, hex = '']) =>
      Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')),
    );
    return [
      { name: basename(dirname(objectPath)), objectPath, plan: recordingOf(devicePath).devices[0]!, samples },
    ];
  });
}

function sharedDrivers(): Driver[] {
  const cases = sharedPath('data/hid-bpf/cases');
  if (cases === undefined) return [];
  return readdirSync(cases).flatMap((name) => {
    const input = join(cases, name, 'input.hid');
    if (!existsSync(input)) return [];
    const { devices, events } = recordingOf(input);
    const samples = Array.from({ length: Math.min(events.length, 100) }, (_, i) => events.bytes(i).slice());
    return [{ name, objectPath: join(cases, name, 'driver.bpf.o'), plan: devices[0]!, samples }];
  });
}

/** Stimuli of many kinds for a device: changed reports above all, and writes, requests, names. */
function stimuliFor(driver: Driver, random: Random): string[] {
  const { reports, maxReportBytes } = parseDescriptor(driver.plan.descriptor);
  const longest = Math.ceil(Math.max(maxReportBytes, 1) / BUFFER_STEP) * BUFFER_STEP;
  const numbers = [...reports.output.keys(), ...reports.feature.keys(), 0, 9];
  const number = (): number => numbers[random(numbers.length)] ?? 0;
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random(256));
  const changed = (): Uint8Array => {
    const sample = driver.samples[random(driver.samples.length)] ?? bytes(4);
    const report = new Uint8Array(
      random(5) === 0 ? 1 + random(Math.min(sample.length + 6, longest)) : sample.length,
    );
    report.set(sample.subarray(0, report.length));
    for (let i = random(4); i > 0; i--)
      report[random(report.length)] = random(3) === 0 ? random(256) : random(20);
    return report;
  };
  return Array.from({ length: COUNT }, (): string => {
    const numbered = (length: number): string => toHex(Uint8Array.of(number(), ...bytes(length)));
    switch (random(12)) {
      case 0:
        return `write ${numbered(random(8))}`;
      case 1:
        return `s${'fio'[random(3)] ?? 'f'} ${numbered(1 + random(10))}`;
      case 2:
        return `reply ${number()} ${random(4) === 0 ? '-5' : numbered(random(12))}`;
      case 3:
        return 'names';
      default:
        return `in ${toHex(changed())}`;
    }
  }).concat('rdesc', 'maps', 'detach', 'rdesc', 'names', `in ${toHex(changed())}`);
}

describe.skipIf(labMissing() !== undefined)(
  'random stimuli on the simulated and on a real kernel (needs QEMU and ../shared/lab)',
  () => {
    const resources = new Resources(join(REPOSITORY, 'resources'));
    const drivers = [...testDrivers(), ...sharedDrivers()].filter(({ name }) => !LEFT_OUT.includes(name));
    let guest: LabGuest;
    let types: Btf;
    beforeAll(async () => {
      guest = await bootLab({ limit: 1800 });
      types = Btf.parse(guest.kernelBtf());
    });
    afterAll(() => guest?.stop());

    it.each(drivers)('$name: every answer is the same', (driver) => {
      const stimuli = stimuliFor(driver, generator(SEED));
      const object = openObject(driver.objectPath, new Uint8Array(readFileSync(driver.objectPath)));
      const lab = new LabMachine(guest, types, driver.plan);
      const real = new ScriptSession(lab, object);
      // The same hid id, so that what drivers store of it is the same.
      const device = { plan: driver.plan, hidId: lab.hidId! };
      const simulated = new ScriptSession(
        new SimulatedMachine(resources, simulationOptions({}), device),
        object,
      );
      const wanted = stimuli.map((stimulus) => withoutNumbers(real.step(stimulus)));
      const answers = stimuli.map((stimulus) => withoutNumbers(simulated.step(stimulus)));
      real.close();
      lab.end();
      expect(answers).toEqual(wanted);
    });
  },
);

/** Numbers of objects in maps of maps and programs depend on what was loaded before. */
function withoutNumbers(result: object): unknown {
  const line = JSON.parse(JSON.stringify(result)) as {
    maps?: { maps: { type: number; elements?: unknown }[] };
  };
  for (const map of line.maps?.maps ?? []) {
    map.elements = [3, 12, 13].includes(map.type) ? 'objects' : withoutAddresses(map.elements);
  }
  return line;
}

/** Empty lists of a value point to the copy that was looked up, which lies anywhere: twice the same address of the kernel. */
function withoutAddresses(elements: unknown): unknown {
  return JSON.parse(JSON.stringify(elements ?? null).replace(/([0-9a-f]{14}ff)\1/g, 'ADDRESS')) as unknown;
}
