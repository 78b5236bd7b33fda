import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { objectNameOf, parseObject } from '../elf/index.ts';
import { encodeInsns } from '../isa/index.ts';
import { toHex } from '../base/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { linkProgram } from './index.ts';

const cases = sharedPath('data/hid-bpf');
const skeletons = sharedPath('data/light-skeletons');

describe.skipIf(cases === undefined || skeletons === undefined)('linking (needs ../shared/data)', () => {
  const open = (path: string): ReturnType<typeof parseObject> =>
    parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });

  it('puts the functions of a call chain behind the program, each once, with records shifted', () => {
    const spec = open(join(cases!, 'rejects/bad43-call-depth/driver.bpf.o'));
    const linked = linkProgram(spec, spec.programs[0]!);
    expect(linked.parts.length).toBe(10);
    expect(linked.funcInfo.map((record) => record.insn)).toEqual(linked.parts.map((part) => part.insn));
    for (const part of linked.parts.slice(1)) {
      const calls = linked.insns.some(
        (insn, at) => insn.code === 0x85 && insn.src === 1 && at + insn.imm + 1 === part.insn,
      );
      expect(calls).toBe(true);
    }
    const lines = linked.lineInfo.map((record) => record.insn);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  it('gives the code that a light skeleton holds where nothing is left to relocate', () => {
    for (const name of ['g01_socket', 'x24_autoload']) {
      const spec = open(join(skeletons!, name, `${name}.bpf.o`));
      const blob = toHex(new Uint8Array(readFileSync(join(skeletons!, name, 'data.bin'))));
      for (const program of spec.programs.filter((candidate) => candidate.autoload)) {
        const linked = linkProgram(spec, program);
        expect(linked.relocations).toEqual([]);
        expect(blob).toContain(toHex(encodeInsns(linked.insns)));
      }
    }
  });
});
