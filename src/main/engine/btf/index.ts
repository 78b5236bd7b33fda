export { BtfBuilder, type BuilderMember } from './builder.ts';
export { checkBtf, type CheckBtfOptions, type CheckBtfResult } from './check.ts';
export { BtfEditor } from './editor.ts';
export {
  BTF_HEADER_SIZE,
  BTF_MAGIC,
  BTF_TYPE_SIZE,
  isModifier,
  readBtfHeader,
  type BtfHeader,
} from './layout.ts';
export { Btf, type BtfParseOptions } from './btf.ts';
export { placeOfMember, type MemberPlace } from './member-place.ts';
export { essentialName } from './name-index.ts';
export {
  BtfIntEncoding,
  BtfKind,
  BtfLinkage,
  btfKindName,
  type BtfArray,
  type BtfComposite,
  type BtfDataSection,
  type BtfDeclTag,
  type BtfEnum,
  type BtfEnumValue,
  type BtfFloat,
  type BtfForward,
  type BtfFunction,
  type BtfFunctionProto,
  type BtfInt,
  type BtfMember,
  type BtfParameter,
  type BtfReference,
  type BtfSectionVariable,
  type BtfType,
  type BtfTypeOf,
  type BtfVariable,
  type BtfVoid,
} from './types.ts';
export { findCoreCandidates, resolveCore, type CoreResult } from './core.ts';
export { CORE_POISON_IMM, patchCore, type CoreInsn } from './core-patch.ts';
export { formatCoreSpec, parseCoreSpec } from './core-spec.ts';
export {
  CoreKind,
  coreKindName,
  type CoreCandidate,
  type CoreContext,
  type CoreRelocation,
  type CoreSpec,
} from './core-types.ts';
export { typesCompatible, typesMatch } from './core-compat.ts';
export { dumpC } from './c-dump.ts';
export { CPrinter, type DeclareOptions } from './c-printer.ts';
