import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BtfKind } from '../btf/index.ts';
import { parseObject } from '../elf/index.ts';
import { TestProcess, testKernel, u32Bytes, u64Bytes } from '../kernel/testing/harness.ts';
import { loadObject, type LoadedObject } from './index.ts';

const TESTING = join(dirname(fileURLToPath(import.meta.url)), 'testing');
const COMPILERS = ['14', '15', '16', '17', '18', '19', '20', '21', '22'].filter((version) =>
  existsSync(`/usr/bin/clang-${version}`),
);

function compile(version: string, source: string, flags: readonly string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'hidsmith-compilers-'));
  try {
    const object = join(folder, 'out.bpf.o');
    const args = ['-O2', '-g', '-target', 'bpf', ...flags, '-c', join(TESTING, source), '-o', object];
    execFileSync(`/usr/bin/clang-${version}`, args, { stdio: 'pipe' });
    return new Uint8Array(readFileSync(object));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function load(bytes: Uint8Array): { process: TestProcess; object: LoadedObject } {
  const kernel = testKernel('6.12', { symbols: new Map([['some_symbol', 0xffff_ffff_8123_4560n]]) });
  const process = new TestProcess(kernel);
  const object = loadObject(parseObject(bytes, { name: 'rich_object' }), process.task, {
    kernelBtf: kernel.btf,
    kernelVersion: kernel.profile.versionCode,
    kconfig: 'CONFIG_BPF=y\nCONFIG_HID=m\nCONFIG_HZ=250\n',
    kallsyms: (name) => kernel.kallsyms.lookup(name) || undefined,
  });
  return { process, object };
}

function fdOf(object: LoadedObject, program: string): number {
  const fd = object.programFds.get(program);
  if (fd === undefined) throw new Error(`${program} was not loaded`);
  return fd;
}

const variants = COMPILERS.flatMap((version) => [
  [version, ['-mcpu=v1']] as const,
  [version, ['-mcpu=v2']] as const,
  [version, ['-mcpu=v3']] as const,
  [version, ['-O1', '-mcpu=v3']] as const,
  [version, ['-Os', '-mcpu=v3']] as const,
  ...(Number(version) >= 18 ? [[version, ['-mcpu=v4']] as const] : []),
]);

describe.skipIf(COMPILERS.length === 0)('objects of every compiler that is here (needs clang-NN)', () => {
  it.each(variants)('clang-%s %j: everything that libbpf opens is loaded', (version, flags) => {
    const { object } = load(compile(version, 'rich.bpf.c', flags));
    expect([...object.programFds.keys()]).toEqual(['entry_one', 'entry_two', 'configured']);
  });

  it.each(COMPILERS)('clang-%s: CO-RE relocations of all kinds give what this kernel has', (version) => {
    const { process, object } = load(compile(version, 'core.bpf.c', ['-mcpu=v3']));
    const { rc, context } = process.run(fdOf(object, 'core'), new Uint8Array(18 * 8));
    expect(rc).toBe(0);
    const out = [...new BigUint64Array(context.buffer, context.byteOffset, 18)].map(Number);
    const { btf } = process.kernel;
    const idOf = (name: string): number => btf.findByNameKind(name, BtfKind.STRUCT) ?? 0;
    const offsetOf = (struct: string, name: string): number => {
      const type = btf.typeOfKind(idOf(struct), BtfKind.STRUCT);
      return (type?.members.find((member) => member.name === name)?.bitOffset ?? NaN) / 8;
    };
    const [pid, comm, exists, absent, signed, left, right, local, target] = out;
    expect([pid, comm, exists, absent, signed]).toEqual([offsetOf('task_struct', 'pid'), 16, 1, 0, 1]);
    // gpl_compatible is bit 2 of the u16 at offset 2 of struct bpf_prog: 61 bits go left, 63 right.
    expect([left, right]).toEqual([61, 63]);
    expect(local).toBeGreaterThan(0);
    expect(target).toBe(idOf('bpf_map'));
    const matches = Number(version) >= 15 ? [1, 0] : [0, 0];
    expect(out.slice(9)).toEqual([
      ...[1, 0, btf.sizeOf(idOf('bpf_map')), ...matches],
      ...[1, 1, 0, offsetOf('bpf_map', 'value_size')],
    ]);
  });
});

describe('a statically linked object', () => {
  const bytes = new Uint8Array(readFileSync(join(TESTING, 'linked.bpf.o')));

  it('has the maps, globals and functions of both halves, static ones apart, weak ones once', () => {
    const { process, object } = load(bytes);
    expect([...object.programFds.keys()]).toEqual(['first', 'second']);
    expect([...object.mapFds.keys()].filter((name) => !name.includes('.'))).toEqual([
      'shared_map',
      'other_map',
    ]);
    expect(process.run(fdOf(object, 'first'))).toMatchObject({ rc: 0, retval: 5 + 10 + 101 + 1 });
    const map = object.mapFds.get('shared_map') ?? -1;
    expect(process.lookup(map, u32Bytes(1), 8)).toEqual(u64Bytes(6n));
    expect(process.run(fdOf(object, 'second'))).toMatchObject({ rc: 0, retval: 3 * 20 + 102 + 6 });
  });
});
