import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REPOSITORY } from '../src/main/engine/testing/shared.ts';
import { elfSection } from './lib/btf-blob.ts';
import { OBJECTS, SAMPLES, TEMPLATES } from './samples/catalogue.ts';
import { afterDriver, hidText } from './samples/hid-text.ts';

const resources = resolve(REPOSITORY, 'resources');
const file = (...path: string[]): Buffer => readFileSync(join(resources, ...path));
const text = (...path: string[]): string => file(...path).toString();

/** Bytes of the input report with this id (0: no ids), from the items of a descriptor. */
function inputSize(descriptor: readonly number[], wanted: number): number {
  let [at, size, count, id, bits] = [0, 0, 0, 0, 0];
  const saved: [number, number][] = [];
  while (at < descriptor.length) {
    const head = descriptor[at] ?? 0;
    const length = [0, 1, 2, 4][head & 3] ?? 0;
    const value = descriptor.slice(at + 1, at + 1 + length).reduce((sum, b, i) => sum + b * 256 ** i, 0);
    const tag = head & 0xfc;
    if (tag === 0x74) size = value;
    if (tag === 0x94) count = value;
    if (tag === 0x84) id = value;
    if (tag === 0xa4) saved.push([size, count]);
    if (tag === 0xb4) [size, count] = saved.pop() ?? [0, 0];
    if (tag === 0x80 && id === wanted) bits += size * count;
    at += 1 + length;
  }
  return bits / 8 + (wanted === 0 ? 0 : 1);
}

describe('the sample projects', () => {
  test.each(SAMPLES)(
    '$id: descriptor, recording and expected result are what the generator makes',
    (sample) => {
      const recording = hidText(
        'what the device sends (made from a model of it)',
        sample,
        sample.descriptor,
        sample.reports,
      );
      const after = hidText(
        'what hidraw shows while the driver is attached',
        sample,
        sample.descriptorAfter,
        afterDriver(sample),
      );
      expect(text('samples', sample.id, 'recording.hid')).toBe(recording);
      expect(text('samples', sample.id, 'expected.hid')).toBe(after);
      expect(text('samples', sample.id, 'descriptor.hid').split('\n').slice(1, 6)).toEqual(
        recording.split('\n').slice(1, 6),
      );
    },
  );

  test.each(SAMPLES)(
    '$id: several hundred reports in order, each as long as the descriptor says, broken ones apart',
    (sample) => {
      const { reports, descriptor, descriptorAfter } = sample;
      expect(reports.length).toBeGreaterThan(400);
      for (let i = 1; i < reports.length; i++) expect(reports[i]!.time).toBeGreaterThan(reports[i - 1]!.time);
      const numbered = descriptor.includes(0x85);
      const wrong = reports.filter(
        ({ bytes }) => bytes.length !== inputSize(descriptor, numbered ? bytes[0]! : 0),
      );
      expect(wrong.length).toBe(sample.id === 'keypad-remap' ? 1 : 0);
      for (const { bytes } of afterDriver(sample))
        expect(bytes.length).toBe(inputSize(descriptorAfter, numbered ? bytes[0]! : 0));
      for (const { bytes } of reports) for (const b of bytes) expect(b).toBe(b & 0xff);
    },
  );

  test('each driver changes most reports or drops some', () => {
    const counts = SAMPLES.map((sample) => {
      const sent = new Map(sample.reports.map(({ time, bytes }) => [time, bytes.join()]));
      const after = afterDriver(sample);
      const changed = after.filter(({ time, bytes }) => sent.get(time) !== bytes.join()).length;
      return { id: sample.id, dropped: sample.reports.length - after.length, changed };
    });
    for (const { changed } of counts) expect(changed).toBeGreaterThan(100);
    expect(counts.filter(({ dropped }) => dropped > 20).map(({ id }) => id)).toEqual([
      'keypad-remap',
      'dial-map',
    ]);
  });

  test("the driver of the pen puts the generator's descriptor into its object", () => {
    const pen = SAMPLES.find(({ id }) => id === 'pen-fix')!;
    expect(text('samples', 'pen-fix', 'driver.bpf.c')).toContain(
      `#define FAULTY_SIZE ${pen.descriptor.length}\n`,
    );
    expect([pen.descriptor[23], pen.descriptor[35]]).toEqual([0x32, 0x44]);
    expect([pen.descriptorAfter[23], pen.descriptorAfter[35]]).toEqual([0x44, 0x32]);
  });
});

describe('what ships beside every source', () => {
  const folders = [
    ...SAMPLES.map(({ id }) => ['samples', id] as const),
    ...OBJECTS.map(({ id }) => ['samples', id] as const),
    ...TEMPLATES.map(({ id }) => ['templates', id] as const),
  ];

  test('every folder is in the catalogue', () => {
    const there = ['samples', 'templates'].flatMap((group) =>
      readdirSync(join(resources, group)).map((id) => `${group}/${id}`),
    );
    expect(there.sort()).toEqual(folders.map((path) => path.join('/')).sort());
  });

  test.each(folders)('%s/%s: project.json names files that exist', (group, id) => {
    const project = JSON.parse(text(group, id, 'project.json')) as Record<string, unknown>;
    expect(project['title']).toEqual(expect.any(String));
    for (const key of ['mainFile', 'object', 'descriptor', 'recording', 'expected']) {
      const name = project[key];
      if (typeof name === 'string') expect(existsSync(join(resources, group, id, name))).toBe(true);
    }
  });

  test.each(folders)('%s/%s: the object has BTF and no path of the machine it was built on', (group, id) => {
    const object = file(group, id, 'driver.bpf.o');
    expect(elfSection(object, '.BTF')?.length).toBeGreaterThan(100);
    expect(object.toString('latin1')).not.toMatch(/\/(work|home|root|tmp|usr)\//);
  });

  test.skipIf(spawnSync('clang-19', ['--version']).status !== 0)(
    'building again gives the same objects (needs clang-19)',
    () => {
      const work = mkdtempSync(join(tmpdir(), 'samples-'));
      try {
        const flags = [
          '-O2',
          '-g',
          '-target',
          'bpf',
          '-mcpu=v3',
          '-nostdinc',
          `-I${join(resources, 'include')}`,
        ];
        for (const [group, id] of folders) {
          const out = join(work, 'again.o');
          const run = spawnSync('clang-19', [...flags, '-c', 'driver.bpf.c', '-o', out], {
            cwd: join(resources, group, id),
          });
          expect(run.stderr.toString()).toBe('');
          // line information names the folder; the code and the types must not differ
          for (const section of [
            '.text',
            'struct_ops/hid_device_event',
            'struct_ops/hid_rdesc_fixup',
            'syscall',
            'socket',
            '.rodata',
          ])
            expect(elfSection(readFileSync(out), section)).toEqual(
              elfSection(file(group, id, 'driver.bpf.o'), section),
            );
        }
      } finally {
        rmSync(work, { recursive: true });
      }
    },
  );
});
