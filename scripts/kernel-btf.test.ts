import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REPOSITORY, sharedPath } from '../src/main/engine/testing/shared.ts';
import {
  Kind,
  layoutOf,
  readBtf,
  sizeOf,
  stripTypedefs,
  typeAt,
  writeBtf,
  type BtfType,
} from './lib/btf-blob.ts';

const kernels = resolve(REPOSITORY, 'resources/kernels');
const load = (version: string): BtfType[] => readBtf(readFileSync(resolve(kernels, `${version}.btf`)));
const real = sharedPath('data/btf/vmlinux-6.12.117.btf');
const VERSIONS = ['6.1', '6.6', '6.10', '6.12', '6.18'];

function named(types: readonly BtfType[], kinds: readonly number[]): Map<string, BtfType> {
  const found = new Map<string, BtfType>();
  for (const type of types)
    if (kinds.includes(type.kind) && type.name !== '' && !found.has(type.name)) found.set(type.name, type);
  return found;
}

const functions = (types: readonly BtfType[]): Map<string, BtfType> => named(types, [Kind.FUNC]);

/** The C spelling of a type, as far as a signature needs it; the names of integers differ between compilers, so their shape is used. */
function spell(types: readonly BtfType[], id: number): string {
  if (id === 0) return 'void';
  const type = typeAt(types, id);
  switch (type.kind) {
    case Kind.PTR:
      return spell(types, type.type) + '*';
    case Kind.CONST:
      return 'const ' + spell(types, type.type);
    case Kind.INT:
      return `int${type.size}:${type.extra >>> 24}`;
    case Kind.TYPEDEF:
      return type.name;
    case Kind.STRUCT:
    case Kind.FWD:
      return (type.flag && type.kind === Kind.FWD ? 'union ' : 'struct ') + type.name;
    case Kind.UNION:
      return 'union ' + type.name;
    case Kind.ENUM:
    case Kind.ENUM64:
      return 'enum ' + type.name;
    case Kind.FUNC_PROTO:
      return `${spell(types, type.type)}(${type.parameters.map((p) => spell(types, p.type)).join(',')})`;
    case Kind.ARRAY:
      return `${spell(types, type.type)}[${type.length}]`;
    default:
      return spell(types, type.type);
  }
}

const signature = (types: readonly BtfType[], func: BtfType): string => {
  const prototype = typeAt(types, func.type);
  const parameters = prototype.parameters.map((p) => `${spell(types, p.type)} ${p.name}`);
  return `${spell(types, prototype.type)}(${parameters.join(', ')})`;
};

describe.skipIf(real === undefined)(
  'the 6.12 declarations against the BTF of a real 6.12.117 (needs ../shared)',
  () => {
    const kernel = real === undefined ? [] : readBtf(readFileSync(real));
    const ours = load('6.12');

    test('every struct and union has the real size and its members the real names, offsets and sizes', () => {
      const theirs = named(kernel, [Kind.STRUCT, Kind.UNION]);
      const differences: string[] = [];
      let compared = 0;
      for (const [name, type] of named(ours, [Kind.STRUCT, Kind.UNION])) {
        const match = theirs.get(name);
        if (match === undefined) {
          differences.push(`${name}: the real kernel has no such type`);
          continue;
        }
        if (match.size !== type.size) differences.push(`${name}: size ${type.size}, really ${match.size}`);
        const mine = layoutOf(ours, type);
        if (mine.length === 1 && mine[0]?.name === '__opaque') continue;
        const show = (members: typeof mine): string[] =>
          members.map((m) => `${m.name} at ${m.offset} (${m.size} bits)`);
        if (show(mine).join() !== show(layoutOf(kernel, match)).join())
          differences.push(`${name}: ${firstDifference(show(mine), show(layoutOf(kernel, match)))}`);
        compared += mine.length;
      }
      expect(differences).toEqual([]);
      expect(compared).toBeGreaterThan(2000);
    });

    test('every function has the real parameters, by name and type', () => {
      const theirs = functions(kernel);
      const differences: string[] = [];
      for (const [name, func] of functions(ours)) {
        const match = theirs.get(name);
        if (match === undefined) differences.push(`${name}: not in the real kernel`);
        else if (signature(ours, func) !== signature(kernel, match))
          differences.push(`${name}: ${signature(ours, func)}, really ${signature(kernel, match)}`);
      }
      expect(differences).toEqual([]);
      expect(functions(ours).size).toBeGreaterThan(450);
    });

    test('every named enumeration has the real values', () => {
      const theirs = named(kernel, [Kind.ENUM, Kind.ENUM64]);
      const differences: string[] = [];
      for (const [name, type] of named(ours, [Kind.ENUM, Kind.ENUM64])) {
        const show = (e: BtfType | undefined): string =>
          e?.enumerators.map((v) => `${v.name}=${v.value}`).join() ?? 'absent';
        if (show(type) !== show(theirs.get(name))) differences.push(name);
      }
      expect(differences).toEqual([]);
    });

    test('reading and writing the real blob keeps every type', () => {
      expect(readBtf(writeBtf(kernel))).toEqual(kernel);
    });
  },
);

