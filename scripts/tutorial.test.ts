import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { followTutorial, tutorialMissing } from './lib/tutorial.ts';

const why = await tutorialMissing();

describe.skipIf(why !== undefined)(`the tutorial${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  test('does what it says, block by block', { timeout: 240_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'hidsmith-tutorial-'));
    const steps = followTutorial(folder);
    expect(steps.length).toBeGreaterThan(6);
    for (const { commands, status, output, missing, fails } of steps) {
      expect({ commands, output, status, missing }).toEqual({
        commands,
        output,
        status: fails ? 1 : 0,
        missing: undefined,
      });
    }
    rmSync(folder, { recursive: true });
  });
});
