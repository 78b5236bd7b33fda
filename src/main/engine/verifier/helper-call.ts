/** Calls of helper functions (check_helper_call in verifier.c). */
import { AttachType, Errno, MapFlag, MapType, ProgType, hasTrampoline } from '../abi/index.ts';
import { BtfKind } from '../btf/index.ts';
import { type Insn } from '../isa/index.ts';
import { syncBounds } from './bounds.ts';
import { isStruct, resolveModifiers } from './btf-types.ts';
import { HelperId } from './callback-kinds.ts';
import {
  clearPacketPointers,
  endEarly,
  findVmaCallback,
  forEachMapElement,
  loopCallback,
  pushCallback,
  timerCallback,
  userRingbufCallback,
} from './calls.ts';
import { dynptrValue, releaseDynptr } from './dynptr.ts';
import { type Environment } from './environment.ts';
import { CallArguments, checkHelperArgument } from './helper-args.ts';
import {
  HELPER_COUNT,
  PACKET_CHANGERS,
  helperPrototypeFor,
  type HelperPrototype,
} from './helper-prototypes.ts';
import { checkMapFunction } from './map-functions.ts';
import { checkMemoryAccess } from './memory.ts';
import { markPrecise } from './precision.ts';
import { helperText } from './print-insn.ts';
import { acquireReference, checkResources, dropReference, releaseReference } from './references.ts';
import { clearCallerSaved, sanityCheck } from './register-checks.ts';
import { type Register } from './register.ts';
import { RegType, TypeFlag, mayBeNull, regTypeName } from './reg-type.ts';
import { hasField } from './resolve.ts';

function nameOf(id: number): string {
  return `${helperText(id) ?? 'unknown'}#${id}`;
}

/** Functions whose arguments a program may take the path of (btf_allowlist_d_path). */
const PATH_FUNCTIONS: readonly string[] = [
  'security_file_permission',
  'security_inode_getattr',
  'security_file_open',
  'security_path_truncate',
  'vfs_truncate',
  'vfs_fallocate',
  'dentry_open',
  'vfs_getattr',
  'filp_close',
];

/** Some helpers are for some places only that tracing programs attach to (bpf_func_proto.allowed). */
function isAllowedInProbe(env: Environment, id: number): boolean {
  const { progType, expectedAttachType: place } = env.input;
  if (progType !== ProgType.TRACING && progType !== ProgType.SYSCALL) return true;
  switch (id) {
    case HelperId.d_path:
      return (
        progType === ProgType.TRACING &&
        (place === AttachType.TRACE_ITER || PATH_FUNCTIONS.includes(env.attachName))
      );
    case HelperId.sk_storage_get:
    case HelperId.sk_storage_delete:
      if (progType === ProgType.SYSCALL) return false;
      if (place === AttachType.TRACE_ITER || place === AttachType.TRACE_RAW_TP) return true;
      return (
        (place === AttachType.TRACE_FENTRY || place === AttachType.TRACE_FEXIT) &&
        !env.attachName.startsWith('bpf_sk_storage')
      );
    default:
      return true;
  }
}

/** The helper exists, this type of program may call it, here. */
function findHelper(env: Environment, id: number): HelperPrototype {
  if (id < 0 || id >= HELPER_COUNT) env.reject(Errno.EINVAL, `invalid func ${nameOf(id)}`);
  const prototype = helperPrototypeFor(env.input.progType, id);
  if (prototype === undefined || !env.helpers.has(id)) {
    env.reject(Errno.EINVAL, `program of this type cannot use helper ${nameOf(id)}`);
  }
  if (!env.input.gplCompatible && prototype.gplOnly) {
    env.reject(Errno.EINVAL, 'cannot call GPL-restricted function from non-GPL compatible program');
  }
  if (!isAllowedInProbe(env, id)) env.reject(Errno.EINVAL, 'helper call is not allowed in probe');
  if (!env.inSleepable && prototype.mightSleep) {
    env.reject(Errno.EINVAL, 'helper call might sleep in a non-sleepable prog');
  }
  if (prototype.mightSleep) {
    if (env.current.rcuLocks > 0) {
      env.reject(Errno.EINVAL, `sleepable helper ${nameOf(id)} in rcu_read_lock region`);
    }
    if (env.current.preemptLocks > 0) {
      env.reject(Errno.EINVAL, `sleepable helper ${nameOf(id)} in non-preemptible region`);
    }
  }
  return prototype;
}

