/** Loads, stores and atomic operations: what may be accessed through each kind of pointer (check_mem_access). */
import { Errno, MapFlag, ProgType } from '../abi/index.ts';
import { BtfKind } from '../btf/index.ts';
import { AtomicOp, InsnClass, InsnMode, InsnSize, accessBytes, type Insn } from '../isa/index.ts';
import { accessStruct, isSafeField, structMatches } from './btf-access.ts';
import { signExtend64, truncate } from './bounds.ts';
import { contextAccess } from './context-access.ts';
import { type Environment } from './environment.ts';
import { sockFieldReadable, tcpSockFieldReadable } from './network-context.ts';
import { markPrecise } from './precision.ts';
import { printLine } from './print.ts';
import { Live, MAX_VAR_OFF, type Register } from './register.ts';
import {
  RegType,
  TypeFlag,
  baseType,
  hasUnsafeModifiers,
  isAllocatedObject,
  isNonOwningReference,
  isPacketPointer,
  isSockPointer,
  mayBeNull,
  regTypeName,
  TRUSTED_MODIFIERS,
} from './reg-type.ts';
import { checkDestination, checkSource, sanityCheck } from './register-checks.ts';
import { isReadOnlyMap, supportsDirectValue } from './resolve.ts';
import { checkStackBounds, readStack, writeStack, type AccessType } from './stack.ts';
import { tnumAdd, tnumConst, tnumIsAligned, tnumString } from './tnum.ts';
import { type AccessKind, type SpecialField, type VerifierMap } from './types.ts';

/** Pointers that must not be given away where leaks are forbidden (is_pointer_value). */
export function isPointerValue(env: Environment, r: Register): boolean {
  return !env.allowPointerLeaks && r.type !== RegType.SCALAR;
}

function checkAlignment(
  env: Environment,
  r: Register,
  offset: number,
  size: number,
  strict: boolean,
  what: string,
  base: number,
): void {
  if (!strict || size === 1) return;
  const at = base + r.off + offset;
  if (tnumIsAligned(tnumAdd(r.varOff, tnumConst(at >> 31, at | 0)), size)) return;
  const text = tnumString(r.varOff);
  env.reject(
    Errno.EACCES,
    what === 'packet '
      ? `misaligned packet access off ${base}+${text}+${r.off}+${offset} size ${size}`
      : `misaligned ${what}access off ${text}+${r.off}+${offset} size ${size}`,
  );
}

const ALIGNMENT_NAMES: Readonly<Record<number, string>> = {
  [RegType.FLOW_KEYS]: 'flow keys ',
  [RegType.MAP_KEY]: 'key ',
  [RegType.MAP_VALUE]: 'value ',
  [RegType.CTX]: 'context ',
  [RegType.STACK]: 'stack ',
  [RegType.SOCKET]: 'sock ',
  [RegType.SOCK_COMMON]: 'sock_common ',
  [RegType.TCP_SOCK]: 'tcp_sock ',
  [RegType.XDP_SOCK]: 'xdp_sock ',
};

/** Natural alignment, where it is asked for; on the stack always (check_ptr_alignment). */
export function checkPointerAlignment(
  env: Environment,
  r: Register,
  offset: number,
  size: number,
  strictOnce: boolean,
): void {
  const strict = env.strictAlignment || strictOnce;
  if (r.type === RegType.ARENA) return;
  if (r.type === RegType.PACKET || r.type === RegType.PACKET_META) {
    checkAlignment(env, r, offset, size, strict, 'packet ', 2);
  } else {
    const what = ALIGNMENT_NAMES[r.type] ?? '';
    checkAlignment(env, r, offset, size, strict || r.type === RegType.STACK, what, 0);
  }
}

/** [offset, offset + size) lies in memory of `memSize` bytes, else it says so; true if it does. */
function liesWithin(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  memSize: number,
  zeroAllowed: boolean,
): boolean {
  const sizeOk = size > 0 || (size === 0 && zeroAllowed);
  if (offset >= 0 && sizeOk && offset + size <= memSize) return true;
  const r = env.register(regno);
  const at = offset | 0;
  switch (r.type) {
    case RegType.MAP_KEY:
      env.say(`invalid access to map key, key_size=${memSize} off=${at} size=${size}\n`);
      break;
    case RegType.MAP_VALUE:
      env.say(`invalid access to map value, value_size=${memSize} off=${at} size=${size}\n`);
      break;
    case RegType.PACKET:
    case RegType.PACKET_META:
    case RegType.PACKET_END:
      env.say(
        `invalid access to packet, off=${at} size=${size}, R${regno}(id=${r.id},off=${at},r=${memSize})\n`,
      );
      break;
    default:
      env.say(`invalid access to memory, mem_size=${memSize} off=${at} size=${size}\n`);
  }
  return false;
}

const NEGATIVE = 'min value is negative, either use unsigned index or do a if (index >=0) check.';

