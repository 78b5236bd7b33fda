import { EngineError } from '../base/index.ts';
import { BtfEditor, BtfKind, BtfLinkage, type Btf, type BtfSectionVariable } from '../btf/index.ts';
import { Elf, type ElfFile } from './elf-file.ts';
import { KCONFIG_SECTION, KSYMS_SECTION, type Externs } from './externs.ts';
import { type ElfSymbol } from './spec.ts';

/** Size that .ksyms variables pretend to have, so that the kernel takes the section. */
const KSYM_SIZE = 4;

/**
 * The BTF that libbpf hands to the kernel, byte for byte: what the compiler could not know (section sizes, offsets of
 * variables) comes from ELF, externs become variables, hidden symbols become static. `hiddenFunctions` are the
 * subprograms whose symbol is hidden. Throws `parse`. (libbpf: bpf_object__collect_externs, btf_fixup_datasec.)
 */
export function finalizeBtf(
  btf: Btf,
  file: ElfFile,
  externs: Externs,
  hiddenFunctions: ReadonlySet<string>,
): Uint8Array {
  const editor = new BtfEditor(btf);
  if (externs.ksymsSectionId !== undefined || hasFunctions(btf, KSYMS_SECTION)) {
    rewriteKsyms(btf, editor, externs);
  }
  if (externs.kconfigSectionId !== undefined) rewriteKconfig(btf, editor, externs);
  const symbols = variableSymbols(file);
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kindOf(id) === BtfKind.DATASEC) fixSection(btf, editor, id, file, symbols);
  }
  for (let id = 1; id < btf.typeCount && hiddenFunctions.size > 0; id++) {
    if (
      btf.kindOf(id) === BtfKind.FUNC &&
      btf.vlenOf(id) === BtfLinkage.GLOBAL &&
      hiddenFunctions.has(btf.nameOf(id))
    ) {
      editor.setVlen(id, BtfLinkage.STATIC);
    }
  }
  return editor.finish();
}

function hasFunctions(btf: Btf, sectionName: string): boolean {
  const id = btf.findByNameKind(sectionName, BtfKind.DATASEC);
  const section = id === undefined ? undefined : btf.typeOfKind(id, BtfKind.DATASEC);
  return section?.variables.some(({ type }) => btf.kindOf(type) === BtfKind.FUNC) ?? false;
}

function findInt32(btf: Btf): number {
  for (let id = 1; id < btf.typeCount; id++) {
    const type = btf.typeOfKind(id, BtfKind.INT);
    if (type?.bits === 32) return id;
  }
  return 0;
}

function rewriteKsyms(btf: Btf, editor: BtfEditor, externs: Externs): void {
  const intId = findInt32(btf);
  let dummy: { id: number; nameOffset: number } | undefined;
  if (hasFunctions(btf, KSYMS_SECTION)) {
    dummy = editor.addVariable('dummy_ksym', intId, BtfLinkage.GLOBAL);
  }
  if (externs.ksymsSectionId === undefined) return;
  const section = btf.typeOfKind(externs.ksymsSectionId, BtfKind.DATASEC);
  const known = new Set(externs.list.map((extern) => extern.name));
  const variables = (section?.variables ?? []).map(({ type }, index): BtfSectionVariable => {
    if (!known.has(btf.nameOf(type))) throw unusedExtern(btf.nameOf(type));
    const place = { offset: index * KSYM_SIZE, size: KSYM_SIZE };
    if (btf.kindOf(type) !== BtfKind.FUNC || dummy === undefined) {
      editor.setSizeOrType(type, intId);
      editor.setLinkage(type, BtfLinkage.GLOBAL);
      return { type, ...place };
    }
    editor.nameParameters(btf.sizeOrTypeOf(type), dummy.nameOffset);
    editor.setVlen(type, BtfLinkage.GLOBAL);
    return { type: dummy.id, ...place };
  });
  editor.setVariables(externs.ksymsSectionId, variables);
  editor.setSizeOrType(externs.ksymsSectionId, variables.length * KSYM_SIZE);
}

function rewriteKconfig(btf: Btf, editor: BtfEditor, externs: Externs): void {
  const id = externs.kconfigSectionId;
  const section = id === undefined ? undefined : btf.typeOfKind(id, BtfKind.DATASEC);
  if (id === undefined || section === undefined) return;
  const variables = section.variables.map((variable) => {
    const name = btf.nameOf(variable.type);
    const extern = externs.list.find((candidate) => candidate.name === name);
    if (extern?.kind !== 'kconfig') throw unusedExtern(name);
    editor.setLinkage(variable.type, BtfLinkage.GLOBAL);
    return { ...variable, offset: extern.offset };
  });
  editor.setVariables(id, variables);
  editor.setSizeOrType(id, externs.kconfigSize);
}

function unusedExtern(name: string): EngineError {
  return new EngineError(
    'parse',
    `extern '${name}' is declared in BTF but ELF has no such undefined symbol; recompile the object`,
    {
      symbol: name,
    },
  );
}

/** Global and weak variables by name; the first of a name counts (libbpf: find_elf_var_sym). */
function variableSymbols(file: ElfFile): Map<string, ElfSymbol> {
  const out = new Map<string, ElfSymbol>();
  for (const symbol of file.symbols) {
    const shared = symbol.binding === Elf.STB_GLOBAL || symbol.binding === Elf.STB_WEAK;
    if (symbol.type === Elf.STT_OBJECT && shared && !out.has(symbol.name)) out.set(symbol.name, symbol);
  }
  return out;
}

function fixSection(
  btf: Btf,
  editor: BtfEditor,
  id: number,
  file: ElfFile,
  symbols: ReadonlyMap<string, ElfSymbol>,
): void {
  const name = btf.nameOf(id);
  let variables = editor.variablesOf(id);
  if (name !== KCONFIG_SECTION && name !== KSYMS_SECTION) {
    const fill = btf.sizeOrTypeOf(id) === 0;
    if (fill) {
      const size = file.sections.find((section) => section.name === name)?.size ?? 0;
      if (size === 0) {
        throw new EngineError(
          'parse',
          `BTF describes section '${name}', which ELF does not have or which is empty`,
          {
            section: name,
          },
        );
      }
      editor.setSizeOrType(id, size);
    }
    variables = variables.map((variable) => fixVariable(btf, editor, variable, name, symbols, fill));
  }
  editor.setVariables(
    id,
    [...variables].sort((a, b) => (a.offset | 0) - (b.offset | 0)),
  );
}

function fixVariable(
  btf: Btf,
  editor: BtfEditor,
  variable: BtfSectionVariable,
  section: string,
  symbols: ReadonlyMap<string, ElfSymbol>,
  fill: boolean,
): BtfSectionVariable {
  const type = btf.typeOfKind(variable.type, BtfKind.VAR);
  if (type === undefined) {
    throw new EngineError(
      'parse',
      `BTF section '${section}' holds type [${variable.type}], which is no variable`,
    );
  }
  if (type.linkage === BtfLinkage.STATIC || type.linkage === BtfLinkage.EXTERN) return variable;
  const symbol = symbols.get(type.name);
  if (symbol === undefined) {
    throw new EngineError(
      'parse',
      `variable '${type.name}' of section '${section}' is in BTF but not in the symbol table`,
      {
        symbol: type.name,
      },
    );
  }
  const hidden = symbol.visibility === Elf.STV_HIDDEN || symbol.visibility === Elf.STV_INTERNAL;
  if (hidden) editor.setLinkage(variable.type, BtfLinkage.STATIC);
  return fill ? { ...variable, offset: symbol.value } : variable;
}
