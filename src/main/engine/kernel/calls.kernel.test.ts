import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Btf } from '../btf/index.ts';
import { bootLab, type LabGuest } from '../../host/real-kernel/testing/lab.ts';
import { HidBus } from '../hid/index.ts';
import { HidBpf } from '../hidbpf/index.ts';
import { compareCalls } from './testing/calls/fuzz/compare.ts';
import { CallGenerator } from './testing/calls/fuzz/generator.ts';
import {
  CALLS_KERNEL,
  CALL_FILES,
  playReal,
  playSimulated,
  readCalls,
  stepsOf,
} from './testing/calls/list.ts';
import { CallPlayer } from './testing/calls/play.ts';
import { RealTarget, SimulatedTarget } from './testing/calls/targets.ts';
import { testKernel } from './testing/harness.ts';

let guest: LabGuest;

beforeAll(async () => {
  guest = await bootLab();
});
afterAll(async () => {
  await guest?.stop();
});

it('a list of bpf(2) calls is answered by the real kernel as by the simulated one, and as it was recorded', () => {
  const sections = readCalls();
  const linux = stepsOf(playReal(sections, guest.kernel, Btf.parse(guest.kernelBtf())));
  const here = stepsOf(playSimulated(sections));
  expect(linux.length).toBeGreaterThan(1000);
  expect(here.filter((step, index) => step !== linux[index])).toEqual([]);
  const kept = stepsOf(readFileSync(CALL_FILES.linux, 'utf8'));
  expect(linux.filter((step, index) => step !== kept[index])).toEqual([]);
});

it('random sequences of bpf(2) calls are answered by the real kernel as by the simulated one', () => {
  const btf = Btf.parse(guest.kernelBtf());
  const kernel = testKernel(CALLS_KERNEL, { btf });
  new HidBpf(kernel, new HidBus());
  const real = new CallPlayer(new RealTarget(guest.kernel), kernel.profile.code, btf);
  const own = new CallPlayer(new SimulatedTarget(kernel), kernel.profile.code, btf);
  const generator = new CallGenerator(1, true);
  for (let i = 0; i < 100; i++) {
    expect(compareCalls(generator.section(`sequence ${i}`), real, own)).toBeUndefined();
  }
});