/** Every value of a pointer's offset keeps the access inside (check_mem_region_access). */
export function checkRegion(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  memSize: number,
  zeroAllowed: boolean,
): void {
  const r = env.register(regno);
  const smin = r.smin;
  if (smin < 0 && (r.isSminMinimum || offset + smin < 0)) {
    env.reject(Errno.EACCES, `R${regno} ${NEGATIVE}`);
  }
  if (!liesWithin(env, regno, smin + offset, size, memSize, zeroAllowed)) {
    env.reject(Errno.EACCES, `R${regno} min value is outside of the allowed memory range`);
  }
  if (r.umax >= MAX_VAR_OFF) {
    env.reject(Errno.EACCES, `R${regno} unbounded memory access, make sure to bounds check any such access`);
  }
  if (!liesWithin(env, regno, r.umax + offset, size, memSize, zeroAllowed)) {
    env.reject(Errno.EACCES, `R${regno} max value is outside of the allowed memory range`);
  }
}

/** The pointer is used without a variable offset, or without any (check_ptr_off_reg). */
export function checkPointerOffset(
  env: Environment,
  r: Register,
  regno: number,
  fixedAllowed: boolean,
): void {
  const name = regTypeName(r.type);
  if (r.off < 0) {
    env.reject(Errno.EACCES, `negative offset ${name} ptr R${regno} off=${r.off} disallowed`);
  }
  if (!fixedAllowed && r.off !== 0) {
    env.reject(Errno.EACCES, `dereference of modified ${name} ptr R${regno} off=${r.off} disallowed`);
  }
  if (!r.isConst || r.varOffNumber !== 0) {
    env.reject(Errno.EACCES, `variable ${name} access var_off=${tnumString(r.varOff)} disallowed`);
  }
}

/** Programs may read or write the map's values (check_map_access_type). */
export function checkMapPermission(
  env: Environment,
  map: VerifierMap,
  offset: number,
  size: number,
  access: AccessType,
): void {
  const rest = `value_size=${map.valueSize} off=${offset} size=${size}`;
  if (access === 'write' && (map.flags & MapFlag.RDONLY_PROG) !== 0) {
    env.reject(Errno.EACCES, `write into map forbidden, ${rest}`);
  }
  if (access === 'read' && (map.flags & MapFlag.WRONLY_PROG) !== 0) {
    env.reject(Errno.EACCES, `read from map forbidden, ${rest}`);
  }
}

export function isKptr(field: SpecialField): boolean {
  return (
    field.kind === 'kptr_unref' ||
    field.kind === 'kptr_ref' ||
    field.kind === 'kptr_percpu' ||
    field.kind === 'uptr'
  );
}

const FIELD_NAMES: Readonly<Record<SpecialField['kind'], string>> = {
  spin_lock: 'bpf_spin_lock',
  res_spin_lock: 'bpf_res_spin_lock',
  timer: 'bpf_timer',
  wq: 'bpf_wq',
  task_work: 'bpf_task_work',
  kptr_unref: 'kptr',
  kptr_ref: 'kptr',
  kptr_percpu: 'percpu_kptr',
  uptr: 'uptr',
  list_head: 'bpf_list_head',
  list_node: 'bpf_list_node',
  rb_root: 'bpf_rb_root',
  rb_node: 'bpf_rb_node',
  refcount: 'bpf_refcount',
};

/** btf_field_type_name() */
export function fieldName(field: SpecialField): string {
  return FIELD_NAMES[field.kind];
}

/** Bounds of a map value, and the fields that only the kernel touches (check_map_access). */
export function checkMapAccess(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  zeroAllowed: boolean,
  direct: boolean,
): void {
  const r = env.register(regno);
  const map = r.map;
  if (map === undefined) env.bug('map value without a map');
  checkRegion(env, regno, offset, size, map.valueSize, zeroAllowed);
  for (const field of map.fields ?? []) {
    if (r.smin + offset >= field.offset + field.size || field.offset >= r.umax + offset + size) continue;
    if (isKptr(field)) checkKptrPlace(env, r, field, offset, size, direct);
    else env.reject(Errno.EACCES, `${fieldName(field)} cannot be accessed directly by load/store`);
  }
}

function checkKptrPlace(
  env: Environment,
  r: Register,
  field: SpecialField,
  offset: number,
  size: number,
  direct: boolean,
): void {
  const name = field.kind === 'uptr' ? 'uptr' : 'kptr';
  if (!direct) env.reject(Errno.EACCES, `${name} cannot be accessed indirectly by helper`);
  if (!r.isConst) env.reject(Errno.EACCES, `${name} access cannot have variable offset`);
  const at = offset + r.varOffNumber;
  if (at !== field.offset) {
    env.reject(Errno.EACCES, `${name} access misaligned expected=${field.offset} off=${at}`);
  }
  if (size !== 8) env.reject(Errno.EACCES, `${name} access size must be BPF_DW`);
}

/** Types of objects that stay valid in an RCU section (rcu_protected_types). */
const RCU_PROTECTED = new Set([
  'prog_test_ref_kfunc',
  'cgroup',
  'bpf_cpumask',
  'task_struct',
  'bpf_crypto_ctx',
]);

