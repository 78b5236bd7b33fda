import { expect, it } from 'vitest';
import { logView } from './log-view.ts';

it('leaves a log alone that a window can show', () => {
  const log = Array.from({ length: 5000 }, (_, i) => `line ${i}`);
  expect(logView(log)).toBe(log);
});

it('gives the end of a longer log and says how much is before it', () => {
  const log = Array.from({ length: 1_285_719 }, (_, i) => `line ${i}`);
  const shown = logView(log);
  expect(shown).toHaveLength(5001);
  expect(shown[0]).toBe("[1,280,719 lines before these: the command 'verify' prints them all]");
  expect(shown[1]).toBe('line 1280719');
  expect(shown.at(-1)).toBe('line 1285718');
});
