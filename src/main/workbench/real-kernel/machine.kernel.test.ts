import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Btf } from '../../engine/btf/index.ts';
import { parseRecording } from '../../engine/recording/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { bootLab, type LabGuest, labMissing } from '../../host/real-kernel/testing/lab.ts';
import { openObject } from '../commands.ts';
import { replayRecording } from '../replay-file.ts';
import { Resources } from '../resources.ts';
import { runSyscallProgram } from '../run-program.ts';
import { replayOnMachine, runOnMachine, verifyOnMachine } from './commands.ts';
import { RealMachine } from './machine.ts';

const SAMPLES = join(REPOSITORY, 'resources/samples');
const file = (sample: string, name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(SAMPLES, sample, name)));
const object = (sample: string): ReturnType<typeof openObject> =>
  openObject('driver.bpf.o', file(sample, 'driver.bpf.o'));
const resources = new Resources(join(REPOSITORY, 'resources'));
const kernel = { kernel: '6.12', engine: 'jit' as const };
/** The lines that carry data. */
const dataLines = (text: string): string[] => text.split('\n').filter((line) => /^[RE]: /.test(line));

describe.skipIf(labMissing() !== undefined)(
  '--kernel host, with the lab’s kernel in the place of the machine’s',
  () => {
    let guest: LabGuest;
    let machine: RealMachine;
    beforeAll(async () => {
      guest = await bootLab();
      machine = new RealMachine(guest.kernel, guest.devices.player, Btf.parse(guest.kernelBtf()));
    });
    afterAll(() => guest.stop());

    it.each(['mouse-swap-buttons', 'pen-fix', 'keypad-remap'])(
      'replays %s through the real kernel to the sample’s expected result',
      (sample) => {
        const recording = parseRecording(file(sample, 'recording.hid'));
        const { text, report } = replayOnMachine(machine, [object(sample)], recording, { before: false });
        expect(dataLines(text)).toEqual(dataLines(new TextDecoder().decode(file(sample, 'expected.hid'))));
        expect(report.eventsIn).toBeGreaterThan(400);
        const simulated = replayRecording(resources, [object(sample)], recording, {
          ...kernel,
          before: false,
        });
        expect(report.programs).toEqual(simulated.report.programs.map(({ name, runs }) => ({ name, runs })));
      },
    );

    it('verifies every program of a sample, and shows the real verifier’s words for what it refuses', () => {
      const verdicts = verifyOnMachine(machine, object('pen-fix').spec);
      expect(verdicts.every(({ accepted }) => accepted)).toBe(true);
      expect(verdicts.length).toBeGreaterThan(1);
    });

    it('runs a SYSCALL program with the same result as the simulated kernel', () => {
      const { spec } = object('syscall-adder');
      const [program] = spec.programs;
      const context = new Uint8Array(64).map((_, i) => i);
      const simulated = runSyscallProgram(resources, kernel, spec, program!.name, context);
      const real = runOnMachine(machine, spec, program!.name, context);
      expect({ rc: real.rc, retval: real.retval, ctx: real.ctx }).toEqual({
        rc: simulated.rc,
        retval: simulated.retval,
        ctx: simulated.ctx,
      });
    });
  },
);
