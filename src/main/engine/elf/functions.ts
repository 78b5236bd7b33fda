import { Errno } from '../abi/index.ts';
import { BtfKind, BtfLinkage, type Btf } from '../btf/index.ts';
import { INSN_BYTES, decodeInsns } from '../isa/index.ts';
import { recordsOf, type BtfExt } from './btf-ext.ts';
import { Elf, type ElfFile } from './elf-file.ts';
import { loaderError } from './loader-error.ts';
import { type CodeRelocation, type ElfSection, type ElfSymbol, type FunctionSpec } from './spec.ts';

/** A function before its relocations are known. */
export interface FunctionDraft extends Omit<
  FunctionSpec,
  'relocations' | 'funcInfo' | 'lineInfo' | 'coreRelocations'
> {
  /** Section name with its `?`. */
  readonly elfSectionName: string;
  readonly relocations: CodeRelocation[];
}

/** True for sections with instructions that libbpf looks at. */
export function isCodeSection(section: ElfSection): boolean {
  return (
    section.type === Elf.SHT_PROGBITS &&
    (section.flags & Elf.SHF_EXECINSTR) !== 0 &&
    section.size > 0 &&
    !section.name.startsWith('.debug_')
  );
}

/**
 * Every function symbol with its code, sorted by section and offset (libbpf: bpf_object__add_programs).
 * Throws `parse` naming section and function.
 */
export function collectFunctions(file: ElfFile, textIndex: number): FunctionDraft[] {
  const out: FunctionDraft[] = [];
  for (const symbol of file.symbols) {
    const section = file.sections[symbol.sectionIndex];
    if (symbol.type !== Elf.STT_FUNC || section === undefined || !isCodeSection(section)) continue;
    out.push(readFunction(symbol, section, textIndex));
  }
  return out.sort((a, b) => a.sectionIndex - b.sectionIndex || a.sectionInsn - b.sectionInsn);
}

function readFunction(symbol: ElfSymbol, section: ElfSection, textIndex: number): FunctionDraft {
  const { name, value, size } = symbol;
  const place = { section: section.name, symbol: name };
  if (value + size > section.bytes.length) {
    throw loaderError(
      `section '${section.name}': function '${name}' (${size} bytes at ${value}) crosses the section's end`,
      Errno.EINVAL,
      place,
    );
  }
  const isSubprogram = section.index === textIndex;
  if (!isSubprogram && symbol.binding === Elf.STB_LOCAL) {
    throw loaderError(
      `section '${section.name}': program '${name}' is static; drop \`static\`, or the section if it is a subprogram`,
      Errno.EOPNOTSUPP,
      place,
    );
  }
  if (size === 0 || size % INSN_BYTES !== 0 || value % INSN_BYTES !== 0) {
    throw loaderError(
      `section '${section.name}': function '${name}' at ${value} with ${size} bytes is not made of whole instructions`,
      Errno.EINVAL,
      place,
    );
  }
  const global = symbol.binding !== Elf.STB_LOCAL;
  const hidden = symbol.visibility === Elf.STV_HIDDEN || symbol.visibility === Elf.STV_INTERNAL;
  return {
    name,
    sectionIndex: section.index,
    sectionName: section.name.replace(/^\?/, ''),
    elfSectionName: section.name,
    sectionInsn: value / INSN_BYTES,
    insns: decodeInsns(section.bytes.subarray(value, value + size)),
    global,
    markStatic: global && hidden,
    isSubprogram,
    relocations: [],
  };
}

/** The function that holds instruction `insn` of a section, or undefined. The list is sorted. */
export function functionAt<T extends FunctionDraft | FunctionSpec>(
  functions: readonly T[],
  sectionIndex: number,
  insn: number,
): T | undefined {
  let low = 0;
  let high = functions.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const candidate = functions[middle] as T;
    const before =
      candidate.sectionIndex < sectionIndex ||
      (candidate.sectionIndex === sectionIndex && candidate.sectionInsn <= insn);
    if (before) low = middle;
    else high = middle - 1;
  }
  const found = functions[low];
  const holds =
    found !== undefined &&
    found.sectionIndex === sectionIndex &&
    insn >= found.sectionInsn &&
    insn < found.sectionInsn + found.insns.length;
  return holds ? found : undefined;
}

/** Joins a function with its records of .BTF.ext and its sorted relocations. */
export function finishFunction(
  draft: FunctionDraft,
  ext: BtfExt | undefined,
  exceptionCallback: string | undefined,
): FunctionSpec {
  const { elfSectionName, ...rest } = draft;
  const slice = <T extends { readonly insn: number }>(
    table: ReadonlyMap<string, readonly T[]> | undefined,
  ): T[] => recordsOf(table?.get(elfSectionName), draft.sectionInsn, draft.insns.length);
  return {
    ...rest,
    relocations: [...draft.relocations].sort((a, b) => a.insn - b.insn),
    funcInfo: slice(ext?.funcInfo),
    lineInfo: slice(ext?.lineInfo),
    coreRelocations: slice(ext?.coreRelocations),
    ...(exceptionCallback === undefined ? {} : { exceptionCallback }),
  };
}

const EXCEPTION_CALLBACK = 'exception_callback:';

/**
 * Exception callbacks by program, as decl tags `exception_callback:NAME` on the program name them. A program with more
 * than one has none: the verifier refuses it. Throws where a callback is missing. (libbpf: bpf_prog_assign_exc_cb.)
 */
export function exceptionCallbacks(
  btf: Btf | undefined,
  functions: readonly FunctionDraft[],
): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  const repeated = new Set<string>();
  for (let id = 1; btf !== undefined && id < btf.typeCount; id++) {
    const tag = btf.typeOfKind(id, BtfKind.DECL_TAG);
    if (tag?.componentIndex !== -1 || !tag.name.startsWith(EXCEPTION_CALLBACK)) continue;
    const program = btf.typeOfKind(tag.type, BtfKind.FUNC);
    const callback = tag.name.slice(EXCEPTION_CALLBACK.length);
    const usable = functions.some(
      (func) => func.isSubprogram && func.name === callback && func.global && !func.markStatic,
    );
    if (program?.linkage !== BtfLinkage.GLOBAL || !usable) {
      throw loaderError(
        `program '${program?.name ?? '?'}': exception callback '${callback}' must be a global function that is not hidden`,
        usable ? Errno.EINVAL : Errno.ENOENT,
        { symbol: callback },
      );
    }
    if (out.has(program.name)) repeated.add(program.name);
    out.set(program.name, callback);
  }
  for (const name of repeated) out.delete(name);
  return out;
}
