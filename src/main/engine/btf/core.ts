import { type Btf } from './btf.ts';
import { kindsCompatible } from './core-compat.ts';
import { formatCoreSpec, matchCoreSpec, parseCoreSpec } from './core-spec.ts';
import {
  CoreKind,
  coreError,
  coreKindName,
  isEnumValueKind,
  isFieldKind,
  type CoreCandidate,
  type CoreContext,
  type CoreRelocation,
  type CoreSpec,
} from './core-types.ts';
import { essentialName } from './name-index.ts';
import { BtfIntEncoding, BtfKind } from './types.ts';

const EINVAL = 22;
const E2BIG = 7;
const ENOTSUP = 95;

/** What a relocation comes to: the values before and after, and how the instruction may be changed. */
export interface CoreResult {
  /** The place does not exist: the instruction becomes an invalid call. */
  readonly poison: boolean;
  /** Value that the compiler must have put into the instruction, if `validate`. */
  readonly original: bigint;
  readonly value: bigint;
  readonly validate: boolean;
  /** Bytes of the field where they tell the size of a load or store, else 0. */
  readonly originalSize: number;
  readonly size: number;
  /** The sizes differ and the types do not allow another one for a load or store. */
  readonly sizeConflict: boolean;
  /** Candidates that have the place; all of them if none has. libbpf goes on with these. */
  readonly candidates: readonly CoreCandidate[];
  /** The local and the target place as libbpf prints them. */
  readonly localText: string;
  readonly targetText: string | undefined;
}

/**
 * Types of the targets that have the local type's name without flavor, in order of targets and ids. Modules (all targets
 * but the first) count only where vmlinux has none. `exactKind` is the kernel's rule; libbpf also takes an enum of the
 * other size.
 */
export function findCoreCandidates(
  local: Btf,
  typeId: number,
  targets: readonly Btf[],
  exactKind = false,
): CoreCandidate[] {
  const name = essentialName(local.nameOf(typeId));
  if (name === '') return [];
  const kind = local.kindOf(typeId);
  const out: CoreCandidate[] = [];
  for (const [i, target] of targets.entries()) {
    if (i > 0 && out.length > 0 && out[0]?.btf === targets[0]) break;
    for (const id of target.idsByEssentialName(name)) {
      if (i > 0 && id < target.firstId) continue;
      const same = exactKind ? target.kindOf(id) === kind : kindsCompatible(target.kindOf(id), kind);
      if (same) out.push({ btf: target, id });
    }
  }
  return out;
}

/**
 * Computes a CO-RE relocation as libbpf and the kernel do (relo_core.c: bpf_core_calc_relo_insn).
 * Throws `refused` with errno where the relocation itself is wrong or the candidates disagree.
 */
export function resolveCore(
  local: Btf,
  relocation: CoreRelocation,
  candidates: readonly CoreCandidate[],
  context: CoreContext,
): CoreResult {
  const name = local.nameOf(relocation.typeId);
  const localSpec = parseCoreSpec(local, relocation);
  if (typeof localSpec === 'number') {
    const kind = local.kindOf(relocation.typeId);
    const words =
      Object.entries(BtfKind)
        .find(([, value]) => value === kind)?.[0]
        .toLowerCase() ?? 'unknown';
    throw coreError(
      context,
      `parsing [${relocation.typeId}] ${words} ${name === '' ? '<anon>' : name} + ${relocation.access} failed: -${localSpec}`,
      EINVAL,
    );
  }
  if (relocation.kind === CoreKind.TYPE_ID_LOCAL) {
    const id = BigInt(relocation.typeId);
    return {
      ...plain(id, id, false),
      candidates,
      localText: formatCoreSpec(localSpec),
      targetText: undefined,
    };
  }
  if (name === '') {
    const kind = `<${coreKindName(relocation.kind)}> (${relocation.kind})`;
    throw coreError(context, `${kind} relocation doesn't support anonymous types`, ENOTSUP);
  }
  let result: Values | undefined;
  let first: CoreSpec | undefined;
  const matched: CoreCandidate[] = [];
  for (const [i, candidate] of candidates.entries()) {
    const spec = matchCoreSpec(localSpec, candidate.btf, candidate.id);
    if (spec === undefined) continue;
    if (typeof spec === 'number') {
      throw coreError(context, `error matching candidate #${i} [${candidate.id}] ${name}: -${spec}`, spec);
    }
    const values = compute(relocation, localSpec, spec, context);
    if (result === undefined || first === undefined) {
      result = values;
      first = spec;
    } else if (spec.bitOffset !== first.bitOffset) {
      throw coreError(context, `field offset ambiguity: ${spec.bitOffset} != ${first.bitOffset}`, EINVAL);
    } else if (values.poison !== result.poison || values.value !== result.value) {
      const word = (poison: boolean): string => (poison ? 'failure' : 'success');
      throw coreError(
        context,
        `relocation decision ambiguity: ${word(values.poison)} ${values.value} != ${word(result.poison)} ${result.value}`,
        EINVAL,
      );
    }
    matched.push(candidate);
  }
  return {
    ...(result ?? compute(relocation, localSpec, undefined, context)),
    candidates: matched.length > 0 ? matched : candidates,
    localText: formatCoreSpec(localSpec),
    targetText: first === undefined ? undefined : formatCoreSpec(first),
  };
}

