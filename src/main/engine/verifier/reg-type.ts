/** What a register or argument may be: enum bpf_reg_type and enum bpf_type_flag of the kernel, as numbers that are or-ed. */

export const RegType = {
  NOT_INIT: 0,
  SCALAR: 1,
  CTX: 2,
  MAP_PTR: 3,
  MAP_VALUE: 4,
  MAP_KEY: 5,
  STACK: 6,
  PACKET_META: 7,
  PACKET: 8,
  PACKET_END: 9,
  FLOW_KEYS: 10,
  SOCKET: 11,
  SOCK_COMMON: 12,
  TCP_SOCK: 13,
  TP_BUFFER: 14,
  XDP_SOCK: 15,
  BTF_ID: 16,
  MEM: 17,
  ARENA: 18,
  BUF: 19,
  FUNC: 20,
  DYNPTR: 21,
} as const;

/** Flags above the base type. */
export const TypeFlag = {
  MAYBE_NULL: 1 << 8,
  RDONLY: 1 << 9,
  RINGBUF: 1 << 10,
  USER: 1 << 11,
  PERCPU: 1 << 12,
  RELEASE: 1 << 13,
  UNTRUSTED: 1 << 14,
  UNINIT: 1 << 15,
  DYNPTR_LOCAL: 1 << 16,
  DYNPTR_RINGBUF: 1 << 17,
  FIXED_SIZE: 1 << 18,
  ALLOC: 1 << 19,
  TRUSTED: 1 << 20,
  RCU: 1 << 21,
  NON_OWN_REF: 1 << 22,
  DYNPTR_SKB: 1 << 23,
  DYNPTR_XDP: 1 << 24,
  ALIGNED: 1 << 25,
  WRITE: 1 << 26,
} as const;

const BASE_MASK = 0xff;
/** BPF_REG_TRUSTED_MODIFIERS */
export const TRUSTED_MODIFIERS = TypeFlag.ALLOC | TypeFlag.TRUSTED | TypeFlag.NON_OWN_REF;
/** DYNPTR_TYPE_FLAG_MASK */
export const DYNPTR_FLAGS =
  TypeFlag.DYNPTR_LOCAL | TypeFlag.DYNPTR_RINGBUF | TypeFlag.DYNPTR_SKB | TypeFlag.DYNPTR_XDP;

export function baseType(type: number): number {
  return type & BASE_MASK;
}

export function typeFlags(type: number): number {
  return type & ~BASE_MASK;
}

export function mayBeNull(type: number): boolean {
  return (type & TypeFlag.MAYBE_NULL) !== 0;
}

/** bpf_type_has_unsafe_modifiers(): any flag but the trusted ones. */
export function hasUnsafeModifiers(type: number): boolean {
  return (typeFlags(type) & ~TRUSTED_MODIFIERS) !== 0;
}

/** An object that the program allocated (bpf_obj_new), owning or not. */
export function isAllocatedObject(type: number): boolean {
  return baseType(type) === RegType.BTF_ID && (type & TypeFlag.ALLOC) !== 0;
}

export function isNonOwningReference(type: number): boolean {
  return isAllocatedObject(type) && (type & TypeFlag.NON_OWN_REF) !== 0;
}

export function isPacketPointer(type: number): boolean {
  const base = baseType(type);
  return base === RegType.PACKET || base === RegType.PACKET_META;
}

export function isSockPointer(type: number): boolean {
  return (
    type === RegType.SOCKET ||
    type === RegType.SOCK_COMMON ||
    type === RegType.TCP_SOCK ||
    type === RegType.XDP_SOCK
  );
}

/** Pointers that keep their type when they are spilled to the stack. */
export function isSpillable(type: number): boolean {
  const base = baseType(type);
  return base >= RegType.CTX && base !== RegType.TP_BUFFER && base !== RegType.DYNPTR;
}

const NAMES = [
  '?',
  'scalar',
  'ctx',
  'map_ptr',
  'map_value',
  'map_key',
  'fp',
  'pkt_meta',
  'pkt',
  'pkt_end',
  'flow_keys',
  'sock',
  'sock_common',
  'tcp_sock',
  'tp_buffer',
  'xdp_sock',
  'ptr_',
  'mem',
  'arena',
  'buf',
  'func',
  'dynptr_ptr',
];

/** reg_type_str(): `map_value_or_null`, `trusted_ptr_`, `rdonly_mem` … */
export function regTypeName(type: number): string {
  const base = baseType(type);
  let prefix = '';
  if (type & TypeFlag.RDONLY) prefix += 'rdonly_';
  if (type & TypeFlag.RINGBUF) prefix += 'ringbuf_';
  if (type & TypeFlag.USER) prefix += 'user_';
  if (type & TypeFlag.PERCPU) prefix += 'percpu_';
  if (type & TypeFlag.RCU) prefix += 'rcu_';
  if (type & TypeFlag.UNTRUSTED) prefix += 'untrusted_';
  if (type & TypeFlag.TRUSTED) prefix += 'trusted_';
  const postfix = mayBeNull(type) ? (base === RegType.BTF_ID ? 'or_null_' : '_or_null') : '';
  return `${prefix}${NAMES[base] ?? '?'}${postfix}`;
}

/** enum bpf_dynptr_type */
export const DynptrType = { INVALID: 0, LOCAL: 1, RINGBUF: 2, SKB: 3, XDP: 4 } as const;

export function dynptrTypeOfFlags(flags: number): number {
  switch (flags & DYNPTR_FLAGS) {
    case TypeFlag.DYNPTR_LOCAL:
      return DynptrType.LOCAL;
    case TypeFlag.DYNPTR_RINGBUF:
      return DynptrType.RINGBUF;
    case TypeFlag.DYNPTR_SKB:
      return DynptrType.SKB;
    case TypeFlag.DYNPTR_XDP:
      return DynptrType.XDP;
    default:
      return DynptrType.INVALID;
  }
}

export function flagsOfDynptrType(type: number): number {
  switch (type) {
    case DynptrType.LOCAL:
      return TypeFlag.DYNPTR_LOCAL;
    case DynptrType.RINGBUF:
      return TypeFlag.DYNPTR_RINGBUF;
    case DynptrType.SKB:
      return TypeFlag.DYNPTR_SKB;
    case DynptrType.XDP:
      return TypeFlag.DYNPTR_XDP;
    default:
      return 0;
  }
}

export function dynptrTypeName(type: number): string {
  return ['<invalid>', 'local', 'ringbuf', 'skb', 'xdp'][type] ?? '<unknown>';
}
