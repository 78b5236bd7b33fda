import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { REPOSITORY } from '../src/main/engine/testing/shared.ts';
import { elfSection, Kind, layoutOf, readBtf, type BtfType } from './lib/btf-blob.ts';
import { helperDefinitions, reportMacros, usageConstants } from './lib/headers.ts';
import { keepEverything } from './lib/kernel-btf.ts';

const include = resolve(REPOSITORY, 'resources/include');
const fixtures = resolve(REPOSITORY, 'scripts/fixtures');
const clang = ['clang-19', 'clang'].find((name) => {
  const probe = spawnSync(name, ['--print-targets'], { encoding: 'utf8' });
  return probe.status === 0 && /\bbpf\b/.test(probe.stdout);
});
const work = mkdtempSync(join(tmpdir(), 'headers-'));
afterAll(() => rmSync(work, { recursive: true }));

/** Compiles with our headers and nothing else: -nostdinc keeps the system's out. */
function compile(args: readonly string[], input?: string): { messages: string; object: string } {
  const object = join(work, 'out.o');
  const run = spawnSync(
    clang ?? '',
    ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-Wall', '-nostdinc', `-I${include}`, '-o', object, ...args],
    { encoding: 'utf8', maxBuffer: 1 << 26, ...(input === undefined ? {} : { input }) },
  );
  return { messages: run.stderr + (run.status === 0 ? '' : `status ${run.status}`), object };
}

const sections = (object: string, names: readonly string[]): string[] =>
  names.filter((name) => elfSection(readFileSync(object), name) !== undefined);

describe.skipIf(clang === undefined)(
  'drivers compile with the headers of resources/include alone (needs clang with bpf)',
  () => {
    test.each([
      [
        'both-abis.bpf.c',
        [],
        ['struct_ops/hid_device_event', 'struct_ops/hid_rdesc_fixup', '.struct_ops.link', 'syscall'],
      ],
      [
        'both-abis.bpf.c',
        ['-DHID_BPF_TRACING'],
        ['fmod_ret/hid_bpf_device_event', 'fmod_ret/hid_bpf_rdesc_fixup', 'syscall'],
      ],
      [
        'struct-ops-only.bpf.c',
        [],
        ['struct_ops/hid_device_event', 'struct_ops.s/hid_hw_request', '.maps', '.hid_bpf_config'],
      ],
      ['tracing.bpf.c', [], ['fentry/vfs_read', 'kprobe/vfs_write', 'ksyscall/openat', 'iter/bpf_map']],
    ])('%s %j has no warnings and its sections', (source, flags, expected) => {
      const { messages, object } = compile([...flags, '-c', join(fixtures, source)]);
      expect(messages).toBe('');
      expect(sections(object, expected)).toEqual(expected);
    });

    test('HID_BPF_CONFIG leaves the numbers as array lengths in the type information', () => {
      const { object } = compile(['-c', join(fixtures, 'both-abis.bpf.c')]);
      const types = readBtf(elfSection(readFileSync(object), '.BTF') ?? new Uint8Array());
      const variable = types.find((type) => type.name === '_device_ids' && type.kind === Kind.VAR);
      const at = (id: number | undefined): BtfType | undefined => types[id ?? 0];
      const devices = at(variable?.type)?.members.map((entry) =>
        at(entry.type)?.members.map((m) => [m.name, at(at(m.type)?.type)?.length]),
      );
      expect(devices).toEqual([
        [
          ['name', 0],
          ['bus', 3],
          ['group', 1],
          ['vid', 0x6d01],
          ['pid', 1],
        ],
        [
          ['name', 0],
          ['bus', 5],
          ['group', 0],
          ['vid', 0x6d01],
          ['pid', 2],
        ],
      ]);
    });

    test('vmlinux.h has the sizes and offsets of the 6.18 BTF it was made from', () => {
      const source = `#include "vmlinux.h"\n`;
      const expanded = spawnSync(clang ?? '', ['-target', 'bpf', '-E', '-P', `-I${include}`, '-xc', '-'], {
        encoding: 'utf8',
        input: source,
        maxBuffer: 1 << 26,
      }).stdout;
      const { messages, object } = compile(
        ['-funsigned-char', '-c', '-xc', '-'],
        source + keepEverything(expanded),
      );
      expect(messages).toBe('');
      const records = (types: readonly BtfType[]): Map<string, string> =>
        new Map(
          types
            .filter((t) => (t.kind === Kind.STRUCT || t.kind === Kind.UNION) && t.name !== '')
            .map((t) => [
              t.name,
              `${t.size}: ${layoutOf(types, t)
                .map((m) => `${m.name}@${m.offset}/${m.size}`)
                .join()}`,
            ]),
        );
      const ours = records(readBtf(elfSection(readFileSync(object), '.BTF') ?? new Uint8Array()));
      const kernel = records(readBtf(readFileSync(resolve(REPOSITORY, 'resources/kernels/6.18.btf'))));
      const differences = [...kernel].filter(([name, layout]) => ours.get(name) !== layout);
      expect(
        differences.map(([name, layout]) => `${name}: ${ours.get(name)}, in the kernel ${layout}`),
      ).toEqual([]);
      expect(kernel.size).toBeGreaterThan(250);
    });
  },
);

describe('the generated parts of the headers', () => {
  test('all 211 helpers are there, each with its number', () => {
    const table = readFileSync(resolve(REPOSITORY, 'scripts/data/bpf-helpers.tsv'), 'utf8');
    const text = helperDefinitions(table);
    const numbers = [...text.matchAll(/= \(void \*\)(\d+);/g)].map((m) => Number(m[1]));
    expect(numbers).toEqual(Array.from({ length: 211 }, (_, i) => i + 1));
    expect(text).toBe(readFileSync(join(include, 'bpf/bpf_helper_defs.h'), 'utf8'));
  });

  const tables = [
    {
      Id: 0x0d,
      Name: 'Digitizers',
      UsageIds: [
        { Id: 8, Name: '3D Digitizer' },
        { Id: 0x142, Name: 'Tip/Pen' },
      ],
    },
    { Id: 0x01, Name: 'Generic Desktop', UsageIds: [{ Id: 2, Name: 'Mouse' }] },
  ];

  test('usages become macros behind the marker: pages in order, digits spelled, two bytes where needed', () => {
    const header = 'kept\n/* ---- generated by x ---- */\nold\n';
    expect(reportMacros(header, tables)).toBe(`kept
/* ---- generated by x ---- */

#define UsagePage_GenericDesktop UsagePage_i8(0x1)
#define UsagePage_Digitizers UsagePage_i8(0xd)
#define UsagePage_Unicode UsagePage_i8(0x10)

#define Usage_GD_Mouse Usage_i8(0x2)
#define Usage_Dig_ThreeDDigitizer Usage_i8(0x8)
#define Usage_Dig_TipPen Usage_i16(0x142)
`);
    expect(reportMacros(reportMacros(header, tables), tables)).toBe(reportMacros(header, tables));
  });

  test('the same names as numbers', () => {
    expect(usageConstants(tables)).toContain('#define HidUsage_GD_Mouse 0x2\n');
    expect(usageConstants(tables)).toContain('#define HidUsagePage_Digitizers 0xd\n');
  });
});
