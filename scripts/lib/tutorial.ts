// Reads docs/tutorial.md as a reader would: writes its files, runs its commands, compares what they print.
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCompiler } from '../../src/main/host/compiler/index.ts';
import { REPOSITORY } from '../../src/main/engine/testing/shared.ts';

/** One fenced block: a file to write, commands to run, or what they print. */
export interface Block {
  readonly kind: 'c' | 'sh' | 'text';
  /** A file's name; `fails` for commands of which the last one's answer is no; `root` for those that need a real kernel. */
  readonly note: string;
  readonly body: string;
}

/** The result of commands beside what the page shows of it. */
export interface Comparison {
  readonly commands: string;
  readonly status: number | null;
  readonly output: string;
  /** The first line shown that the output does not have in its place. */
  readonly missing: string | undefined;
}

/** The tutorial's blocks in their order. */
export function tutorialBlocks(): readonly Block[] {
  const markdown = readFileSync(join(REPOSITORY, 'docs/tutorial.md'), 'utf8');
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
export function missingLine(shown: string, output: string): string | undefined {
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

function run(folder: string, commands: string): { status: number | null; output: string } {
  const script = `hidsmith() { "${process.execPath}" "${join(REPOSITORY, 'scripts/hidsmith.mjs')}" "$@"; }\n${commands}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

/** Why the page cannot be followed on this machine, or undefined. */
export async function tutorialMissing(): Promise<string | undefined> {
  if (spawnSync('cc', ['--version']).status !== 0) return 'there is no C compiler called cc';
  return (await findCompiler()).found ? undefined : 'there is no BPF compiler';
}

/** Follows the page in `folder`, without the commands that need root: one comparison for each run of commands. */
export function followTutorial(folder: string): readonly (Comparison & { readonly fails: boolean })[] {
  copyFileSync(join(REPOSITORY, 'resources/samples/pen-fix/recording.hid'), join(folder, 'pen.hid'));
  const blocks = tutorialBlocks();
  return blocks.flatMap(({ kind, note, body }, index) => {
    if (kind === 'c') writeFileSync(join(folder, note), body);
    if (kind !== 'sh' || note === 'root') return [];
    const { status, output } = run(folder, body);
    const shown = blocks[index + 1];
    const missing = shown?.kind === 'text' ? missingLine(shown.body, output) : undefined;
    return [{ commands: body, status, output, missing, fails: note === 'fails' }];
  });
}
