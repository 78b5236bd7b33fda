import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REPOSITORY } from '../src/main/engine/testing/shared.ts';
import { EXPLANATION_RULES } from '../src/main/engine/verifier/explain-rules.ts';
import { kernelWords, verifierPages } from './lib/verifier-pages.ts';

const folder = resolve(REPOSITORY, 'docs/verifier');

describe('the pages about refusals', () => {
  test('are one for each kind, as the rules say now (npm run generate makes them)', () => {
    const pages = verifierPages();
    const there = readdirSync(folder).filter((name) => name !== 'corpus.md');
    expect(there.sort()).toEqual([...pages.keys()].sort());
    for (const [name, text] of pages) expect(readFileSync(resolve(folder, name), 'utf8'), name).toBe(text);
  });

  test('show the kernel’s words without the marks of a pattern', () => {
    expect(kernelWords(/^R(\d+) (min|max) of '([^']+)' is (?:not )?ok\.$/)).toEqual([
      "RN min of '…' is ok.",
      "RN max of '…' is ok.",
    ]);
    for (const { pattern } of EXPLANATION_RULES) {
      for (const words of kernelWords(pattern)) expect(words).not.toMatch(/\\|\(\?|\[\^|^$/);
    }
  });
});
