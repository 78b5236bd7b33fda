import { Errno } from '../abi/index.ts';
import { EngineError, cString, viewOf, within } from '../base/index.ts';
import { Btf } from '../btf/index.ts';
import { readBtfExt, type BtfExt } from './btf-ext.ts';
import { Elf, readElf, type ElfFile } from './elf-file.ts';
import { KCONFIG_SECTION, collectExterns } from './externs.ts';
import { finalizeBtf } from './finalize-btf.ts';
import {
  collectFunctions,
  exceptionCallbacks,
  finishFunction,
  isCodeSection,
  type FunctionDraft,
} from './functions.ts';
import { loaderError } from './loader-error.ts';
import { MAPS_SECTION, dataMap, dataSectionOrigin, readBtfMaps } from './maps.ts';
import { mapSlots, relocateCode, structOpsSlots, type RelocationTargets } from './relocations.ts';
import { parseSectionName } from './section-names.ts';
import {
  type ElfSection,
  type FunctionSpec,
  type MapSpec,
  type ObjectSpec,
  type ParseObjectOptions,
  type ProgramSpec,
} from './spec.ts';
import { isStructOpsSection, structOpsMaps } from './struct-ops.ts';

const ARENA_SECTION = '.addr_space.1';
const MAX_LICENSE = 63;

/** The object name libbpf takes from a file name: its last part up to the first dot, 63 characters at most. */
export function objectNameOf(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const dot = file.indexOf('.');
  return (dot < 0 ? file : file.slice(0, dot)).slice(0, 63);
}

/**
 * Reads a BPF object file as libbpf opens it (bpf_object__open). Throws EngineError `parse`, whose message names section,
 * symbol, reason and cure; where libbpf refuses a well-formed file, detail has stage 'loader' and libbpf's errno.
 */
export function parseObject(bytes: Uint8Array, options: ParseObjectOptions): ObjectSpec {
  const file = readElf(bytes);
  const { sections } = file;
  const find = (name: string): ElfSection | undefined => sections.find((section) => section.name === name);
  if (find('maps') !== undefined) {
    throw loaderError(
      'section \'maps\' holds map definitions of the old kind, which libbpf 1.0 dropped; use SEC(".maps") with BTF',
      Errno.EOPNOTSUPP,
      { section: 'maps' },
    );
  }
  const textIndex =
    sections.find((section) => section.name === '.text' && isCodeSection(section))?.index ?? -1;
  const rawBtf = contentOf(find('.BTF'));
  const rawBtfExt = contentOf(find('.BTF.ext'));
  const readBtf = rawBtf === undefined ? undefined : within("section '.BTF'", () => Btf.parse(rawBtf));
  const notes = skippedSections(sections);
  const ext = readExt(rawBtfExt, readBtf, notes);
  const drafts = collectFunctions(file, textIndex);
  const externs = collectExterns(file, readBtf);
  const hidden = new Set(
    drafts.filter((func) => func.markStatic && func.isSubprogram).map((func) => func.name),
  );
  const btf =
    readBtf === undefined
      ? undefined
      : within("section '.BTF'", () => Btf.parse(finalizeBtf(readBtf, file, externs, hidden)));
  const maps = collectMaps(file, btf, options.name, externs.kconfigSize);
  const targets: RelocationTargets = {
    file,
    functions: drafts,
    maps,
    externs: externs.list,
    btf,
    textIndex,
    mapsIndex: find(MAPS_SECTION)?.index ?? -1,
    arenaIndex: find(ARENA_SECTION)?.index ?? -1,
  };
  const linkedMaps = relocate(targets);
  const callbacks = exceptionCallbacks(btf, drafts);
  const functions = drafts.map((draft) => finish(draft, ext, callbacks.get(draft.name)));
  return {
    name: options.name,
    license: cString((find('license')?.bytes ?? new Uint8Array()).subarray(0, MAX_LICENSE)),
    kernelVersion: readVersion(find('version')),
    sections,
    symbols: file.symbols,
    btf,
    rawBtf,
    rawBtfExt,
    functions,
    programs: functions.filter(isProgram),
    maps: linkedMaps,
    externs: externs.list,
    kconfigSize: externs.kconfigSize,
    notes,
  };
}

function contentOf(section: ElfSection | undefined): Uint8Array | undefined {
  return section?.type === Elf.SHT_PROGBITS ? section.bytes : undefined;
}

/** libbpf loads an object without its .BTF.ext if that is damaged. */
function readExt(bytes: Uint8Array | undefined, btf: Btf | undefined, notes: string[]): BtfExt | undefined {
  if (bytes === undefined || btf === undefined) return undefined;
  try {
    return readBtfExt(bytes, btf);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    notes.push(`section '.BTF.ext' is ignored: ${error.message}`);
    return undefined;
  }
}

function readVersion(section: ElfSection | undefined): number {
  if (section === undefined) return 0;
  if (section.bytes.length !== 4) {
    throw loaderError(`section 'version' has ${section.bytes.length} bytes, 4 are possible`, Errno.EINVAL);
  }
  return viewOf(section.bytes).getUint32(0, true);
}