const MAP_RECORDERS: ReadonlySet<number> = new Set<number>([
  HelperId.tail_call,
  HelperId.map_lookup_elem,
  HelperId.map_update_elem,
  HelperId.map_delete_elem,
  HelperId.map_push_elem,
  HelperId.map_pop_elem,
  HelperId.map_peek_elem,
  HelperId.for_each_map_elem,
  HelperId.redirect_map,
  HelperId.map_lookup_percpu_elem,
]);
const MAP_WRITERS: ReadonlySet<number> = new Set<number>([
  HelperId.map_delete_elem,
  HelperId.map_update_elem,
  HelperId.map_push_elem,
  HelperId.map_pop_elem,
]);

function recordMap(env: Environment, meta: CallArguments, id: number): void {
  if (!MAP_RECORDERS.has(id)) return;
  const map = meta.map;
  if (map === undefined) env.reject(Errno.EINVAL, 'kernel subsystem misconfigured verifier');
  if ((map.flags & MapFlag.RDONLY_PROG) !== 0 && MAP_WRITERS.has(id)) {
    env.reject(Errno.EACCES, 'write into map forbidden');
  }
  const facts = env.factsAt(env.insn);
  if (facts.callMap !== undefined && facts.callMap.id !== map.id) facts.callMapVaries = true;
  facts.callMap = map;
  if (id !== HelperId.tail_call) return;
  if (map.type !== MapType.PROG_ARRAY) {
    env.reject(Errno.EINVAL, 'kernel subsystem misconfigured verifier');
  }
  const key = env.register(3);
  const isKnown = key.type === RegType.SCALAR && key.isConst && key.varOff.value < BigInt(map.maxEntries);
  if (!isKnown) {
    facts.tailCallIndex = 'varies';
    return;
  }
  markPrecise(env, 3);
  facts.tailCallIndex ??= key.varOff.value;
  if (facts.tailCallIndex !== key.varOff.value) facts.tailCallIndex = 'varies';
}

/** Memory that the helper fills: byte for byte as if the program wrote it. */
function writeFilledMemory(env: Environment, meta: CallArguments): void {
  for (let i = 0; i < meta.raw.size; i++) {
    checkMemoryAccess(env, {
      regno: meta.raw.regno,
      offset: i,
      size: 1,
      access: 'write',
      valueRegister: -1,
      strictAlignment: false,
      signed: false,
    });
  }
}

function releaseArgument(env: Environment, meta: CallArguments, prototype: HelperPrototype): void {
  const regno = meta.releaseRegister;
  if (regno === 0) return;
  const r = env.register(regno);
  let released: boolean;
  if (prototype.args[regno - 1]?.base === 'dynptr') released = releaseDynptr(env, r);
  else if (prototype.id === HelperId.kptr_xchg && meta.refObjId !== 0)
    released = handOver(env, meta.refObjId);
  else if (meta.refObjId !== 0) released = releaseReference(env, meta.refObjId);
  else released = r.isNull;
  if (!released) {
    env.reject(Errno.EINVAL, `func ${nameOf(prototype.id)} reference has not been acquired before`);
  }
}

