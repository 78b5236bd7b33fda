import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../engine/base/index.ts';
import { parseRecording } from '../engine/recording/index.ts';
import { REPOSITORY, sharedPath } from '../engine/testing/shared.ts';
import {
  Resources,
  type ScriptDevice,
  ScriptSession,
  SimulatedMachine,
  loadFailureOf,
  openObject,
  simulationOptions,
} from './index.ts';

/** What a real Linux 6.12.117 did: see the README of that folder. */
const data = sharedPath('data/hid-bpf');
const resources = new Resources(join(REPOSITORY, 'resources'));

interface Step {
  readonly step: string;
  readonly after?: number;
  readonly out?: readonly string[];
}
interface MapDump {
  readonly maps: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
}
interface CaseMeta {
  readonly device: { readonly hidId: number; readonly uniq: string };
  readonly settleMs?: number;
  readonly expected: {
    readonly namesAttached: string;
    readonly namesAfterDetach: string;
    readonly outPerEvent: readonly number[];
  };
}

function json<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8')) as T;
}
function list(folder: string): string[] {
  return data === undefined ? [] : readdirSync(join(data, folder));
}
function objectOf(folder: string): ReturnType<typeof openObject> {
  const path = join(folder, 'driver.bpf.o');
  return openObject(path, new Uint8Array(readFileSync(path)));
}
function sessionOf(object: ReturnType<typeof openObject>, device: ScriptDevice | undefined): ScriptSession {
  return new ScriptSession(new SimulatedMachine(resources, simulationOptions({}), device), object);
}
/** A recording has no uniq, so it is left out. */
function namePhys(session: ScriptSession): string[] {
  return String(session.step('names')['result']).split('|').slice(0, 2);
}
function steps(folder: string, file: string): readonly Step[] {
  const path = join(folder, file);
  return existsSync(path) ? json<{ steps: readonly Step[] }>(path).steps : [];
}

describe.skipIf(data === undefined)(
  'the acceptance set of a real 6.12.117 (needs ../shared/data/hid-bpf)',
  () => {
    it.each(list('cases'))('%s: descriptor, names, reports, requests and maps are the same', (name) => {
      const folder = join(data!, 'cases', name);
      const meta = json<CaseMeta>(folder, 'meta.json');
      const input = parseRecording(new Uint8Array(readFileSync(join(folder, 'input.hid'))));
      const expected = parseRecording(new Uint8Array(readFileSync(join(folder, 'expected.hid'))));
      const session = sessionOf(objectOf(folder), {
        plan: input.devices[0]!,
        hidId: meta.device.hidId,
      });
      expect(session.step('rdesc')['rdesc']).toBe(toHex(expected.devices[0]!.descriptor));
      expect(namePhys(session)).toEqual(meta.expected.namesAttached.split('|').slice(0, 2));
      const extra = steps(folder, 'extra.json');
      const replies = existsSync(join(folder, 'extra.json'))
        ? json<{ replies?: Record<string, string> }>(folder, 'extra.json').replies
        : {};
      for (const [number, reply] of Object.entries(replies ?? {})) session.step(`reply ${number} ${reply}`);
      if (meta.settleMs !== undefined) session.step(`settle ${meta.settleMs}`);
      const runExtra = (delivered: number): void => {
        for (const { after, ...step } of extra) {
          if (after === delivered) expect(session.step(step.step)).toEqual(step);
        }
      };
      const reports: string[] = [];
      runExtra(0);
      for (let i = 0; i < input.events.length; i++) {
        const out = session.step(`in ${toHex(input.events.bytes(i))}`)['out'] as string[];
        expect([i, out.length]).toEqual([i, meta.expected.outPerEvent[i]]);
        reports.push(...out);
        runExtra(i + 1);
      }
      const wanted = Array.from({ length: expected.events.length }, (_, i) =>
        toHex(expected.events.bytes(i)),
      );
      expect(reports).toEqual(wanted);
      if (existsSync(join(folder, 'maps.json'))) {
        const maps = (session.step('maps') as unknown as { maps: MapDump }).maps;
        expect(maps.maps).toEqual(json<MapDump>(folder, 'maps.json').maps);
      }
      session.step('detach');
      expect(namePhys(session)).toEqual(meta.expected.namesAfterDetach.split('|').slice(0, 2));
    });

    it.each(list('syscall'))('%s: every BPF_PROG_RUN gives the same errno, retval and context', (name) => {
      const folder = join(data!, 'syscall', name);
      const session = sessionOf(objectOf(folder), undefined);
      for (const step of steps(folder, 'transcript.json')) expect(session.step(step.step)).toEqual(step);
      if (!existsSync(join(folder, 'maps.json'))) return;
      const maps = (session.step('maps') as unknown as { maps: MapDump }).maps;
      expect(maps.maps).toEqual(json<MapDump>(folder, 'maps.json').maps);
    });

    it.each(list('rejects'))(
      '%s is refused at the same stage with the same errno and last log line',
      (name) => {
        const folder = join(data!, 'rejects', name);
        const result = json<{ stage: string; errno: number; log: readonly string[]; flags?: number }>(
          folder,
          'result.json',
        );
        let failure: ReturnType<typeof loadFailureOf>;
        try {
          const plan = parseRecording(
            new Uint8Array(readFileSync(join(data!, 'cases/case01-mouse-invert-y/input.hid'))),
          ).devices[0]!;
          const object = objectOf(folder);
          const { flags } = result;
          const programs = object.spec.programs.map((program) =>
            flags === undefined ? program : { ...program, progFlags: flags },
          );
          sessionOf({ ...object, spec: { ...object.spec, programs } }, { plan });
        } catch (error) {
          failure = loadFailureOf(error);
          if (failure === undefined) throw error;
        }
        expect(failure).toMatchObject({ stage: result.stage, errno: result.errno });
        const last = result.log.at(-1);
        if (last === undefined || result.stage !== 'load') return;
        const masked = failure!.log.map((line) =>
          line.replace(/#\d{3,}/g, '#ID').replace(/0x[0-9a-f]{8,}/g, '0xADDR'),
        );
        expect(masked.filter((line) => !line.startsWith('processed ')).at(-1)).toBe(last);
      },
    );
  },
);