function firstDifference(mine: readonly string[], theirs: readonly string[]): string {
  const at = mine.findIndex((text, i) => text !== theirs[i]);
  return `${at < 0 ? 'members end' : mine[at]}, really ${theirs[at < 0 ? mine.length : at]}`;
}

describe('the BTF of the simulated kernels', () => {
  test.each(VERSIONS)(
    '%s is self-contained: references resolve, no helper of the build is left',
    (version) => {
      expect(existsSync(resolve(kernels, `${version}.btf`))).toBe(true);
      const types = load(version);
      for (const type of types.slice(1)) {
        typeAt(types, type.type);
        for (const m of type.members) typeAt(types, m.type);
        for (const p of type.parameters) typeAt(types, p.type);
        expect(type.name).not.toMatch(/^(WIDE_|keep_)/);
        if (type.kind === Kind.FUNC) expect(typeAt(types, type.type).kind).toBe(Kind.FUNC_PROTO);
        if (type.kind === Kind.DATASEC) {
          expect(type.name).toBe('.data..percpu');
          for (const variable of type.variables) expect(variable.size).toBe(sizeOf(types, variable.type));
        }
      }
    },
  );

  test('struct hid_device grows by the members each version added', () => {
    const members = (version: string): string[] => {
      const device = named(load(version), [Kind.STRUCT]).get('hid_device');
      return device?.members.map((m) => m.name) ?? [];
    };
    expect(members('6.1')).not.toContain('bpf');
    expect(members('6.6')).toContain('bpf');
    expect(members('6.12')).not.toContain('bpf_rdesc');
    expect(members('6.18').slice(0, 3)).toEqual(['dev_rdesc', 'bpf_rdesc', 'rdesc']);
  });

  test('HID-BPF is absent in 6.1, fmod_ret in 6.6 and 6.10, struct_ops from 6.12', () => {
    const has = (version: string): string[] => {
      const types = load(version);
      const names = [...functions(types).keys(), ...named(types, [Kind.STRUCT]).keys()];
      return [
        'hid_bpf_get_data',
        'hid_bpf_device_event',
        'hid_bpf_attach_prog',
        'hid_bpf_input_report',
        'hid_bpf_ops',
        'hid_bpf_try_input_report',
        'bpf_struct_ops_hid_bpf_ops',
      ].filter((n) => names.includes(n));
    };
    expect(has('6.1')).toEqual([]);
    expect(has('6.6')).toEqual(['hid_bpf_get_data', 'hid_bpf_device_event', 'hid_bpf_attach_prog']);
    expect(has('6.10')).toEqual([...has('6.6'), 'hid_bpf_input_report']);
    const structOps = [
      'hid_bpf_get_data',
      'hid_bpf_input_report',
      'hid_bpf_ops',
      'hid_bpf_try_input_report',
      'bpf_struct_ops_hid_bpf_ops',
    ];
    expect(has('6.12')).toEqual(structOps);
    expect(has('6.18')).toEqual(structOps);
  });

  test('kfuncs carry the tag, other functions do not', () => {
    const types = load('6.12');
    const tagged = new Set(
      types
        .filter((t) => t.kind === Kind.DECL_TAG && t.name === 'bpf_kfunc')
        .map((t) => typeAt(types, t.type).name),
    );
    for (const name of [
      'hid_bpf_get_data',
      'bpf_iter_num_new',
      'bpf_rcu_read_lock',
      'bpf_wq_init',
      'bpf_obj_new_impl',
      'bpf_task_from_pid',
    ])
      expect(tagged).toContain(name);
    expect(tagged).not.toContain('hid_hw_raw_request');
    for (const tag of types.filter((t) => t.kind === Kind.DECL_TAG)) expect(tag.extra | 0).toBe(-1);
  });

  const list = sharedPath('data/abi/kfuncs-by-program-type.json');
  test.skipIf(list === undefined)(
    'every kfunc of 6.18 is there, but for those that modules bring along (needs ../shared)',
    () => {
      const byType = JSON.parse(readFileSync(list!, 'utf8')) as Record<string, string[]>;
      const modules =
        /^(bbr_|bpf_ct_|bpf_skb_ct_|bpf_xdp_ct_|bpf_xdp_get_xfrm_state$|bpf_xdp_xfrm_state_release$)/;
      const wanted = new Set(
        Object.values(byType)
          .flat()
          .filter((name) => !modules.test(name)),
      );
      const known = functions(load('6.18'));
      expect([...wanted].filter((name) => !known.has(name))).toEqual([]);
      expect(wanted.size).toBeGreaterThan(150);
    },
  );

  test('member types reach through: hid_bpf_ops.hid_device_event takes a context, a report type and a u64', () => {
    const types = load('6.12');
    const member = named(types, [Kind.STRUCT])
      .get('hid_bpf_ops')
      ?.members.find((m) => m.name === 'hid_device_event');
    const pointer = stripTypedefs(types, member?.type ?? 0);
    expect(spell(types, pointer.type)).toBe('int4:1(struct hid_bpf_ctx*,enum hid_report_type,u64)');
  });
});
