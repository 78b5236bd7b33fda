import { Errno } from '../../abi/index.ts';
import { BtfKind, findCoreCandidates, patchCore, resolveCore, type Btf } from '../../btf/index.ts';
import { EngineError, viewOf } from '../../base/index.ts';
import { Op, PseudoSource, callTarget, isLocalCall, type Insn } from '../../isa/index.ts';
import type { ProgramLine } from '../../verifier/index.ts';
import type { BtfObject } from '../btf-object.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';
import type { LogBuffer } from './log.ts';

const FUNC_INFO_SIZE = 8;
const LINE_INFO_SIZE = 16;
const CORE_RELO_SIZE = 16;
const MAX_RECORD = 252;
const MAX_RECORDS = 0x7fff_ffff / 16;

/** Offsets in PROG_LOAD's attribute. */
const At = {
  btfFd: 72,
  funcRecord: 76,
  funcInfo: 80,
  funcCount: 88,
  lineRecord: 92,
  lineInfo: 96,
  lineCount: 104,
  coreCount: 116,
  coreRelos: 128,
  coreRecord: 136,
} as const;

/** What BPF_PROG_LOAD says of the program's source. */
export interface SourceInfo {
  readonly btf: BtfObject | undefined;
  readonly functions: readonly { readonly insn: number; readonly typeId: number }[];
  readonly lines: readonly ProgramLine[];
  /** bpf_line_info records as OBJ_GET_INFO_BY_FD gives them back. */
  readonly lineInfo: Uint8Array;
}

export const NO_SOURCE: SourceInfo = {
  btf: undefined,
  functions: [],
  lines: [],
  lineInfo: new Uint8Array(0),
};

/** First instructions of all functions, main first: what add_subprog_and_kfunc() finds. */
export function subprogramStarts(insns: readonly Insn[]): number[] {
  const starts = new Set([0]);
  insns.forEach((insn, at) => {
    if (isLocalCall(insn)) starts.add(callTarget(insn, at));
    else if (insn.code === Op.LD_IMM64 && insn.src === PseudoSource.FUNC) starts.add(at + insn.imm + 1);
  });
  return [...starts].filter((start) => start >= 0 && start < insns.length).sort((a, b) => a - b);
}

/** The records of one array of the attribute, cut to the kernel's size; EINVAL with `text` for non-zero bytes behind it. */
function records(
  command: Command,
  log: LogBuffer,
  place: { address: bigint; count: number; size: number; kernelSize: number; what: string; sizeAt: number },
): Uint8Array[] {
  const { address, count, size, kernelSize, what, sizeAt } = place;
  return Array.from({ length: count }, (_, index) => {
    const bytes = command.read(address + BigInt(index * size), size, what);
    if (bytes.subarray(kernelSize).some((byte) => byte !== 0)) {
      log.line(`nonzero tailing record in ${what}`);
      command.put32(sizeAt, kernelSize);
      fail(Errno.E2BIG, `nonzero tailing record in ${what}`);
    }
    const record = new Uint8Array(kernelSize);
    record.set(bytes.subarray(0, kernelSize));
    return record;
  });
}

/** check_btf_info_early() and check_btf_info() of kernel/bpf/verifier.c, without CO-RE. Takes a hold on the BTF. */
export function readSourceInfo(command: Command, insns: readonly Insn[], log: LogBuffer): SourceInfo {
  const [funcCount, lineCount] = [command.u32(At.funcCount), command.u32(At.lineCount)];
  if (funcCount === 0 && lineCount === 0) return NO_SOURCE;
  const { content } = command.task.file(command.s32(At.btfFd));
  if (content.kind !== 'btf') fail(Errno.EINVAL, 'prog_btf_fd is not a BTF descriptor');
  if (content.btf.isKernel) fail(Errno.EACCES, "prog_btf_fd is the kernel's own BTF");
  const { btf } = content.btf;
  const functions = readFunctions(command, btf, log);
  const starts = subprogramStarts(insns);
  // Functions that do not fit are refused by the verifier, which looks at their ends first: lines come after that.
  const fit =
    functions.length === 0 ||
    (functions.length === starts.length && functions.every(({ insn }, i) => insn === starts[i]));
  const { lines, lineInfo } = fit ? readLines(command, btf, insns, starts, log) : NO_SOURCE;
  return { btf: content.btf.get(), functions, lines, lineInfo };
}

function reject(log: LogBuffer, text: string): never {
  log.line(text);
  return fail(Errno.EINVAL, text);
}

/** check_btf_func_early(). */
function readFunctions(command: Command, btf: Btf, log: LogBuffer): { insn: number; typeId: number }[] {
  const count = command.u32(At.funcCount);
  const size = command.u32(At.funcRecord);
  if (count === 0) return [];
  if (size < FUNC_INFO_SIZE || size > MAX_RECORD || size % 4 !== 0) {
    reject(log, `invalid func info rec size ${size}`);
  }
  const all = records(command, log, {
    address: command.u64(At.funcInfo),
    count,
    size,
    kernelSize: FUNC_INFO_SIZE,
    what: 'func info',
    sizeAt: At.funcRecord,
  });
  let previous = 0;
  return all.map((record, index) => {
    const view = viewOf(record);
    const insn = view.getUint32(0, true);
    const typeId = view.getUint32(4, true);
    if (index === 0) {
      if (insn !== 0) reject(log, `nonzero insn_off ${insn} for the first func info record`);
    } else if (insn <= previous) {
      reject(log, `same or smaller insn offset (${insn}) than previous func info record (${previous})`);
    }
    if (!btf.hasType(typeId) || btf.kindOf(typeId) !== BtfKind.FUNC) {
      reject(log, `invalid type id ${typeId} in func info`);
    }
    previous = insn;
    return { insn, typeId };
  });
}