/** An object that goes into a map: under RCU a per-CPU one may still be looked at. */
function handOver(env: Environment, reference: number): boolean {
  const inRcu = env.inRcuSection;
  if (!dropReference(env, env.frame, reference)) return false;
  env.current.forEachRegister(
    (r) => r.refObjId === reference,
    (r) => {
      if (inRcu && (r.type & TypeFlag.ALLOC) !== 0 && (r.type & TypeFlag.PERCPU) !== 0) {
        r.refObjId = 0;
        r.type = (r.type & ~TypeFlag.ALLOC) | TypeFlag.RCU;
      } else env.invalidate(r);
    },
  );
  return true;
}

/** What single helpers demand besides their prototype; true where the packet changes. */
function checkSpecial(env: Environment, insn: Insn, meta: CallArguments, id: number): boolean {
  switch (id) {
    case HelperId.tail_call:
      checkResources(env, 'tail_call', true);
      break;
    case HelperId.get_local_storage:
      if (!env.register(2).isNull) {
        env.reject(Errno.EINVAL, "get_local_storage() doesn't support non-zero flags");
      }
      markPrecise(env, 2);
      break;
    case HelperId.for_each_map_elem:
      pushCallback(env, insn, meta.callback, forEachMapElement);
      break;
    case HelperId.timer_set_callback:
      pushCallback(env, insn, meta.callback, timerCallback);
      break;
    case HelperId.find_vma:
      pushCallback(env, insn, meta.callback, findVmaCallback);
      break;
    case HelperId.user_ringbuf_drain:
      pushCallback(env, insn, meta.callback, userRingbufCallback);
      break;
    case HelperId.loop:
      callLoop(env, insn, meta);
      break;
    case HelperId.snprintf:
      if (env.register(5).isConst && env.register(5).varOffNumber % 8 !== 0) env.reject(Errno.EINVAL);
      break;
    case HelperId.dynptr_from_mem:
      if (env.register(1).type !== RegType.MAP_VALUE) {
        env.reject(
          Errno.EACCES,
          `Unsupported reg type ${regTypeName(env.register(1).type)} for bpf_dynptr_from_mem data`,
        );
      }
      break;
    case HelperId.dynptr_data: {
      const value = dynptrValue(env, env.register(1));
      meta.dynptrId = value.id;
      meta.refObjId = value.refObjId;
      break;
    }
    default:
  }
  return PACKET_CHANGERS.has(id) && id !== HelperId.tail_call;
}

function callLoop(env: Environment, insn: Insn, meta: CallArguments): void {
  // Flags other than zero make it an error at run time: the value decides.
  if (env.register(4).isNull) markPrecise(env, 4);
  noteLoopCallback(env, meta.callback);
  markPrecise(env, 1);
  if (env.frame.callbackDepth < env.register(1).umax) {
    pushCallback(env, insn, meta.callback, loopCallback);
    return;
  }
  env.frame.callbackDepth = 0;
  if (env.log.tracesEverything)
    env.say(`frame${env.current.depthOfCalls} bpf_loop iteration limit reached\n`);
}

/** A loop that always runs the same function becomes instructions (update_loop_inline_state). */
function noteLoopCallback(env: Environment, callback: number): void {
  const facts = env.factsAt(env.insn);
  const fits = env.register(4).isNull;
  facts.loopCallback ??= fits ? callback : 'varies';
  if (!fits || facts.loopCallback !== callback) facts.loopCallback = 'varies';
}

const POINTER_RESULTS: Readonly<Record<string, number>> = {
  socket: RegType.SOCKET,
  sock_common: RegType.SOCK_COMMON,
  tcp_sock: RegType.TCP_SOCK,
};

