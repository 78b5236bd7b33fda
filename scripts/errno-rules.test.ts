import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stepsOf } from '../src/main/engine/kernel/testing/calls/list.ts';
import { REPOSITORY } from '../src/main/engine/testing/shared.ts';

interface Rule {
  readonly rule: string;
  readonly answer: string;
  readonly heldBy: string;
}

function readRules(): Rule[] {
  return readFileSync(join(REPOSITORY, 'docs/errno-rules.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| rule |'))
    .map((line) => {
      const [rule = '', answer = '', ...heldBy] = line.slice(2, -2).split(' | ');
      return { rule, answer, heldBy: heldBy.join(' | ') };
    });
}

/** The recorded answers of the real kernel; a step that goes on over several lines is one. */
const STEPS = stepsOf(
  readFileSync(join(REPOSITORY, 'src/main/engine/kernel/testing/calls/linux-6.12.txt'), 'utf8'),
);

describe('the rules of docs/errno-rules.md', () => {
  it.each(readRules())('$rule', ({ answer, heldBy }) => {
    if (heldBy.startsWith('calls: ')) {
      const call = heldBy.slice('calls: '.length);
      const answers = STEPS.filter((step) => step.split('\n', 1)[0]?.includes(call));
      expect(answers.some((step) => step.split('\n')[1] === `    = -${answer}`)).toBe(true);
      return;
    }
    const split = heldBy.indexOf(': ');
    const file = join(REPOSITORY, heldBy.slice(0, split));
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8').replaceAll("\\'", "'")).toContain(heldBy.slice(split + 2));
  });
});
