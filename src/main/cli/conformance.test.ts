import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { encodeInsns, assemble } from '../engine/isa/index.ts';
import { REPOSITORY, sharedPath } from '../engine/testing/shared.ts';
import { type Output } from './command.ts';
import { COMMANDS } from './commands.ts';
import { runCommand } from './run.ts';

interface Case {
  readonly name: string;
  readonly mem: string;
  readonly prog: string;
  readonly result: string;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const stdin = vi.hoisted(() => ({ text: '' }));
vi.mock('node:fs', async (original) => {
  const fs: Record<'readFileSync', (...args: unknown[]) => unknown> = await original();
  const readFileSync = (...args: unknown[]): unknown =>
    args[0] === 0 ? stdin.text : fs.readFileSync(...args);
  return { ...fs, readFileSync };
});

/** Runs the command here, with `input` on standard input. */
async function plugin(words: readonly string[], input: string): Promise<Ended> {
  stdin.text = input;
  const out: string[] = [];
  const notes: string[] = [];
  const output: Output = {
    line: (text) => out.push(`${text}\n`),
    note: (text) => notes.push(`${text}\n`),
    write: () => undefined,
    json: () => undefined,
    flush: () => undefined,
  };
  const status = await runCommand(COMMANDS, ['conformance', ...words], output);
  return { status, stdout: out.join(''), stderr: notes.join('') };
}

function hex(bytes: Uint8Array, separator = ' '): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(separator);
}

function code(source: string): string {
  return hex(encodeInsns(assemble(source)));
}

describe('hidsmith conformance', () => {
  it('takes the memory as its first argument only if there is any', async () => {
    const length = code('r0 = r2\nexit');
    expect(await plugin(['01 02 03'], length)).toEqual({ status: 0, stdout: '3\n', stderr: '' });
    expect(await plugin([], length)).toEqual({ status: 0, stdout: '0\n', stderr: '' });
    expect(await plugin(['--elf'], length)).toEqual({ status: 0, stdout: '0\n', stderr: '' });
    const load = await plugin(
      ['ffeeddccbbaa9988', '--engine', 'interpreter'],
      code('r0 = *(u64 *)(r1 +0)\nexit'),
    );
    expect(load.stdout).toBe('8899aabbccddeeff\n');
  });

  it('gives helper 5 of the suite, and r0 as unsigned 64 bits', async () => {
    expect((await plugin([], code('r1 = -1\ncall #5\nexit'))).stdout).toBe('ffffffffffffffff\n');
  });

  it.each([
    [
      'a fault',
      code('r0 = *(u64 *)(r0 +0)\nexit'),
      /instruction 0: read of 8 bytes at 0x0: a null pointer\n$/,
    ],
    ['a malformed program', 'b7 00 00 00 2a', /^[^\n]+\n$/],
    ['no hex', 'zz', /^[^\n]+\n$/],
    ['nothing', '', /^[^\n]+\n$/],
    [
      'an unknown opcode',
      hex(Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0)),
      /instruction 0: unknown opcode 0xff\n$/,
    ],
  ])('exits with 1 and a line on stderr for %s', async (_what, input, message) => {
    const { status, stdout, stderr } = await plugin([], input);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('does so as a process', { timeout: 60_000 }, () => {
    const entry = join(REPOSITORY, 'src/main/cli/index.ts');
    const { status, stdout, stderr } = spawnSync(process.execPath, [entry, 'conformance', '07 00'], {
      input: code('r0 = *(u16 *)(r1 +0)\nexit'),
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '7\n', stderr: '' });
  });
});

const path = sharedPath('data/conformance/assembled.json');
const suite = path === undefined ? [] : (JSON.parse(readFileSync(path, 'utf8')) as Case[]);

describe.skipIf(path === undefined)('the suite through hidsmith conformance (needs ../shared)', () => {
  it.each(['interpreter', 'jit'])('passes all 313 programs with the %s', async (engine) => {
    expect(suite).toHaveLength(313);
    for (const { name, mem, prog, result } of suite) {
      const words = [...(mem === '' ? [] : [mem]), '--engine', engine];
      const { status, stdout, stderr } = await plugin(words, prog);
      expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: '' });
      expect(BigInt(`0x${stdout.trim()}`), name).toBe(BigInt(result));
    }
  });
});
