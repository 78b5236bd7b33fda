/** Arguments of helpers against their prototypes (check_func_arg in verifier.c). */
import { Errno, MapType } from '../abi/index.ts';
import { BtfKind } from '../btf/index.ts';
import { structMatches } from './btf-access.ts';
import { HelperId } from './callback-kinds.ts';
import { checkDynptrArgument, objectSlot } from './dynptr.ts';
import { type Environment } from './environment.ts';
import { type ArgBase, type Argument, type HelperPrototype } from './helper-prototypes.ts';
import { processSpinLock } from './locks.ts';
import { checkMapAccess, isKptr, kptrMatches } from './map-access.ts';
import {
  checkBuffer,
  checkMapPermission,
  checkPacketAccess,
  checkPointerAlignment,
  checkPointerOffset,
  checkRegion,
  isPointerValue,
  mayAccessPacket,
} from './memory-bounds.ts';
import { checkMemoryAccess } from './memory.ts';
import { checkStructAccess } from './struct-access.ts';
import { markPrecise, markSlotPrecise } from './precision.ts';
import { MAX_VAR_SIZE, type Register } from './register.ts';
import { checkSource } from './register-checks.ts';
import {
  DYNPTR_FLAGS,
  RegType,
  TypeFlag,
  baseType,
  isAllocatedObject,
  isPacketPointer,
  mayBeNull,
  regTypeName,
} from './reg-type.ts';
import { isReadOnlyMap, supportsDirectValue } from './resolve.ts';
import { checkStackRange, type AccessType } from './stack.ts';
import { SlotType } from './state.ts';
import { type SpecialField, type VerifierMap } from './types.ts';

/** What the arguments of one call told (struct bpf_call_arg_meta). */
export class CallArguments {
  readonly prototype: HelperPrototype | undefined;
  map: VerifierMap | undefined = undefined;
  mapUid = 0;
  releaseRegister = 0;
  refObjId = 0;
  dynptrId = 0;
  memSize = 0;
  largestSize = 0;
  /** Memory that the helper will write: from this register on, so many bytes. */
  readonly raw = { regno: 0, size: 0 };
  rawMode = false;
  /** Key of an array lookup, where its value is known. */
  constantKey: bigint | undefined = undefined;
  resultBtf: Register['btf'] = undefined;
  resultBtfId = 0;
  callback = 0;
  kptr: SpecialField | undefined = undefined;

  constructor(prototype: HelperPrototype | undefined) {
    this.prototype = prototype;
  }
}

const { STACK, PACKET, PACKET_META, MAP_KEY, MAP_VALUE, MEM, BUF, BTF_ID } = RegType;
const MEMORY_TYPES = [
  STACK,
  PACKET,
  PACKET_META,
  MAP_KEY,
  MAP_VALUE,
  MEM,
  MEM | TypeFlag.RINGBUF,
  BUF,
  BTF_ID | TypeFlag.TRUSTED,
];
const SCALAR_TYPES = [RegType.SCALAR];
const SOCK_TYPES = [RegType.SOCK_COMMON, RegType.SOCKET, RegType.TCP_SOCK, RegType.XDP_SOCK];

/** Register types that fit each kind of argument (compatible_reg_types). */
const COMPATIBLE: Readonly<Record<Exclude<ArgBase, 'any'>, readonly number[]>> = {
  map_key: MEMORY_TYPES,
  map_value: MEMORY_TYPES,
  mem: MEMORY_TYPES,
  size: SCALAR_TYPES,
  size0: SCALAR_TYPES,
  alloc_size: SCALAR_TYPES,
  scalar: SCALAR_TYPES,
  map: [RegType.MAP_PTR],
  ctx: [RegType.CTX],
  sock_common: SOCK_TYPES,
  btf_sock_common: [...SOCK_TYPES, BTF_ID, BTF_ID | TypeFlag.TRUSTED],
  socket: [RegType.SOCKET],
  btf: [BTF_ID, BTF_ID | TypeFlag.TRUSTED, BTF_ID | TypeFlag.RCU],
  spin_lock: [MAP_VALUE, BTF_ID | TypeFlag.ALLOC],
  ringbuf_mem: [MEM | TypeFlag.RINGBUF],
  percpu: [
    BTF_ID | TypeFlag.PERCPU,
    BTF_ID | TypeFlag.PERCPU | TypeFlag.RCU,
    BTF_ID | TypeFlag.PERCPU | TypeFlag.TRUSTED,
  ],
  func: [RegType.FUNC],
  stack: [STACK],
  const_str: [MAP_VALUE],
  timer: [MAP_VALUE],
  kptr_dest: [MAP_VALUE, BTF_ID | TypeFlag.ALLOC],
  dynptr: [STACK, RegType.DYNPTR],
};

