import {
  ATTR_FIELDS,
  BpfCmd,
  UserMemory,
  attrValue,
  type AttrField,
  type BpfSyscalls,
} from '../abi/index.ts';
import { assert, encodeUtf8, roundUp, viewOf } from '../base/index.ts';

/** Sizes of union bpf_attr that libbpf 1.7 passes for each command it uses. */
const ATTR_SIZES = new Map<number, number>([
  [BpfCmd.MAP_CREATE, 92],
  [BpfCmd.MAP_LOOKUP_ELEM, 32],
  [BpfCmd.MAP_UPDATE_ELEM, 32],
  [BpfCmd.MAP_DELETE_ELEM, 32],
  [BpfCmd.MAP_GET_NEXT_KEY, 24],
  [BpfCmd.MAP_LOOKUP_AND_DELETE_ELEM, 32],
  [BpfCmd.MAP_FREEZE, 4],
  [BpfCmd.PROG_LOAD, 168],
  [BpfCmd.PROG_TEST_RUN, 80],
  [BpfCmd.PROG_BIND_MAP, 12],
  [BpfCmd.OBJ_PIN, 20],
  [BpfCmd.OBJ_GET, 20],
  [BpfCmd.OBJ_GET_INFO_BY_FD, 16],
  [BpfCmd.BTF_LOAD, 40],
  [BpfCmd.BTF_GET_FD_BY_ID, 16],
  [BpfCmd.LINK_CREATE, 64],
  [BpfCmd.RAW_TRACEPOINT_OPEN, 24],
]);

/** Values by field name (abi's ATTR_FIELDS); what is left out is zero. */
export type AttrValues = Readonly<Record<string, number | bigint | string>>;

function attrField(cmd: number, name: string): AttrField {
  const field = ATTR_FIELDS.get(cmd)?.find((candidate) => candidate.name === name);
  assert(field !== undefined, `bpf_attr of command ${cmd} has no field ${name}`);
  return field;
}

/** The kernel's byte layout of a command's attribute. */
export function encodeAttr(cmd: number, values: AttrValues): Uint8Array {
  const attr = new Uint8Array(ATTR_SIZES.get(cmd) ?? 128);
  const view = viewOf(attr);
  for (const [name, value] of Object.entries(values)) {
    const field = attrField(cmd, name);
    if (typeof value === 'string') attr.set(encodeUtf8(value).subarray(0, field.size - 1), field.offset);
    else if (field.size === 8) view.setBigUint64(field.offset, BigInt.asUintN(64, BigInt(value)), true);
    else view.setUint32(field.offset, Number(value) >>> 0, true);
  }
  return attr;
}

/** What a PROG_LOAD sends besides its code. */
export interface ProgLoad {
  readonly values: AttrValues;
  readonly insns: Uint8Array;
  readonly license: string;
  readonly funcInfo: Uint8Array;
  readonly lineInfo: Uint8Array;
  readonly fdArray: Uint8Array;
}

/** Result of a command that may have written a log. */
export interface LoggedResult {
  /** A file descriptor or a negative errno. */
  readonly result: number;
  readonly log: string;
}

const FIRST_LOG_SIZE = 1 << 20;
/** As much as an agent's memory has room for, and more than a million lines at level 1 most often take. */
const LAST_LOG_SIZE = 0xf00_0000;
const ENOSPC = 28;

/** libbpf's way of calling bpf(2): buffers in a process's memory, one call at a time. */
export class BpfCalls {
  readonly #syscalls: BpfSyscalls;
  readonly #memory = new UserMemory();

  constructor(syscalls: BpfSyscalls) {
    this.#syscalls = syscalls;
  }

  close(fd: number): number {
    return this.#syscalls.close(fd);
  }

  /** A command without buffers. */
  plain(cmd: number, values: AttrValues): number {
    return this.#syscalls.bpf(cmd, encodeAttr(cmd, values), this.#memory);
  }

