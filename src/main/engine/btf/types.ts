/** The types that BTF describes (include/uapi/linux/btf.h), decoded. Ids and string offsets are those of the BTF they came from. */

/** BTF_KIND_* */
export const BtfKind = {
  VOID: 0,
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;
export type BtfKind = (typeof BtfKind)[keyof typeof BtfKind];

const KIND_NAMES = Object.keys(BtfKind);
/** `STRUCT`, `FUNC_PROTO` … as the kernel's log names kinds; `UNKN` where there is none. */
export function btfKindName(kind: number): string {
  return KIND_NAMES[kind] ?? 'UNKN';
}

/** BTF_INT_* encoding bits. */
export const BtfIntEncoding = { SIGNED: 1, CHAR: 2, BOOL: 4 } as const;

/** BTF_VAR_* (also linkage of functions: BTF_FUNC_*). */
export const BtfLinkage = { STATIC: 0, GLOBAL: 1, EXTERN: 2 } as const;

interface Common {
  readonly id: number;
  /** Empty where the type has no name. */
  readonly name: string;
}
export interface BtfVoid extends Common {
  readonly kind: typeof BtfKind.VOID;
}
export interface BtfInt extends Common {
  readonly kind: typeof BtfKind.INT;
  /** Bytes. */
  readonly size: number;
  readonly bits: number;
  readonly bitOffset: number;
  /** BtfIntEncoding bits. */
  readonly encoding: number;
}
/** Pointers, modifiers, typedefs and type tags: all they say is another type's id. */
export interface BtfReference extends Common {
  readonly kind:
    | typeof BtfKind.PTR
    | typeof BtfKind.TYPEDEF
    | typeof BtfKind.VOLATILE
    | typeof BtfKind.CONST
    | typeof BtfKind.RESTRICT
    | typeof BtfKind.TYPE_TAG;
  readonly type: number;
  /** Type tags only: true for an attribute of another name than btf_type_tag. */
  readonly kindFlag: boolean;
}
export interface BtfArray extends Common {
  readonly kind: typeof BtfKind.ARRAY;
  readonly elementType: number;
  readonly indexType: number;
  readonly length: number;
}
export interface BtfMember {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  /** 0 for what is not a bit field. */
  readonly bitfieldSize: number;
}
export interface BtfComposite extends Common {
  readonly kind: typeof BtfKind.STRUCT | typeof BtfKind.UNION;
  readonly size: number;
  readonly members: readonly BtfMember[];
  readonly kindFlag: boolean;
}
export interface BtfEnumValue {
  readonly name: string;
  readonly value: bigint;
}
export interface BtfEnum extends Common {
  readonly kind: typeof BtfKind.ENUM | typeof BtfKind.ENUM64;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly BtfEnumValue[];
}
export interface BtfForward extends Common {
  readonly kind: typeof BtfKind.FWD;
  readonly union: boolean;
}
export interface BtfFunction extends Common {
  readonly kind: typeof BtfKind.FUNC;
  /** Its FUNC_PROTO. */
  readonly type: number;
  readonly linkage: number;
}
export interface BtfParameter {
  readonly name: string;
  readonly type: number;
}
export interface BtfFunctionProto extends Common {
  readonly kind: typeof BtfKind.FUNC_PROTO;
  readonly returnType: number;
  readonly parameters: readonly BtfParameter[];
}
export interface BtfVariable extends Common {
  readonly kind: typeof BtfKind.VAR;
  readonly type: number;
  readonly linkage: number;
}
export interface BtfSectionVariable {
  /** Id of a VAR (in .ksyms also of a FUNC). */
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}
export interface BtfDataSection extends Common {
  readonly kind: typeof BtfKind.DATASEC;
  readonly size: number;
  readonly variables: readonly BtfSectionVariable[];
}
export interface BtfFloat extends Common {
  readonly kind: typeof BtfKind.FLOAT;
  readonly size: number;
}
export interface BtfDeclTag extends Common {
  readonly kind: typeof BtfKind.DECL_TAG;
  readonly type: number;
  /** Member or parameter that is meant, -1 for the type itself. */
  readonly componentIndex: number;
  readonly kindFlag: boolean;
}

/** Any decoded type; `kind` tells which. */
export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfReference
  | BtfArray
  | BtfComposite
  | BtfEnum
  | BtfForward
  | BtfFunction
  | BtfFunctionProto
  | BtfVariable
  | BtfDataSection
  | BtfFloat
  | BtfDeclTag;

type WhoseKindIs<T, K> = T extends { readonly kind: infer Kinds } ? (K extends Kinds ? T : never) : never;
/** The decoded form of one kind: `BtfTypeOf<typeof BtfKind.STRUCT>` is BtfComposite. */
export type BtfTypeOf<K extends BtfKind> = WhoseKindIs<BtfType, K>;
