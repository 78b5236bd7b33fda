import { type Btf } from './btf.ts';
import { fieldsCompatible, typesCompatible, typesMatch } from './core-compat.ts';
import {
  CORE_SPEC_MAX_LENGTH,
  CoreKind,
  coreKindName,
  isEnumValueKind,
  isFieldKind,
  isTypeKind,
  type CoreAccessor,
  type CoreRelocation,
  type CoreSpec,
} from './core-types.ts';
import { essentialName } from './name-index.ts';
import { BtfKind, type BtfArray, type BtfComposite } from './types.ts';

const EINVAL = 22;
const E2BIG = 7;

function compositeAt(btf: Btf, id: number): BtfComposite | undefined {
  return btf.typeOfKind(id, BtfKind.STRUCT) ?? btf.typeOfKind(id, BtfKind.UNION);
}

/** Enumerators of an enum of either size. */
function enumValuesAt(btf: Btf, id: number): readonly { readonly name: string }[] | undefined {
  return (btf.typeOfKind(id, BtfKind.ENUM) ?? btf.typeOfKind(id, BtfKind.ENUM64))?.values;
}

/** An array without length at the end of a struct takes any index. */
function isFlexible(btf: Btf, previous: CoreAccessor | undefined, array: BtfArray): boolean {
  if (previous?.name === undefined || array.length > 0) return false;
  return previous.index === btf.vlenOf(previous.typeId) - 1;
}

/** What a relocation means in the program's own types; a positive errno where that makes no sense (bpf_core_parse_spec). */
export function parseCoreSpec(btf: Btf, relocation: CoreRelocation): CoreSpec | number {
  const { access, kind, typeId } = relocation;
  const spec: CoreSpec = { btf, rootTypeId: typeId, kind, accessors: [], raw: [], bitOffset: 0 };
  if (isTypeKind(kind)) return access === '0' ? spec : EINVAL;
  if (!/^\d+(:\d+)*$/.test(access)) return EINVAL;
  spec.raw.push(...access.split(':').map(Number));
  if (spec.raw.length > CORE_SPEC_MAX_LENGTH) return E2BIG;
  let id = btf.resolve(typeId);
  const first = spec.raw[0] ?? 0;
  if (isEnumValueKind(kind)) {
    const name = enumValuesAt(btf, id)?.[first]?.name;
    if (name === undefined || spec.raw.length > 1) return EINVAL;
    spec.accessors.push({ typeId: id, index: first, name });
    return spec;
  }
  const size = btf.sizeOf(id);
  if (!isFieldKind(kind) || size === undefined) return EINVAL;
  spec.accessors.push({ typeId: id, index: first, name: undefined });
  spec.bitOffset = first * size * 8;
  for (const index of spec.raw.slice(1)) {
    id = btf.resolve(id);
    const next = step(btf, spec, id, index);
    if (next === undefined) return EINVAL;
    id = next;
  }
  return spec;
}

/** One step deeper in the program's own types; the type id that it leads to. */
function step(btf: Btf, spec: CoreSpec, id: number, index: number): number | undefined {
  const composite = compositeAt(btf, id);
  if (composite !== undefined) {
    const member = composite.members[index];
    if (member === undefined) return undefined;
    spec.bitOffset += member.bitOffset;
    if (member.name !== '') spec.accessors.push({ typeId: id, index, name: member.name });
    return member.type;
  }
  const array = btf.typeOfKind(id, BtfKind.ARRAY);
  if (array === undefined) return undefined;
  if (!isFlexible(btf, spec.accessors.at(-1), array) && index >= array.length) return undefined;
  const element = btf.resolve(array.elementType);
  const size = btf.sizeOf(element);
  if (size === undefined) return undefined;
  spec.accessors.push({ typeId: element, index, name: undefined });
  spec.bitOffset += index * size * 8;
  return element;
}

/**
 * The same place in a target's type; undefined where the type does not have it, a positive errno where the types are too
 * deep to compare (bpf_core_spec_match).
 */
export function matchCoreSpec(local: CoreSpec, target: Btf, targetId: number): CoreSpec | number | undefined {
  const spec: CoreSpec = {
    btf: target,
    rootTypeId: targetId,
    kind: local.kind,
    accessors: [],
    raw: [],
    bitOffset: 0,
  };
  if (isTypeKind(local.kind)) {
    const compare = local.kind === CoreKind.TYPE_MATCHES ? typesMatch : typesCompatible;
    const same = compare(local.btf, local.rootTypeId, target, targetId);
    if (same === 'too-deep') return EINVAL;
    return same ? spec : undefined;
  }
  if (isEnumValueKind(local.kind)) return matchEnumValue(local, spec, targetId);
  let id = targetId;
  for (const [i, accessor] of local.accessors.entries()) {
    id = target.resolve(id);
    const next =
      accessor.name === undefined
        ? matchElement(spec, id, accessor.index, i === 0)
        : matchMember(local.btf, accessor, spec, id);
    if (typeof next !== 'object') return next;
    id = next.id;
  }
  return spec;
}

