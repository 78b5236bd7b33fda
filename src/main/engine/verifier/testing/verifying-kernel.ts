/** A door that answers with the verifier's verdicts: just enough of a kernel to load objects of the test data. */
import {
  ATTR_FIELDS,
  BpfCmd,
  MapType,
  ProgType,
  attrValue,
  type BpfSyscalls,
  type CallerMemory,
} from '../../abi/index.ts';
import { viewOf } from '../../base/index.ts';
import { Btf, BtfKind } from '../../btf/index.ts';
import { decodeInsns } from '../../isa/index.ts';
import {
  KfuncFlag,
  PRIVILEGED,
  specialFieldsOf,
  verifierProfile,
  verifyProgram,
  type KfuncInfo,
  type ProgramBtf,
  type StructOpsTarget,
  type StructWrite,
  type StructWriteVerdict,
  type VerifierInput,
  type VerifierMap,
  type VerifierResult,
} from '../index.ts';

type Fields = Record<string, number | bigint | string>;

const { ACQUIRE, RELEASE, RET_NULL, SLEEPABLE, ITER_NEW, ITER_NEXT, ITER_DESTROY } = KfuncFlag;
const HOOKS: readonly number[] = [ProgType.STRUCT_OPS];
const SYSCALL: readonly number[] = [ProgType.STRUCT_OPS, ProgType.SYSCALL];
const ALL: readonly number[] = [...SYSCALL, ProgType.TRACING, ProgType.SCHED_CLS, ProgType.SOCKET_FILTER];

/** kfuncs of 6.12: flags and program types. */
const KFUNCS: Readonly<Record<string, readonly [flags: number, types: readonly number[]]>> = {
  hid_bpf_get_data: [RET_NULL, HOOKS],
  hid_bpf_allocate_context: [ACQUIRE | RET_NULL | SLEEPABLE, SYSCALL],
  hid_bpf_release_context: [RELEASE | SLEEPABLE, SYSCALL],
  hid_bpf_hw_request: [SLEEPABLE, SYSCALL],
  hid_bpf_hw_output_report: [SLEEPABLE, SYSCALL],
  hid_bpf_input_report: [SLEEPABLE, SYSCALL],
  hid_bpf_try_input_report: [0, HOOKS],
  bpf_iter_num_new: [ITER_NEW, ALL],
  bpf_iter_num_next: [ITER_NEXT | RET_NULL, ALL],
  bpf_iter_num_destroy: [ITER_DESTROY, ALL],
  bpf_wq_init: [0, ALL],
  bpf_wq_set_callback_impl: [0, ALL],
  bpf_wq_start: [0, ALL],
  bpf_rcu_read_lock: [0, ALL],
  bpf_rcu_read_unlock: [0, ALL],
  bpf_preempt_disable: [0, ALL],
  bpf_preempt_enable: [0, ALL],
};

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('test data is incomplete');
  return value;
}

interface Member {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
}

