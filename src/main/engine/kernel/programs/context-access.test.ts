import { expect, it } from 'vitest';
import { ProgType } from '../../abi/index.ts';
import { assemble } from '../../isa/index.ts';
import { TestProcess, testKernel } from '../testing/harness.ts';

it.each([
  [160, 'u64', true],
  [168, 'u64', true],
  [176, 'u64', true],
  [172, 'u64', false],
  [172, 'u32', true],
  [4, 'u64', false],
  [8, 'u32', false],
  [184, 'u64', false],
])('a perf_event program reads its context at %i as %s: %s', (offset, size, accepted) => {
  const p = new TestProcess(testKernel());
  const fd = p.load(ProgType.PERF_EVENT, assemble(`r0 = *(${size} *)(r1 +${offset})\nexit`));
  expect(fd >= 0).toBe(accepted);
  if (!accepted) expect(fd).toBe(-13);
});
