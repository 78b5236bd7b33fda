// What the engine's own rooms make of the generated BTF: it is valid, and objects relocate against it as against a real kernel's.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  ATTR_FIELDS,
  attrValue,
  BpfCmd,
  KERNEL_PROFILES,
  type BpfSyscalls,
  type CallerMemory,
} from '../src/main/engine/abi/index.ts';
import { Btf, BtfKind, checkBtf } from '../src/main/engine/btf/index.ts';
import { objectNameOf, parseObject } from '../src/main/engine/elf/index.ts';
import { decodeInsns } from '../src/main/engine/isa/index.ts';
import { loadFailureOf, loadObject } from '../src/main/engine/loader/index.ts';
import { REPOSITORY, sharedPath } from '../src/main/engine/testing/shared.ts';

const resources = resolve(REPOSITORY, 'resources');
const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(path));
const kernel = (version: string): Uint8Array => bytesOf(join(resources, 'kernels', `${version}.btf`));

/** A door that says yes and keeps what matters of each call: program instructions and type ids, by name. */
class Recorder implements BpfSyscalls {
  readonly calls: string[] = [];
  readonly #types: Btf;
  #next = 3;

  constructor(types: Btf) {
    this.#types = types;
  }

  bpf(cmd: number, attr: Uint8Array, memory: CallerMemory): number {
    const value = (name: string): bigint => {
      const field = (ATTR_FIELDS.get(cmd) ?? []).find((f) => f.name === name);
      if (field === undefined || field.offset + field.size > attr.length) return 0n;
      const found = attrValue(attr, field);
      return typeof found === 'string' ? 0n : BigInt(found);
    };
    const name = (id: bigint): string => (id === 0n ? '-' : this.#types.nameOf(Number(id)));
    if (cmd === BpfCmd.PROG_LOAD) {
      const insns = decodeInsns(
        memory.read(value('insns'), Number(value('insn_cnt')) * 8) ?? new Uint8Array(),
      );
      const text = insns.map(({ code, dst, src, off, imm }) => {
        const typed = (code === 0x85 && src === 2) || (code === 0x18 && src === 3);
        return [code, dst, src, off, typed ? name(BigInt(imm)) : imm].join(' ');
      });
      this.calls.push([cmd, name(value('attach_btf_id')), value('expected_attach_type'), ...text].join('\n'));
    } else if (cmd === BpfCmd.MAP_CREATE) {
      this.calls.push([cmd, value('value_size'), name(value('btf_vmlinux_value_type_id'))].join(' '));
    } else {
      this.calls.push(String(cmd));
    }
    return this.#next++;
  }

  close(): number {
    return 0;
  }
}

/** The calls of a load, or the stage and number at which it failed. */
function load(path: string, types: Btf): string[] {
  const door = new Recorder(types);
  try {
    const spec = parseObject(bytesOf(path), { name: objectNameOf(path) });
    const object = loadObject(spec, door, {
      kernelBtf: types,
      hidId: 7,
      kernelVersion: 0x060c75,
      kconfig: 'CONFIG_HZ=250',
    });
    for (const map of object.structOpsMaps) object.attachStructOps(map);
    object.close();
  } catch (error) {
    const failure = loadFailureOf(error);
    if (failure === undefined) throw error;
    door.calls.push(`failed at ${failure.stage}: ${failure.errno}`);
  }
  return door.calls;
}

describe('the BTF of the simulated kernels in the engine', () => {
  test.each(['6.1', '6.6', '6.10', '6.12', '6.18'])('%s is what BPF_BTF_LOAD would take', (version) => {
    expect(checkBtf(kernel(version), { log: true }).errno).toBe(0);
  });

  test.each(KERNEL_PROFILES)('$name has the sizes and limits of its profile', (profile) => {
    const types = Btf.parse(kernel(profile.name));
    const size = (name: string, kind: BtfKind = BtfKind.STRUCT): number =>
      types.sizeOf(types.findByNameKind(name, kind) ?? 0) ?? 0;
    const limit = (name: string, last: string): number => {
      const type = types.typeById(types.findByNameKind(name, BtfKind.ENUM) ?? 0);
      if (type.kind !== BtfKind.ENUM) return -1;
      return Number(type.values.find((entry) => entry.name === last)?.value ?? type.values.length);
    };
    expect({
      attrSize: size('bpf_attr', BtfKind.UNION),
      info: {
        prog: size('bpf_prog_info'),
        map: size('bpf_map_info'),
        btf: size('bpf_btf_info'),
        link: size('bpf_link_info'),
      },
      commands: limit('bpf_cmd', '__MAX_BPF_CMD'),
      mapTypes: limit('bpf_map_type', '__MAX_BPF_MAP_TYPE'),
      progTypes: limit('bpf_prog_type', '__MAX_BPF_PROG_TYPE'),
      attachTypes: limit('bpf_attach_type', '__MAX_BPF_ATTACH_TYPE'),
      helpers: limit('bpf_func_id', '__BPF_FUNC_MAX_ID'),
    }).toEqual({
      attrSize: profile.attrSize,
      info: profile.info,
      commands: profile.commands,
      mapTypes: profile.mapTypes,
      progTypes: profile.progTypes,
      attachTypes: profile.attachTypes,
      helpers: profile.helpers,
    });
  });

  const samples = readdirSync(join(resources, 'samples')).map((id) =>
    join(resources, 'samples', id, 'driver.bpf.o'),
  );
  test.each(samples)('%s loads and attaches on 6.12 and 6.18', (path) => {
    for (const version of ['6.12', '6.18']) {
      const calls = load(path, Btf.parse(kernel(version)));
      expect(calls.filter((call) => call.startsWith('failed'))).toEqual([]);
      expect(calls.length).toBeGreaterThan(1);
    }
  });

  const real = sharedPath('data/btf/vmlinux-6.12.117.btf');
  describe.skipIf(real === undefined)('beside the BTF of a real 6.12.117 (needs ../shared)', () => {
    const groups = [
      'data/hid-bpf/cases',
      'data/hid-bpf/rejects',
      'data/hid-bpf/syscall',
      'data/light-skeletons',
    ];
    const objects = groups.flatMap((group) => {
      const path = sharedPath(group);
      if (path === undefined) return [];
      return readdirSync(path, { recursive: true })
        .map((file) => join(path, String(file)))
        .filter((file) => file.endsWith('.bpf.o'));
    });
    const theirs = real === undefined ? undefined : Btf.parse(bytesOf(real));
    const ours = Btf.parse(kernel('6.12'));

    test.each([...samples, ...objects])('%s gives the same calls, instructions and types', (path) => {
      expect(load(path, ours)).toEqual(load(path, theirs!));
    });
  });

  const tracing = sharedPath('data/light-skeletons/g13_hid_fmodret/g13_hid_fmodret.bpf.o');
  test.skipIf(tracing === undefined)(
    'a fmod_ret driver loads on 6.6 and 6.10 and finds no hook on 6.1 and 6.12 (needs ../shared)',
    () => {
      const failed = (version: string): boolean =>
        load(tracing!, Btf.parse(kernel(version))).some((call) => call.startsWith('failed'));
      expect(['6.1', '6.6', '6.10', '6.12'].map(failed)).toEqual([true, false, false, true]);
    },
  );
});
