import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../base/index.ts';
import { objectNameOf, parseObject } from '../elf/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { makeLightSkeleton } from './index.ts';

const vectors = sharedPath('data/light-skeletons');
/** What the reference generates wrongly or not at all: 40 programs overflow its stack, SEC("?…") shifts its fds. */
const UPSTREAM_FAILS = ['x19_40progs', 'x22_hid_structops', 'x23_rawtp_noname', 'x24_autoload'];

describe.skipIf(vectors === undefined)(
  'light skeletons against bpftool 7.7.0 (needs ../shared/data/light-skeletons)',
  () => {
    const names = vectors === undefined ? [] : readdirSync(vectors).filter((name) => /^[gx]\d/.test(name));
    const open = (name: string): ReturnType<typeof parseObject> => {
      const path = join(vectors!, name, `${name}.bpf.o`);
      return parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });
    };

    for (const name of names.filter((candidate) => !UPSTREAM_FAILS.includes(candidate))) {
      it(`makes the same loader and the same data for ${name}`, () => {
        const skeleton = makeLightSkeleton(open(name));
        const expected = (file: string): string =>
          toHex(new Uint8Array(readFileSync(join(vectors!, name, file))));
        expect(toHex(skeleton.data)).toBe(expected('data.bin'));
        expect(toHex(skeleton.insns)).toBe(expected('insns.bin'));
      });
    }

    it('gives each program its own fd where one of them is not loaded', () => {
      const skeleton = makeLightSkeleton(open('x24_autoload'));
      expect(skeleton.programs.map(({ spec, index, isLoaded }) => [spec.name, index, isLoaded])).toEqual([
        ['aa_optional', 0, false],
        ['bb_xdp', 1, true],
        ['cc_tc', 2, true],
      ]);
      expect(skeleton.warnings).toEqual([`program 'aa_optional' (SEC("?…")) is not loaded by the skeleton`]);
    });
  },
);