/** What R0 is after the call. */
function setResult(
  env: Environment,
  prototype: HelperPrototype,
  meta: CallArguments,
  isPerCpuObject: boolean,
): void {
  const r = env.register(0);
  const { base, flags, struct } = prototype.result;
  const id = prototype.id;
  if (base === 'int') {
    env.markUnknown(r);
    return;
  }
  if (base === 'void') {
    r.type = RegType.NOT_INIT;
    return;
  }
  r.markKnownZero();
  switch (base) {
    case 'map_value':
      if (meta.map === undefined) env.reject(Errno.EINVAL, 'kernel subsystem misconfigured verifier');
      r.map = meta.map;
      r.mapUid = meta.mapUid;
      r.type = RegType.MAP_VALUE | flags;
      if (id === HelperId.map_lookup_elem && keyIsInside(meta)) r.type &= ~TypeFlag.MAYBE_NULL;
      if (!mayBeNull(r.type) && hasField(meta.map, 'spin_lock')) r.id = env.newId();
      break;
    case 'mem':
      r.type = RegType.MEM | flags;
      r.memSize = meta.memSize;
      break;
    case 'mem_or_btf':
      setPerCpuResult(env, r, flags, meta, isPerCpuObject);
      break;
    case 'btf':
      setStructResult(env, r, id, flags, struct, meta);
      break;
    default:
      r.type = (POINTER_RESULTS[base] ?? RegType.SCALAR) | flags;
  }
  if (mayBeNull(r.type)) r.id = env.newId();
}

/** A lookup that cannot fail: the array has that element. */
function keyIsInside(meta: CallArguments): boolean {
  const key = meta.constantKey;
  return (
    key !== undefined &&
    meta.map !== undefined &&
    BigInt.asIntN(64, key) >= 0n &&
    key < BigInt(meta.map.maxEntries)
  );
}

function setPerCpuResult(
  env: Environment,
  r: Register,
  flags: number,
  meta: CallArguments,
  isObject: boolean,
): void {
  const btf = meta.resultBtf;
  if (btf === undefined) env.bug('per-cpu pointer without BTF');
  const type = resolveModifiers(btf, meta.resultBtfId);
  if (isStruct(type)) {
    r.type = isObject
      ? RegType.BTF_ID | TypeFlag.ALLOC | TypeFlag.RCU
      : RegType.BTF_ID | (flags & ~TypeFlag.RDONLY);
    r.btf = btf;
    r.btfId = type.id;
    return;
  }
  const size = btf.sizeOf(type.id);
  if (size === undefined) env.reject(Errno.EINVAL, `unable to resolve the size of type '${type.name}': -22`);
  r.type = RegType.MEM | flags;
  r.memSize = size;
}

function setStructResult(
  env: Environment,
  r: Register,
  id: number,
  flags: number,
  struct: string,
  meta: CallArguments,
): void {
  r.type = RegType.BTF_ID | flags;
  if (id === HelperId.kptr_xchg && meta.kptr !== undefined) {
    r.btf = meta.kptr.targetBtf;
    r.btfId = meta.kptr.targetTypeId ?? 0;
    if (r.btf !== env.input.kernelBtf) {
      r.type |= TypeFlag.ALLOC;
      if (meta.kptr.kind === 'kptr_percpu') r.type |= TypeFlag.PERCPU;
    }
    return;
  }
  r.btf = env.input.kernelBtf;
  r.btfId = env.input.kernelBtf?.findByNameKind(struct, BtfKind.STRUCT) ?? 0;
  if (r.btfId === 0) env.reject(Errno.EINVAL, `invalid return type 8 of func ${nameOf(id)}`);
}

const CASTS: ReadonlySet<number> = new Set<number>([95, 96, 136, 137, 138, 139, 140, 196]);
const ACQUIRING: ReadonlySet<number> = new Set<number>([
  HelperId.sk_lookup_tcp,
  HelperId.sk_lookup_udp,
  HelperId.skc_lookup_tcp,
  HelperId.ringbuf_reserve,
  HelperId.kptr_xchg,
]);

/** References that R0 carries. */
function setReference(env: Environment, id: number, meta: CallArguments): void {
  const r = env.register(0);
  if (id === HelperId.dynptr_data) r.dynptrId = meta.dynptrId;
  if (CASTS.has(id) || id === HelperId.dynptr_data) {
    r.refObjId = meta.refObjId;
    return;
  }
  const looksUpSocket =
    id === HelperId.map_lookup_elem &&
    (meta.map?.type === MapType.SOCKMAP || meta.map?.type === MapType.SOCKHASH);
  if (!ACQUIRING.has(id) && !looksUpSocket) return;
  const reference = acquireReference(env, env.insn);
  r.id = reference;
  r.refObjId = reference;
}