function matchEnumValue(local: CoreSpec, spec: CoreSpec, targetId: number): CoreSpec | undefined {
  const id = spec.btf.resolve(targetId);
  const wanted = essentialName(local.accessors[0]?.name ?? '');
  const values = enumValuesAt(spec.btf, id);
  const index = values?.findIndex((value) => essentialName(value.name) === wanted) ?? -1;
  const found = values?.[index];
  if (found === undefined) return undefined;
  spec.accessors.push({ typeId: id, index, name: found.name });
  spec.raw.push(index);
  return spec;
}

/** The type that a step leads to, not found, or an errno. */
type Step = { readonly id: number } | undefined | number;

function matchElement(spec: CoreSpec, id: number, index: number, isFirst: boolean): Step {
  let element = id;
  if (!isFirst) {
    // The first index counts whole objects: the type itself is the element.
    const array = spec.btf.typeOfKind(id, BtfKind.ARRAY);
    if (array === undefined) return undefined;
    if (!isFlexible(spec.btf, spec.accessors.at(-1), array) && index >= array.length) return undefined;
    element = spec.btf.resolve(array.elementType);
  }
  if (spec.raw.length === CORE_SPEC_MAX_LENGTH) return E2BIG;
  const size = spec.btf.sizeOf(element);
  spec.accessors.push({ typeId: element, index, name: undefined });
  spec.raw.push(index);
  if (size === undefined) return EINVAL;
  spec.bitOffset += index * size * 8;
  return { id: element };
}

/** Looks for a member by name, also in nameless structs and unions inside (bpf_core_match_member). */
function matchMember(local: Btf, accessor: CoreAccessor, spec: CoreSpec, targetId: number): Step {
  const id = spec.btf.resolve(targetId);
  const composite = compositeAt(spec.btf, id);
  const localType = compositeAt(local, accessor.typeId)?.members[accessor.index]?.type;
  if (composite === undefined || localType === undefined) return undefined;
  for (const [index, member] of composite.members.entries()) {
    if (spec.raw.length === CORE_SPEC_MAX_LENGTH) return E2BIG;
    spec.bitOffset += member.bitOffset;
    spec.raw.push(index);
    if (member.name === '') {
      const found = matchMember(local, accessor, spec, member.type);
      if (found !== undefined) return found;
    } else if (member.name === accessor.name) {
      if (!fieldsCompatible(local, localType, spec.btf, member.type)) return undefined;
      spec.accessors.push({ typeId: id, index, name: member.name });
      return { id: member.type };
    }
    spec.bitOffset -= member.bitOffset;
    spec.raw.pop();
  }
  return undefined;
}

/** `<byte_off> [2] struct hid_device.name (0:5 @ offset 24)`, as libbpf prints specs (bpf_core_format_spec). */
export function formatCoreSpec(spec: CoreSpec): string {
  const { btf, rootTypeId, kind } = spec;
  const type = btf.typeById(rootTypeId);
  const name = type.name === '' ? '<anon>' : type.name;
  const head = `<${coreKindName(kind)}> [${rootTypeId}] ${kindWord(type.kind)} ${name}`;
  if (isTypeKind(kind)) return head;
  if (isEnumValueKind(kind)) {
    const enumType = btf.typeById(btf.resolve(rootTypeId));
    const isEnum = enumType.kind === BtfKind.ENUM || enumType.kind === BtfKind.ENUM64;
    const value = isEnum ? enumType.values[spec.raw[0] ?? 0] : undefined;
    return value === undefined ? head : `${head}::${value.name} = ${value.value}`;
  }
  const way = spec.accessors.map((accessor, i) => {
    if (accessor.name !== undefined) return `.${accessor.name}`;
    return i > 0 || accessor.index > 0 ? `[${accessor.index}]` : '';
  });
  const bits = spec.bitOffset % 8;
  const offset = `${Math.floor(spec.bitOffset / 8)}${bits === 0 ? '' : `.${bits}`}`;
  return `${head}${way.join('')} (${spec.raw.join(':')} @ offset ${offset})`;
}

/** Kinds in lower case as libbpf's btf_kind_str writes them. */
function kindWord(kind: BtfKind): string {
  const entry = Object.entries(BtfKind).find(([, value]) => value === kind);
  return (entry?.[0] ?? 'unknown').toLowerCase();
}
