/** One memory access through each kind of pointer (check_mem_access in verifier.c). */
import { Errno } from '../abi/index.ts';
import { signExtend64, truncate } from './bounds.ts';
import { contextAccess } from './context-access.ts';
import { type Environment } from './environment.ts';
import { accessKptr, checkMapAccess, isKptr } from './map-access.ts';
import {
  NEGATIVE,
  checkBuffer,
  checkMapPermission,
  checkPacketAccess,
  checkPointerAlignment,
  checkPointerOffset,
  checkRegion,
  isPointerValue,
  mayAccessPacket,
} from './memory-bounds.ts';
import { sockFieldReadable, tcpSockFieldReadable } from './network-context.ts';
import { printLine } from './print.ts';
import {
  RegType,
  TypeFlag,
  baseType,
  isPacketPointer,
  isSockPointer,
  mayBeNull,
  regTypeName,
} from './reg-type.ts';
import { type Register } from './register.ts';
import { isReadOnlyMap, supportsDirectValue } from './resolve.ts';
import { type AccessType, checkStackBounds, readStack, writeStack } from './stack.ts';
import { checkMapPointer, checkStructAccess } from './struct-access.ts';
import { type AccessKind } from './types.ts';

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
