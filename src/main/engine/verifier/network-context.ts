/** Contexts of the networking, cgroup and filter programs (net/core/filter.c, kernel/bpf/cgroup.c). */
import { AttachType, ProgType } from '../abi/index.ts';
import { type ContextField } from './context-access.ts';
import { type Environment } from './environment.ts';
import { RegType, TypeFlag } from './reg-type.ts';
import { type AccessType } from './stack.ts';

const SCALAR: ContextField = { type: RegType.SCALAR };
const PACKET: ContextField = { type: RegType.PACKET };
const PACKET_END: ContextField = { type: RegType.PACKET_END };
const PACKET_META: ContextField = { type: RegType.PACKET_META };

type Access = readonly [offset: number, size: number, access: AccessType];

/** A power of two that is not larger than the field (bpf_ctx_narrow_access_ok). */
function isNarrow(size: number, field: number): boolean {
  return size <= field && (size & (size - 1)) === 0;
}

function within(offset: number, from: number, to: number): boolean {
  return offset >= from && offset < to;
}

/** Fields of struct __sk_buff by offset. */
const SKB = {
  mark: 8,
  queueMapping: 12,
  priority: 32,
  tcIndex: 44,
  cb: 48,
  cbEnd: 68,
  tcClassid: 72,
  data: 76,
  dataEnd: 80,
  family: 88,
  localPortEnd: 140,
  dataMeta: 140,
  flowKeys: 144,
  tstamp: 152,
  wireLen: 160,
  sk: 168,
  tstampType: 180,
  hwtstamp: 184,
  end: 192,
} as const;

function isField(offset: number, start: number, size = 4): boolean {
  return within(offset, start, start + size);
}

/** What all programs with an skb may do (bpf_skb_is_valid_access). */
function skbAccess([offset, size, access]: Access): ContextField | undefined {
  if (offset < 0 || offset >= SKB.end || offset % size !== 0) return undefined;
  if (within(offset, SKB.cb, SKB.cbEnd)) return offset + size <= SKB.cbEnd ? SCALAR : undefined;
  if (isField(offset, SKB.data)) return size === 4 ? PACKET : undefined;
  if (isField(offset, SKB.dataEnd)) return size === 4 ? PACKET_END : undefined;
  if (isField(offset, SKB.dataMeta)) return size === 4 ? PACKET_META : undefined;
  if (within(offset, 92, 132)) return size === 4 ? SCALAR : undefined;
  if (isField(offset, SKB.flowKeys, 8)) return undefined;
  if (isField(offset, SKB.hwtstamp, 8)) return access === 'read' && size === 8 ? SCALAR : undefined;
  if (isField(offset, SKB.tstamp, 8)) return size === 8 ? SCALAR : undefined;
  if (isField(offset, SKB.sk, 8)) {
    return access === 'read' && size === 8 ? { type: RegType.SOCK_COMMON | TypeFlag.MAYBE_NULL } : undefined;
  }
  if (within(offset, SKB.tstampType, SKB.hwtstamp)) return undefined;
  if (access === 'write') return size === 4 ? SCALAR : undefined;
  return isNarrow(size, 4) ? SCALAR : undefined;
}

interface SkbRules {
  /** Ranges that must not be touched. */
  readonly hidden: readonly (readonly [number, number])[];
  readonly writable: readonly (readonly [number, number])[];
}

const CB: readonly [number, number] = [SKB.cb, SKB.cbEnd];
const word = (start: number): readonly [number, number] => [start, start + 4];
const long = (start: number): readonly [number, number] => [start, start + 8];
const SOCKET_FIELDS: readonly [number, number] = [SKB.family, SKB.localPortEnd];