type Values = Omit<CoreResult, 'candidates' | 'localText' | 'targetText'>;

function plain(original: bigint, value: bigint, validate: boolean): Values {
  return { poison: false, original, value, validate, originalSize: 0, size: 0, sizeConflict: false };
}

const POISONED: Values = { ...plain(0n, 0n, true), poison: true };

/** bpf_core_calc_relo() */
function compute(
  relocation: CoreRelocation,
  local: CoreSpec,
  target: CoreSpec | undefined,
  context: CoreContext,
): Values {
  const { kind } = relocation;
  if (isFieldKind(kind)) return computeField(relocation, local, target, context);
  if (isEnumValueKind(kind)) {
    if (kind === CoreKind.ENUMVAL_EXISTS) return plain(1n, target === undefined ? 0n : 1n, true);
    return target === undefined ? POISONED : plain(enumValue(local), enumValue(target), true);
  }
  const value = (spec: CoreSpec | undefined): bigint => {
    if (spec === undefined) return 0n;
    if (kind === CoreKind.TYPE_ID_TARGET) return BigInt(spec.rootTypeId);
    if (kind !== CoreKind.TYPE_SIZE) return 1n;
    const size = spec.btf.sizeOf(spec.rootTypeId);
    if (size === undefined) throw coreError(context, `type [${spec.rootTypeId}] has no size`, EINVAL);
    return BigInt(size);
  };
  // The linker may have changed type ids, so that the one in the instruction says nothing.
  return plain(value(local), value(target), kind !== CoreKind.TYPE_ID_TARGET);
}

/** Value of an enumerator as the kernel holds it: 32-bit ones sign-extended. */
function enumValue(spec: CoreSpec): bigint {
  const accessor = spec.accessors[0];
  const type = spec.btf.typeById(accessor?.typeId ?? 0);
  if (type.kind !== BtfKind.ENUM && type.kind !== BtfKind.ENUM64) return 0n;
  const value = type.values[accessor?.index ?? 0]?.value ?? 0n;
  return BigInt.asUintN(64, type.kind === BtfKind.ENUM ? BigInt.asIntN(32, value) : value);
}

function computeField(
  relocation: CoreRelocation,
  local: CoreSpec,
  target: CoreSpec | undefined,
  context: CoreContext,
): Values {
  if (relocation.kind === CoreKind.FIELD_EXISTS) return plain(1n, target === undefined ? 0n : 1n, true);
  const ours = fieldValue(relocation, local, context);
  if (target === undefined)
    return { ...POISONED, original: ours.value, originalSize: ours.size, validate: ours.validate };
  const theirs = fieldValue(relocation, target, context);
  return {
    ...plain(ours.value, theirs.value, ours.validate),
    originalSize: ours.size,
    size: theirs.size,
    sizeConflict: ours.size !== theirs.size && !mayResize(local.btf, ours.typeId, target.btf, theirs.typeId),
  };
}

/** Pointers and unsigned integers may be loaded with another size: the upper bits are zero. */
function mayResize(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  const ours = local.typeById(localId);
  const theirs = target.typeById(targetId);
  if (ours.kind === BtfKind.PTR && theirs.kind === BtfKind.PTR) return true;
  return (
    ours.kind === BtfKind.INT &&
    theirs.kind === BtfKind.INT &&
    ours.encoding !== BtfIntEncoding.SIGNED &&
    theirs.encoding !== BtfIntEncoding.SIGNED
  );
}