/** The register's type is one of those that fit (check_reg_type). */
export function checkRegisterType(
  env: Environment,
  regno: number,
  argument: Argument,
  meta: CallArguments,
): void {
  if (argument.base === 'any') return;
  const r = env.register(regno);
  const id = meta.prototype?.id ?? 0;
  let type = r.type;
  if ((argument.flags & TypeFlag.RDONLY) !== 0) type &= ~TypeFlag.RDONLY;
  if ((argument.flags & TypeFlag.MAYBE_NULL) !== 0) type &= ~TypeFlag.MAYBE_NULL;
  if (argument.base === 'mem') type &= ~DYNPTR_FLAGS;
  if (id === HelperId.kptr_xchg && (type & TypeFlag.ALLOC) !== 0 && regno === 2) {
    type &= ~(TypeFlag.ALLOC | TypeFlag.PERCPU);
  }
  const fitting = COMPATIBLE[argument.base];
  if (!fitting.includes(type)) {
    const expected = fitting.map(regTypeName).join(', ');
    env.reject(Errno.EACCES, `R${regno} type=${regTypeName(r.type)} expected=${expected}`);
  }
  if (baseType(r.type) === BTF_ID) checkStructArgument(env, regno, argument, meta, fitting === MEMORY_TYPES);
}

function checkStructArgument(
  env: Environment,
  regno: number,
  argument: Argument,
  meta: CallArguments,
  asMemory: boolean,
): void {
  const r = env.register(regno);
  const name = meta.prototype?.name ?? '';
  const id = meta.prototype?.id ?? 0;
  if (asMemory) {
    if ((argument.flags & TypeFlag.RDONLY) === 0) {
      env.reject(
        Errno.EACCES,
        `bpf_${name}() may write into memory pointed by R${regno} type=${regTypeName(r.type)}`,
      );
    }
    return;
  }
  if ((r.type & TypeFlag.PERCPU) !== 0 && (r.type & TypeFlag.ALLOC) === 0) return;
  if ((r.type & TypeFlag.ALLOC) !== 0) {
    if (id === HelperId.kptr_xchg && regno === 2) matchKptr(env, meta, r, regno);
    else if (id !== HelperId.spin_lock && id !== HelperId.spin_unlock && id !== HelperId.kptr_xchg) {
      env.bug('unimplemented handling of MEM_ALLOC');
    }
    return;
  }
  const releases = (argument.flags & TypeFlag.RELEASE) !== 0;
  if (mayBeNull(r.type) && ((argument.flags & TypeFlag.MAYBE_NULL) === 0 || releases)) {
    env.reject(Errno.EACCES, `Possibly NULL pointer passed to helper arg${regno}`);
  }
  if (id === HelperId.kptr_xchg) matchKptr(env, meta, r, regno);
  else matchStruct(env, r, regno, argument, releases && id !== HelperId.sk_release);
}

function matchKptr(env: Environment, meta: CallArguments, r: Register, regno: number): void {
  if (meta.kptr === undefined || !kptrMatches(env, meta.kptr, r, regno)) env.reject(Errno.EACCES);
}

function matchStruct(
  env: Environment,
  r: Register,
  regno: number,
  argument: Argument,
  strict: boolean,
): void {
  const btf = env.input.kernelBtf;
  const struct = argument.struct === '' ? 'sock_common' : argument.struct;
  const wanted = btf?.findByNameKind(struct, BtfKind.STRUCT);
  if (btf === undefined || r.btf === undefined) env.bug('missing arg compatible BTF ID');
  const fits =
    wanted !== undefined &&
    structMatches(env, r.btf, r.btfId, r.off, btf, wanted, strict, (r.type & TypeFlag.ALLOC) === 0);
  if (!fits) {
    env.reject(Errno.EACCES, `R${regno} is of type ${r.btf.nameOf(r.btfId)} but ${struct} is expected`);
  }
}