const SKB_RULES: Readonly<Record<number, SkbRules>> = {
  [ProgType.SOCKET_FILTER]: {
    hidden: [
      word(SKB.tcClassid),
      word(SKB.data),
      word(SKB.dataMeta),
      word(SKB.dataEnd),
      SOCKET_FIELDS,
      long(SKB.tstamp),
      word(SKB.wireLen),
      long(SKB.hwtstamp),
    ],
    writable: [CB],
  },
  [ProgType.CGROUP_SKB]: {
    hidden: [word(SKB.tcClassid), word(SKB.dataMeta), word(SKB.wireLen)],
    writable: [word(SKB.mark), word(SKB.priority), CB, long(SKB.tstamp)],
  },
  [ProgType.SCHED_CLS]: {
    hidden: [SOCKET_FIELDS],
    writable: [
      word(SKB.mark),
      word(SKB.tcIndex),
      word(SKB.priority),
      word(SKB.tcClassid),
      CB,
      long(SKB.tstamp),
      word(SKB.queueMapping),
    ],
  },
  [ProgType.LWT_IN]: {
    hidden: [
      word(SKB.tcClassid),
      SOCKET_FIELDS,
      word(SKB.dataMeta),
      long(SKB.tstamp),
      word(SKB.wireLen),
      long(SKB.hwtstamp),
    ],
    writable: [word(SKB.mark), word(SKB.priority), CB],
  },
  [ProgType.SK_SKB]: {
    hidden: [
      word(SKB.tcClassid),
      word(SKB.dataMeta),
      long(SKB.tstamp),
      word(SKB.wireLen),
      long(SKB.hwtstamp),
      word(SKB.mark),
    ],
    writable: [word(SKB.tcIndex), word(SKB.priority)],
  },
};

const SAME_AS: Readonly<Record<number, number>> = {
  [ProgType.SCHED_ACT]: ProgType.SCHED_CLS,
  [ProgType.LWT_OUT]: ProgType.LWT_IN,
  [ProgType.LWT_XMIT]: ProgType.LWT_IN,
  [ProgType.LWT_SEG6LOCAL]: ProgType.LWT_IN,
};

function skbProgram(type: number, access: Access): ContextField | undefined {
  const rules = SKB_RULES[SAME_AS[type] ?? type];
  if (rules === undefined) return undefined;
  const [offset, size, kind] = access;
  const isIn = ([from, to]: readonly [number, number]): boolean => within(offset, from, to);
  if (rules.hidden.some(isIn)) return undefined;
  if (kind === 'write' && !rules.writable.some(isIn)) return undefined;
  if (rules === SKB_RULES[ProgType.SCHED_CLS] && offset === SKB.tstampType) {
    return size === 1 ? SCALAR : undefined;
  }
  return skbAccess(access);
}

function xdpAccess(env: Environment, [offset, size, access]: Access): ContextField | undefined {
  if (access === 'write' || offset < 0 || offset >= 24 || offset % size !== 0 || size !== 4) return undefined;
  if (offset === 20 && env.input.expectedAttachType !== AttachType.XDP_DEVMAP) return undefined;
  return [PACKET, PACKET_END, PACKET_META][offset >> 2] ?? SCALAR;
}

function skLookupAccess([offset, size, access]: Access): ContextField | undefined {
  if (offset < 0 || offset >= 72 || offset % size !== 0 || access === 'write') return undefined;
  if (offset < 8) return size === 8 ? { type: RegType.SOCKET | TypeFlag.MAYBE_NULL } : undefined;
  if (within(offset, 36, 38)) return size === 4 || isNarrow(size, 2) ? SCALAR : undefined;
  if (within(offset, 38, 40)) return isNarrow(size, 2) ? SCALAR : undefined;
  return offset < 68 && isNarrow(size, 4) ? SCALAR : undefined;
}

const V4_ADDRESS: ReadonlySet<number> = new Set<number>([
  AttachType.CGROUP_INET4_BIND,
  AttachType.CGROUP_INET4_CONNECT,
  AttachType.CGROUP_INET4_GETPEERNAME,
  AttachType.CGROUP_INET4_GETSOCKNAME,
  AttachType.CGROUP_UDP4_SENDMSG,
  AttachType.CGROUP_UDP4_RECVMSG,
]);
const V6_ADDRESS: ReadonlySet<number> = new Set<number>([
  AttachType.CGROUP_INET6_BIND,
  AttachType.CGROUP_INET6_CONNECT,
  AttachType.CGROUP_INET6_GETPEERNAME,
  AttachType.CGROUP_INET6_GETSOCKNAME,
  AttachType.CGROUP_UDP6_SENDMSG,
  AttachType.CGROUP_UDP6_RECVMSG,
]);