function collectMaps(
  file: ElfFile,
  btf: Btf | undefined,
  objectName: string,
  kconfigSize: number,
): MapSpec[] {
  const maps: Omit<MapSpec, 'index'>[] = [];
  const defined = file.sections.find((section) => section.name === MAPS_SECTION);
  const arena = file.sections.find((section) => section.name === ARENA_SECTION);
  if (defined !== undefined) {
    const values = arena === undefined ? {} : { initialValue: arena.bytes };
    maps.push(
      ...readBtfMaps(defined, btf).map((map) => (map.origin === 'arena' ? { ...map, ...values } : map)),
    );
  }
  const arenas = maps.filter((map) => map.origin === 'arena').length;
  if (arenas > 1) throw loaderError('the object has more than one arena map; libbpf takes one', Errno.EINVAL);
  if (arena !== undefined && arena.size > 0 && arenas === 0) {
    throw loaderError(
      `section '${ARENA_SECTION}' has __arena variables, but .maps has no BPF_MAP_TYPE_ARENA map for them`,
      Errno.ENOENT,
      { section: ARENA_SECTION },
    );
  }
  for (const section of file.sections) {
    const origin = dataSectionOrigin(section);
    const expected = origin === 'bss' ? Elf.SHT_NOBITS : Elf.SHT_PROGBITS;
    const isCode = (section.flags & Elf.SHF_EXECINSTR) !== 0;
    if (origin === undefined || section.type !== expected || section.size === 0 || isCode) continue;
    const value = origin === 'bss' ? zeros(section) : section.bytes.slice();
    maps.push(dataMap(objectName, btf, origin, section.name, section.index, value));
  }
  if (kconfigSize > 0) {
    maps.push(
      dataMap(
        objectName,
        btf,
        'kconfig',
        KCONFIG_SECTION,
        file.symbolSectionIndex,
        new Uint8Array(kconfigSize),
      ),
    );
  }
  for (const section of file.sections) {
    if (isStructOpsSection(section)) maps.push(...structOpsMaps(section, btf));
  }
  return maps.map((map, index) => ({ ...map, index }));
}

/** Bigger than any map value the kernel would take (KMALLOC_MAX_SIZE is 4 MiB on x86-64, vmalloc'ed arrays go to 2 GiB). */
const MAX_BSS = 256 * 1024 * 1024;

function zeros(section: ElfSection): Uint8Array {
  if (section.size > MAX_BSS) {
    throw loaderError(
      `section '${section.name}' of ${section.size} bytes is too big for a map`,
      Errno.E2BIG,
      {
        section: section.name,
      },
    );
  }
  return new Uint8Array(section.size);
}

/** Gives every relocation section's entries to what they change. Returns the maps with slots and programs. */
function relocate(targets: RelocationTargets): MapSpec[] {
  const { file, maps } = targets;
  const slots = new Map<string, MapSpec['slots']>();
  const programs = new Map<number, ReturnType<typeof structOpsSlots>>();
  for (const section of file.sections) {
    const target = file.sections[section.info];
    if (section.type !== Elf.SHT_REL || target === undefined) continue;
    if (target.index === targets.mapsIndex) {
      for (const [name, list] of mapSlots(section, targets)) slots.set(name, list);
    } else if (isStructOpsSection(target)) programs.set(target.index, structOpsSlots(section, targets));
    else if (isCodeSection(target)) relocateCode(section, targets);
  }
  return maps.map((map) => {
    if (map.structOps !== undefined) {
      const found = programs.get(map.sectionIndex)?.get(map.name) ?? [];
      return { ...map, structOps: { ...map.structOps, slots: found } };
    }
    const found = map.sectionIndex === targets.mapsIndex ? slots.get(map.name) : undefined;
    return found === undefined ? map : { ...map, slots: found };
  });
}

function finish(
  draft: FunctionDraft,
  ext: BtfExt | undefined,
  callback: string | undefined,
): FunctionSpec | ProgramSpec {
  const func = finishFunction(draft, ext, callback);
  if (draft.isSubprogram) return func;
  return { ...func, autoload: !draft.elfSectionName.startsWith('?'), ...parseSectionName(draft.sectionName) };
}

function isProgram(func: FunctionSpec | ProgramSpec): func is ProgramSpec {
  return !func.isSubprogram;
}

function skippedSections(sections: readonly ElfSection[]): string[] {
  const known = new Set(['license', 'version', '.BTF', '.BTF.ext', MAPS_SECTION, ARENA_SECTION]);
  return sections
    .filter(
      (section) =>
        section.type === Elf.SHT_PROGBITS &&
        section.size > 0 &&
        !known.has(section.name) &&
        !section.name.startsWith('.debug_') &&
        !isCodeSection(section) &&
        !isStructOpsSection(section) &&
        dataSectionOrigin(section) === undefined,
    )
    .map((section) => `section '${section.name}' is of no use to libbpf and was skipped`);
}