/** Flags of a pointer loaded from a kptr field (btf_ld_kptr_type). */
function loadedKptrFlags(env: Environment, field: SpecialField): number {
  const isKernel = field.targetBtf === env.input.kernelBtf;
  const name = field.targetBtf?.nameOf(field.targetTypeId ?? 0) ?? '';
  const rcuSafe =
    field.kind === 'kptr_percpu' || (field.kind === 'kptr_ref' && (!isKernel || RCU_PROTECTED.has(name)));
  let flags = TypeFlag.MAYBE_NULL;
  if (!rcuSafe || !env.inRcuSection) return flags | TypeFlag.UNTRUSTED;
  flags |= TypeFlag.RCU;
  if (field.kind === 'kptr_percpu') flags |= TypeFlag.PERCPU;
  else if (!isKernel) flags |= TypeFlag.ALLOC;
  return flags;
}

/** A register fits a kptr field; says what is wrong and answers false else (map_kptr_match_type). */
export function kptrMatches(env: Environment, field: SpecialField, r: Register, regno: number): boolean {
  const btf = field.targetBtf;
  const typeId = field.targetTypeId ?? 0;
  const targetName = btf?.nameOf(typeId) ?? '';
  const check = (): string | undefined => {
    if (baseType(r.type) !== RegType.BTF_ID || r.btf === undefined || btf === undefined) return '';
    const isKernel = r.btf === env.input.kernelBtf;
    let allowed = TypeFlag.MAYBE_NULL;
    if (isKernel) {
      allowed |= TypeFlag.TRUSTED | TypeFlag.RCU;
      if (field.kind === 'kptr_unref') allowed |= TypeFlag.UNTRUSTED;
    } else {
      allowed |= TypeFlag.ALLOC;
      if (field.kind === 'kptr_percpu') allowed |= TypeFlag.PERCPU;
    }
    if ((r.type & ~0xff & ~allowed) !== 0) return '';
    if ((field.kind === 'kptr_percpu') !== ((r.type & TypeFlag.PERCPU) !== 0)) return '';
    checkPointerOffset(env, r, regno, true);
    const strict = field.kind !== 'kptr_unref';
    const matches = structMatches(
      env,
      r.btf,
      r.btfId,
      r.off,
      btf,
      typeId,
      strict,
      (r.type & TypeFlag.ALLOC) === 0,
    );
    return matches ? undefined : r.btf.nameOf(r.btfId);
  };
  const wrong = check();
  if (wrong === undefined) return true;
  const alternative = field.kind === 'kptr_unref' ? ` or untrusted_ptr_${targetName}` : '';
  env.say(
    `invalid kptr access, R${regno} type=${regTypeName(r.type)}${wrong} expected=ptr_${targetName}${alternative}\n`,
  );
  return false;
}

function accessKptr(env: Environment, field: SpecialField, valueRegister: number): void {
  const insn = env.insnAt(env.insn);
  const class_ = insn.code & 7;
  if ((insn.code & 0xe0) !== InsnMode.MEM) {
    env.reject(Errno.EACCES, 'kptr in map can only be accessed using BPF_MEM instruction mode');
  }
  if (class_ !== InsnClass.LDX && (field.kind === 'kptr_ref' || field.kind === 'kptr_percpu')) {
    env.reject(Errno.EACCES, 'store to referenced kptr disallowed');
  }
  if (class_ === InsnClass.LDX) {
    const r = env.register(valueRegister);
    markBtfPointer(env, r, loadedKptrFlags(env, field), field.targetBtf, field.targetTypeId ?? 0);
  } else if (class_ === InsnClass.STX) {
    const r = env.register(valueRegister);
    if (r.isNull) markPrecise(env, valueRegister);
    else if (!kptrMatches(env, field, r, valueRegister)) env.reject(Errno.EACCES);
  } else if (insn.imm !== 0) {
    env.reject(Errno.EACCES, `BPF_ST imm must be 0 when storing to kptr at off=${field.offset}`);
  }
}

/** A pointer to a struct as the result of a load (mark_btf_ld_reg). */
export function markBtfPointer(
  env: Environment,
  r: Register,
  flags: number,
  btf: Register['btf'],
  btfId: number,
): void {
  r.markKnownZero();
  r.type = RegType.BTF_ID | flags;
  r.btf = btf;
  r.btfId = btfId;
  if (mayBeNull(flags)) r.id = env.newId();
}

/** Direct packet access is open to these program types (may_access_direct_pkt_data). */
export function mayAccessPacket(env: Environment, access: AccessType, helperMay?: boolean): boolean {
  switch (env.input.progType) {
    case ProgType.LWT_IN:
    case ProgType.LWT_OUT:
    case ProgType.LWT_SEG6LOCAL:
    case ProgType.SK_REUSEPORT:
    case ProgType.FLOW_DISSECTOR:
    case ProgType.CGROUP_SKB:
      if (access === 'write') return false;
      break;
    case ProgType.SCHED_CLS:
    case ProgType.SCHED_ACT:
    case ProgType.XDP:
    case ProgType.LWT_XMIT:
    case ProgType.SK_SKB:
    case ProgType.SK_MSG:
      break;
    case ProgType.CGROUP_SOCKOPT:
      if (access === 'write') env.seenDirectWrite = true;
      return true;
    default:
      return false;
  }
  if (helperMay !== undefined) return helperMay;
  env.seenDirectWrite = true;
  return true;
}

