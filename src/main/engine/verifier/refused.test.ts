import { describe, expect, it } from 'vitest';
import { HidBus } from '../hid/index.ts';
import { HidBpf } from '../hidbpf/index.ts';
import { simulatedBtf, testKernel } from '../kernel/testing/harness.ts';
import { EXPLANATION_RULES } from './explain-rules.ts';
import { explainMessage } from './index.ts';
import { FuzzDoor } from './testing/fuzz/door.ts';
import { refusedPrograms } from './testing/refused-programs.ts';

describe.each(['6.12', '6.18'] as const)('a simulated %s', (version) => {
  const btf = simulatedBtf(version);
  const kernel = testKernel(version);
  new HidBpf(kernel, new HidBus());
  const door = new FuzzDoor(kernel.openTask({}), btf);
  it.each(refusedPrograms(btf))(
    'refuses a program with $code, and takes it mended',
    ({ code, bad, mended }) => {
      const { errno, log, message } = door.load(bad, 1);
      expect(errno, message).toBeLessThan(0);
      const before = log[log.indexOf(message) - 1];
      expect(explainMessage(message, before)?.code, log.join('\n')).toBe(code);
      const good = door.load(mended, 1);
      expect(good.errno, good.log.join('\n')).toBe(0);
    },
  );
});

it('there is a program for each kind of refusal, but for those that root never gets with a GPL program', () => {
  const shown = new Set(refusedPrograms(simulatedBtf('6.12')).map(({ code }) => code));
  const missing = new Set(EXPLANATION_RULES.map(({ code }) => code).filter((code) => !shown.has(code)));
  expect([...missing].sort()).toEqual(['back-edge', 'license', 'size-too-large']);
});
