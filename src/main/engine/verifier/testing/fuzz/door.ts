/** Loads fuzz programs through bpf(2): the same bytes go to a real kernel and to the simulated one. */
import { BpfCmd, UserMemory, type BpfSyscalls } from '../../../abi/index.ts';
import { ByteWriter, viewOf } from '../../../base/index.ts';
import { BtfBuilder, BtfKind, BtfLinkage, type Btf } from '../../../btf/index.ts';
import { decodeInsns, encodeInsns, type Insn } from '../../../isa/index.ts';
import { encodeAttr, type AttrValues } from '../../../loader/index.ts';
import {
  FUZZ_MAPS,
  GUARDED,
  MAP_BASE,
  type FuzzFunction,
  type FuzzMap,
  type FuzzProgram,
} from './program.ts';

export interface FuzzVerdict {
  /** Negative, or 0. */
  readonly errno: number;
  readonly log: readonly string[];
  /** The last line before the statistics. */
  readonly message: string;
  /** What the kernel has made of the program, where it took it. */
  readonly code: ProgramCode | undefined;
}

/** Of struct bpf_prog_info. */
export interface ProgramCode {
  /** Instructions after the verifier's rewriting. */
  readonly xlated: readonly Insn[];
  /** Bytes of machine code of each function. */
  readonly lengths: readonly number[];
  /** The machine code itself. */
  readonly jited: Uint8Array;
  /** Instructions at which functions begin that BTF describes. */
  readonly described: readonly number[];
  /** Instructions that line_info names. */
  readonly lines: readonly number[];
  /** Where the machine code of those begins, counted from the first. */
  readonly jitedLines: readonly number[];
}

/** Program types whose context BTF names for global functions. */
const CONTEXTS: Readonly<Record<number, string>> = {
  1: '__sk_buff',
  2: 'bpf_user_pt_regs_t',
  3: '__sk_buff',
  6: 'xdp_md',
  31: 'fuzz_ctx',
};
/** Room for most: a log that does not fit hides the verdict behind ENOSPC. */
const LOG_SIZE = 1 << 23;

function guardedBtf(): Uint8Array {
  const btf = new BtfBuilder();
  const u32 = btf.int('unsigned int', 4);
  const u64 = btf.int('unsigned long long', 8);
  const lock = btf.struct('bpf_spin_lock', 4, [{ name: 'val', type: u32, bitOffset: 0 }]);
  const opaque = btf.array(u64, u32, 2);
  const timer = btf.struct('bpf_timer', 16, [{ name: '__opaque', type: opaque, bitOffset: 0 }]);
  const data = btf.array(u64, u32, 4);
  btf.struct('guarded', GUARDED.size, [
    { name: 'lock', type: lock, bitOffset: GUARDED.lock * 8 },
    { name: 'timer', type: timer, bitOffset: GUARDED.timer * 8 },
    { name: 'data', type: data, bitOffset: GUARDED.data * 8 },
  ]);
  return btf.finish();
}
const GUARDED_KEY = 1;
const GUARDED_VALUE = 7;

interface ProgramInfo {
  readonly btf: Uint8Array;
  readonly funcInfo: Uint8Array;
}

/** BTF and func_info of a program's functions. */
function describe(type: number, functions: readonly FuzzFunction[]): ProgramInfo {
  const btf = new BtfBuilder();
  const int = btf.int('int', 4, { encoding: 1 });
  const u64 = btf.int('unsigned long long', 8);
  const array = btf.array(u64, int, 2);
  const pair = btf.struct('pair', 16, [{ name: 'values', type: array, bitOffset: 0 }]);
  const context = btf.struct(CONTEXTS[type] ?? 'fuzz_ctx', 8, [{ name: 'x', type: u64, bitOffset: 0 }]);
  const types = {
    number: u64,
    context: btf.pointer(context),
    memory: btf.pointer(pair),
    void: btf.pointer(0),
  };
  const info = new ByteWriter();
  for (const { insn, name, isGlobal, parameters } of functions) {
    const proto = btf.functionProto(
      int,
      parameters.map((kind, i) => ({ name: `p${i}`, type: types[kind] })),
    );
    const id = btf.function(name, proto, isGlobal ? BtfLinkage.GLOBAL : BtfLinkage.STATIC);
    info.u32(insn).u32(id);
  }
  return { btf: btf.finish(), funcInfo: info.finish() };
}

