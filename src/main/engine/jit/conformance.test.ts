import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../testing/shared.ts';
import { Arena, runConformance } from '../vm/index.ts';
import { createMachine } from './index.ts';

interface Case {
  readonly name: string;
  readonly mem: string;
  readonly prog: string;
  readonly result: string;
}

const path = sharedPath('data/conformance/assembled.json');
const cases = path === undefined ? [] : (JSON.parse(readFileSync(path, 'utf8')) as Case[]);

describe.skipIf(path === undefined)('bpf_conformance with the JIT (needs ../shared)', () => {
  const machine = createMachine(new Arena());

  it('has all 313 programs', () => {
    expect(cases).toHaveLength(313);
  });

  it.each(cases.map((test) => [test.name, test] as const))('%s', (_name, test) => {
    expect(BigInt(`0x${runConformance(test.mem, test.prog, machine, 'jit')}`)).toBe(BigInt(test.result));
  });
});
