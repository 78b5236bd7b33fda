import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../testing/shared.ts';
import { Btf, BtfKind, essentialName } from './index.ts';

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
