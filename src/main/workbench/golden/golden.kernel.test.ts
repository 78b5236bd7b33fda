import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MapType } from '../../engine/abi/index.ts';
import { Btf } from '../../engine/btf/index.ts';
import { toHex } from '../../engine/base/index.ts';
import { parseRecording } from '../../engine/recording/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { type LabGuest, bootLab, labMissing } from '../../host/real-kernel/testing/lab.ts';
import {
  type GoldenSession,
  ScriptSession,
  goldenSessions,
  openObject,
  scriptDevice,
  stimuliOf,
  stimulusResult,
} from '../index.ts';
import { LabMachine } from '../testing/lab-machine.ts';

/** The lab's kernel is of 6.12: sessions for another one are left out. */
const sessions = [
  ...goldenSessions(join(REPOSITORY, 'resources/samples')),
  ...goldenSessions(join(REPOSITORY, 'src/main/workbench/testing/drivers')),
].filter(({ kernel }) => kernel === undefined);
/** hidraw keeps 64 reports for a reader. */
const PIECE = 50;
/** Maps whose elements are numbers of objects, which depend on what was loaded before. */
const OF_OBJECTS: readonly number[] = [MapType.PROG_ARRAY, MapType.ARRAY_OF_MAPS, MapType.HASH_OF_MAPS];

interface Line {
  readonly maps?: { readonly maps: readonly { readonly type: number; elements?: unknown }[] };
}

function withoutNumbers(line: Line): Line {
  for (const map of line.maps?.maps ?? []) if (OF_OBJECTS.includes(map.type)) map.elements = 'objects';
  return line;
}

function objectOf({ objectPath }: GoldenSession): ReturnType<typeof openObject> {
  return openObject(objectPath, new Uint8Array(readFileSync(objectPath)));
}

describe.skipIf(labMissing() !== undefined)(
  'golden sessions on a real kernel (needs QEMU and ../shared/lab)',
  () => {
    let guest: LabGuest;
    let types: Btf;
    beforeAll(async () => {
      guest = await bootLab({ limit: 900 });
      types = Btf.parse(guest.kernelBtf());
    });
    afterAll(() => guest?.stop());

    it.each(sessions.filter(({ kind }) => kind === 'script'))('$name is what Linux does', (session) => {
      const expected = readFileSync(session.expectedPath, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => withoutNumbers(JSON.parse(line) as Line));
      const plan = session.devicePath === undefined ? undefined : scriptDevice(session.devicePath).plan;
      const machine = new LabMachine(guest, types, plan);
      const script = new ScriptSession(machine, objectOf(session));
      const actual = stimuliOf(readFileSync(session.inputPath, 'utf8')).map((stimulus) => {
        const result = JSON.stringify(stimulusResult(script, stimulus, session.inputPath));
        return withoutNumbers(JSON.parse(result) as Line);
      });
      script.close();
      machine.end();
      expect(actual).toEqual(expected);
    });

    it.each(sessions.filter(({ kind }) => kind === 'replay'))('$name is what Linux does', (session) => {
      const recording = parseRecording(new Uint8Array(readFileSync(session.inputPath)));
      const expected = parseRecording(new Uint8Array(readFileSync(session.expectedPath)));
      const machine = new LabMachine(guest, types, recording.devices[0]);
      const script = new ScriptSession(machine, objectOf(session));
      expect(toHex(machine.descriptor() ?? new Uint8Array())).toBe(toHex(expected.devices[0]!.descriptor));
      const seen: string[] = [];
      for (let at = 0; at < recording.events.length; at++) {
        machine.input(recording.events.bytes(at), 0);
        if (at % PIECE === PIECE - 1) seen.push(...machine.takeReports().map((report) => toHex(report)));
      }
      seen.push(...machine.takeReports().map((report) => toHex(report)));
      script.close();
      machine.end();
      expect(seen).toEqual(
        Array.from({ length: expected.events.length }, (_, i) => toHex(expected.events.bytes(i))),
      );
    });
  },
);