/** Fixed offsets are allowed for memory, none for most objects (check_func_arg_reg_off). */
export function checkArgumentOffset(env: Environment, regno: number, flags: number, isDynptr: boolean): void {
  const r = env.register(regno);
  if ((flags & TypeFlag.RELEASE) !== 0) {
    if (isDynptr && r.type === STACK) return;
    if (r.off !== 0) {
      env.reject(
        Errno.EINVAL,
        `R${regno} must have zero offset when passed to release func or trusted arg to kfunc`,
      );
    }
    checkPointerOffset(env, r, regno, false);
    return;
  }
  switch (r.type) {
    case STACK:
    case PACKET:
    case PACKET_META:
    case MAP_KEY:
    case MAP_VALUE:
    case MEM:
    case MEM | TypeFlag.RDONLY:
    case MEM | TypeFlag.RINGBUF:
    case BUF:
    case BUF | TypeFlag.RDONLY:
    case RegType.ARENA:
    case RegType.SCALAR:
      return;
    case BTF_ID:
    case BTF_ID | TypeFlag.ALLOC:
    case BTF_ID | TypeFlag.TRUSTED:
    case BTF_ID | TypeFlag.RCU:
    case BTF_ID | TypeFlag.ALLOC | TypeFlag.NON_OWN_REF:
    case BTF_ID | TypeFlag.ALLOC | TypeFlag.NON_OWN_REF | TypeFlag.RCU:
      checkPointerOffset(env, r, regno, true);
      return;
    default:
      checkPointerOffset(env, r, regno, false);
  }
}

export interface HelperMemory {
  readonly access: AccessType;
  readonly zeroAllowed: boolean;
  /** The helper writes it without reading: it need not be initialized. */
  readonly raw?: { regno: number; size: number };
}

/** Memory that a helper or kfunc reads or writes (check_helper_mem_access). */
export function checkHelperMemory(env: Environment, regno: number, size: number, how: HelperMemory): void {
  const r = env.register(regno);
  const cannotWrite = (): void => {
    if (how.access === 'write') {
      env.reject(Errno.EACCES, `R${regno} cannot write into ${regTypeName(r.type)}`);
    }
  };
  switch (baseType(r.type)) {
    case PACKET:
    case PACKET_META:
      checkPacketAccess(env, regno, r.off, size, how.zeroAllowed);
      return;
    case MAP_KEY:
      cannotWrite();
      checkRegion(env, regno, r.off, size, r.map?.keySize ?? 0, false);
      return;
    case MAP_VALUE:
      if (r.map !== undefined) checkMapPermission(env, r.map, r.off, size, how.access);
      checkMapAccess(env, regno, r.off, size, how.zeroAllowed, false);
      return;
    case MEM:
      if ((r.type & TypeFlag.RDONLY) !== 0) cannotWrite();
      checkRegion(env, regno, r.off, size, r.memSize, how.zeroAllowed);
      return;
    case BUF:
      if ((r.type & TypeFlag.RDONLY) !== 0) cannotWrite();
      checkBuffer(env, r, regno, (r.type & TypeFlag.RDONLY) !== 0 ? 'rdonly' : 'rdwr', r.off, size);
      return;
    case STACK:
      checkStackRange(env, regno, r.off, size, {
        zeroAllowed: how.zeroAllowed,
        indirect: true,
        access: how.access,
        ...(how.raw === undefined ? {} : { raw: how.raw }),
      });
      return;
    case BTF_ID:
      checkStructAccess(env, regno, r.off, size, 'read', -1);
      return;
    case RegType.CTX:
      if (contextIsMemory(env)) {
        checkContextMemory(env, regno, size, how);
        return;
      }
      break;
    default:
  }
  if (how.zeroAllowed && size === 0 && r.isNull) return;
  env.reject(Errno.EACCES, `R${regno} type=${regTypeName(r.type)} expected=${regTypeName(STACK)}`);
}

/** Contexts that are passed to the program as they are (no convert_ctx_access): SYSCALL, tracing. */
function contextIsMemory(env: Environment): boolean {
  return CONTEXT_AS_MEMORY.has(env.input.progType);
}

const CONTEXT_AS_MEMORY: ReadonlySet<number> = new Set([2, 5, 17, 24, 26, 27, 29, 31]);