/** Offsets in struct bpf_prog_info of a count and of where the records go; bytes of a record, and where they are told. */
const Info = {
  jited: { count: 16, address: 24, size: 1 },
  xlated: { count: 20, address: 32, size: 1 },
  lengths: { count: 108, address: 120, size: 4 },
  functions: { count: 144, address: 136, size: 8, sizeAt: 132 },
  lines: { count: 148, address: 152, size: 16, sizeAt: 172 },
  jitedLines: { count: 168, address: 160, size: 8, sizeAt: 176 },
} as const;
const INFO_SIZE = 232;

/** OBJ_GET_INFO_BY_FD of a program, twice: how much there is, then all of it. */
export function codeOf(syscalls: BpfSyscalls, fd: number): ProgramCode {
  const memory = new UserMemory();
  const ask = (info: Uint8Array): DataView => {
    const address = memory.put(info);
    const attr = encodeAttr(BpfCmd.OBJ_GET_INFO_BY_FD, { bpf_fd: fd, info_len: info.length, info: address });
    const result = syscalls.bpf(BpfCmd.OBJ_GET_INFO_BY_FD, attr, memory);
    if (result < 0) throw new Error(`a program tells nothing of itself: errno ${-result}`);
    return viewOf((memory.read(address, info.length) ?? info).slice());
  };
  const counts = ask(new Uint8Array(INFO_SIZE));
  const request = new Uint8Array(INFO_SIZE);
  const view = viewOf(request);
  const rooms = new Map<object, bigint>();
  for (const part of Object.values(Info)) {
    const count = counts.getUint32(part.count, true);
    const room = memory.allocate(Math.max(count * part.size, 1));
    rooms.set(part, room);
    view.setUint32(part.count, count, true);
    view.setBigUint64(part.address, room, true);
    if ('sizeAt' in part) view.setUint32(part.sizeAt, part.size, true);
  }
  ask(request);
  const bytesOf = (part: (typeof Info)[keyof typeof Info]): Uint8Array => {
    const length = counts.getUint32(part.count, true) * part.size;
    return (memory.read(rooms.get(part) ?? 0n, length) ?? new Uint8Array(0)).slice();
  };
  /** The first word of each record. */
  const words = (part: (typeof Info)[keyof typeof Info]): number[] => {
    const records = viewOf(bytesOf(part));
    return Array.from({ length: records.byteLength / part.size }, (_, i) =>
      records.getUint32(i * part.size, true),
    );
  };
  const [firstLine = 0] = words(Info.jitedLines);
  return {
    xlated: decodeInsns(bytesOf(Info.xlated)),
    jited: bytesOf(Info.jited),
    lengths: words(Info.lengths),
    described: words(Info.functions),
    lines: words(Info.lines),
    jitedLines: words(Info.jitedLines).map((address) => address - firstLine),
  };
}

/** One kernel to ask. Maps are made once; programs are closed as soon as they are loaded, and never attached. */
export class FuzzDoor {
  readonly #syscalls: BpfSyscalls;
  readonly #kernelBtf: Btf | undefined;
  readonly #memory = new UserMemory();
  readonly #maps: readonly number[];

  constructor(syscalls: BpfSyscalls, kernelBtf: Btf | undefined) {
    this.#syscalls = syscalls;
    this.#kernelBtf = kernelBtf;
    const fds: number[] = [];
    for (const map of FUZZ_MAPS) fds.push(this.#createMap(map, fds));
    this.#maps = fds;
  }

  #call(cmd: number, values: AttrValues): number {
    return this.#syscalls.bpf(cmd, encodeAttr(cmd, values), this.#memory);
  }

