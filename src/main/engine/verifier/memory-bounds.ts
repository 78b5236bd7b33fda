/** Alignment, bounds and offsets of memory accesses, and who may touch packets and maps. */
import { Errno, MapFlag, ProgType } from '../abi/index.ts';
import { type Environment } from './environment.ts';
import { RegType, regTypeName } from './reg-type.ts';
import { MAX_VAR_OFF, type Register } from './register.ts';
import { type AccessType } from './stack.ts';
import { tnumAdd, tnumConst, tnumIsAligned, tnumString } from './tnum.ts';
import { type VerifierMap } from './types.ts';

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

export const NEGATIVE = 'min value is negative, either use unsigned index or do a if (index >=0) check.';

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