interface FieldValue {
  readonly value: bigint;
  /** Size for loads and stores; 0 where it does not matter. */
  readonly size: number;
  readonly typeId: number;
  readonly validate: boolean;
}

/** bpf_core_calc_field_relo() for an existing field. */
function fieldValue(relocation: CoreRelocation, spec: CoreSpec, context: CoreContext): FieldValue {
  const accessor = spec.accessors.at(-1);
  const { btf } = spec;
  const { kind } = relocation;
  if (accessor === undefined) throw coreError(context, 'has no accessor', EINVAL);
  if (accessor.name === undefined) {
    const { typeId } = accessor;
    if (kind === CoreKind.FIELD_BYTE_OFFSET) {
      return {
        value: bytes(spec.bitOffset),
        size: elementSize(btf, typeId, context),
        typeId,
        validate: true,
      };
    }
    if (kind === CoreKind.FIELD_BYTE_SIZE) {
      return { value: BigInt(sized(btf, typeId, context)), size: 0, typeId, validate: true };
    }
    throw coreError(context, `${kind} at insn #${relocation.insn} can't be applied to array access`, EINVAL);
  }
  const type = btf.typeById(accessor.typeId);
  const member =
    type.kind === BtfKind.STRUCT || type.kind === BtfKind.UNION ? type.members[accessor.index] : undefined;
  if (member === undefined) throw coreError(context, 'names no member', EINVAL);
  const typeId = btf.resolve(member.type);
  const isBitfield = member.bitfieldSize > 0;
  const place = isBitfield
    ? bitfieldPlace(spec.bitOffset, member.bitfieldSize, btf.sizeOrTypeOf(typeId), relocation, context)
    : { offset: Math.floor(spec.bitOffset / 8), size: sized(btf, typeId, context) };
  const bits = isBitfield ? member.bitfieldSize : place.size * 8;
  const result = (value: number | bigint, validate: boolean, size = 0): FieldValue => ({
    value: BigInt(value),
    size,
    typeId,
    validate,
  });
  switch (kind) {
    case CoreKind.FIELD_BYTE_OFFSET:
      return result(place.offset, !isBitfield, isBitfield ? 0 : elementSize(btf, typeId, context));
    case CoreKind.FIELD_BYTE_SIZE:
      return result(place.size, !isBitfield);
    case CoreKind.FIELD_SIGNED:
      return result(isSigned(btf, typeId) ? 1 : 0, true);
    case CoreKind.FIELD_LSHIFT_U64:
      return result(BigInt.asUintN(64, BigInt(64 - (spec.bitOffset + bits - place.offset * 8))), !isBitfield);
    default:
      return result(BigInt.asUintN(64, BigInt(64 - bits)), true);
  }
}

/** The smallest aligned integer that holds a bit field. */
function bitfieldPlace(
  bitOffset: number,
  bits: number,
  typeSize: number,
  relocation: CoreRelocation,
  context: CoreContext,
): { offset: number; size: number } {
  let size = Math.max(1, typeSize);
  const start = (): number => Math.floor(Math.floor(bitOffset / 8) / size) * size;
  while (bitOffset + bits - start() * 8 > size * 8) {
    if (size >= 8) {
      throw coreError(
        context,
        `${relocation.kind} at insn #${relocation.insn} can't be satisfied for bitfield`,
        E2BIG,
      );
    }
    size *= 2;
  }
  return { offset: start(), size };
}

function isSigned(btf: Btf, id: number): boolean {
  const type = btf.typeById(id);
  if (type.kind === BtfKind.ENUM || type.kind === BtfKind.ENUM64) return type.signed;
  return type.kind === BtfKind.INT && (type.encoding & BtfIntEncoding.SIGNED) !== 0;
}

function bytes(bits: number): bigint {
  return BigInt(Math.floor(bits / 8));
}

function sized(btf: Btf, id: number, context: CoreContext): number {
  const size = btf.sizeOf(id);
  if (size === undefined) throw coreError(context, `type [${id}] has no size`, EINVAL);
  return size;
}

/** Size of a field, for arrays of one element: what a load of it has. */
function elementSize(btf: Btf, id: number, context: CoreContext): number {
  let at = btf.resolve(id);
  for (
    let array = btf.typeOfKind(at, BtfKind.ARRAY);
    array !== undefined;
    array = btf.typeOfKind(at, BtfKind.ARRAY)
  ) {
    if (array.elementType === at) break;
    at = btf.resolve(array.elementType);
  }
  return sized(btf, at, context);
}
