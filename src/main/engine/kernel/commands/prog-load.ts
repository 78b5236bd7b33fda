import { AttachType, Errno, ProgFlag, ProgType } from '../../abi/index.ts';
import { bytesEqual } from '../../base/index.ts';
import { BtfKind } from '../../btf/index.ts';
import { decodeInsns, type Insn } from '../../isa/index.ts';
import { verifierProfile, type VerifierInput, type VerifierResult } from '../../verifier/index.ts';
import { LOAD_ATTACH_TYPES } from '../attach/attach-types.ts';
import { isIterator } from '../attach/iterators.ts';
import type { BtfObject } from '../btf-object.ts';
import { refuseToken, objectName, type Command } from '../command.ts';
import { noOffload } from './map-create.ts';
import { KernelError, fail } from '../errors.ts';
import { installProg } from '../install.ts';
import type { BpfMap } from '../maps/map.ts';
import { applyCoreRelocations, readSourceInfo, type SourceInfo } from '../programs/btf-info.ts';
import { buildProgram } from '../programs/build.ts';
import { isGplCompatible } from '../programs/license.ts';
import { LogBuffer } from '../programs/log.ts';
import type { BpfProg } from '../programs/prog.ts';
import { programDigest } from '../programs/tag.ts';
import { verify } from '../programs/verify.ts';
import { verifierMap } from '../programs/view.ts';

/** BPF_COMPLEXITY_LIMIT_INSNS, and BPF_MAXINSNS without CAP_BPF. */
const MAX_INSNS = 1_000_000;
const MAX_INSNS_UNPRIVILEGED = 4096;
const BTF_MAX_TYPE = 0x000f_ffff;
const LOG_TRUE_SIZE = 140;
/** print_verification_stats() when the instructions were not looked at. */
const NOTHING_PROCESSED =
  'processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0';
const P = ProgType;

const NET_ADMIN_TYPES: ReadonlySet<number> = new Set<number>([
  P.SCHED_CLS,
  P.SCHED_ACT,
  P.XDP,
  P.LWT_IN,
  P.LWT_OUT,
  P.LWT_XMIT,
  P.LWT_SEG6LOCAL,
  P.SK_SKB,
  P.SK_MSG,
  P.FLOW_DISSECTOR,
  P.CGROUP_DEVICE,
  P.CGROUP_SOCK,
  P.CGROUP_SOCK_ADDR,
  P.CGROUP_SOCKOPT,
  P.CGROUP_SYSCTL,
  P.SOCK_OPS,
  P.EXT,
  P.NETFILTER,
]);
const PERFMON_TYPES: ReadonlySet<number> = new Set<number>([
  P.KPROBE,
  P.TRACEPOINT,
  P.PERF_EVENT,
  P.RAW_TRACEPOINT,
  P.RAW_TRACEPOINT_WRITABLE,
  P.TRACING,
  P.LSM,
  P.STRUCT_OPS,
  P.EXT,
]);
const BTF_TARGET_TYPES: readonly number[] = [P.TRACING, P.LSM, P.STRUCT_OPS, P.EXT];

/** What the attribute asks for, checked. */
export interface LoadRequest {
  readonly type: number;
  readonly expectedAttachType: number;
  readonly flags: number;
  readonly license: string;
  readonly name: string;
  readonly ifindex: number;
  readonly attachBtfId: number;
  readonly attachBtf: BtfObject | undefined;
  readonly target: BpfProg | undefined;
}

/** BPF_PROG_LOAD: bpf_prog_load() of kernel/bpf/syscall.c, with bpf_check() around the verifier. */
export function progLoad(command: Command): number {
  command.checkAttr();
  const { kernel, task } = command;
  const type = command.u32(0);
  const flags = command.u32(44);
  if ((flags & ~kernel.profile.progFlags) !== 0) fail(Errno.EINVAL, 'unknown prog_flags');
  const expectedAttachType = command.u32(68) || defaultAttachType(type);
  if ((flags & ProgFlag.TOKEN_FD) !== 0) refuseToken(command, 144);
  checkRights(command, type);
  const attach = findAttachTarget(command);
  checkAttach(type, expectedAttachType, attach);
  const insnBytes = command.read(command.u64(8), command.u32(4) * 8, 'insns');
  const license = command.readString(command.u64(16), 128, 'license');
  if (command.kernel.profile.code >= 6018 && command.u64(152) !== 0n) {
    fail(Errno.EOPNOTSUPP, 'this kernel is built without CONFIG_SYSTEM_DATA_VERIFICATION');
  }
  if (command.u32(64) !== 0) refuseOffload(command, type, flags);
  if (type >= kernel.profile.progTypes || type === P.UNSPEC) fail(Errno.EINVAL, `no program type ${type}`);
  const request: LoadRequest = {
    type,
    expectedAttachType,
    flags,
    license,
    name: objectName(command, 48),
    ifindex: 0,
    ...attach,
  };
  const prog = check(command, request, decodeInsns(insnBytes));
  return installProg(task, prog);
}

