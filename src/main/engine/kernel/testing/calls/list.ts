import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Btf } from '../../../btf/index.ts';
import { HidBus } from '../../../hid/index.ts';
import { HidBpf } from '../../../hidbpf/index.ts';
import { REPOSITORY } from '../../../testing/shared.ts';
import { profileOf, simulatedBtf, testKernel } from '../harness.ts';
import { parseCalls, type CallSection } from './parse.ts';
import { CallPlayer } from './play.ts';
import { RealTarget, SimulatedTarget, type RawSyscalls } from './targets.ts';

const FOLDER = join(REPOSITORY, 'src/main/engine/kernel/testing/calls');

/** The version that the list is for: that of the lab's kernel. */
export const CALLS_KERNEL = '6.12';

/** Paths of what is kept: the list, and what the real and the simulated kernel answered (`node scripts/record-calls.mjs`). */
export const CALL_FILES = {
  list: join(FOLDER, 'calls.txt'),
  linux: join(FOLDER, `linux-${CALLS_KERNEL}.txt`),
  simulated: join(FOLDER, `simulated-${CALLS_KERNEL}.txt`),
} as const;

export function readCalls(): CallSection[] {
  return parseCalls(readFileSync(CALL_FILES.list, 'utf8'));
}

/** Plays the list on a fresh simulated kernel with HID-BPF, as the lab's has it. */
export function playSimulated(sections: readonly CallSection[]): string {
  const kernel = testKernel(CALLS_KERNEL);
  new HidBpf(kernel, new HidBus());
  const target = new SimulatedTarget(kernel);
  return new CallPlayer(target, kernel.profile.code, simulatedBtf(CALLS_KERNEL)).play(sections);
}

/** Plays the list on a real kernel, whose own BTF names its types. */
export function playReal(sections: readonly CallSection[], kernel: RawSyscalls, btf: Btf): string {
  return new CallPlayer(new RealTarget(kernel), profileOf(CALLS_KERNEL).code, btf).play(sections);
}

/** One step of a transcript with what came back, for comparing step by step. */
export function stepsOf(transcript: string): string[] {
  const steps: string[] = [];
  for (const line of transcript.split('\n')) {
    if (line.startsWith('    ')) steps.push(`${steps.pop() ?? ''}\n${line}`);
    else if (line !== '') steps.push(line);
  }
  return steps;
}