/** check_btf_line(). */
function readLines(
  command: Command,
  btf: Btf,
  insns: readonly Insn[],
  starts: readonly number[],
  log: LogBuffer,
): { lines: ProgramLine[]; lineInfo: Uint8Array } {
  const count = command.u32(At.lineCount);
  const size = command.u32(At.lineRecord);
  if (count === 0) return { lines: [], lineInfo: new Uint8Array(0) };
  if (count > MAX_RECORDS || size < LINE_INFO_SIZE || size > MAX_RECORD || size % 4 !== 0) {
    fail(Errno.EINVAL, `line_info of ${count} records of ${size} bytes`);
  }
  const all = records(command, log, {
    address: command.u64(At.lineInfo),
    count,
    size,
    kernelSize: LINE_INFO_SIZE,
    what: 'line_info',
    sizeAt: At.lineRecord,
  });
  const lineInfo = new Uint8Array(count * LINE_INFO_SIZE);
  let previous = 0;
  let next = 0;
  const lines = all.map((record, index): ProgramLine => {
    lineInfo.set(record, index * LINE_INFO_SIZE);
    const view = viewOf(record);
    const insn = view.getUint32(0, true);
    if ((index > 0 && insn <= previous) || insn >= insns.length) {
      reject(
        log,
        `Invalid line_info[${index}].insn_off:${insn} (prev_offset:${previous} prog->len:${insns.length})`,
      );
    }
    if (insns[insn]?.code === 0) reject(log, `Invalid insn code at line_info[${index}].insn_off`);
    const [fileOffset, textOffset] = [view.getUint32(4, true), view.getUint32(8, true)];
    if (!btf.hasString(fileOffset) || !btf.hasString(textOffset)) {
      reject(log, `Invalid line_info[${index}].line_off or .file_name_off`);
    }
    const start = starts[next];
    if (start !== undefined) {
      if (insn === start) next++;
      else if (start < insn) reject(log, `missing bpf_line_info for func#${next}`);
    }
    previous = insn;
    const place = view.getUint32(12, true);
    return {
      insn,
      file: btf.stringAt(fileOffset),
      text: btf.stringAt(textOffset),
      line: place >>> 10,
      column: place & 0x3ff,
    };
  });
  if (next !== starts.length) {
    reject(log, `missing bpf_line_info for ${starts.length - next} funcs starting from func#${next}`);
  }
  return { lines, lineInfo };
}

/** check_core_relo(): the kernel relocates what the loader left to it. Changes `insns`. */
export function applyCoreRelocations(
  command: Command,
  insns: Insn[],
  btf: BtfObject | undefined,
  log: LogBuffer,
): void {
  const count = command.u32(At.coreCount);
  const size = command.u32(At.coreRecord);
  if (count === 0 || btf === undefined) return;
  if (count > MAX_RECORDS || size < CORE_RELO_SIZE || size > MAX_RECORD || size % 4 !== 0) {
    fail(Errno.EINVAL, `core_relos of ${count} records of ${size} bytes`);
  }
  const all = records(command, log, {
    address: command.u64(At.coreRelos),
    count,
    size,
    kernelSize: CORE_RELO_SIZE,
    what: 'core_relo',
    sizeAt: At.coreRecord,
  });
  all.forEach((record, index) => relocate(command, insns, btf.btf, record, index, log));
}

function relocate(
  command: Command,
  insns: Insn[],
  local: Btf,
  record: Uint8Array,
  index: number,
  log: LogBuffer,
): void {
  const view = viewOf(record);
  const offset = view.getUint32(0, true);
  const typeId = view.getUint32(4, true);
  const accessOffset = view.getUint32(8, true);
  if (offset % 8 !== 0 || offset / 8 >= insns.length) {
    reject(log, `Invalid core_relo[${index}].insn_off:${offset} prog->len:${insns.length}`);
  }
  if (!local.hasType(typeId)) reject(log, `relo #${index}: bad type id ${typeId}`);
  if (!local.hasString(accessOffset)) reject(log, `relo #${index}: bad access string`);
  const insn = offset / 8;
  const relocation = { insn, typeId, access: local.stringAt(accessOffset), kind: view.getUint32(12, true) };
  const targets = [command.kernel.vmlinux, ...command.kernel.modules].map((object) => object.btf);
  const context = { program: '', index };
  try {
    const candidates = findCoreCandidates(local, typeId, targets, true);
    const result = resolveCore(local, relocation, candidates, context);
    patchCore(insns, insn, result, context);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    log.line(error.message);
    const errno = error.detail['errno'];
    fail(typeof errno === 'number' ? -errno : Errno.EINVAL, error.message);
  }
}