/** The access lies in the part of the packet that a comparison with pkt_end covered. */
export function checkPacketAccess(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  zeroAllowed: boolean,
): void {
  const r = env.register(regno);
  if (r.sminH < 0) env.reject(Errno.EACCES, `R${regno} ${NEGATIVE}`);
  if (r.range < 0) env.reject(Errno.EINVAL, `R${regno} offset is outside of the packet`);
  if (!liesWithin(env, regno, offset, size, r.range, zeroAllowed)) {
    env.reject(Errno.EACCES, `R${regno} offset is outside of the packet`);
  }
}

/** Reads of the bytes behind a buffer pointer (check_buffer_access). */
export function checkBuffer(
  env: Environment,
  r: Register,
  regno: number,
  what: string,
  offset: number,
  size: number,
): void {
  if (offset < 0) {
    env.reject(Errno.EACCES, `R${regno} invalid ${what} buffer access: off=${offset}, size=${size}`);
  }
  if (!r.isConst || r.varOffNumber !== 0) {
    env.reject(
      Errno.EACCES,
      `R${regno} invalid variable buffer offset: off=${offset}, var_off=${tnumString(r.varOff)}`,
    );
  }
}

/** Acquired, or trusted by its kind (is_trusted_reg). */
export function isTrusted(r: Register): boolean {
  if (r.refObjId !== 0) return true;
  const base = baseType(r.type);
  const isObject =
    base === RegType.SOCKET ||
    base === RegType.SOCK_COMMON ||
    base === RegType.TCP_SOCK ||
    base === RegType.MAP_PTR;
  if (isObject && !hasUnsafeModifiers(r.type)) return true;
  return (r.type & TRUSTED_MODIFIERS) !== 0 && !hasUnsafeModifiers(r.type);
}

/** Trust of a pointer read from a field: what the pointer it was read through had, for safe fields. */
function loadedFlags(env: Environment, r: Register, field: string, own: number): number {
  const clear = own & ~(TRUSTED_MODIFIERS | TypeFlag.RCU);
  if ((r.type & TypeFlag.UNTRUSTED) !== 0) return TypeFlag.UNTRUSTED;
  if (!isTrusted(r) && (r.type & TypeFlag.RCU) === 0) return clear;
  const btf = r.btf;
  if (btf === undefined) return clear;
  const safe = (kind: 'rcu' | 'rcu_or_null' | 'trusted' | 'trusted_or_null'): boolean =>
    isSafeField(kind, btf, r.btfId, field);
  if (safe('trusted')) return own | TypeFlag.TRUSTED;
  if (safe('trusted_or_null')) return own | TypeFlag.TRUSTED | TypeFlag.MAYBE_NULL;
  if (!env.inRcuSection || mayBeNull(r.type)) return TypeFlag.UNTRUSTED;
  if (safe('rcu')) return own | TypeFlag.RCU;
  if ((own & TypeFlag.RCU) !== 0 || safe('rcu_or_null')) {
    const flags = own | TypeFlag.RCU | TypeFlag.MAYBE_NULL;
    return safe('rcu_or_null') ? flags & ~TypeFlag.UNTRUSTED : flags;
  }
  if ((own & (TypeFlag.PERCPU | TypeFlag.USER)) !== 0) return own;
  return clear;
}

