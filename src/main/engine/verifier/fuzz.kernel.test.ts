import { afterAll, beforeAll, expect, it } from 'vitest';
import { bootLab, type LabGuest } from '../../host/real-kernel/testing/lab.ts';
import { Btf } from '../btf/index.ts';
import { HidBus } from '../hid/index.ts';
import { HidBpf } from '../hidbpf/index.ts';
import { KFUNC_TABLE } from '../kernel/builtin/kfunc-table.ts';
import { testKernel } from '../kernel/testing/harness.ts';
import { detectProcessor } from '../kernel/x86/testing/detect.ts';
import { FuzzComparison, disagreementText } from './testing/fuzz/compare.ts';
import { FuzzDoor } from './testing/fuzz/door.ts';
import { FuzzStream } from './testing/fuzz/stream.ts';

const PROGRAMS = 60;
let guest: LabGuest;
beforeAll(async () => {
  guest = await bootLab();
});
afterAll(async () => {
  await guest?.stop();
});

it('random programs get the verdict, errno, last words, instructions and machine code of the real 6.12, and nearly always its whole log at level 2', () => {
  const btf = Btf.parse(guest.kernelBtf());
  const kernel = testKernel('6.12', { btf, cpus: 1, processor: detectProcessor(guest.kernel) });
  new HidBpf(kernel, new HidBus());
  const comparison = new FuzzComparison(
    new FuzzDoor(guest.kernel, btf),
    new FuzzDoor(kernel.openTask({}), btf),
    2,
  );
  const stream = new FuzzStream(77, { btf, hasHid: true, kfuncs: KFUNC_TABLE.map(([, name]) => name) });
  const differences: string[] = [];
  for (let i = 0; i < PROGRAMS; i++) {
    const program = stream.next();
    const difference = program && comparison.compare(program);
    if (difference !== undefined && difference.kind !== 'log') differences.push(disagreementText(difference));
  }
  expect(differences).toEqual([]);
  const { programs, accepted, sameLog } = comparison.tally;
  expect(accepted).toBeGreaterThan(5);
  expect(sameLog).toBeGreaterThanOrEqual(programs * 0.98);
});
