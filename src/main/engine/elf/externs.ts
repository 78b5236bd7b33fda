import { EngineError, roundUp } from '../base/index.ts';
import { BtfIntEncoding, BtfKind, BtfLinkage, essentialName, type Btf } from '../btf/index.ts';
import { Elf, isExternSymbol, type ElfFile } from './elf-file.ts';
import { type ElfSymbol, type ExternSpec, type KconfigType } from './spec.ts';

export const KSYMS_SECTION = '.ksyms';
export const KCONFIG_SECTION = '.kconfig';

/** Externs with the ids of the sections that declare them (undefined where there are none). */
export interface Externs {
  readonly list: readonly ExternSpec[];
  readonly kconfigSize: number;
  readonly ksymsSectionId: number | undefined;
  readonly kconfigSectionId: number | undefined;
}

/** An extern before its place among the others is known. */
interface Draft {
  readonly spec: ExternSpec;
  readonly align: number;
}

/**
 * What the object wants from the kernel: symbols without a section, with their types from BTF
 * (libbpf: bpf_object__collect_externs). Throws `parse` naming the symbol and the cure.
 */
export function collectExterns(file: ElfFile, btf: Btf | undefined): Externs {
  const drafts: Draft[] = [];
  let ksymsSectionId: number | undefined;
  let kconfigSectionId: number | undefined;
  const sectionOf = btf === undefined ? new Map<number, number>() : sectionsByVariable(btf);
  for (const symbol of file.symbols) {
    if (!isExternSymbol(symbol) || symbol.name === '') continue;
    const btfId = findExternType(symbol.name, btf);
    const sectionId = sectionOf.get(btfId);
    if (btf === undefined || sectionId === undefined) {
      throw unusableExtern(
        symbol.name,
        'its declaration is in no section; write __ksym or __kconfig behind it',
      );
    }
    const section = btf.nameOf(sectionId);
    if (section === KCONFIG_SECTION) {
      kconfigSectionId = sectionId;
      drafts.push(kconfigExtern(symbol, btfId, btf));
    } else if (section === KSYMS_SECTION) {
      ksymsSectionId = sectionId;
      drafts.push({ spec: ksymExtern(symbol, btfId, btf), align: 0 });
    } else {
      throw unusableExtern(symbol.name, `section '${section}' is not for externs; .ksyms and .kconfig are`);
    }
  }
  drafts.sort(compareExterns);
  let kconfigSize = 0;
  const list = drafts.map(({ spec, align }): ExternSpec => {
    if (spec.kind !== 'kconfig') return spec;
    const offset = roundUp(kconfigSize, align);
    kconfigSize = offset + spec.size;
    return { ...spec, offset };
  });
  return { list, kconfigSize, ksymsSectionId, kconfigSectionId };
}

function unusableExtern(name: string, why: string): EngineError {
  return new EngineError('parse', `extern '${name}': ${why}`, { symbol: name });
}

/** DATASEC id by the id of a variable or function in it; the first section counts. */
function sectionsByVariable(btf: Btf): Map<number, number> {
  const out = new Map<number, number>();
  for (let id = 1; id < btf.typeCount; id++) {
    const section = btf.typeOfKind(id, BtfKind.DATASEC);
    for (const variable of section?.variables ?? []) {
      if (!out.has(variable.type)) out.set(variable.type, id);
    }
  }
  return out;
}

function findExternType(name: string, btf: Btf | undefined): number {
  if (btf === undefined) {
    throw unusableExtern(name, 'the object has no BTF that tells its type; compile with -g');
  }
  const variable = btf.findByNameKind(name, BtfKind.VAR);
  const func = btf.findByNameKind(name, BtfKind.FUNC);
  const id = Math.min(variable ?? Infinity, func ?? Infinity);
  if (!Number.isFinite(id)) {
    throw unusableExtern(
      name,
      'BTF does not know it; declare it, and define it or mark it __ksym or __kconfig',
    );
  }
  const type = btf.typeById(id);
  const linkage = type.kind === BtfKind.VAR || type.kind === BtfKind.FUNC ? type.linkage : BtfLinkage.STATIC;
  if (linkage !== BtfLinkage.EXTERN)
    throw unusableExtern(name, 'BTF says that it is defined here, ELF says that it is not');
  return id;
}

function ksymExtern(symbol: ElfSymbol, btfId: number, btf: Btf): ExternSpec {
  const isFunction = btf.kindOf(btfId) === BtfKind.FUNC;
  return {
    kind: isFunction ? 'kfunc' : 'ksym',
    name: symbol.name,
    essentialName: essentialName(symbol.name),
    weak: symbol.binding === Elf.STB_WEAK,
    btfId,
    symbolIndex: symbol.index,
    typeId: btf.resolve(btf.sizeOrTypeOf(btfId)),
  };
}

function kconfigExtern(symbol: ElfSymbol, btfId: number, btf: Btf): Draft {
  const name = symbol.name;
  if (btf.kindOf(btfId) === BtfKind.FUNC) throw unusableExtern(name, 'a function cannot be in .kconfig');
  const typeId = btf.sizeOrTypeOf(btfId);
  const size = btf.sizeOf(typeId);
  const align = btf.alignOf(typeId);
  const type = kconfigType(btf, typeId);
  if (size === undefined || size === 0 || align === undefined || type === undefined) {
    throw unusableExtern(
      name,
      'its type is not one for .kconfig: bool, char, integers, enum libbpf_tristate and char[] are',
    );
  }
  const resolved = btf.typeById(btf.resolve(typeId));
  const signed = resolved.kind === BtfKind.INT && (resolved.encoding & BtfIntEncoding.SIGNED) !== 0;
  return {
    spec: {
      kind: 'kconfig',
      name,
      weak: symbol.binding === Elf.STB_WEAK,
      btfId,
      symbolIndex: symbol.index,
      type,
      signed: signed && type !== 'bool',
      size,
      offset: 0,
    },
    align,
  };
}

function kconfigType(btf: Btf, id: number): KconfigType | undefined {
  const type = btf.typeById(btf.resolve(id));
  switch (type.kind) {
    case BtfKind.INT:
      if ((type.encoding & BtfIntEncoding.BOOL) !== 0) return type.size === 1 ? 'bool' : undefined;
      if (type.size === 1) return 'char';
      return type.size === 2 || type.size === 4 || type.size === 8 ? 'int' : undefined;
    case BtfKind.ENUM:
      return type.size === 4 && type.name === 'libbpf_tristate' ? 'tristate' : undefined;
    case BtfKind.ENUM64:
      return type.name === 'libbpf_tristate' ? 'tristate' : undefined;
    case BtfKind.ARRAY: {
      const element = btf.typeById(btf.resolve(type.elementType));
      const isChar =
        element.kind === BtfKind.INT && element.size === 1 && (element.encoding & BtfIntEncoding.BOOL) === 0;
      return type.length > 0 && isChar ? 'char-array' : undefined;
    }
    default:
      return undefined;
  }
}

/** .kconfig before .ksyms; within .kconfig by falling alignment, then size; then by name (libbpf: cmp_externs). */
function compareExterns(a: Draft, b: Draft): number {
  const rank = (draft: Draft): number => (draft.spec.kind === 'kconfig' ? 0 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (a.spec.kind === 'kconfig' && b.spec.kind === 'kconfig') {
    if (a.align !== b.align) return b.align - a.align;
    if (a.spec.size !== b.spec.size) return a.spec.size - b.spec.size;
  }
  return a.spec.name < b.spec.name ? -1 : a.spec.name > b.spec.name ? 1 : 0;
}