/** A load from or store to a kernel struct (check_ptr_to_btf_access). */
export function checkStructAccess(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  access: AccessType,
  valueRegister: number,
): void {
  const r = env.register(regno);
  const btf = r.btf;
  if (btf === undefined) env.bug('pointer to a struct without BTF');
  const name = btf.nameOf(r.btfId);
  const isKernel = btf === env.input.kernelBtf;
  if (!env.allowPointerLeaks) {
    env.reject(Errno.EPERM, `'struct ${name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN`);
  }
  if (!env.input.gplCompatible && isKernel) {
    env.reject(Errno.EINVAL, `Cannot access kernel 'struct ${name}' from non-GPL compatible program`);
  }
  if (offset < 0) {
    env.reject(Errno.EACCES, `R${regno} is ptr_${name} invalid negative access: off=${offset}`);
  }
  if (!r.isConst || r.varOffNumber !== 0) {
    env.reject(
      Errno.EACCES,
      `R${regno} is ptr_${name} invalid variable offset: off=${offset}, var_off=${tnumString(r.varOff)}`,
    );
  }
  if ((r.type & TypeFlag.USER) !== 0) {
    env.reject(Errno.EACCES, `R${regno} is ptr_${name} access user memory: off=${offset}`);
  }
  if ((r.type & TypeFlag.PERCPU) !== 0) {
    env.reject(Errno.EACCES, `R${regno} is ptr_${name} access percpu memory: off=${offset}`);
  }
  if (access === 'write' && (r.type & TypeFlag.UNTRUSTED) !== 0) {
    env.reject(Errno.EACCES, 'only read is supported');
  }
  const allocated = isAllocatedObject(r.type);
  if (access === 'write' && !allocated && env.structOps?.structAccess !== undefined) {
    writeStruct(env, name, r.btfId, offset, size);
    return;
  }
  if (access === 'write' && !allocated) env.reject(Errno.EACCES, 'only read is supported');
  if (allocated && !isNonOwningReference(r.type) && (r.type & TypeFlag.RCU) === 0 && r.refObjId === 0) {
    env.bug('allocated object must have a non-zero ref_obj_id');
  }
  const found = accessStruct(env, btf, r.btfId, r.type, offset, size);
  if (access !== 'read' || valueRegister < 0) return;
  const result = env.register(valueRegister);
  if (found.kind === 'scalar') env.markUnknown(result);
  else markBtfPointer(env, result, loadedFlags(env, r, found.field, found.flags), btf, found.id);
}

function writeStruct(
  env: Environment,
  structName: string,
  typeId: number,
  offset: number,
  size: number,
): void {
  const verdict = env.structOps?.structAccess?.({ structName, typeId, offset, size });
  if (verdict === undefined || verdict.allowed) return;
  env.reject(-verdict.errno, verdict.message === '' ? undefined : verdict.message);
}

/** Fields of struct bpf_map that a map pointer shows. */
function checkMapPointer(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  access: AccessType,
  valueRegister: number,
): void {
  const r = env.register(regno);
  const btf = env.input.kernelBtf;
  if (btf === undefined) {
    env.reject(Errno.ENOTSUPP, 'map_ptr access not supported without CONFIG_DEBUG_INFO_BTF');
  }
  const id = btf.findByNameKind('bpf_array', BtfKind.STRUCT) ?? btf.findByNameKind('bpf_map', BtfKind.STRUCT);
  if (id === undefined || r.map === undefined) {
    env.reject(Errno.ENOTSUPP, `map_ptr access not supported for map type ${r.map?.type ?? 0}`);
  }
  const name = btf.nameOf(id);
  if (!env.allowPointerLeaks) {
    env.reject(Errno.EPERM, `'struct ${name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN`);
  }
  if (offset < 0) env.reject(Errno.EACCES, `R${regno} is ${name} invalid negative access: off=${offset}`);
  if (access !== 'read') env.reject(Errno.EACCES, `only read from ${name} is supported`);
  const found = accessStruct(env, btf, id, RegType.BTF_ID, offset, size);
  if (valueRegister < 0) return;
  const result = env.register(valueRegister);
  if (found.kind === 'scalar') env.markUnknown(result);
  else markBtfPointer(env, result, found.flags, btf, found.id);
}

function checkNoLeak(env: Environment, access: AccessType, valueRegister: number, where: string): void {
  if (access !== 'write' || valueRegister < 0) return;
  if (!isPointerValue(env, env.register(valueRegister))) return;
  env.reject(Errno.EACCES, `R${valueRegister} leaks addr into ${where}`);
}

/** The result of a load of which nothing is known. */
function loadUnknown(env: Environment, access: AccessType, valueRegister: number): void {
  if (access === 'read' && valueRegister >= 0) env.markUnknown(env.register(valueRegister));
}

function accessMapValue(env: Environment, a: MemoryAccess, offset: number): void {
  const r = env.register(a.regno);
  const map = r.map;
  if (map === undefined) env.bug('map value without a map');
  checkNoLeak(env, a.access, a.valueRegister, 'map');
  checkMapPermission(env, map, offset, a.size, a.access);
  checkMapAccess(env, a.regno, offset, a.size, false, true);
  const at = offset + r.varOffNumber;
  const kptr = r.isConst ? map.fields?.find((field) => isKptr(field) && field.offset === at) : undefined;
  if (kptr !== undefined) {
    accessKptr(env, kptr, a.valueRegister);
    return;
  }
  if (a.access !== 'read' || a.valueRegister < 0) return;
  const result = env.register(a.valueRegister);
  if (r.isConst && isReadOnlyMap(map) && supportsDirectValue(map)) {
    const bytes = map.readValue?.(at, a.size);
    if (bytes !== undefined) {
      setFromBytes(result, bytes, a.signed);
      return;
    }
  }
  env.markUnknown(result);
}

