import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Btf } from '../btf/index.ts';
import { bootLab, type LabGuest } from '../../host/real-kernel/testing/lab.ts';
import { CALL_FILES, playReal, playSimulated, readCalls, stepsOf } from './testing/calls/list.ts';

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