  /** BPF_BTF_LOAD; after a failure once more with a log, as libbpf does. */
  btfLoad(btf: Uint8Array, logLevel: number): LoggedResult {
    return this.#withLog(BpfCmd.BTF_LOAD, 'btf_', Math.min(logLevel, 1), () => ({
      btf: this.#memory.put(btf),
      btf_size: btf.length,
    }));
  }

  /** BPF_PROG_LOAD; after a failure once more with a log. */
  progLoad(load: ProgLoad, logLevel: number): LoggedResult {
    return this.#withLog(BpfCmd.PROG_LOAD, '', logLevel, () => ({
      ...load.values,
      insns: this.#memory.put(load.insns),
      insn_cnt: load.insns.length / 8,
      license: this.#memory.putString(load.license),
      func_info: this.#memory.put(load.funcInfo),
      line_info: this.#memory.put(load.lineInfo),
      fd_array: this.#memory.put(load.fdArray),
    }));
  }

  /** A command whose attribute has fields for a log, their names behind a prefix; `values` gives the others. */
  #withLog(cmd: number, prefix: '' | 'btf_', logLevel: number, values: () => AttrValues): LoggedResult {
    const call = (level: number, size: number): LoggedResult & { readonly needed: number } => {
      this.#memory.reset();
      const given = values();
      const address = level > 0 ? this.#memory.allocate(size) : 0n;
      const attr = encodeAttr(cmd, {
        ...given,
        [`${prefix}log_level`]: level,
        [`${prefix}log_size`]: level > 0 ? size : 0,
        [`${prefix}log_buf`]: address,
      });
      const result = this.#syscalls.bpf(cmd, attr, this.#memory);
      const needed = Number(attrValue(attr, attrField(cmd, `${prefix}log_true_size`)));
      return { result, needed, log: level > 0 ? this.#memory.readString(address, size) : '' };
    };
    let level = logLevel;
    let size = Math.min(LAST_LOG_SIZE, this.#syscalls.freeLogSize ?? FIRST_LOG_SIZE);
    for (;;) {
      const { result, log, needed } = call(level, size);
      const isCut = result === -ENOSPC && level > 0 && (needed === 0 || needed > size);
      if (result < 0 && level === 0) level = 1;
      else if (!isCut) return { result, log };
      // Without room for the whole log, at least the verdict is the command's own.
      else if (size === LAST_LOG_SIZE) return { result: call(0, 0).result, log };
      // Kernels before 6.4 do not tell how much it takes.
      else size = Math.min(LAST_LOG_SIZE, Math.max(needed, size * 16));
    }
  }

  /** Commands on one element of a map; `key` may be empty for maps without keys. */
  mapUpdate(fd: number, key: Uint8Array, value: Uint8Array, flags = 0): number {
    this.#memory.reset();
    return this.plain(BpfCmd.MAP_UPDATE_ELEM, {
      map_fd: fd,
      key: this.#memory.put(key),
      value: this.#memory.put(value),
      flags,
    });
  }

  mapDelete(fd: number, key: Uint8Array): number {
    this.#memory.reset();
    return this.plain(BpfCmd.MAP_DELETE_ELEM, { map_fd: fd, key: this.#memory.put(key) });
  }

  /** The value of `size` bytes, or a negative errno. */
  mapLookup(
    fd: number,
    key: Uint8Array,
    size: number,
    cmd: number = BpfCmd.MAP_LOOKUP_ELEM,
  ): Uint8Array | number {
    this.#memory.reset();
    const value = this.#memory.allocate(size);
    const result = this.plain(cmd, { map_fd: fd, key: this.#memory.put(key), value });
    return result < 0 ? result : (this.#memory.read(value, size) ?? new Uint8Array());
  }

  /** The key after `key` (the first one without), or a negative errno; -ENOENT at the end. */
  mapNextKey(fd: number, key: Uint8Array | undefined, size: number): Uint8Array | number {
    this.#memory.reset();
    const next = this.#memory.allocate(size);
    const result = this.plain(BpfCmd.MAP_GET_NEXT_KEY, {
      map_fd: fd,
      key: key === undefined ? 0n : this.#memory.put(key),
      next_key: next,
    });
    return result < 0 ? result : (this.#memory.read(next, size) ?? new Uint8Array());
  }

  /** BPF_OBJ_GET: a descriptor of what is pinned at `path`, or a negative errno. */
  pinned(path: string): number {
    this.#memory.reset();
    return this.plain(BpfCmd.OBJ_GET, { pathname: this.#memory.putString(path) });
  }

  /** BPF_OBJ_PIN */
  pin(fd: number, path: string): number {
    this.#memory.reset();
    return this.plain(BpfCmd.OBJ_PIN, { pathname: this.#memory.putString(path), bpf_fd: fd });
  }

  /** BPF_OBJ_GET_INFO_BY_FD: the kernel's structure, or a negative errno. */
  info(fd: number, size: number): Uint8Array | number {
    this.#memory.reset();
    const info = this.#memory.allocate(size);
    const result = this.plain(BpfCmd.OBJ_GET_INFO_BY_FD, { bpf_fd: fd, info_len: size, info });
    return result < 0 ? result : (this.#memory.read(info, size) ?? new Uint8Array());
  }

  /** BPF_RAW_TRACEPOINT_OPEN; without a name for programs that know their target. */
  rawTracepointOpen(programFd: number, name?: string): number {
    this.#memory.reset();
    return this.plain(BpfCmd.RAW_TRACEPOINT_OPEN, {
      prog_fd: programFd,
      name: name === undefined ? 0n : this.#memory.putString(name),
    });
  }

  /** BPF_PROG_TEST_RUN. The context is written back in place, the packet to a buffer as large as asked. */
  testRun(run: TestRun): TestRunResult {
    this.#memory.reset();
    const { context, data, dataOutSize = data === undefined ? 0 : roundUp(data.length, 8) + 256 } = run;
    const contextAt = context === undefined ? 0n : this.#memory.put(context);
    const outAt = dataOutSize > 0 ? this.#memory.allocate(dataOutSize) : 0n;
    const attr = encodeAttr(BpfCmd.PROG_TEST_RUN, {
      prog_fd: run.programFd,
      ctx_in: contextAt,
      ctx_size_in: context?.length ?? 0,
      data_in: data === undefined ? 0n : this.#memory.put(data),
      data_size_in: data?.length ?? 0,
      data_out: outAt,
      data_size_out: dataOutSize,
      repeat: run.repeat ?? 0,
      flags: run.flags ?? 0,
      ...run.extra,
    });
    const result = this.#syscalls.bpf(BpfCmd.PROG_TEST_RUN, attr, this.#memory);
    const view = viewOf(attr);
    const outSize = Math.min(view.getUint32(12, true), dataOutSize);
    return {
      result,
      retval: view.getUint32(4, true),
      context: (context && this.#memory.read(contextAt, context.length)) ?? new Uint8Array(),
      data:
        result < 0 || outSize === 0
          ? new Uint8Array()
          : (this.#memory.read(outAt, outSize) ?? new Uint8Array()),
    };
  }
}

/** One BPF_PROG_TEST_RUN (BPF_PROG_RUN). */
export interface TestRun {
  readonly programFd: number;
  /** Context of a SYSCALL program, or of a program whose type takes one. */
  readonly context?: Uint8Array;
  /** Packet for network programs. */
  readonly data?: Uint8Array;
  readonly dataOutSize?: number;
  readonly repeat?: number;
  readonly flags?: number;
  /** Raw fields of the attribute, for those who want to see the kernel refuse them. */
  readonly extra?: AttrValues;
}

export interface TestRunResult {
  /** 0 or a negative errno of bpf(2). */
  readonly result: number;
  /** R0's low 32 bits. */
  readonly retval: number;
  /** The context after the run. */
  readonly context: Uint8Array;
  readonly data: Uint8Array;
}
