import { EngineError } from '../base/index.ts';
import { type Btf } from './btf.ts';

/** enum bpf_core_relo_kind (include/uapi/linux/bpf.h). */
export const CoreKind = {
  FIELD_BYTE_OFFSET: 0,
  FIELD_BYTE_SIZE: 1,
  FIELD_EXISTS: 2,
  FIELD_SIGNED: 3,
  FIELD_LSHIFT_U64: 4,
  FIELD_RSHIFT_U64: 5,
  TYPE_ID_LOCAL: 6,
  TYPE_ID_TARGET: 7,
  TYPE_EXISTS: 8,
  TYPE_SIZE: 9,
  ENUMVAL_EXISTS: 10,
  ENUMVAL_VALUE: 11,
  TYPE_MATCHES: 12,
} as const;

const NAMES = [
  'byte_off',
  'byte_sz',
  'field_exists',
  'signed',
  'lshift_u64',
  'rshift_u64',
  'local_type_id',
  'target_type_id',
  'type_exists',
  'type_size',
  'enumval_exists',
  'enumval_value',
  'type_matches',
];
/** `byte_off`, `type_size` … as libbpf and the kernel print the kinds. */
export function coreKindName(kind: number): string {
  return NAMES[kind] ?? 'unknown';
}

export function isFieldKind(kind: number): boolean {
  return kind >= CoreKind.FIELD_BYTE_OFFSET && kind <= CoreKind.FIELD_RSHIFT_U64;
}
export function isTypeKind(kind: number): boolean {
  return (kind >= CoreKind.TYPE_ID_LOCAL && kind <= CoreKind.TYPE_SIZE) || kind === CoreKind.TYPE_MATCHES;
}
export function isEnumValueKind(kind: number): boolean {
  return kind === CoreKind.ENUMVAL_EXISTS || kind === CoreKind.ENUMVAL_VALUE;
}

/** struct bpf_core_relo; `access` is the string at access_str_off. */
export interface CoreRelocation {
  readonly insn: number;
  readonly typeId: number;
  readonly access: string;
  readonly kind: number;
}

/** A type of a target that may be what the program means. */
export interface CoreCandidate {
  readonly btf: Btf;
  readonly id: number;
}

/** One step of an access: a named member or enumerator, or (without a name) an array element. */
export interface CoreAccessor {
  readonly typeId: number;
  readonly index: number;
  readonly name: string | undefined;
}

/** A type together with the way to a place in it (struct bpf_core_spec). */
export interface CoreSpec {
  readonly btf: Btf;
  readonly rootTypeId: number;
  readonly kind: number;
  readonly accessors: CoreAccessor[];
  readonly raw: number[];
  bitOffset: number;
}

/** Deepest access (BPF_CORE_SPEC_MAX_LEN). */
export const CORE_SPEC_MAX_LENGTH = 64;

/** Which program and which of its relocations a message is about. The kernel leaves the program's name empty. */
export interface CoreContext {
  readonly program: string;
  readonly index: number;
}

/**
 * A relocation that cannot be done: code `refused`, `detail.errno` negative; the message is what libbpf prints and what
 * the kernel writes to the log.
 */
export function coreError(context: CoreContext, text: string, errno: number): EngineError {
  return new EngineError('refused', `prog '${context.program}': relo #${context.index}: ${text}`, {
    errno: -errno,
  });
}
