/** Small questions about BTF types, as the kernel's btf_type_* functions answer them. */
import {
  BtfKind,
  btfKindName,
  type Btf,
  type BtfArray,
  type BtfComposite,
  type BtfFunctionProto,
  type BtfParameter,
  type BtfReference,
  type BtfType,
} from '../btf/index.ts';

/** The type behind modifiers and typedefs (btf_type_skip_modifiers). */
export function resolveModifiers(btf: Btf, id: number): BtfType {
  return btf.typeById(btf.resolve(id));
}

/** `STRUCT`, `PTR` …: btf_type_str() */
export function btfKindText(type: BtfType): string {
  return btfKindName(type.kind);
}

export function isStruct(type: BtfType): type is BtfComposite {
  return type.kind === BtfKind.STRUCT || type.kind === BtfKind.UNION;
}

export function isEnum(type: BtfType): boolean {
  return type.kind === BtfKind.ENUM || type.kind === BtfKind.ENUM64;
}

/** Integers and enumerations. */
export function isInteger(type: BtfType): boolean {
  return type.kind === BtfKind.INT || isEnum(type);
}

export function isPointer(type: BtfType): type is BtfReference {
  return type.kind === BtfKind.PTR;
}

export function isArray(type: BtfType): type is BtfArray {
  return type.kind === BtfKind.ARRAY;
}

/** btf_type_is_small_int(): up to eight bytes. */
export function isSmallInt(type: BtfType): boolean {
  return type.kind === BtfKind.INT && type.size <= 8;
}

/** The prototype that a pointer to a function points to. */
export function functionPointer(btf: Btf, id: number): BtfFunctionProto | undefined {
  const type = resolveModifiers(btf, id);
  if (!isPointer(type)) return undefined;
  const target = resolveModifiers(btf, type.type);
  return target.kind === BtfKind.FUNC_PROTO ? target : undefined;
}

/** Suffixes of argument names say what a kfunc makes of them: `__sz`, `__k`, `__nullable` … */
export function hasSuffix(parameter: BtfParameter, suffix: string): boolean {
  return parameter.name.length >= suffix.length && parameter.name.endsWith(suffix);
}

/** Structs (nested at most three deep) and arrays of integers only (__btf_type_is_scalar_struct). */
export function isScalarStruct(btf: Btf, type: BtfType, tooDeep: () => void, depth = 0): boolean {
  if (!isStruct(type)) return false;
  for (const member of type.members) {
    const inner = resolveModifiers(btf, member.type);
    if (isStruct(inner)) {
      if (depth >= 3) {
        tooDeep();
        return false;
      }
      if (!isScalarStruct(btf, inner, tooDeep, depth + 1)) return false;
    } else if (isArray(inner)) {
      if (inner.length === 0 || !isInteger(resolveModifiers(btf, inner.elementType))) return false;
    } else if (!isInteger(inner)) return false;
  }
  return true;
}