/** struct bpf_sock_addr: addresses belong to their attach types, IPv6 ones may be accessed in pairs of words. */
function sockAddrAccess(env: Environment, [offset, size, access]: Access): ContextField | undefined {
  if (offset < 0 || offset >= 72 || offset % size !== 0) return undefined;
  const attach = env.input.expectedAttachType;
  if (isField(offset, 4) && !V4_ADDRESS.has(attach)) return undefined;
  if (within(offset, 8, 24) && !V6_ADDRESS.has(attach)) return undefined;
  if (isField(offset, 40) && attach !== AttachType.CGROUP_UDP4_SENDMSG) return undefined;
  if (within(offset, 44, 60) && attach !== AttachType.CGROUP_UDP6_SENDMSG) return undefined;
  if (within(offset, 4, 28) || within(offset, 40, 60)) {
    const wide = size === 8 && ((offset >= 8 && offset + 8 <= 24) || (offset >= 44 && offset + 8 <= 60));
    if (wide) return SCALAR;
    return (access === 'read' ? isNarrow(size, 4) : size === 4) ? SCALAR : undefined;
  }
  if (offset >= 64) return access === 'read' && size === 8 ? { type: RegType.SOCKET } : undefined;
  const readable = offset < 4 || within(offset, 28, 40);
  return readable && access === 'read' && size === 4 ? SCALAR : undefined;
}

/** struct bpf_sock behind a socket pointer (bpf_sock_is_valid_access). */
export function sockFieldReadable(offset: number, size: number): boolean {
  if (offset < 0 || offset >= 80 || offset % size !== 0) return false;
  if (isField(offset, 48, 2)) return isNarrow(size, size === 4 ? 4 : 2);
  if (within(offset, 50, 52)) return false;
  const narrow =
    offset === 72 || offset === 4 || offset === 8 || offset === 12 || offset === 44 || offset === 76;
  if (narrow || within(offset, 24, 44) || within(offset, 52, 72)) return isNarrow(size, 4);
  return size === 4;
}

/** struct bpf_tcp_sock. */
export function tcpSockFieldReadable(offset: number, size: number): boolean {
  if (offset < 0 || offset >= 112 || offset % size !== 0) return false;
  return offset === 80 || offset === 88 ? size === 8 : size === 4;
}

function cgroupSockAccess(env: Environment, [offset, size, access]: Access): ContextField | undefined {
  if (!sockFieldReadable(offset, size)) return undefined;
  const attach = env.input.expectedAttachType;
  const isCreate =
    attach === AttachType.CGROUP_INET_SOCK_CREATE || attach === AttachType.CGROUP_INET_SOCK_RELEASE;
  if (offset === 0 || offset === 16 || offset === 20) return isCreate ? SCALAR : undefined;
  const v4 = attach === AttachType.CGROUP_INET4_POST_BIND;
  const v6 = attach === AttachType.CGROUP_INET6_POST_BIND;
  if (isField(offset, 24) && !v4) return undefined;
  if (within(offset, 28, 44) && !v6) return undefined;
  if (isField(offset, 44) && !v4 && !v6) return undefined;
  return access === 'read' ? SCALAR : undefined;
}

/** struct bpf_sock_ops. */
function sockOpsAccess([offset, size, access]: Access): ContextField | undefined {
  if (offset < 0 || offset >= 224 || offset % size !== 0) return undefined;
  if (access === 'write') return size === 4 && (offset === 4 || offset === 164) ? SCALAR : undefined;
  if (within(offset, 168, 184) || within(offset, 216, 224)) return size === 8 ? SCALAR : undefined;
  if (within(offset, 184, 192))
    return size === 8 ? { type: RegType.SOCKET | TypeFlag.MAYBE_NULL } : undefined;
  if (within(offset, 192, 200)) return size === 8 ? PACKET : undefined;
  if (within(offset, 200, 208)) return size === 8 ? PACKET_END : undefined;
  if (offset === 212) return isNarrow(size, 4) ? SCALAR : undefined;
  return size === 4 ? SCALAR : undefined;
}

