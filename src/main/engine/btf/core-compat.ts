import { type Btf } from './btf.ts';
import { essentialName } from './name-index.ts';
import { BtfIntEncoding, BtfKind, type BtfComposite, type BtfEnum } from './types.ts';

/** How deep chains of pointers and arrays are followed, and how often function types may nest. */
const MAX_DEPTH = 32;
const MAX_LEVEL = 32;

/** Compatible, not compatible, or too deep to say (-EINVAL). */
export type Compatibility = boolean | 'too-deep';

function isEnum(kind: BtfKind): boolean {
  return kind === BtfKind.ENUM || kind === BtfKind.ENUM64;
}
function isComposite(kind: BtfKind): boolean {
  return kind === BtfKind.STRUCT || kind === BtfKind.UNION;
}

/** btf_kind_core_compat(): the same kind, or enums of either size. */
export function kindsCompatible(local: BtfKind, target: BtfKind): boolean {
  return local === target || (isEnum(local) && isEnum(target));
}

/** True for the same name without flavors; a name matches no lack of one. */
function namesMatch(local: string, target: string): boolean {
  return target === '' ? local === '' : essentialName(local) === essentialName(target);
}

function isPlainInt(btf: Btf, id: number): boolean {
  return btf.typeOfKind(id, BtfKind.INT)?.bitOffset === 0;
}

/** May a field of type `localId` be read from a field of type `targetId`? (bpf_core_fields_are_compat) */
export function fieldsCompatible(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  let ours = local.resolve(localId);
  let theirs = target.resolve(targetId);
  for (;;) {
    const kind = local.kindOf(ours);
    const targetKind = target.kindOf(theirs);
    if (isComposite(kind) && isComposite(targetKind)) return true;
    if (!kindsCompatible(kind, targetKind)) return false;
    switch (kind) {
      case BtfKind.PTR:
      case BtfKind.FLOAT:
        return true;
      case BtfKind.FWD:
      case BtfKind.ENUM:
      case BtfKind.ENUM64: {
        const name = essentialName(local.nameOf(ours));
        const targetName = essentialName(target.nameOf(theirs));
        return name === '' || targetName === '' || name === targetName;
      }
      case BtfKind.INT:
        return isPlainInt(local, ours) && isPlainInt(target, theirs);
      case BtfKind.ARRAY: {
        const element = local.typeOfKind(ours, BtfKind.ARRAY)?.elementType;
        const targetElement = target.typeOfKind(theirs, BtfKind.ARRAY)?.elementType;
        if (element === undefined || targetElement === undefined || element === ours) return false;
        ours = local.resolve(element);
        theirs = target.resolve(targetElement);
        break;
      }
      default:
        return false;
    }
  }
}

/** Are two types compatible for the type-based relocations? (bpf_core_types_are_compat) */
export function typesCompatible(
  local: Btf,
  localId: number,
  target: Btf,
  targetId: number,
  level = MAX_LEVEL,
): Compatibility {
  if (!kindsCompatible(local.kindOf(localId), target.kindOf(targetId))) return false;
  let ours = localId;
  let theirs = targetId;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    ours = local.resolve(ours);
    theirs = target.resolve(theirs);
    const type = local.typeById(ours);
    const targetType = target.typeById(theirs);
    if (!kindsCompatible(type.kind, targetType.kind)) return false;
    switch (type.kind) {
      case BtfKind.VOID:
      case BtfKind.STRUCT:
      case BtfKind.UNION:
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
      case BtfKind.FWD:
        return true;
      case BtfKind.INT:
        return isPlainInt(local, ours) && isPlainInt(target, theirs);
      case BtfKind.PTR:
        ours = type.type;
        theirs = target.sizeOrTypeOf(theirs);
        break;
      case BtfKind.ARRAY:
        ours = type.elementType;
        theirs = target.typeOfKind(theirs, BtfKind.ARRAY)?.elementType ?? 0;
        break;
      case BtfKind.FUNC_PROTO: {
        const parameters = target.typeOfKind(theirs, BtfKind.FUNC_PROTO)?.parameters ?? [];
        if (type.parameters.length !== parameters.length) return false;
        for (const [i, parameter] of type.parameters.entries()) {
          if (level <= 0) return 'too-deep';
          const same = typesCompatible(
            local,
            local.resolve(parameter.type),
            target,
            target.resolve(parameters[i]?.type ?? 0),
            level - 1,
          );
          if (same !== true) return same;
        }
        ours = type.returnType;
        theirs = target.sizeOrTypeOf(theirs);
        break;
      }
      default:
        return false;
    }
  }
  return 'too-deep';
}