function checkContextMemory(env: Environment, regno: number, size: number, how: HelperMemory): void {
  if (size === 0) {
    if (!how.zeroAllowed) env.reject(Errno.EACCES);
    return;
  }
  checkMemoryAccess(env, {
    regno,
    offset: size - 1,
    size: 1,
    access: how.access,
    valueRegister: -1,
    strictAlignment: false,
    signed: false,
  });
}

/** The size of the memory in the argument before (check_mem_size_reg). */
export function checkSizeArgument(
  env: Environment,
  regno: number,
  access: AccessType,
  zeroAllowed: boolean,
  meta: CallArguments,
): void {
  const r = env.register(regno);
  meta.largestSize = r.umax;
  if (r.sminH < 0) {
    env.reject(Errno.EACCES, `R${regno} min value is negative, either use unsigned or 'var &= const'`);
  }
  if (r.uminH === 0 && r.uminL === 0 && !zeroAllowed) {
    env.reject(
      Errno.EACCES,
      `R${regno} invalid zero-sized read: u64=[${BigInt.asIntN(64, r.uminExact)},${BigInt.asIntN(64, r.umaxExact)}]`,
    );
  }
  if (r.umax >= MAX_VAR_SIZE) {
    env.reject(Errno.EACCES, `R${regno} unbounded memory access, use 'var &= const' or 'if (var < const)'`);
  }
  // With a size that is not known the helper may leave bytes as they are: they count as read.
  const raw = r.isConst && meta.rawMode ? { raw: meta.raw } : {};
  checkHelperMemory(env, regno - 1, r.umax, { access, zeroAllowed, ...raw });
  markPrecise(env, regno);
}

/** `argument` as it counts for this map: bloom filters and socket maps have their own ideas. */
function resolveMapArgument(env: Environment, argument: Argument, meta: CallArguments): Argument {
  if (meta.map === undefined) env.reject(Errno.EACCES, 'invalid map_ptr to access map->type');
  if (meta.map.type === MapType.SOCKMAP || meta.map.type === MapType.SOCKHASH) {
    if (argument.flags !== 0) env.reject(Errno.EINVAL, 'invalid arg_type for sockmap/sockhash');
    return { ...argument, base: 'btf_sock_common' };
  }
  if (meta.map.type === MapType.BLOOM_FILTER && meta.prototype?.id === HelperId.map_peek_elem) {
    return { ...argument, flags: 0 };
  }
  return argument;
}

/** Checks one argument and notes what it tells. */
export function checkHelperArgument(env: Environment, index: number, meta: CallArguments): void {
  const prototype = meta.prototype;
  let argument = prototype?.args[index];
  if (prototype === undefined || argument === undefined) return;
  const regno = index + 1;
  checkSource(env, regno);
  const r = env.register(regno);
  const { takesOnlyScalars } = env.input.profile;
  if (argument.base === 'any' || (argument.base === 'scalar' && !takesOnlyScalars)) {
    if (isPointerValue(env, r)) env.reject(Errno.EACCES, `R${regno} leaks addr into helper function`);
    return;
  }
  if (isPacketPointer(r.type) && !mayAccessPacket(env, 'read', prototype.packetAccess)) {
    env.reject(Errno.EACCES, 'helper access to the packet is not allowed');
  }
  if (argument.base === 'map_value') argument = resolveMapArgument(env, argument, meta);
  const nullable = (argument.flags & TypeFlag.MAYBE_NULL) !== 0;
  if (r.isNull && nullable) {
    if (env.input.profile.nullIsPrecise) markPrecise(env, regno);
  } else {
    checkRegisterType(env, regno, argument, meta);
    checkArgumentOffset(env, regno, argument.flags, argument.base === 'dynptr');
  }
  if ((argument.flags & TypeFlag.RELEASE) !== 0) noteRelease(env, regno, argument, meta);
  if (r.refObjId !== 0 && argument.base !== 'kptr_dest') {
    if (meta.refObjId !== 0) {
      const words = `more than one arg with ref_obj_id R${regno} ${r.refObjId} ${meta.refObjId}`;
      if (env.input.profile.code < 6016) env.reject(Errno.EFAULT, `verifier internal error: ${words}`);
      env.reject(Errno.EACCES, words);
    }
    meta.refObjId = r.refObjId;
  }
  checkByKind(env, index, argument, meta);
}

