import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY, sharedPath } from '../testing/shared.ts';
import { describeObject, objectNameOf, parseObject, type ObjectDescription } from './index.ts';

function inspect(path: string): ObjectDescription {
  return describeObject(parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) }));
}

const samples = join(REPOSITORY, 'resources/samples');

describe('what inspect shows of the sample drivers', () => {
  it('names devices, hooks, tables and kernel functions of the pen driver', () => {
    const pen = inspect(join(samples, 'pen-fix/driver.bpf.o'));
    expect(pen.license).toBe('Dual MIT/GPL');
    expect(pen.devices).toEqual([{ bus: 3, group: 1, vendor: 0x6b1d, product: 0x0202 }]);
    expect(
      pen.programs.map(({ name, type, hook, sleepable }) => [name, type, hook, sleepable]),
    ).toContainEqual([expect.any(String), 'struct_ops', 'hid_bpf_ops.hid_rdesc_fixup', expect.any(Boolean)]);
    expect(pen.kfuncs).toContain('hid_bpf_get_data');
    expect(pen.structOps[0]).toMatchObject({ type: 'hid_bpf_ops', section: '.struct_ops.link', link: true });
    expect(pen.structOps[0]?.members[0]).toEqual({ name: 'hid_id', value: '0' });
  });

  it('describes every sample and writes nothing that JSON cannot hold', () => {
    for (const name of readdirSync(samples)) {
      const path = join(samples, name, 'driver.bpf.o');
      if (!existsSync(path)) continue;
      const description = inspect(path);
      expect(JSON.parse(JSON.stringify(description))).toEqual(description);
      expect(description.programs.length).toBeGreaterThan(0);
      for (const program of description.programs) expect(program.type).not.toBe('unspec');
    }
  });
});

const skeletons = sharedPath('data/light-skeletons');
const cases = sharedPath('data/hid-bpf/cases');

describe.skipIf(skeletons === undefined || cases === undefined)(
  'what inspect shows (needs ../shared/data)',
  () => {
    it('shows globals with their types and first values', () => {
      const { globals } = inspect(join(skeletons!, 'g03_globals/g03_globals.bpf.o'));
      const values = new Map(globals.map(({ name, type, value, section }) => [name, [section, type, value]]));
      const source = readFileSync(join(skeletons!, 'g03_globals/g03_globals.bpf.c'), 'utf8');
      const initial = /cfg_name\[16\]\s*=\s*"([^"]+)"/.exec(source)?.[1];
      expect(initial).toBeDefined();
      expect(values.get('cfg_name')).toEqual(['.rodata', 'volatile const char[16]', JSON.stringify(initial)]);
      expect(values.get('zarr')?.[2]).toBe('{}');
      expect(values.get('custom_d')?.[0]).toBe('.data.extra');
    });

    it('shows maps with the types of keys and values', () => {
      const { maps } = inspect(join(cases!, 'case10-maps/driver.bpf.o'));
      expect(maps.map(({ name, type }) => [name, type])).toEqual([
        ['keys', 'hash'],
        ['per_slot', 'percpu_array'],
        ['per_pair', 'percpu_hash'],
        ['errors', 'array'],
      ]);
      expect(maps[0]).toMatchObject({
        section: '.maps',
        pinned: false,
        keyType: expect.any(String) as string,
      });
    });

    it('says what a driver takes from the kernel by name', () => {
      const { programs } = inspect(join(cases!, 'case25-core-names/driver.bpf.o'));
      const targets = programs.flatMap((program) => program.coreRelocations.map(({ target }) => target));
      expect(targets.some((target) => /^<byte_off> \[\d+\] struct hid_device\.name/.test(target))).toBe(true);
    });
  },
);
