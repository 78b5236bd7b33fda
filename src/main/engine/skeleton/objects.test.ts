import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Errno } from '../abi/index.ts';
import { type ObjectSpec } from '../elf/index.ts';
import { loadObject } from '../loader/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { hidAttacher } from './hid-attacher.ts';
import { loadSkeleton, makeLightSkeleton } from './index.ts';
import {
  Machine,
  NOTHING,
  REAL_BTF,
  btfOf,
  expectedSums,
  openObject,
  sampleObject,
  testObject,
  testObjects,
} from './testing/machine.ts';

const SAMPLES = [
  'dial-map',
  'keypad-remap',
  'mouse-swap-buttons',
  'pen-fix',
  'socket-count',
  'syscall-adder',
];
/** Objects whose hooks are not in the types that the application brings. */
const NEEDS_REAL_TYPES = ['kernel_functions', 'g06_core', 'g07_kfunc'];
/** Objects for Linux 6.3 to 6.10. */
const OLDER_KERNEL = ['hid_hooks', 'g13_hid_fmodret'];
/** An object for a layout of hid_bpf_ops that no kernel has: its loader is refused (header.kernel.test.ts). */
const NO_KERNEL = 'hid_swapped';

const vectors = sharedPath('data/light-skeletons');
const everything: readonly (readonly [string, () => ObjectSpec])[] = [
  ...testObjects().map((name) => [name, () => testObject(name)] as const),
  ...SAMPLES.map((id) => [id, () => sampleObject(id)] as const),
  ...(vectors === undefined
    ? []
    : readdirSync(vectors).map(
        (name) => [name, () => openObject(join(vectors, name, `${name}.bpf.o`))] as const,
      )),
].filter(([name]) => name !== NO_KERNEL && (REAL_BTF !== undefined || !NEEDS_REAL_TYPES.includes(name)));
const objects = everything.filter(([name]) => !OLDER_KERNEL.includes(name));
const olderObjects = everything.filter(([name]) => OLDER_KERNEL.includes(name));

function machineFor(name: string): Machine {
  if (OLDER_KERNEL.includes(name)) return new Machine('6.6');
  return NEEDS_REAL_TYPES.includes(name) && REAL_BTF !== undefined
    ? new Machine('6.12', btfOf(REAL_BTF))
    : new Machine();
}

function sum(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('loaders of many kinds of objects', () => {
  const expected = expectedSums();
  it.each(Object.keys(expected))('has the bytes that bpftool gives %s', (name) => {
    const { insns, data } = makeLightSkeleton(testObject(name), name);
    expect(sum(insns)).toBe(expected[name]?.insns);
    if (expected[name]?.data !== undefined) expect(sum(data)).toBe(expected[name].data);
  });

  it.each(objects)('%s: loads the programs and maps of a normal load', (name, open) => {
    const [machine, twin] = [machineFor(name), machineFor(name)];
    const spec = open();
    const { error, retval, running } = loadSkeleton(makeLightSkeleton(spec), machine.task);
    expect({ error, retval }).toEqual({ error: 0, retval: 0 });
    const { kernel } = twin;
    const normal = loadObject(spec, twin.task, {
      kernelBtf: kernel.btf,
      kernelVersion: kernel.profile.versionCode,
      cpus: kernel.cpus,
      kconfig: 'CONFIG_HZ=250',
      kallsyms: (symbol) => kernel.kallsyms.lookup(symbol),
    });
    const programs = (of: Machine): string[] =>
      of.kernel.progs
        .values()
        .map(({ name: program, type, spec: { insns } }) => `${program} ${type} ${insns.length}`)
        .filter((program) => !program.startsWith('at_'))
        .sort();
    const maps = (of: Machine): string[] =>
      of.kernel.maps
        .values()
        .filter(({ type }) => type !== 26)
        .map(
          ({ name: map, type, keySize, valueSize, flags }) =>
            `${map} ${type} ${keySize} ${valueSize} ${flags}`,
        )
        .sort();
    expect(programs(machine)).toEqual(programs(twin));
    expect(maps(machine)).toEqual(maps(twin));
    for (const program of normal.programFds.keys()) expect(running!.programFd(program)).toBeGreaterThan(0);
    running!.close();
    expect(machine.task.fds.size).toBe(0);
    if (!spec.maps.some((map) => map.type === 3)) expect(machine.kernel.objectCounts).toEqual(NOTHING);
  });
});

/** Makes the `broken`th bpf() call of a program fail from now on; tells whether it has come. */
function breakCall(machine: Machine, broken: number): () => boolean {
  let seen = 0;
  let hit = false;
  machine.kernel.interceptor = ({ nested }) => {
    if (!nested || seen++ !== broken) return undefined;
    hit = true;
    return -Errno.EMFILE;
  };
  return () => hit;
}

describe('a failing bpf() call of a loader', () => {
  const all = [...objects, ...olderObjects];
  it.each(all)(
    '%s: any one gives its error back and leaves nothing open',
    { timeout: 120_000 },
    (name, open) => {
      const skeleton = makeLightSkeleton(open());
      const machine = machineFor(name);
      for (let broken = 0; ; broken++) {
        const wasHit = breakCall(machine, broken);
        const { retval, running } = loadSkeleton(skeleton, machine.task);
        if (!wasHit()) {
          expect(running).toBeDefined();
          expect(broken).toBeGreaterThan(0);
          return;
        }
        expect({ broken, retval, fds: machine.task.fds.size }).toEqual({
          broken,
          retval: -Errno.EMFILE,
          fds: 0,
        });
        expect(machine.kernel.objectCounts).toEqual(NOTHING);
      }
    },
  );

  const drivers = objects.filter(([, open]) => makeLightSkeleton(open()).tables.length > 0);
  it.each(drivers)('%s: neither does one of its attach programs', (name, open) => {
    const skeleton = makeLightSkeleton(open());
    const machine = machineFor(name);
    const device = machine.mouse();
    const { running } = loadSkeleton(skeleton, machine.task);
    const before = machine.task.fds.size;
    for (let broken = 0; ; broken++) {
      const wasHit = breakCall(machine, broken);
      const { result } = running!.attachAll(device.id);
      if (!wasHit()) {
        expect(broken).toBe(4 * skeleton.tables.length);
        expect(result).toBeGreaterThan(0);
        return;
      }
      expect({ broken, result, fds: machine.task.fds.size }).toEqual({
        broken,
        result: -Errno.EMFILE,
        fds: before,
      });
      expect(machine.kernel.objectCounts.links).toBe(0);
    }
  });
});

describe('the loader of the program that attaches fmod_ret programs', () => {
  it('is refused where there is no such kernel function, and leaves nothing', () => {
    const { insns, data } = hidAttacher();
    const machine = new Machine('6.12');
    const base = makeLightSkeleton(sampleObject('syscall-adder'));
    const skeleton = { ...base, insns, data, maps: [], programs: base.programs.slice(0, 1), contextSize: 28 };
    expect(loadSkeleton(skeleton, machine.task)).toMatchObject({ error: 0, retval: -Errno.ENOENT });
    expect(machine.task.fds.size).toBe(0);
    expect(machine.kernel.objectCounts).toEqual(NOTHING);
  });
});
