import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../../testing/shared.ts';
import { FuzzDoor } from '../../verifier/testing/fuzz/door.ts';
import { testKernel, simulatedBtf } from '../testing/harness.ts';
import { REWRITTEN_PROGRAMS } from './testing/rewritten-programs.ts';
import { shownCode } from './testing/shown-code.ts';

interface Recorded {
  readonly release: string;
  readonly programs: Readonly<Record<string, ReturnType<typeof shownCode>>>;
}

function recordOf(version: string): Recorded {
  const path = join(REPOSITORY, `src/main/engine/kernel/translation/testing/linux-${version}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as Recorded;
}

describe.each(['6.12', '6.18'])('a program that %s takes', (version) => {
  const { programs } = recordOf(version);
  const door = new FuzzDoor(testKernel(version).openTask({}), simulatedBtf(version));
  // The machine that 6.18 was recorded on has structs of its own, and its processor is one that must be protected.
  const shown = REWRITTEN_PROGRAMS.filter((one) => version === '6.12' || one.readsStructs !== true);

  it.each(shown)('is shown as Linux rewrites it: $title', ({ title, program }) => {
    const { code, message } = door.load(program, 1);
    const own = code === undefined ? { xlated: message, bytes: [] } : shownCode(code);
    expect(own.xlated).toEqual(programs[title]?.xlated);
    if (version === '6.12') expect(own.bytes).toEqual(programs[title]?.bytes);
  });
});