/** [first byte, size] of a member, looked for in unnamed structs and unions too. */
function findMember(btf: Btf, typeId: number, wanted: string, base = 0): [number, number] | undefined {
  const type = btf.typeById(btf.resolve(typeId));
  const members: readonly Member[] =
    type.kind === BtfKind.STRUCT || type.kind === BtfKind.UNION ? type.members : [];
  for (const member of members) {
    const at = base + member.bitOffset / 8;
    if (member.name === wanted) return [at, must(btf.sizeOf(member.type))];
    const inner = member.name === '' ? findMember(btf, member.type, wanted, at) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** What HID-BPF drivers may write, with the kernel's words (hid_bpf_ops_btf_struct_access). */
function hidStructAccess(btf: Btf): (write: StructWrite) => StructWriteVerdict {
  const range = (struct: string, member: string, isString: boolean): readonly [string, number, number] => {
    const id = must(btf.findByNameKind(struct, BtfKind.STRUCT));
    const [at, size] = must(findMember(btf, id, member));
    return [struct, at, at + size - (isString ? 1 : 0)];
  };
  const ranges = [
    range('hid_bpf_ctx', 'retval', false),
    range('hid_device', 'name', true),
    range('hid_device', 'uniq', true),
    range('hid_device', 'phys', true),
  ];
  return ({ structName, typeId, offset, size }) => {
    const own = ranges.filter(([name]) => name === structName);
    const no = (message: string): StructWriteVerdict => ({ allowed: false, message, errno: -13 });
    if (own.length === 0) return no('write access to this struct is not supported');
    if (offset + size > must(btf.sizeOf(typeId))) {
      return no(`write access for struct ${structName} at off ${offset} with size ${size}`);
    }
    if (own.some(([, from, to]) => offset >= from && offset + size <= to)) return { allowed: true };
    return no(`write access at off ${offset} with size ${size} on read-only part of ${structName}`);
  };
}

const SLEEPABLE_HOOKS = ['hid_rdesc_fixup', 'hid_hw_request', 'hid_hw_output_report'];

interface LoadedMap {
  map: VerifierMap & { frozen: boolean };
  value: Uint8Array;
}

export interface Verdict {
  readonly name: string;
  readonly result: VerifierResult;
  readonly input: VerifierInput;
}

/** Keeps every verdict; refuses what the verifier refuses. */
export class VerifyingKernel implements BpfSyscalls {
  readonly verdicts: Verdict[] = [];
  readonly #btf: Btf;
  readonly #version: string;
  readonly #logLevel: number;
  readonly #objects = new Map<number, LoadedMap | Btf | 'program'>();
  readonly #hid: StructOpsTarget;
  #nextFd = 3;

  constructor(btf: Btf, version = '6.12', logLevel = 1) {
    this.#btf = btf;
    this.#version = version;
    this.#logLevel = logLevel;
    this.#hid = {
      name: 'hid_bpf_ops',
      typeId: must(btf.findByNameKind('hid_bpf_ops', BtfKind.STRUCT)),
      checkMember: (_index, name, sleepable) => (sleepable && !SLEEPABLE_HOOKS.includes(name) ? -22 : 0),
      structAccess: hidStructAccess(btf),
    };
  }

  close(fd: number): number {
    return this.#objects.delete(fd) ? 0 : -9;
  }

  bpf(cmd: number, attr: Uint8Array, memory: CallerMemory): number {
    const fields: Fields = {};
    for (const field of ATTR_FIELDS.get(cmd) ?? []) {
      if (field.offset + field.size <= attr.length) fields[field.name] = attrValue(attr, field);
    }
    switch (cmd) {
      case BpfCmd.BTF_LOAD:
        return this.#add(Btf.parse(must(memory.read(fields['btf'] as bigint, Number(fields['btf_size'])))));
      case BpfCmd.MAP_CREATE:
        return this.#createMap(fields);
      case BpfCmd.MAP_UPDATE_ELEM:
        return this.#update(fields, memory);
      case BpfCmd.MAP_FREEZE: {
        const map = this.#objects.get(Number(fields['map_fd'])) as LoadedMap;
        map.map.frozen = true;
        return 0;
      }
      case BpfCmd.PROG_LOAD:
        return this.#load(fields, memory);
      default:
        return 0;
    }
  }

  #add(object: LoadedMap | Btf | 'program'): number {
    this.#objects.set(this.#nextFd, object);
    return this.#nextFd++;
  }

  #createMap(fields: Fields): number {
    const valueSize = Number(fields['value_size']);
    const btf = this.#objects.get(Number(fields['btf_fd'] ?? -1));
    const valueType = Number(fields['btf_value_type_id'] ?? 0);
    const value = new Uint8Array(valueSize);
    const map = {
      id: this.#nextFd,
      name: String(fields['map_name'] ?? ''),
      type: Number(fields['map_type']),
      keySize: Number(fields['key_size']),
      valueSize,
      maxEntries: Number(fields['max_entries']),
      flags: Number(fields['map_flags'] ?? 0),
      frozen: false,
      readValue: (offset: number, size: number): Uint8Array | undefined =>
        offset >= 0 && offset + size <= value.length ? value.slice(offset, offset + size) : undefined,
      ...(btf instanceof Btf && valueType !== 0
        ? { btf, btfValueTypeId: valueType, fields: specialFieldsOf(btf, valueType, this.#btf) }
        : {}),
    };
    return this.#add({ map, value });
  }

  #update(fields: Fields, memory: CallerMemory): number {
    const entry = this.#objects.get(Number(fields['map_fd'])) as LoadedMap;
    if (entry.map.type === MapType.ARRAY) {
      entry.value.set(must(memory.read(fields['value'] as bigint, entry.map.valueSize)));
    }
    return 0;
  }

  #programBtf(fields: Fields, memory: CallerMemory): ProgramBtf | undefined {
    const btf = this.#objects.get(Number(fields['prog_btf_fd'] ?? -1));
    if (!(btf instanceof Btf)) return undefined;
    const records = (name: string): DataView[] => {
      const size = Number(fields[`${name}_rec_size`]);
      const count = Number(fields[`${name}_cnt`] ?? 0);
      if (count === 0) return [];
      const bytes = must(memory.read(fields[name] as bigint, size * count));
      return Array.from({ length: count }, (_, i) => viewOf(bytes.subarray(i * size, (i + 1) * size)));
    };
    return {
      btf,
      functions: records('func_info').map((view) => ({
        insn: view.getUint32(0, true),
        typeId: view.getUint32(4, true),
      })),
      lines: records('line_info').map((view) => ({
        insn: view.getUint32(0, true),
        file: btf.stringAt(view.getUint32(4, true)),
        text: btf.stringAt(view.getUint32(8, true)),
        line: view.getUint32(12, true) >>> 10,
        column: view.getUint32(12, true) & 0x3ff,
      })),
    };
  }

  #kfunc(id: number): KfuncInfo | undefined {
    const name = this.#btf.nameOf(id);
    const entry = KFUNCS[name];
    return entry === undefined
      ? undefined
      : { name, flags: entry[0], allowed: (type) => entry[1].includes(type) };
  }

  #load(fields: Fields, memory: CallerMemory): number {
    const name = String(fields['prog_name'] ?? '');
    const programBtf = this.#programBtf(fields, memory);
    const license = new TextDecoder().decode(memory.read(fields['license'] as bigint, 4));
    const input: VerifierInput = {
      insns: decodeInsns(must(memory.read(fields['insns'] as bigint, Number(fields['insn_cnt']) * 8))),
      progType: Number(fields['prog_type']),
      expectedAttachType: Number(fields['expected_attach_type'] ?? 0),
      progFlags: Number(fields['prog_flags'] ?? 0),
      gplCompatible: license.startsWith('GPL') || license.startsWith('Dual'),
      capabilities: PRIVILEGED,
      logLevel: this.#logLevel,
      profile: verifierProfile(this.#version),
      mapByFd: (fd) => {
        const object = this.#objects.get(fd);
        return object === undefined || object === 'program' || object instanceof Btf ? undefined : object.map;
      },
      kernelBtf: this.#btf,
      ...(programBtf === undefined ? {} : { programBtf }),
      attachBtfId: Number(fields['attach_btf_id'] ?? 0),
      structOps: (id) => (id === this.#hid.typeId ? this.#hid : undefined),
      kfunc: (id) => this.#kfunc(id),
      kernelSymbol: () => 0xffff_ffff_8100_0000n,
    };
    const result = verifyProgram(input);
    this.verdicts.push({ name, result, input });
    return result.errno === 0 ? this.#add('program') : result.errno;
  }
}