/** Does the target have all that the local type describes? (bpf_core_types_match, for TYPE_MATCHES) */
export function typesMatch(
  local: Btf,
  localId: number,
  target: Btf,
  targetId: number,
  behindPointer = false,
  level = MAX_LEVEL,
): Compatibility {
  if (level <= 0) return 'too-deep';
  let ours = localId;
  let theirs = targetId;
  let behind = behindPointer;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    ours = local.resolve(ours);
    theirs = target.resolve(theirs);
    const type = local.typeById(ours);
    const targetType = target.typeById(theirs);
    if (!namesMatch(type.name, targetType.name)) return false;
    switch (type.kind) {
      case BtfKind.VOID:
        return targetType.kind === BtfKind.VOID;
      case BtfKind.FWD:
        if (targetType.kind === BtfKind.FWD) return type.union === targetType.union;
        return behind && targetType.kind === (type.union ? BtfKind.UNION : BtfKind.STRUCT);
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
        if (targetType.kind !== BtfKind.ENUM && targetType.kind !== BtfKind.ENUM64) return false;
        return enumsMatch(type, targetType);
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        if (type.kind === targetType.kind) {
          return behind || compositesMatch(local, type, target, targetType, behind, level);
        }
        return (
          behind && targetType.kind === BtfKind.FWD && targetType.union === (type.kind === BtfKind.UNION)
        );
      case BtfKind.INT: {
        if (targetType.kind !== BtfKind.INT) return false;
        const differs = (type.encoding ^ targetType.encoding) & BtfIntEncoding.SIGNED;
        return type.size === targetType.size && differs === 0;
      }
      case BtfKind.PTR:
        if (targetType.kind !== BtfKind.PTR) return false;
        behind = true;
        ours = type.type;
        theirs = targetType.type;
        break;
      case BtfKind.ARRAY:
        if (targetType.kind !== BtfKind.ARRAY || type.length !== targetType.length) return false;
        ours = type.elementType;
        theirs = targetType.elementType;
        break;
      case BtfKind.FUNC_PROTO: {
        if (targetType.kind !== BtfKind.FUNC_PROTO) return false;
        if (type.parameters.length !== targetType.parameters.length) return false;
        for (const [i, parameter] of type.parameters.entries()) {
          const other = targetType.parameters[i]?.type ?? 0;
          const same = typesMatch(local, parameter.type, target, other, behind, level - 1);
          if (same !== true) return same;
        }
        ours = type.returnType;
        theirs = targetType.returnType;
        break;
      }
      default:
        return false;
    }
  }
  return 'too-deep';
}

function enumsMatch(local: BtfEnum, target: BtfEnum): boolean {
  if (local.size !== target.size || local.values.length > target.values.length) return false;
  return local.values.every(({ name }) => target.values.some((value) => namesMatch(name, value.name)));
}

function compositesMatch(
  local: Btf,
  type: BtfComposite,
  target: Btf,
  targetType: BtfComposite,
  behind: boolean,
  level: number,
): Compatibility {
  if (type.members.length > targetType.members.length) return false;
  for (const member of type.members) {
    let found = false;
    for (const candidate of targetType.members) {
      if (!namesMatch(member.name, candidate.name)) continue;
      const same = typesMatch(local, member.type, target, candidate.type, behind, level - 1);
      if (same === 'too-deep') return same;
      if (same) {
        found = true;
        break;
      }
    }
    if (!found) return false;
  }
  return true;
}