/** bpf_prog_dev_bound_init(): no device here has BPF of its own. */
function refuseOffload(command: Command, type: number, flags: number): never {
  const bound = (flags & ProgFlag.XDP_DEV_BOUND_ONLY) !== 0;
  if (type !== P.SCHED_CLS && type !== P.XDP) fail(Errno.EINVAL, 'programs of this type are not offloaded');
  if (bound && type === P.SCHED_CLS) fail(Errno.EINVAL, 'only XDP programs are bound to a device');
  return noOffload(command.u32(64));
}

/** bpf_prog_load_fixup_attach_type(). */
function defaultAttachType(type: number): number {
  if (type === P.CGROUP_SOCK) return AttachType.CGROUP_INET_SOCK_CREATE;
  return type === P.SK_REUSEPORT ? AttachType.SK_REUSEPORT_SELECT : 0;
}

function checkRights(command: Command, type: number): void {
  const { task } = command;
  const privileged = task.capable('bpf');
  if (!privileged) fail(Errno.EPERM, 'loading programs needs CAP_BPF');
  const count = command.u32(4);
  if (count === 0 || count > (privileged ? MAX_INSNS : MAX_INSNS_UNPRIVILEGED)) {
    fail(Errno.E2BIG, `a program of ${count} instructions`);
  }
  if (NET_ADMIN_TYPES.has(type) && !task.capable('net_admin')) {
    fail(Errno.EPERM, 'this program type needs CAP_NET_ADMIN');
  }
  if (PERFMON_TYPES.has(type) && !task.capable('perfmon')) {
    fail(Errno.EPERM, 'this program type needs CAP_PERFMON');
  }
}

type Target = Pick<LoadRequest, 'attachBtfId' | 'attachBtf' | 'target'>;

/** attach_prog_fd names a program or, as attach_btf_obj_fd, a kernel BTF; without it attach_btf_id means vmlinux. */
function findAttachTarget(command: Command): Target {
  const attachBtfId = command.u32(108);
  const fd = command.s32(112);
  if (fd === 0) {
    return {
      attachBtfId,
      attachBtf: attachBtfId === 0 ? undefined : command.kernel.vmlinux,
      target: undefined,
    };
  }
  const content = command.task.fds.get(fd)?.content;
  if (content?.kind === 'prog') return { attachBtfId, attachBtf: undefined, target: content.prog };
  if (content?.kind !== 'btf') fail(Errno.EINVAL, 'attach_prog_fd is neither a program nor BTF');
  if (!content.btf.isKernel) fail(Errno.ENOTSUPP, "attach_btf_obj_fd is not a kernel's BTF");
  return { attachBtfId, attachBtf: content.btf, target: undefined };
}

/** bpf_prog_load_check_attach(). */
function checkAttach(type: number, expectedAttachType: number, target: Target): void {
  const { attachBtfId, attachBtf, target: prog } = target;
  if (attachBtfId !== 0) {
    if (attachBtfId > BTF_MAX_TYPE) fail(Errno.EINVAL, 'attach_btf_id is too large');
    if (!BTF_TARGET_TYPES.includes(type)) fail(Errno.EINVAL, 'programs of this type take no attach_btf_id');
  }
  if (attachBtf !== undefined && (attachBtfId === 0 || prog !== undefined)) {
    fail(Errno.EINVAL, 'BTF to attach to without attach_btf_id');
  }
  if (prog !== undefined && type !== P.TRACING && type !== P.EXT) {
    fail(Errno.EINVAL, 'programs of this type do not attach to programs');
  }
  const allowed = LOAD_ATTACH_TYPES.get(type);
  if (allowed !== undefined && !allowed.includes(expectedAttachType)) {
    fail(Errno.EINVAL, 'programs of this type are not loaded with this expected_attach_type');
  }
}

/** bpf_check(): the log around source information, CO-RE and the verifier. */
function check(command: Command, request: LoadRequest, insns: Insn[]): BpfProg {
  const { kernel } = command;
  const log = new LogBuffer(
    { level: command.u32(24), size: command.u32(28), address: command.u64(32) },
    command.userMemory,
    kernel.profile.code,
  );
  let source: SourceInfo | undefined;
  let result: VerifierResult | undefined;
  let failure: KernelError | undefined;
  try {
    source = readSourceInfo(command, insns, log);
    applyCoreRelocations(command, insns, source.btf, log);
    checkFdArray(command, log);
    result = runVerifier(command, request, insns, source, log);
    if (result.errno < 0) fail(-result.errno, result.message);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    failure = error;
    if (result === undefined) log.line(NOTHING_PROCESSED);
  }
  const { trueSize, errno } = log.finish();
  const hasTrueSize = kernel.profile.code >= 6004 && command.size >= LOG_TRUE_SIZE + 4;
  if (hasTrueSize) command.put32(LOG_TRUE_SIZE, trueSize);
  if (errno !== 0) failure = new KernelError(errno, 'the log does not fit its buffer');
  if (failure !== undefined || result === undefined || source === undefined) {
    source?.btf?.put();
    throw failure ?? new KernelError(Errno.EINVAL);
  }
  return build(command, request, insns, source, result);
}

