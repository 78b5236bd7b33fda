import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { Btf, BtfBuilder, BtfKind, essentialName } from './index.ts';

const vmlinux = sharedPath('data/btf/vmlinux-6.12.117.btf');

describe.skipIf(vmlinux === undefined)('a kernel’s BTF (needs ../shared/data/btf)', () => {
  const bytes = vmlinux === undefined ? new Uint8Array() : new Uint8Array(readFileSync(vmlinux));

  it('opens and finds a type within 150 ms', () => {
    // The processor's time, not the clock's: other processes may be busy.
    const start = process.cpuUsage();
    const btf = Btf.parse(bytes);
    expect(btf.findByNameKind('hid_bpf_ops', BtfKind.STRUCT)).toBeGreaterThan(0);
    const { user, system } = process.cpuUsage(start);
    const elapsed = (user + system) / 1000;
    expect(elapsed).toBeLessThan(150);
  });

  it('finds by name and kind what a linear search finds, for every name', () => {
    const btf = Btf.parse(bytes);
    const first = new Map<string, number>();
    for (let id = 1; id < btf.typeCount; id++) {
      const key = `${btf.kindOf(id)} ${btf.nameOf(id)}`;
      if (btf.nameOf(id) !== '' && !first.has(key)) first.set(key, id);
    }
    let wrong = 0;
    for (const [key, id] of first) {
      const space = key.indexOf(' ');
      const kind = Number(key.slice(0, space)) as BtfKind;
      if (btf.findByNameKind(key.slice(space + 1), kind) !== id) wrong++;
    }
    expect(first.size).toBeGreaterThan(20_000);
    expect(wrong).toBe(0);
  });

  it('knows the layout of struct hid_bpf_ops of Linux 6.12', () => {
    const btf = Btf.parse(bytes);
    const ops = btf.typeOfKind(btf.findByNameKind('hid_bpf_ops', BtfKind.STRUCT)!, BtfKind.STRUCT);
    expect(ops).toMatchObject({ name: 'hid_bpf_ops', size: 64 });
    expect(ops?.members.map((m) => [m.name, m.bitOffset / 8])).toEqual([
      ['hid_id', 0],
      ['flags', 4],
      ['list', 8],
      ['hid_device_event', 24],
      ['hid_rdesc_fixup', 32],
      ['hid_hw_request', 40],
      ['hid_hw_output_report', 48],
      ['hdev', 56],
    ]);
  });
});

describe('BTF names', () => {
  it('drops the flavor of a name and nothing else', () => {
    expect(essentialName('task_struct___old')).toBe('task_struct');
    expect(essentialName('a___b___c')).toBe('a___b');
    expect(essentialName('___flavor')).toBe('___flavor');
    expect(essentialName('a____b')).toBe('a____b');
    expect(essentialName('plain')).toBe('plain');
  });
});

describe('split BTF', () => {
  const baseBuilder = new BtfBuilder();
  const int = baseBuilder.int('int', 4, { encoding: 1 });
  baseBuilder.struct('shared', 4, [{ name: 'a', type: int, bitOffset: 0 }]);
  const base = Btf.parse(baseBuilder.finish());
  const builder = new BtfBuilder(base);
  const own = builder.struct('module_only', 8, [
    { name: 'a', type: int, bitOffset: 0 },
    { name: 'own', type: base.findByNameKind('shared', BtfKind.STRUCT)!, bitOffset: 32 },
  ]);
  const flavor = builder.struct('shared___v2', 4, [{ name: 'b', type: int, bitOffset: 0 }]);
  const module = Btf.parse(builder.finish(), { base });

  it('continues the ids and strings of its base', () => {
    expect([module.firstId, own, module.typeCount]).toEqual([
      base.typeCount,
      base.typeCount,
      base.typeCount + 2,
    ]);
    expect(module.typeOfKind(own, BtfKind.STRUCT)?.members.map(({ name }) => name)).toEqual(['a', 'own']);
    expect(module.nameOf(int)).toBe('int');
    expect(module.sizeOf(own)).toBe(8);
    expect(module.alignOf(own)).toBe(4);
  });

  it('finds names in both, the base first', () => {
    expect(module.findByNameKind('shared', BtfKind.STRUCT)).toBe(2);
    expect(module.findByNameKind('module_only', BtfKind.STRUCT)).toBe(own);
    expect(base.findByNameKind('module_only', BtfKind.STRUCT)).toBeUndefined();
    expect(module.idsByEssentialName('shared')).toEqual([2, flavor]);
  });

  it('refuses ids and strings beyond both', () => {
    const broken = builder.finish();
    new DataView(broken.buffer).setUint32(24 + 12 + 4, 99, true);
    expect(() => Btf.parse(broken, { base })).toThrow(`BTF type [${own}] STRUCT: type id 99 does not exist`);
    expect(() => Btf.parse(builder.finish())).toThrow(EngineError);
    expect(() => module.typeById(99)).toThrow('BTF type id 99 does not exist, ids go up to');
  });
});

describe('damaged BTF', () => {
  it('is read or refused whatever its bytes are, never by another error', () => {
    const builder = new BtfBuilder();
    const int = builder.int('int', 4);
    builder.pointer(builder.struct('s', 4, [{ name: 'm', type: int, bitOffset: 0 }]));
    builder.functionProto(int, [{ name: 'p', type: int }]);
    builder.enum('e', [{ name: 'A', value: 1n }]);
    const good = builder.finish();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 }),
        fc.nat({ max: good.length }),
        (changes, length) => {
          const bytes = good.slice(0, length);
          for (const [at, value] of changes) if (at < length) bytes[at] = value;
          try {
            const btf = Btf.parse(bytes);
            for (const { id } of btf.types()) {
              btf.sizeOf(id);
              btf.alignOf(id);
              btf.findByName(btf.nameOf(id));
            }
          } catch (error) {
            if (!(error instanceof EngineError)) throw error;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
