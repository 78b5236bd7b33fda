import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseObject, type ProgramSpec } from '../../engine/elf/index.ts';
import { assemble, type Insn } from '../../engine/isa/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { Jobs } from '../jobs.ts';
import { Resources } from '../resources.ts';
import { verifyObject } from './verify.ts';

const resources = new Resources(join(REPOSITORY, 'resources'));
const HAZARDS = 'src/main/workbench/testing/drivers/hazards/driver.bpf.o';
const ADDER = 'resources/samples/syscall-adder/driver.bpf.o';

type Change = (program: ProgramSpec) => Partial<ProgramSpec>;

/** The verdict on one program of an object whose instructions were changed, and its warnings as [code, message]. */
function verdictOf(
  path: string,
  kernel: string,
  program: string | undefined,
  change: Change = () => ({}),
): { accepted: boolean; warnings: [string, string][]; lines: (number | undefined)[] } {
  const spec = parseObject(new Uint8Array(readFileSync(join(REPOSITORY, path))), { name: 'driver' });
  const programs = spec.programs
    .filter(({ name }) => program === undefined || name === program)
    .map((one) => ({ ...one, ...change(one) }));
  const verdicts = verifyObject(resources, { kernel, engine: 'interpreter' }, { ...spec, programs });
  expect(verdicts).toHaveLength(1);
  const { accepted, warnings = [] } = verdicts[0]!;
  return {
    accepted,
    warnings: warnings.map(({ code, message }) => [code, message]),
    lines: warnings.map(({ line }) => line),
  };
}

/** Every `rN = from` becomes `rN = to`; of one register only, if it is given. */
function constant(from: number, to: number, register?: number): Change {
  return ({ insns }) => {
    const isIt = ({ code, dst, imm }: Insn): boolean =>
      (code === 0xb7 || code === 0xb4) && imm === from && dst === (register ?? dst);
    expect(insns.some(isIt)).toBe(true);
    return { insns: insns.map((insn) => (isIt(insn) ? { ...insn, imm: to } : insn)) };
  };
}

/** Other instructions, to which nothing of the object belongs but the function's type. */
function only(text: string): Change {
  return ({ funcInfo }) => ({
    insns: assemble(text),
    relocations: [],
    coreRelocations: [],
    lineInfo: [],
    funcInfo: funcInfo.slice(0, 1),
  });
}

describe('warnings about programs that the kernel accepts', () => {
  it('come with the source line for a result that the kernel would take for a pointer', () => {
    const { accepted, warnings, lines } = verdictOf(HAZARDS, '6.12', 'event');
    expect(accepted).toBe(true);
    expect(warnings).toEqual([
      [
        'return-below-maxerrno',
        'hid_device_event returns -4096: the kernel takes results below -4095 for a valid pointer and crashes',
      ],
    ]);
    expect(lines[0]).toBeGreaterThan(0);
    expect(verdictOf(HAZARDS, '6.12', 'fixup').warnings).toEqual([]);
  });

  it('say that hid_bpf_get_data() is asked for more than any report or descriptor has', () => {
    const warnings = (program: string, from: number, to: number): string[] =>
      verdictOf(HAZARDS, '6.12', program, constant(from, to, 3))
        .warnings.filter(([code]) => code === 'get-data-too-large')
        .map(([, message]) => message);
    expect(warnings('event', 2, 16385)).toEqual([
      'hid_bpf_get_data() up to byte 16385 always gives NULL: no report is longer than 16384 bytes',
    ]);
    expect(warnings('event', 2, 16384)).toEqual([]);
    expect(warnings('fixup', 64, 4097)).toEqual([
      'hid_bpf_get_data() up to byte 4097 always gives NULL: no report descriptor is longer than 4096 bytes',
    ]);
    expect(warnings('fixup', 64, 4096)).toEqual([]);
  });

  it('say that a report is always dropped', () => {
    const dropped = (result: number): string[] =>
      verdictOf(HAZARDS, '6.12', 'event', constant(-4096, result))
        .warnings.filter(([code]) => code === 'report-dropped')
        .map(([, message]) => message);
    expect(dropped(16385)).toEqual([
      'hid_device_event returns 16385 or more: no report is longer than 16384 bytes, so the kernel drops every report that comes here',
    ]);
    expect(dropped(16384)).toEqual([]);
  });
});

describe('kernels that decide otherwise', () => {
  /** Linux 6.6 was the first to know moves with sign extension. */
  const signed = only('r1 = 1\nr0 = (s8)r1\nexit');

  it('are told of when an older one refuses what this one accepts', () => {
    const { accepted, warnings } = verdictOf(ADDER, '6.12', undefined, signed);
    expect(accepted).toBe(true);
    expect(warnings.map(([code]) => code)).toEqual(['refused-by-older-kernel']);
    expect(warnings[0]![1]).toMatch(/^Linux 6\.1 refuses it: ./);
    expect(verdictOf(ADDER, '6.12', undefined).warnings).toEqual([]);
  });

  it('are told of when a newer one accepts what this one refuses', () => {
    const { accepted, warnings } = verdictOf(ADDER, '6.1', undefined, signed);
    expect(accepted).toBe(false);
    expect(warnings).toContainEqual(['accepted-by-newer-kernel', 'Linux 6.6 accepts it']);
  });
});

describe('a long verification', () => {
  it('tells its progress, and ends when the job that asks is cancelled', async () => {
    const spec = parseObject(new Uint8Array(readFileSync(join(REPOSITORY, ADDER))), { name: 'driver' });
    const long = only('r6 = 0\nr6 += 1\nif r6 < 200000 goto pc-2\nr0 = 0\nexit');
    const programs = spec.programs.slice(0, 1).map((program) => ({ ...program, ...long(program) }));
    const told: number[] = [];
    const jobs = new Jobs(() => {
      if (told.length === 3) jobs.cancel('verify');
    });
    const verified = jobs.run(
      'verify',
      (done) => told.push(done),
      // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown becomes a rejection
      async (job) => {
        const verifierProgress = (done: number, limit: number): void => {
          job.proceed(done, limit, 'instructions');
        };
        return verifyObject(
          resources,
          { kernel: '6.12', engine: 'interpreter', verifierProgress },
          { ...spec, programs },
        );
      },
    );
    await expect(verified).rejects.toMatchObject({ code: 'cancelled' });
    expect(told).toEqual([0x4000, 0x8000, 0xc000]);
  });
});
