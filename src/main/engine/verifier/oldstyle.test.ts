import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Btf } from '../btf/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { verifyProgram } from './index.ts';
import { lastLine, oldstyleInput, readOldstyle } from './testing/oldstyle.ts';

const corpus = sharedPath('data/verifier/oldstyle.jsonl');
const vmlinux = sharedPath('data/btf/vmlinux-6.12.117.btf');

/** Cases whose recorded log belongs to another program of the same name. */
const MIXED_UP = ['invalid access __sk_buff remote_port'];

describe.skipIf(corpus === undefined || vmlinux === undefined)(
  'programs with a verdict of Linux 6.18 (skipped where ../shared is absent)',
  () => {
    const cases = corpus === undefined ? [] : readOldstyle(corpus);
    const btf = vmlinux === undefined ? undefined : Btf.parse(new Uint8Array(readFileSync(vmlinux)));

    it('gives every program the verdict of the kernel', () => {
      const wrong = cases.filter((entry) => {
        const { errno } = verifyProgram(oldstyleInput(entry, 0, btf));
        return (errno === 0) !== entry.kernel618?.got || errno !== entry.kernel618.errno;
      });
      expect(cases.length).toBeGreaterThan(300);
      expect(wrong.map((entry) => entry.descr)).toEqual([]);
    });

    it('gives the reason in the kernel’s words', () => {
      const wrong = cases
        .filter((entry) => entry.kernel618?.got === false && !MIXED_UP.includes(entry.descr))
        .filter((entry) => verifyProgram(oldstyleInput(entry, 1, btf)).message !== lastLine(entry));
      expect(wrong.map((entry) => entry.descr)).toEqual([]);
    });

    it('says the same at every log level', () => {
      for (const entry of cases) {
        const silent = verifyProgram(oldstyleInput(entry, 0, btf));
        const loud = verifyProgram(oldstyleInput(entry, 2, btf));
        expect(silent.errno, entry.descr).toBe(loud.errno);
        expect(silent.message, entry.descr).toBe(loud.message);
        expect(silent.log).toEqual([]);
      }
    });
  },
);