function noteRelease(env: Environment, regno: number, argument: Argument, meta: CallArguments): void {
  const r = env.register(regno);
  if (argument.base === 'dynptr') {
    if (r.type !== STACK) env.reject(Errno.EINVAL, 'cannot release unowned const bpf_dynptr');
    const conclusion = `arg ${regno} is an unacquired reference`;
    const { slot, missing } = objectSlot(env, r, 'dynptr', 2, conclusion);
    if (missing || env.frameOf(r).slot(slot).value.refObjId === 0) env.reject(Errno.EINVAL, conclusion);
  } else if (r.refObjId === 0 && !r.isNull) {
    env.reject(Errno.EINVAL, `R${regno} must be referenced when passed to release function`);
  }
  meta.releaseRegister = regno;
}

function checkByKind(env: Environment, index: number, argument: Argument, meta: CallArguments): void {
  const regno = index + 1;
  const r = env.register(regno);
  const access: AccessType = (argument.flags & TypeFlag.WRITE) !== 0 ? 'write' : 'read';
  const before = meta.prototype?.args[index - 1];
  const memoryAccess: AccessType = ((before?.flags ?? 0) & TypeFlag.WRITE) !== 0 ? 'write' : 'read';
  switch (argument.base) {
    case 'map':
      noteMap(env, r, meta);
      break;
    case 'map_key':
      if (meta.map === undefined) env.reject(Errno.EACCES, 'invalid map_ptr to access map->key');
      checkHelperMemory(env, regno, meta.map.keySize, { access: 'read', zeroAllowed: false });
      meta.constantKey = constantKey(env, r, meta.map);
      break;
    case 'map_value':
      if (r.isNull && (argument.flags & TypeFlag.MAYBE_NULL) !== 0) return;
      if (meta.map === undefined) env.reject(Errno.EACCES, 'invalid map_ptr to access map->value');
      checkFilledMemory(env, regno, meta.map.valueSize, argument, access, meta);
      break;
    case 'mem':
      meta.rawMode = (argument.flags & TypeFlag.UNINIT) !== 0;
      if ((argument.flags & TypeFlag.FIXED_SIZE) !== 0) {
        checkFilledMemory(env, regno, argument.size, argument, access, meta);
        if ((argument.flags & TypeFlag.ALIGNED) !== 0) checkPointerAlignment(env, r, 0, argument.size, true);
      }
      break;
    case 'size':
    case 'size0':
      checkSizeArgument(env, regno, memoryAccess, argument.base === 'size0', meta);
      break;
    case 'alloc_size':
      if (!r.isConst) env.reject(Errno.EACCES, `R${regno} is not a known constant'`);
      meta.memSize = Number(BigInt.asUintN(32, r.varOff.value));
      markPrecise(env, regno);
      break;
    case 'percpu':
      if (r.btfId === 0) env.reject(Errno.EACCES, `Helper has invalid btf_id in R${regno}`);
      meta.resultBtf = r.btf;
      meta.resultBtfId = r.btfId;
      break;
    case 'func':
      meta.callback = r.subprogram;
      break;
    case 'dynptr':
      checkDynptrArgument(env, regno, argument.flags & ~TypeFlag.RELEASE);
      break;
    default:
      checkObjectKind(env, regno, argument, meta);
  }
}

/**
 * The key on the stack, where it is a known number: since 6.15 an array lookup with a key inside the array needs no
 * NULL check (get_constant_map_key).
 */
function constantKey(env: Environment, r: Register, map: VerifierMap): bigint | undefined {
  const isArray = map.type === MapType.ARRAY || map.type === MapType.PERCPU_ARRAY;
  if (!isArray || env.input.profile.code < 6015 || r.type !== STACK || !r.isConst) return undefined;
  const frame = env.frameOf(r);
  const at = -(r.off + r.varOffNumber) - 1;
  const index = at >> 3;
  const slot = frame.peekSlot(index);
  if (slot === undefined) return undefined;
  const run = (type: number): number => {
    let count = 0;
    for (let i = at & 7; i >= 0 && slot.byte(i) === type; i--) count += 1;
    return count;
  };
  if (run(SlotType.ZERO) >= map.keySize) return 0n;
  if (!slot.isSpilledScalar || run(SlotType.SPILL) !== map.keySize || !slot.value.isConst) return undefined;
  markSlotPrecise(env, frame.index, index);
  return slot.value.varOff.value;
}