  #loadBtf(bytes: Uint8Array): number {
    return this.#call(BpfCmd.BTF_LOAD, { btf: this.#memory.put(bytes), btf_size: bytes.length });
  }

  #createMap(map: FuzzMap, fds: readonly number[]): number {
    this.#memory.reset();
    const btf = map.isGuarded === true ? this.#loadBtf(guardedBtf()) : -1;
    const fd = this.#call(BpfCmd.MAP_CREATE, {
      map_type: map.type,
      key_size: map.keySize,
      value_size: map.valueSize,
      max_entries: map.entries,
      map_flags: map.flags,
      map_name: map.name,
      ...(map.inner === undefined ? {} : { inner_map_fd: fds[map.inner] ?? -1 }),
      ...(btf < 0 ? {} : { btf_fd: btf, btf_key_type_id: GUARDED_KEY, btf_value_type_id: GUARDED_VALUE }),
    });
    if (btf >= 0) this.#syscalls.close(btf);
    if (fd < 0) throw new Error(`map ${map.name} cannot be made: errno ${-fd}`);
    if (map.contents !== undefined) {
      const value = new Uint8Array(map.valueSize);
      value.set(map.contents);
      this.#memory.reset();
      const key = this.#memory.put(new Uint8Array(map.keySize));
      this.#call(BpfCmd.MAP_UPDATE_ELEM, { map_fd: fd, key, value: this.#memory.put(value) });
      this.#call(BpfCmd.MAP_FREEZE, { map_fd: fd });
    }
    return fd;
  }

  /** Maps by their descriptors here. A descriptor that is no map of ours must not hit another one by chance. */
  #bind(insns: readonly Insn[]): Insn[] {
    const bound = insns.map((insn) => ({ ...insn }));
    for (let i = 0; i < bound.length; i++) {
      const insn = bound[i] as Insn;
      if (insn.code !== 0x18) continue;
      if (insn.src === 1 || insn.src === 2) insn.imm = this.#maps[insn.imm - MAP_BASE] ?? 9999;
      i += 1;
    }
    return bound;
  }

  /** PROG_LOAD with a log of this level. */
  load(program: FuzzProgram, logLevel: number): FuzzVerdict {
    this.#memory.reset();
    const { functions, structOps } = program;
    const info = functions.length > 0 ? describe(program.type, functions) : undefined;
    const btfFd = info === undefined ? -1 : this.#loadBtf(info.btf);
    if (info !== undefined && btfFd < 0) return { errno: btfFd, log: [], message: 'BTF', code: undefined };
    const struct = this.#kernelBtf?.findByNameKind(structOps?.type ?? '', BtfKind.STRUCT);
    const log = this.#memory.allocate(LOG_SIZE);
    const insns = encodeInsns(this.#bind(program.insns));
    const fd = this.#call(BpfCmd.PROG_LOAD, {
      prog_type: program.type,
      expected_attach_type: structOps === undefined ? program.attachType : this.#memberIndex(structOps),
      prog_flags: program.flags,
      insns: this.#memory.put(insns),
      insn_cnt: insns.length / 8,
      license: this.#memory.putString('GPL'),
      log_level: logLevel,
      log_size: LOG_SIZE,
      log_buf: log,
      ...(struct === undefined ? {} : { attach_btf_id: struct }),
      ...(info === undefined
        ? {}
        : {
            prog_btf_fd: btfFd,
            func_info_rec_size: 8,
            func_info: this.#memory.put(info.funcInfo),
            func_info_cnt: functions.length,
          }),
    });
    const text = this.#memory.readString(log, LOG_SIZE);
    const code = fd < 0 ? undefined : codeOf(this.#syscalls, fd);
    if (fd >= 0) this.#syscalls.close(fd);
    if (btfFd >= 0) this.#syscalls.close(btfFd);
    const lines = text.trimEnd().split('\n');
    const message = lines.findLast((line) => !line.startsWith('processed ') && line !== '') ?? '';
    return { errno: Math.min(fd, 0), log: lines, message, code };
  }

  #memberIndex(structOps: { readonly type: string; readonly member: string }): number {
    const btf = this.#kernelBtf;
    const id = btf?.findByNameKind(structOps.type, BtfKind.STRUCT);
    const type = id === undefined ? undefined : btf?.typeById(id);
    if (type?.kind !== BtfKind.STRUCT) return 0;
    return Math.max(
      0,
      type.members.findIndex((member) => member.name === structOps.member),
    );
  }
}
