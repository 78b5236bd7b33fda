import { describe, expect, it } from 'vitest';
import { simulatedBtf, testKernel } from '../kernel/testing/harness.ts';
import { FuzzDoor } from './testing/fuzz/door.ts';
import { LOGGED_PROGRAMS } from './testing/logged-programs.ts';
import { versionPrograms } from './testing/version-programs.ts';

describe.each(['6.12', '6.18'] as const)('a simulated %s', (version) => {
  const btf = simulatedBtf(version);
  const door = new FuzzDoor(testKernel(version).openTask({}), btf);
  it.each(versionPrograms(btf))('judges as Linux does: $title', ({ program, verdicts }) => {
    const { errno, message } = door.load(program, 1);
    expect({ errno, message }).toEqual({
      errno: verdicts[version].errno,
      message: verdicts[version].words ?? '',
    });
  });
  it.each(LOGGED_PROGRAMS)('knows as much as Linux: $title', ({ program, lines }) => {
    const log = door.load(program, 2).log.map((line) => line.trim());
    expect(log).toContain(lines[version]);
  });
});