/** The constant that a load from frozen memory gives. */
function setFromBytes(r: Register, bytes: Uint8Array, signed: boolean): void {
  let value = 0n;
  bytes.forEach((byte, i) => (value |= BigInt(byte) << BigInt(8 * i)));
  if (signed) value = BigInt.asUintN(64, BigInt.asIntN(8 * bytes.length, value));
  r.type = RegType.SCALAR;
  r.markKnown(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
}

function accessMemory(env: Environment, a: MemoryAccess, offset: number): void {
  const r = env.register(a.regno);
  const readOnly = (r.type & TypeFlag.RDONLY) !== 0;
  if (mayBeNull(r.type)) {
    env.reject(Errno.EACCES, `R${a.regno} invalid mem access '${regTypeName(r.type)}'`);
  }
  if (a.access === 'write' && readOnly) {
    env.reject(Errno.EACCES, `R${a.regno} cannot write into ${regTypeName(r.type)}`);
  }
  checkNoLeak(env, a.access, a.valueRegister, 'mem');
  // Read-only, untrusted memory of a failed cast is read with fault handling: bounds do not matter.
  if ((r.type & TypeFlag.UNTRUSTED) === 0) checkRegion(env, a.regno, offset, a.size, r.memSize, false);
  loadUnknown(env, a.access, a.valueRegister);
}

function accessContext(env: Environment, a: MemoryAccess, offset: number): void {
  const r = env.register(a.regno);
  checkNoLeak(env, a.access, a.valueRegister, 'ctx');
  checkPointerOffset(env, r, a.regno, false);
  const field = contextAccess(env, offset, a.size, a.access);
  if (field === undefined) {
    env.say(`invalid bpf_context access off=${offset} size=${a.size}\n`);
    printLine(env, env.insn, '; ');
    env.reject(Errno.EACCES);
  }
  if (env.maxCtxOffset < offset + a.size) env.maxCtxOffset = offset + a.size;
  if (a.access !== 'read' || a.valueRegister < 0) return;
  const result = env.register(a.valueRegister);
  if (field.type === RegType.SCALAR) {
    env.markUnknown(result);
    return;
  }
  result.markKnownZero();
  result.type = field.type;
  if (mayBeNull(field.type)) result.id = env.newId();
  if (baseType(field.type) === RegType.BTF_ID) {
    result.btf = env.input.kernelBtf;
    result.btfId = field.btfId ?? 0;
  } else if (field.type === RegType.PACKET || field.type === RegType.PACKET_META) result.range = 0;
}

function accessSocket(env: Environment, a: MemoryAccess, offset: number): void {
  const r = env.register(a.regno);
  const name = regTypeName(r.type);
  if (a.access === 'write') env.reject(Errno.EACCES, `R${a.regno} cannot write into ${name}`);
  if (r.sminH < 0) env.reject(Errno.EACCES, `R${a.regno} ${NEGATIVE}`);
  let readable: boolean;
  if (r.type === RegType.SOCK_COMMON) {
    readable = !(offset >= 8 && offset < 24) && sockFieldReadable(offset, a.size);
  } else if (r.type === RegType.SOCKET) readable = sockFieldReadable(offset, a.size);
  else if (r.type === RegType.TCP_SOCK) readable = tcpSockFieldReadable(offset, a.size);
  else readable = offset >= 0 && offset + a.size <= 4 && a.size === 4;
  if (!readable) {
    env.reject(Errno.EACCES, `R${a.regno} invalid ${name} access off=${offset} size=${a.size}`);
  }
  if (a.valueRegister >= 0) env.markUnknown(env.register(a.valueRegister));
}

function accessBuffer(env: Environment, a: MemoryAccess, offset: number): void {
  const r = env.register(a.regno);
  const readOnly = (r.type & TypeFlag.RDONLY) !== 0;
  if (readOnly && a.access === 'write') {
    env.reject(Errno.EACCES, `R${a.regno} cannot write into ${regTypeName(r.type)}`);
  }
  checkBuffer(env, r, a.regno, readOnly ? 'rdonly' : 'rdwr', offset, a.size);
  loadUnknown(env, a.access, a.valueRegister);
}

export interface MemoryAccess {
  readonly regno: number;
  readonly offset: number;
  readonly size: number;
  readonly access: AccessType;
  /** Register loaded or stored; -1 for an immediate, or where only the access counts. */
  readonly valueRegister: number;
  readonly strictAlignment: boolean;
  readonly signed: boolean;
}

/** Checks one access and, for loads, says what the destination holds then. */
export function checkMemoryAccess(env: Environment, a: MemoryAccess): void {
  const r = env.register(a.regno);
  checkPointerAlignment(env, r, a.offset, a.size, a.strictAlignment);
  const offset = a.offset + r.off;
  accessByType(env, a, r, offset);
  if (a.size < 8 && a.valueRegister >= 0 && a.access === 'read') {
    const result = env.register(a.valueRegister);
    if (result.type === RegType.SCALAR) {
      if (a.signed) signExtend64(result, a.size);
      else truncate(result, a.size);
    }
  }
}

function accessByType(env: Environment, a: MemoryAccess, r: Register, offset: number): void {
  const type = r.type;
  const base = baseType(type);
  if (type === RegType.MAP_KEY) {
    if (a.access === 'write') env.reject(Errno.EACCES, `write to change key R${a.regno} not allowed`);
    checkRegion(env, a.regno, offset, a.size, r.map?.keySize ?? 0, false);
    loadUnknown(env, 'read', a.valueRegister);
    note(env, 'mem');
  } else if (type === RegType.MAP_VALUE) {
    accessMapValue(env, a, offset);
    note(env, 'map-value');
  } else if (base === RegType.MEM) {
    accessMemory(env, a, offset);
    note(env, 'mem');
  } else if (type === RegType.CTX) {
    accessContext(env, a, offset);
    note(env, 'ctx');
  } else if (type === RegType.STACK) {
    checkStackBounds(env, a.regno, offset, a.size, a.access, false);
    if (a.access === 'read') readStack(env, a.regno, offset, a.size, a.valueRegister);
    else writeStack(env, a.regno, offset, a.size, a.valueRegister);
    note(env, 'stack');
  } else if (isPacketPointer(type)) {
    if (a.access === 'write' && !mayAccessPacket(env, 'write')) {
      env.reject(Errno.EACCES, 'cannot write into packet');
    }
    checkNoLeak(env, a.access, a.valueRegister, 'packet');
    checkPacketAccess(env, a.regno, offset, a.size, false);
    loadUnknown(env, a.access, a.valueRegister);
    note(env, 'packet');
  } else accessObject(env, a, r, offset);
}

function accessObject(env: Environment, a: MemoryAccess, r: Register, offset: number): void {
  const type = r.type;
  const base = baseType(type);
  if (type === RegType.FLOW_KEYS) {
    checkNoLeak(env, a.access, a.valueRegister, 'flow keys');
    if (offset < 0 || offset + a.size > 56) {
      env.reject(Errno.EACCES, `invalid access to flow keys off=${offset} size=${a.size}`);
    }
    loadUnknown(env, a.access, a.valueRegister);
  } else if (isSockPointer(type)) accessSocket(env, a, offset);
  else if (type === RegType.TP_BUFFER) {
    checkBuffer(env, r, a.regno, 'tracepoint', offset, a.size);
    loadUnknown(env, a.access, a.valueRegister);
  } else if (base === RegType.BTF_ID && !mayBeNull(type)) {
    checkStructAccess(env, a.regno, offset, a.size, a.access, a.valueRegister);
    note(env, 'btf');
  } else if (type === RegType.MAP_PTR) {
    checkMapPointer(env, a.regno, offset, a.size, a.access, a.valueRegister);
    note(env, 'btf');
  } else if (base === RegType.BUF && !mayBeNull(type)) {
    accessBuffer(env, a, offset);
    note(env, 'buffer');
  } else if (type === RegType.ARENA) {
    loadUnknown(env, a.access, a.valueRegister);
    note(env, 'arena');
  } else {
    env.reject(Errno.EACCES, `R${a.regno} invalid mem access '${regTypeName(type)}'`);
  }
}

function note(env: Environment, kind: AccessKind): void {
  env.noteAccess(kind);
}

/** Pointer types that the JIT treats differently must not mix at one instruction (save_aux_ptr_type). */
export function savePointerType(env: Environment, type: number, allowTrustMismatch: boolean): void {
  const facts = env.factsAt(env.insn);
  const known = facts.pointerType;
  if (known === RegType.NOT_INIT) {
    facts.pointerType = type;
    return;
  }
  if (type === known || (mismatchAllowed(type) && mismatchAllowed(known))) return;
  const bothBtf = baseType(type) === RegType.BTF_ID && baseType(known) === RegType.BTF_ID;
  if (allowTrustMismatch && bothBtf) {
    facts.pointerType = RegType.BTF_ID | TypeFlag.UNTRUSTED;
    return;
  }
  env.reject(Errno.EINVAL, 'same insn cannot be used with different pointers');
}

function mismatchAllowed(type: number): boolean {
  switch (baseType(type)) {
    case RegType.CTX:
    case RegType.SOCKET:
    case RegType.SOCK_COMMON:
    case RegType.TCP_SOCK:
    case RegType.XDP_SOCK:
    case RegType.BTF_ID:
    case RegType.ARENA:
      return false;
    default:
      return true;
  }
}

function sizeOf(insn: Insn): number {
  return accessBytes(insn.code);
}

/** LDX */
export function checkLoad(env: Environment, insn: Insn): void {
  checkSource(env, insn.src);
  checkDestination(env, insn.dst);
  const type = env.register(insn.src).type;
  checkMemoryAccess(env, {
    regno: insn.src,
    offset: insn.off,
    size: sizeOf(insn),
    access: 'read',
    valueRegister: insn.dst,
    strictAlignment: false,
    signed: (insn.code & 0xe0) === InsnMode.MEMSX,
  });
  savePointerType(env, type, true);
  sanityCheck(env, env.register(insn.dst), 'ldx');
  env.register(insn.dst).live |= Live.WRITTEN;
}

/** STX and ST */
export function checkStore(env: Environment, insn: Insn): void {
  const fromRegister = (insn.code & 7) === InsnClass.STX;
  if ((insn.code & 0xe0) !== InsnMode.MEM || (fromRegister ? insn.imm !== 0 : insn.src !== 0)) {
    env.reject(Errno.EINVAL, `BPF_${fromRegister ? 'STX' : 'ST'} uses reserved fields`);
  }
  if (fromRegister) checkSource(env, insn.src);
  checkSource(env, insn.dst);
  const type = env.register(insn.dst).type;
  checkMemoryAccess(env, {
    regno: insn.dst,
    offset: insn.off,
    size: sizeOf(insn),
    access: 'write',
    valueRegister: fromRegister ? insn.src : -1,
    strictAlignment: false,
    signed: false,
  });
  savePointerType(env, type, false);
}

const ATOMIC_OPERATIONS: ReadonlySet<number> = new Set<number>([
  AtomicOp.ADD,
  AtomicOp.ADD | AtomicOp.FETCH,
  AtomicOp.AND,
  AtomicOp.AND | AtomicOp.FETCH,
  AtomicOp.OR,
  AtomicOp.OR | AtomicOp.FETCH,
  AtomicOp.XOR,
  AtomicOp.XOR | AtomicOp.FETCH,
  AtomicOp.XCHG,
  AtomicOp.CMPXCHG,
]);

/** STX with the ATOMIC mode. */
export function checkAtomic(env: Environment, insn: Insn): void {
  if (env.input.profile.loadAcquire && (insn.imm === AtomicOp.LOAD_ACQ || insn.imm === AtomicOp.STORE_REL)) {
    checkOrderedAccess(env, insn);
    return;
  }
  if (!ATOMIC_OPERATIONS.has(insn.imm)) {
    env.reject(
      Errno.EINVAL,
      `BPF_ATOMIC uses invalid atomic opcode ${(insn.imm >>> 0).toString(16).padStart(2, '0')}`,
    );
  }
  const size = insn.code & 0x18;
  if (size !== InsnSize.W && size !== InsnSize.DW) env.reject(Errno.EINVAL, 'invalid atomic operand size');
  checkSource(env, insn.src);
  checkSource(env, insn.dst);
  if (insn.imm === AtomicOp.CMPXCHG) {
    checkSource(env, 0);
    if (isPointerValue(env, env.register(0))) env.reject(Errno.EACCES, 'R0 leaks addr into mem');
  }
  if (isPointerValue(env, env.register(insn.src))) {
    env.reject(Errno.EACCES, `R${insn.src} leaks addr into mem`);
  }
  checkAtomicPointer(env, insn.dst);
  const fetches = (insn.imm & AtomicOp.FETCH) !== 0;
  const loaded = fetches ? (insn.imm === AtomicOp.CMPXCHG ? 0 : insn.src) : -1;
  if (loaded >= 0) {
    checkDestination(env, loaded);
    env.markUnknown(env.register(loaded));
    env.register(loaded).live |= Live.WRITTEN;
  }
  const access = {
    regno: insn.dst,
    offset: insn.off,
    size: sizeOf(insn),
    strictAlignment: true,
    signed: false,
  };
  checkMemoryAccess(env, { ...access, access: 'read', valueRegister: -1 });
  if (loaded >= 0) checkMemoryAccess(env, { ...access, access: 'read', valueRegister: loaded });
  savePointerType(env, env.register(insn.dst).type, false);
  checkMemoryAccess(env, { ...access, access: 'write', valueRegister: -1 });
}

function checkAtomicPointer(env: Environment, regno: number): void {
  const type = env.register(regno).type;
  if (type === RegType.CTX || isPacketPointer(type) || type === RegType.FLOW_KEYS || isSockPointer(type)) {
    env.reject(Errno.EACCES, `BPF_ATOMIC stores into R${regno} ${regTypeName(type)} is not allowed`);
  }
}

/** Load-acquire and store-release (6.15). */
function checkOrderedAccess(env: Environment, insn: Insn): void {
  const isLoad = insn.imm === AtomicOp.LOAD_ACQ;
  const pointer = isLoad ? insn.src : insn.dst;
  checkSource(env, pointer);
  if (!isLoad) checkSource(env, insn.src);
  const type = env.register(pointer).type;
  if (type === RegType.CTX || isPacketPointer(type) || type === RegType.FLOW_KEYS || isSockPointer(type)) {
    env.reject(
      Errno.EACCES,
      `BPF_ATOMIC ${isLoad ? 'loads from' : 'stores into'} R${pointer} ${regTypeName(type)} is not allowed`,
    );
  }
  if (isLoad) checkDestination(env, insn.dst);
  checkMemoryAccess(env, {
    regno: pointer,
    offset: insn.off,
    size: sizeOf(insn),
    access: isLoad ? 'read' : 'write',
    valueRegister: isLoad ? insn.dst : insn.src,
    strictAlignment: true,
    signed: false,
  });
  savePointerType(env, type, isLoad);
  if (isLoad) env.register(insn.dst).live |= Live.WRITTEN;
}
