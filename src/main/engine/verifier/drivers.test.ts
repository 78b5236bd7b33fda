import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ProgFlag } from '../abi/index.ts';
import { Btf } from '../btf/index.ts';
import { objectNameOf, parseObject } from '../elf/index.ts';
import { type Insn } from '../isa/index.ts';
import { loadObject } from '../loader/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { verifyProgram } from './index.ts';
import { VerifyingKernel, type Verdict } from './testing/verifying-kernel.ts';

const folder = sharedPath('data/hid-bpf');
const vmlinux = sharedPath('data/btf/vmlinux-6.12.117.btf');
const kernelBtf = vmlinux === undefined ? undefined : Btf.parse(new Uint8Array(readFileSync(vmlinux)));

interface Rejected {
  readonly stage: string;
  readonly errno: number;
  readonly log: readonly string[];
}

/** Loads an object through the verifier; whatever the loader makes of a refusal does not matter here. */
function verdictsOf(path: string, version = '6.12', logLevel = 1): readonly Verdict[] {
  const kernel = new VerifyingKernel(kernelBtf!, version, logLevel);
  const spec = parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });
  try {
    loadObject(spec, kernel, { kernelBtf: kernelBtf!, hidId: 1, kallsyms: () => 0xffff_ffff_8100_0000n });
  } catch (error) {
    if (kernel.verdicts.every((verdict) => verdict.result.errno === 0)) throw error;
  }
  return kernel.verdicts;
}

function objectsIn(kind: string): string[] {
  const top = join(folder ?? '', kind);
  return folder === undefined
    ? []
    : readdirSync(top).flatMap((name) =>
        readdirSync(join(top, name))
          .filter((file) => file.endsWith('.bpf.o'))
          .map((file) => join(top, name, file)),
      );
}

describe.skipIf(folder === undefined || vmlinux === undefined)(
  'real drivers with the verdict of Linux 6.12 (skipped where ../shared is absent)',
  () => {
    it.each([...objectsIn('cases'), ...objectsIn('syscall')])('accepts %s', (path) => {
      for (const version of ['6.12', '6.18']) {
        const verdicts = verdictsOf(path, version);
        expect(verdicts.length).toBeGreaterThan(0);
        for (const { name, result } of verdicts) {
          expect([name, result.errno, result.message]).toEqual([name, 0, '']);
        }
      }
    });

    it.each(objectsIn('rejects'))('refuses %s as Linux does', (path) => {
      const recorded = join(path, '../result.json');
      expect(existsSync(recorded)).toBe(true);
      const want = JSON.parse(readFileSync(recorded, 'utf8')) as Rejected;
      if (want.stage !== 'load') return;
      const verdicts = verdictsOf(path);
      let bad = verdicts.find(({ result }) => result.errno !== 0)?.result;
      if (path.includes('syscall-not-sleepable')) {
        // That one was loaded without the flag that libbpf sets.
        const input = verdicts[0]!.input;
        bad = verifyProgram({ ...input, progFlags: input.progFlags & ~ProgFlag.SLEEPABLE });
      }
      expect(bad?.errno).toBe(want.errno);
      expect(bad?.message).toBe(want.log.at(-1));
    });

    it('warns of a result that the kernel would take for a pointer', () => {
      const path = objectsIn('cases').find((name) => name.includes('case06'))!;
      // Member 3 of hid_bpf_ops is hid_device_event.
      const event = verdictsOf(path).find(
        ({ input }) => input.progType === 27 && input.expectedAttachType === 3,
      )!;
      const { programBtf, ...plain } = event.input;
      expect(programBtf).toBeDefined();
      const codesOf = (insns: Insn[]): string[] =>
        verifyProgram({ ...plain, insns }).warnings.map(({ code }) => code);
      const exit: Insn = { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 };
      const returning = (imm: number): Insn[] => [{ code: 0xb7, dst: 0, src: 0, off: 0, imm }, exit];
      const random: Insn = { code: 0x85, dst: 0, src: 0, off: 0, imm: 7 };
      expect(codesOf(returning(-5000))).toEqual(['return-below-maxerrno']);
      expect(codesOf([random, exit])).toEqual(['return-may-be-below-maxerrno']);
      expect(codesOf(returning(-4095))).toEqual([]);
      expect(codesOf(returning(0))).toEqual([]);
    });

    it('keeps the highest context byte, the maps and the proved accesses of a probe', () => {
      const path = objectsIn('syscall').find((name) => name.includes('sys01'))!;
      const { result } = verdictsOf(path)[0]!;
      expect(result.maxCtxOffset).toBeGreaterThan(0);
      expect([...result.facts.access.values()]).toContain('ctx');
    });
  },
);