const STRING_READERS: ReadonlySet<number> = new Set<number>([
  HelperId.get_stack,
  HelperId.get_task_stack,
  HelperId.probe_read_str,
  HelperId.probe_read_kernel_str,
  HelperId.probe_read_user_str,
]);
const MAX_ERRNO = 4095;

/** Results whose range is known. */
function limitResult(env: Environment, prototype: HelperPrototype, meta: CallArguments): void {
  if (prototype.result.base !== 'int') return;
  const r = env.register(0);
  if (STRING_READERS.has(prototype.id)) {
    r.smaxH = 0;
    r.smaxL = r.s32Max = meta.largestSize | 0;
    r.sminH = -1;
    r.sminL = r.s32Min = -MAX_ERRNO;
    syncBounds(r);
  } else if (prototype.id === HelperId.get_smp_processor_id) {
    const last = env.possibleCpus - 1;
    r.umaxH = r.smaxH = r.uminH = r.sminH = 0;
    r.umaxL = r.u32Max = r.smaxL = r.s32Max = last;
    r.uminL = r.u32Min = r.sminL = r.s32Min = 0;
    syncBounds(r);
  }
  sanityCheck(env, r, 'retval');
}

const PER_CPU_READERS: ReadonlySet<number> = new Set<number>([HelperId.per_cpu_ptr, HelperId.this_cpu_ptr]);

/** Checks a call of a helper and sets R0. */
export function checkHelperCall(env: Environment, insn: Insn): void {
  const id = insn.imm;
  const prototype = findHelper(env, id);
  const meta = new CallArguments(prototype);
  for (let i = 0; i < 5; i++) checkHelperArgument(env, i, meta);
  recordMap(env, meta, id);
  writeFilledMemory(env, meta);
  releaseArgument(env, meta, prototype);
  let changesPacket = checkSpecial(env, insn, meta, id);
  if (id === HelperId.dynptr_write && dynptrValue(env, env.register(1)).dynptrType === 3)
    changesPacket = true;
  const isPerCpuObject = (env.register(1).type & TypeFlag.RCU) !== 0;
  const facts = env.factsAt(env.insn);
  if (isPerCpuObject && PER_CPU_READERS.has(id)) facts.takesPerCpuObject = true;
  if (!env.inSleepable) facts.mayNotSleep = true;
  clearCallerSaved(env, env.frame);
  setResult(env, prototype, meta, isPerCpuObject);
  setReference(env, id, meta);
  limitResult(env, prototype, meta);
  checkMapFunction(env, meta.map, id);
  if (id === HelperId.get_func_ip) checkFunctionIp(env);
  if (id === HelperId.tail_call) finishTailCall(env);
  if (changesPacket) clearPacketPointers(env);
}

/** A tail call that succeeds ends the function that it is in. */
function finishTailCall(env: Environment): void {
  if (env.current.depthOfCalls === 0 || !env.input.profile.tailCallMayExit) return;
  endEarly(env, () => {
    clearPacketPointers(env);
    env.markUnknown(env.register(0));
  });
}

function checkFunctionIp(env: Environment): void {
  const type = env.input.progType;
  const name = nameOf(HelperId.get_func_ip);
  if (type === ProgType.KPROBE) return;
  if (type !== ProgType.TRACING) {
    env.reject(Errno.ENOTSUPP, `func ${name} not supported for program type ${type}`);
  }
  if (!hasTrampoline(env.input.expectedAttachType)) {
    env.reject(Errno.ENOTSUPP, `func ${name} supported only for fentry/fexit/fmod_ret programs`);
  }
}
