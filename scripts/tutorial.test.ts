import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findCompiler } from '../src/main/host/compiler/index.ts';
import { REPOSITORY } from '../src/main/engine/testing/shared.ts';

/** One fenced block of the tutorial: a file to write, commands to run, or what they print. */
interface Block {
  readonly kind: 'c' | 'sh' | 'text';
  /** A file's name, or `fails` for commands of which the last one's answer is no. */
  readonly note: string;
  readonly body: string;
}

function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^```(c|sh|text)(?: (\S+))?\n(.*?)^```$/gms)].map(([, kind, note, body]) => ({
    kind: kind === 'c' || kind === 'sh' ? kind : 'text',
    note: note ?? '',
    body: body ?? '',
  }));
}

/** A shown line as a pattern: `…` stands for anything. */
function pattern(line: string): RegExp {
  const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** The first shown line that the output does not have, in order; a line `…` stands for any number of lines. */
function missing(shown: string, output: string): string | undefined {
  const lines = output.split('\n');
  let at = 0;
  for (const line of shown.trimEnd().split('\n')) {
    if (line === '…') continue;
    const found = lines.findIndex((candidate, index) => index >= at && pattern(line).test(candidate));
    if (found < 0) return line;
    at = found + 1;
  }
  return undefined;
}

const folder = mkdtempSync(join(tmpdir(), 'hidsmith-tutorial-'));
const blocks = blocksOf(readFileSync(join(REPOSITORY, 'docs/tutorial.md'), 'utf8'));
const compiler = await findCompiler();

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(commands: string): { readonly status: number | null; readonly output: string } {
  const script = `hidsmith() { "${process.execPath}" "${join(REPOSITORY, 'scripts/hidsmith.mjs')}" "$@"; }\n${commands}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

describe.skipIf(!compiler.found)('the tutorial (skipped where there is no BPF compiler)', () => {
  test('does what it says, block by block', { timeout: 180_000 }, () => {
    copyFileSync(resolve(REPOSITORY, 'resources/samples/pen-fix/recording.hid'), join(folder, 'pen.hid'));
    expect(blocks.filter(({ kind }) => kind === 'sh').length).toBeGreaterThan(4);
    let output = '';
    for (const { kind, note, body } of blocks) {
      if (kind === 'c') writeFileSync(join(folder, note), body);
      if (kind === 'sh') {
        const result = run(body);
        output = result.output;
        expect({ body, output, status: result.status }).toEqual({
          body,
          output,
          status: note === 'fails' ? 1 : 0,
        });
      }
      if (kind === 'text') expect({ missing: missing(body, output), output }).toEqual({ output });
    }
  });
});