function skMsgAccess([offset, size, access]: Access): ContextField | undefined {
  if (access === 'write' || offset % size !== 0 || offset < 0 || offset >= 80) return undefined;
  if (offset < 8) return size === 8 ? PACKET : undefined;
  if (offset < 16) return size === 8 ? PACKET_END : undefined;
  if (offset >= 72) return size === 8 ? { type: RegType.SOCKET } : undefined;
  return size === 4 ? SCALAR : undefined;
}

function flowDissectorAccess([offset, size, access]: Access): ContextField | undefined {
  if (offset < 0 || offset >= SKB.end || offset % size !== 0 || access === 'write') return undefined;
  if (isField(offset, SKB.data)) return size === 4 ? PACKET : undefined;
  if (isField(offset, SKB.dataEnd)) return size === 4 ? PACKET_END : undefined;
  if (isField(offset, SKB.flowKeys, 8)) return size === 8 ? { type: RegType.FLOW_KEYS } : undefined;
  return undefined;
}

/** struct bpf_cgroup_dev_ctx: access type, major, minor. */
function deviceAccess([offset, size, access]: Access): ContextField | undefined {
  if (access === 'write' || offset < 0 || offset + size > 12 || offset % size !== 0) return undefined;
  if (offset < 4) return isNarrow(size, 4) ? SCALAR : undefined;
  return size === 4 ? SCALAR : undefined;
}

/** struct bpf_sysctl: write, file_pos. */
function sysctlAccess([offset, size, access]: Access): ContextField | undefined {
  if (offset < 0 || offset + size > 8 || offset % size !== 0) return undefined;
  if (offset < 4) return access === 'read' && isNarrow(size, 4) ? SCALAR : undefined;
  return (access === 'read' ? isNarrow(size, 4) : size === 4 || isNarrow(size, 4)) ? SCALAR : undefined;
}

/** struct bpf_sockopt: sk, optval, optval_end, level, optname, optlen, retval. */
function sockoptAccess(env: Environment, [offset, size, access]: Access): ContextField | undefined {
  if (offset < 0 || offset >= 40 || offset % size !== 0) return undefined;
  const get = env.input.expectedAttachType === AttachType.CGROUP_GETSOCKOPT;
  if (access === 'write') {
    if (size !== 4) return undefined;
    if (offset === 36) return get ? SCALAR : undefined;
    if (offset === 32) return SCALAR;
    return (offset === 24 || offset === 28) && !get ? SCALAR : undefined;
  }
  if (offset === 0) return size === 8 ? { type: RegType.SOCKET } : undefined;
  if (offset === 8) return size === 8 ? PACKET : undefined;
  if (offset === 16) return size === 8 ? PACKET_END : undefined;
  if (offset === 36) return size === 4 && get ? SCALAR : undefined;
  return size === 4 ? SCALAR : undefined;
}

/** The context field at an offset for every program type that is not typed by BTF. */
export function networkContextAccess(
  env: Environment,
  offset: number,
  size: number,
  kind: AccessType,
): ContextField | undefined {
  const access: Access = [offset, size, kind];
  switch (env.input.progType) {
    case ProgType.XDP:
      return xdpAccess(env, access);
    case ProgType.SK_LOOKUP:
      return skLookupAccess(access);
    case ProgType.CGROUP_SOCK_ADDR:
      return sockAddrAccess(env, access);
    case ProgType.CGROUP_SOCK:
      return cgroupSockAccess(env, access);
    case ProgType.SOCK_OPS:
      return sockOpsAccess(access);
    case ProgType.SK_MSG:
      return skMsgAccess(access);
    case ProgType.FLOW_DISSECTOR:
      return flowDissectorAccess(access);
    case ProgType.CGROUP_DEVICE:
      return deviceAccess(access);
    case ProgType.CGROUP_SYSCTL:
      return sysctlAccess(access);
    case ProgType.CGROUP_SOCKOPT:
      return sockoptAccess(env, access);
    default:
      return skbProgram(env.input.progType, access);
  }
}
