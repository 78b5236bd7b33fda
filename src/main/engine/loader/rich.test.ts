import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { viewOf } from '../base/index.ts';
import { checkBtf } from '../btf/index.ts';
import { parseObject, type ObjectSpec } from '../elf/index.ts';
import { decodeInsns } from '../isa/index.ts';
import { testKernel, simulatedBtf } from '../kernel/testing/harness.ts';
import { loadFailureOf, loadObject, type LoadOptions, type LoadedObject } from './index.ts';
import { FakeKernel } from './testing/fake-kernel.ts';

const clang = ['/usr/bin/clang-19', '/usr/bin/clang'].find((path) => existsSync(path));
const source = join(dirname(fileURLToPath(import.meta.url)), 'testing/rich.bpf.c');

function compile(...flags: string[]): ObjectSpec {
  const folder = mkdtempSync(join(tmpdir(), 'hidsmith-rich-'));
  try {
    const object = join(folder, 'rich.bpf.o');
    execFileSync(clang!, ['-O2', '-g', '-target', 'bpf', ...flags, '-c', source, '-o', object], {
      stdio: 'pipe',
    });
    return parseObject(new Uint8Array(readFileSync(object)), { name: 'rich_object' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(clang === undefined)('an object with everything in it (needs clang)', () => {
  const spec = clang === undefined ? (undefined as unknown as ObjectSpec) : compile('-mcpu=v3');
  const options = (): LoadOptions => ({
    kernelBtf: simulatedBtf(),
    kernelVersion: 0x060c75,
    kconfig:
      '# a comment\nCONFIG_BPF=y\nCONFIG_HID=m\nCONFIG_NAME="longer than eight"\nCONFIG_HZ=250\nCONFIG_OTHER=7\n',
    kallsyms: (name) => (name === 'some_symbol' ? 0xffff_ffff_8123_4560n : undefined),
  });

  it('has libbpf’s maps in libbpf’s order', () => {
    expect(
      spec.maps.map(({ name, type, valueSize, maxEntries, flags }) => [
        name,
        type,
        valueSize,
        maxEntries,
        flags,
      ]),
    ).toEqual([
      ['inner_b', 2, 8, 4, 0],
      ['inner_a', 2, 8, 4, 0],
      ['outer', 12, 4, 8, 0],
      ['jumps', 3, 4, 4, 0],
      ['ring', 27, 0, 8192, 0],
      ['pinned', 1, 8, 3, 1],
      ['rich_obj.data', 2, 8, 1, 0x400],
      ['rich_obj.rodata', 2, 4, 1, 0x480],
      ['.data.mine', 2, 4, 1, 0x400],
      ['.rodata.mine', 2, 3, 1, 0x480],
      ['rich_obj.bss', 2, 16, 1, 0x400],
      ['rich_ob.kconfig', 2, 25, 1, 0x480],
    ]);
    const outer = spec.maps[2];
    expect(outer?.inner).toMatchObject({
      name: 'outer.inner',
      type: 2,
      maxEntries: 4,
      keySize: 4,
      valueSize: 8,
    });
    expect(outer?.slots).toEqual([
      { index: 2, kind: 'map', name: 'inner_b' },
      { index: 5, kind: 'map', name: 'inner_a' },
    ]);
    expect(spec.maps[3]?.slots.map(({ index, name }) => [index, name])).toEqual([
      [1, 'entry_one'],
      [3, 'entry_two'],
    ]);
    expect(spec.maps[5]?.pinByName).toBe(true);
  });

  it('has its externs sorted as libbpf does, with their places in .kconfig', () => {
    expect(
      spec.externs.map((extern) => [
        extern.name,
        extern.kind,
        extern.weak,
        extern.kind === 'kconfig' ? extern.offset : -1,
      ]),
    ).toEqual([
      ['CONFIG_HZ', 'kconfig', true, 0],
      ['CONFIG_HID', 'kconfig', true, 8],
      ['LINUX_KERNEL_VERSION', 'kconfig', false, 12],
      ['CONFIG_BPF', 'kconfig', true, 16],
      ['CONFIG_NAME', 'kconfig', true, 17],
      ['absent_kfunc', 'kfunc', true, -1],
      ['absent_symbol', 'ksym', true, -1],
      ['some_symbol', 'ksym', false, -1],
    ]);
    expect(spec.kconfigSize).toBe(25);
  });

  it('has BTF that the kernel takes', () => {
    const { errno, log } = checkBtf(spec.btf!.bytes, { log: true });
    expect([errno, errno === 0 ? '' : log.slice(-300)]).toEqual([0, '']);
  });

  it('is loaded with slots, values and symbols filled in', () => {
    const door = new FakeKernel();
    const object = loadObject(spec, door, options());
    expect([...object.programFds.keys()]).toEqual(['entry_one', 'entry_two', 'configured']);
    const fds = object.mapFds;
    const updates = (map: string): [number, number][] =>
      door
        .of('MAP_UPDATE_ELEM')
        .filter(({ fields }) => fields['map_fd'] === fds.get(map))
        .map(({ key, value }) => [viewOf(key).getUint32(0, true), viewOf(value).getUint32(0, true)]);
    expect(updates('outer')).toEqual([
      [2, fds.get('inner_b')],
      [5, fds.get('inner_a')],
    ]);
    expect(updates('jumps')).toEqual([
      [1, object.programFd('entry_one')],
      [3, object.programFd('entry_two')],
    ]);
    const kconfig = door
      .of('MAP_UPDATE_ELEM')
      .find(({ fields }) => fields['map_fd'] === fds.get('rich_ob.kconfig'))!.value;
    expect(viewOf(kconfig).getBigUint64(0, true)).toBe(250n);
    expect(viewOf(kconfig).getUint32(8, true)).toBe(2);
    expect(viewOf(kconfig).getUint32(12, true)).toBe(0x060c75);
    expect(kconfig[16]).toBe(1);
    expect(new TextDecoder().decode(kconfig.subarray(17, 25))).toBe('longer \0');
    const two = decodeInsns(door.of('PROG_LOAD')[2]!.insns);
    expect(two.some((insn, i) => insn.imm === (0x8123_4560 | 0) && two[i + 1]?.imm === -1)).toBe(true);
    const frozen = door.of('MAP_FREEZE').map(({ fields }) => fields['map_fd']);
    expect(frozen).toEqual(
      ['rich_obj.rodata', '.rodata.mine', 'rich_ob.kconfig'].map((name) => fds.get(name)),
    );
    object.close();
    expect([...door.open]).toEqual([]);
  });

  it('has every call and callback at the right function', () => {
    const door = new FakeKernel();
    loadObject(spec, door, options());
    const insns = decodeInsns(door.of('PROG_LOAD')[0]!.insns);
    const local = insns.flatMap((insn, at) =>
      insn.code === 0x85 && insn.src === 1 ? [at + insn.imm + 1] : [],
    );
    const callbacks = insns.flatMap((insn, at) =>
      insn.code === 0x18 && insn.src === 4 ? [at + insn.imm + 1] : [],
    );
    expect(callbacks.length).toBe(1);
    for (const target of [...local, ...callbacks]) {
      expect(target).toBeGreaterThan(0);
      expect(target).toBeLessThan(insns.length);
      // A function begins right behind the end of the one before it.
      expect(insns[target - 1]?.code === 0x95 || insns[target - 1]?.code === 0x05).toBe(true);
    }
  });

  it('refuses what libbpf refuses, with its errno', () => {
    const failure = (changed: LoadOptions): unknown => {
      try {
        loadObject(spec, new FakeKernel(), { ...options(), ...changed });
      } catch (error) {
        return loadFailureOf(error);
      }
      return undefined;
    };
    expect(failure({ kallsyms: () => undefined })).toMatchObject({ stage: 'loader', errno: -3 });
    expect(failure({ kconfig: 'CONFIG_BPF=m' })).toMatchObject({ stage: 'loader', errno: -22 });
    expect(failure({ kconfig: 'CONFIG_HZ=12abc' })).toMatchObject({ stage: 'loader', errno: -22 });
    expect(failure({ kconfig: 'CONFIG_NAME=5' })).toMatchObject({ stage: 'loader', errno: -22 });
  });

  it('sets globals by name and keeps the others', () => {
    const door = new FakeKernel();
    const object = loadObject(spec, door, { ...options(), globals: { limit: 99, counter: -2 } });
    const value = (map: string): Uint8Array =>
      door.of('MAP_UPDATE_ELEM').find(({ fields }) => fields['map_fd'] === object.mapFds.get(map))!.value;
    expect(viewOf(value('rich_obj.rodata')).getUint32(0, true)).toBe(99);
    expect(viewOf(value('rich_obj.data')).getInt32(0, true)).toBe(-2);
    expect(() => loadObject(spec, new FakeKernel(), { ...options(), globals: { limit: 2n ** 32n } })).toThrow(
      'does not fit',
    );
  });

  it('runs in the simulated kernel, where a second load finds the pinned map', () => {
    const kernel = testKernel();
    const task = kernel.openTask({});
    const load = (): LoadedObject => loadObject(spec, task, { ...options(), kernelBtf: kernel.btf });
    const object = load();
    expect(object.readGlobal('counter')[0]).toBe(5);
    object.writeGlobal('counter', 6);
    expect(object.readGlobal('counter')[0]).toBe(6);
    expect([...object.mapEntries('inner_a')].length).toBe(4);
    expect(object.readMap('outer', new Uint8Array([0, 0, 0, 0]))).toBeUndefined();
    const key = new Uint8Array([1, 0, 0, 0]);
    object.writeMap('pinned', key, new Uint8Array(8).fill(7));
    object.close();
    expect([kernel.progs.size, kernel.maps.size]).toEqual([0, 1]);
    const again = load();
    expect(again.readMap('pinned', key)).toEqual(new Uint8Array(8).fill(7));
    expect(again.deleteFromMap('pinned', key)).toBe(true);
    expect(again.deleteFromMap('pinned', key)).toBe(false);
    again.close();
    const other = loadObject(spec, task, { ...options(), kernelBtf: kernel.btf, pinRoot: '/sys/fs/bpf' });
    other.close();
    expect([kernel.progs.size, kernel.maps.size]).toEqual([0, 1]);
  });

  it.each(['-mcpu=v1', '-mcpu=v2', '-mcpu=v4', '-O1'])('reads the same with %s', (flag) => {
    const other = compile(flag);
    expect(other.maps.map(({ name }) => name)).toEqual(spec.maps.map(({ name }) => name));
    expect(other.programs.map(({ name }) => name)).toEqual(spec.programs.map(({ name }) => name));
    const door = new FakeKernel();
    loadObject(other, door, options()).close();
    expect([...door.open]).toEqual([]);
  });
});