function checkObjectKind(env: Environment, regno: number, argument: Argument, meta: CallArguments): void {
  switch (argument.base) {
    case 'spin_lock':
      processSpinLock(env, regno, meta.prototype?.id === HelperId.spin_lock);
      break;
    case 'timer':
      processTimer(env, regno, meta);
      break;
    case 'const_str':
      checkConstString(env, regno);
      break;
    case 'kptr_dest':
      processKptr(env, regno, meta);
      break;
    default:
  }
}

function checkFilledMemory(
  env: Environment,
  regno: number,
  size: number,
  argument: Argument,
  access: AccessType,
  meta: CallArguments,
): void {
  const raw = (argument.flags & TypeFlag.UNINIT) !== 0 ? { raw: meta.raw } : {};
  checkHelperMemory(env, regno, size, { access, zeroAllowed: false, ...raw });
}

function noteMap(env: Environment, r: Register, meta: CallArguments): void {
  if (meta.map !== undefined && (meta.map !== r.map || meta.mapUid !== r.mapUid)) {
    // A timer and the map it lives in: inner maps are told apart by the lookup they come from.
    env.reject(
      Errno.EINVAL,
      `timer pointer in R1 map_uid=${meta.mapUid} doesn't match map pointer in R2 map_uid=${r.mapUid}`,
    );
  }
  meta.map = r.map;
  meta.mapUid = r.mapUid;
}

function processTimer(env: Environment, regno: number, meta: CallArguments): void {
  const r = env.register(regno);
  const map = r.map;
  if (!r.isConst) {
    env.reject(
      Errno.EINVAL,
      `R${regno} doesn't have constant offset. bpf_timer has to be at the constant offset`,
    );
  }
  if (map?.btf === undefined) {
    env.reject(Errno.EINVAL, `map '${map?.name ?? ''}' has to have BTF in order to use bpf_timer`);
  }
  const field = map.fields?.find((candidate) => candidate.kind === 'timer');
  if (field === undefined) env.reject(Errno.EINVAL, `map '${map.name}' has no valid bpf_timer`);
  const at = r.varOffNumber + r.off;
  if (field.offset !== at) {
    env.reject(Errno.EINVAL, `off ${at} doesn't point to 'struct bpf_timer' that is at ${field.offset}`);
  }
  meta.mapUid = r.mapUid;
  meta.map = map;
}

function processKptr(env: Environment, regno: number, meta: CallArguments): void {
  const r = env.register(regno);
  let fields: readonly SpecialField[] | undefined;
  if (isAllocatedObject(r.type)) fields = env.fieldsOfStruct(r.btf, r.btfId);
  else {
    if (r.map?.btf === undefined) {
      env.reject(Errno.EINVAL, `map '${r.map?.name ?? ''}' has to have BTF in order to use bpf_kptr_xchg`);
    }
    fields = r.map.fields;
    meta.map = r.map;
  }
  if (!r.isConst) {
    env.reject(Errno.EINVAL, `R${regno} doesn't have constant offset. kptr has to be at the constant offset`);
  }
  if (fields?.some(isKptr) !== true) env.reject(Errno.EINVAL, `R${regno} has no valid kptr`);
  const offset = r.off + r.varOffNumber;
  const field = fields.find((candidate) => isKptr(candidate) && candidate.offset === offset);
  if (field === undefined) env.reject(Errno.EACCES, `off=${offset} doesn't point to kptr`);
  if (field.kind !== 'kptr_ref' && field.kind !== 'kptr_percpu') {
    env.reject(Errno.EACCES, `off=${offset} kptr isn't referenced kptr`);
  }
  meta.kptr = field;
}

/** A string in a frozen read-only map. */
export function checkConstString(env: Environment, regno: number): void {
  const r = env.register(regno);
  const map = r.map;
  if (r.type !== MAP_VALUE || map === undefined) env.reject(Errno.EINVAL);
  if (!isReadOnlyMap(map)) env.reject(Errno.EACCES, `R${regno} does not point to a readonly map'`);
  if (!r.isConst) env.reject(Errno.EACCES, `R${regno} is not a constant address'`);
  if (!supportsDirectValue(map)) {
    env.reject(Errno.EACCES, 'no direct value access support for this map type');
  }
  checkMapAccess(env, regno, r.off, map.valueSize - r.off, false, false);
  const at = r.off + r.varOffNumber;
  const bytes = map.readValue?.(at, map.valueSize - at);
  if (bytes?.includes(0) !== true) env.reject(Errno.EINVAL, 'string is not zero-terminated');
}