function build(
  command: Command,
  request: LoadRequest,
  insns: readonly Insn[],
  source: SourceInfo,
  result: VerifierResult,
): BpfProg {
  const { task } = command;
  const fdArray = command.u64(120);
  const prog = buildProgram(task, request, insns, source, result, {
    mapByFd: (fd) => mapOrUndefined(command, fd),
    fdAt: (index) => fdArrayEntry(command, fdArray, index) ?? -1,
  });
  for (const map of prog.maps) {
    if (map.exclusiveTo !== undefined && !bytesEqual(map.exclusiveTo, programDigest(insns))) {
      prog.put();
      fail(Errno.EACCES, `map ${map.name} is for another program (excl_prog_hash)`);
    }
    if (map.owner?.accepts(prog.owner) === false) {
      prog.put();
      fail(Errno.EINVAL, `map ${map.name} holds programs of another kind`);
    }
  }
  return prog;
}

function runVerifier(
  command: Command,
  request: LoadRequest,
  insns: readonly Insn[],
  source: SourceInfo,
  log: LogBuffer,
): VerifierResult {
  const { kernel, task } = command;
  const fdArray = command.u64(120);
  const input: VerifierInput = {
    insns,
    progType: request.type,
    expectedAttachType: request.expectedAttachType,
    progFlags: request.flags,
    gplCompatible: isGplCompatible(request.license),
    capabilities: { bpf: task.capable('bpf'), perfmon: task.capable('perfmon') },
    logLevel: log.level,
    profile: verifierProfile(kernel.profile.name),
    mapByFd: (fd) => {
      const content = command.task.fds.get(fd)?.content;
      if (content === undefined) return undefined;
      return content.kind === 'map' ? verifierMap(content.map) : 'no-map';
    },
    ...(fdArray === 0n ? {} : { fdArray: readFdArray(command, fdArray, insns) }),
    kernelBtf: request.attachBtf?.btf ?? kernel.btf,
    ...(source.btf === undefined
      ? {}
      : { programBtf: { btf: source.btf.btf, functions: source.functions, lines: source.lines } }),
    attachBtfId: request.attachBtfId,
    possibleCpus: kernel.cpus,
    structOps: (id) => kernel.structOpsTarget(id),
    iterator: isIterator,
    attachesToProgram: request.target !== undefined,
    modifiableFunction: (name) => kernel.targets.attachable(name)?.modifiable === true,
    kfunc: (id) => kernel.kfuncInfo(id),
    kernelSymbol: (name) => {
      const address = kernel.kallsyms.lookup(name);
      return address === 0n ? undefined : address;
    },
  };
  return verify(kernel, input, log.text);
}

function mapOrUndefined(command: Command, fd: number): BpfMap | undefined {
  const content = command.task.fds.get(fd)?.content;
  return content?.kind === 'map' ? content.map : undefined;
}

/** fd_array_cnt (6.14): every entry must be a map or BTF, used or not (process_fd_array); EFAULT without fd_array. */
function checkFdArray(command: Command, log: LogBuffer): void {
  const count = command.kernel.profile.code >= 6014 ? command.u32(148) : 0;
  for (let index = 0; index < count; index++) {
    const fd =
      fdArrayEntry(command, command.u64(120), index) ?? fail(Errno.EFAULT, 'fd_array cannot be read');
    const kind = command.task.fds.get(fd)?.content.kind;
    if (kind === 'map' || kind === 'btf') continue;
    log.line(`fd ${fd} is not pointing to valid bpf_map or btf`);
    fail(kind === undefined ? Errno.EBADF : Errno.EINVAL, `fd ${fd} is not pointing to valid bpf_map or btf`);
  }
}

function fdArrayEntry(command: Command, address: bigint, index: number): number | undefined {
  const bytes = address === 0n ? undefined : command.memory.read(address + BigInt(index * 4), 4);
  return bytes === undefined ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
}

/** As much of fd_array as instructions can mean: the kernel reads single entries when it meets them. */
function readFdArray(command: Command, address: bigint, insns: readonly Insn[]): number[] {
  const last = insns.reduce((most, insn) => {
    if (insn.code === 0x18 && (insn.src === 5 || insn.src === 6)) return Math.max(most, insn.imm);
    return insn.code === 0x85 && insn.src === 2 ? Math.max(most, insn.off) : most;
  }, -1);
  const entries: number[] = [];
  for (let index = 0; index <= Math.min(last, 4096); index++) {
    const entry = fdArrayEntry(command, address, index);
    if (entry === undefined) break;
    entries.push(entry);
  }
  return entries;
}

/** FUNC_PROTO behind a program's target: what decides whether programs share a prog_array. */
export function attachProtoKey(request: LoadRequest): string {
  const btf = request.target?.spec.btf?.btf ?? request.attachBtf?.btf;
  if (btf === undefined || request.attachBtfId === 0 || !btf.hasType(request.attachBtfId)) return '';
  const target = btf.typeById(request.attachBtfId);
  if (request.type === P.STRUCT_OPS && target.kind === BtfKind.STRUCT) {
    const member = target.members[request.expectedAttachType];
    return member === undefined ? '' : `member ${member.type}`;
  }
  return target.kind === BtfKind.FUNC ? `proto ${target.type}` : '';
}
