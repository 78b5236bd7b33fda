import { Errno } from '../abi/index.ts';
import { BtfKind, type Btf, type BtfComposite } from '../btf/index.ts';
import { INSN_BYTES, Op, PseudoSource } from '../isa/index.ts';
import { type EngineError } from '../base/index.ts';
import {
  Elf,
  isExternSymbol,
  readRelocations,
  symbolLabel,
  type ElfFile,
  type ElfRelocation,
} from './elf-file.ts';
import { functionAt, type FunctionDraft } from './functions.ts';
import { loaderError } from './loader-error.ts';
import { isMapInMap } from './maps.ts';
import {
  type CodeRelocation,
  type ElfSection,
  type ExternSpec,
  type MapSlot,
  type MapSpec,
  type StructOpsSlot,
} from './spec.ts';

const POINTER_BYTES = 8;
const JUMP_TABLES_SECTION = '.jumptables';

/** What relocations can point to. */
export interface RelocationTargets {
  readonly file: ElfFile;
  readonly functions: readonly FunctionDraft[];
  readonly maps: readonly MapSpec[];
  readonly externs: readonly ExternSpec[];
  readonly btf: Btf | undefined;
  /** Section .text, or -1. */
  readonly textIndex: number;
  /** Section .maps, or -1. */
  readonly mapsIndex: number;
  /** Section with arena variables, or -1. */
  readonly arenaIndex: number;
}

/** Relocations of one code section, put to the functions that hold them (libbpf: bpf_object__collect_prog_relos). */
export function relocateCode(section: ElfSection, targets: RelocationTargets): void {
  const code = targets.file.sections[section.info];
  if (code === undefined) return;
  for (const relocation of readRelocations(section, targets.file)) {
    if (relocation.offset % INSN_BYTES !== 0 || relocation.offset >= code.bytes.length) {
      throw loaderError(
        `section '${section.name}': relocation at 0x${relocation.offset.toString(16)} is at no instruction of '${code.name}'`,
        Errno.EINVAL,
        { section: section.name },
      );
    }
    const insn = relocation.offset / INSN_BYTES;
    const holder = functionAt(targets.functions, section.info, insn);
    // Code without a symbol is what the static linker left of an overridden weak function.
    if (holder === undefined) continue;
    holder.relocations.push(codeRelocation(holder, insn - holder.sectionInsn, relocation, targets));
  }
}

function codeRelocation(
  holder: FunctionDraft,
  insn: number,
  relocation: ElfRelocation,
  targets: RelocationTargets,
): CodeRelocation {
  const { file, maps, externs } = targets;
  const { symbol: elfSymbol } = relocation;
  const symbol = symbolLabel(elfSymbol, file);
  const target = file.sections[elfSymbol.sectionIndex];
  const fail = (why: string): EngineError =>
    loaderError(
      `section '${holder.sectionName}', function '${holder.name}', instruction ${insn}: relocation against '${symbol}' ${why}`,
      Errno.EINVAL,
      { section: holder.sectionName, symbol, function: holder.name, insn },
    );
  const { code, src, imm } = holder.insns[insn] ?? { code: 0, src: 0, imm: 0 };
  const isCall = code === Op.CALL;
  if (!isCall && code !== Op.LD_IMM64)
    throw fail(`stands at opcode 0x${code.toString(16)}, only calls and ld_imm64 can have one`);
  if (!isCall && insn + 1 >= holder.insns.length) throw fail('stands at half an ld_imm64');
  if (isExternSymbol(elfSymbol)) {
    const extern = externs.findIndex((candidate) => candidate.symbolIndex === elfSymbol.index);
    if (extern < 0) throw fail('is extern, but BTF does not declare it');
    return { kind: isCall ? 'extern-call' : 'extern-address', insn, symbol, extern };
  }
  const offset = elfSymbol.value;
  const place = { insn, symbol, offset, sectionIndex: elfSymbol.sectionIndex };
  if (isCall) {
    if (src !== PseudoSource.CALL) throw fail('stands at a call of a helper');
    if (target === undefined || target.index !== targets.textIndex) {
      throw fail(`calls into section '${target?.name ?? '?'}'; only functions without SEC() can be called`);
    }
    if (offset % INSN_BYTES !== 0) throw fail(`points to byte ${offset}, which is at no instruction`);
    return { kind: 'call', ...place };
  }
  if (target === undefined || elfSymbol.sectionIndex === 0) {
    throw fail('is in no section; is a global variable defined and initialised?');
  }
  const isFunction =
    elfSymbol.type === Elf.STT_FUNC
      ? elfSymbol.binding !== Elf.STB_LOCAL
      : elfSymbol.type === Elf.STT_SECTION;
  if (target.index === targets.textIndex && isFunction) {
    if (offset % INSN_BYTES !== 0 || imm % INSN_BYTES !== 0)
      throw fail('points into the middle of an instruction');
    return { kind: 'function-address', ...place };
  }
  if (target.name === JUMP_TABLES_SECTION) {
    throw fail('is a jump table of clang 20 and later; compile with -fno-jump-tables');
  }
  if (target.index === targets.arenaIndex) {
    const map = maps.findIndex((candidate) => candidate.origin === 'arena');
    return { kind: 'data', insn, symbol, map, offset };
  }
  const dataMap = maps.findIndex((map) => isDataOrigin(map) && map.sectionIndex === target.index);
  if (dataMap >= 0) return { kind: 'data', insn, symbol, map: dataMap, offset };
  if (target.index !== targets.mapsIndex) {
    throw fail(`points to section '${target.name}', which is neither .maps nor a data section`);
  }
  const map = maps.findIndex(
    (candidate) => candidate.sectionIndex === target.index && candidate.sectionOffset === offset,
  );
  if (map < 0) throw fail(`points to byte ${offset} of .maps, where no map begins`);
  return { kind: 'map', insn, symbol, map };
}

function isDataOrigin(map: MapSpec): boolean {
  return map.origin === 'data' || map.origin === 'rodata' || map.origin === 'bss';
}

/** Initial slots of maps of maps and program arrays, by map name (libbpf: bpf_object__collect_map_relos). */
export function mapSlots(section: ElfSection, targets: RelocationTargets): Map<string, MapSlot[]> {
  const { file, maps, functions, btf } = targets;
  const out = new Map<string, Map<number, MapSlot>>();
  for (const relocation of readRelocations(section, file)) {
    const name = symbolLabel(relocation.symbol, file);
    const fail = (why: string, errno: number): EngineError =>
      loaderError(`section '.maps': initial value '${name}' ${why}`, errno, {
        section: '.maps',
        symbol: name,
      });
    const map = maps.find((candidate) => holdsOffset(candidate, relocation.offset, targets));
    if (map === undefined) throw fail(`at byte ${relocation.offset} is in no map`, Errno.EINVAL);
    const kind = isMapInMap(map.type) ? 'map' : 'program';
    if (kind === 'map') {
      if (relocation.symbol.sectionIndex !== targets.mapsIndex)
        throw fail('is no map of section .maps', Errno.EINVAL);
      if (!maps.some((candidate) => candidate.name === name)) throw fail('is no map', Errno.ESRCH);
    } else {
      const program = functions.find((func) => func.name === name && !func.isSubprogram);
      const isEntry =
        program !== undefined &&
        program.sectionIndex === relocation.symbol.sectionIndex &&
        program.sectionInsn * INSN_BYTES === relocation.symbol.value;
      if (!isEntry) throw fail(`of map '${map.name}' is no program with a SEC()`, Errno.ESRCH);
    }
    const values = valuesMember(map, btf);
    const at = relocation.offset - map.sectionOffset - (values ?? 0);
    if (values === undefined || at < 0 || at % POINTER_BYTES !== 0) {
      throw fail(`of map '${map.name}' does not stand in its member 'values'`, Errno.EINVAL);
    }
    const slots = out.get(map.name) ?? new Map<number, MapSlot>();
    slots.set(at / POINTER_BYTES, { index: at / POINTER_BYTES, kind, name });
    out.set(map.name, slots);
  }
  return new Map(
    [...out].map(([name, slots]) => [name, [...slots.values()].sort((a, b) => a.index - b.index)]),
  );
}

function holdsOffset(map: MapSpec, offset: number, { btf, mapsIndex }: RelocationTargets): boolean {
  if (map.sectionIndex !== mapsIndex || btf === undefined) return false;
  const id = btf.findByNameKind('.maps', BtfKind.DATASEC) ?? 0;
  const place = btf
    .typeOfKind(id, BtfKind.DATASEC)
    ?.variables.find(
      (variable) => variable.offset === map.sectionOffset && btf.nameOf(variable.type) === map.name,
    );
  return place !== undefined && place.offset <= offset && offset + POINTER_BYTES <= place.offset + place.size;
}

/** Byte offset of the last member of a map's struct if it is `values`. */
function valuesMember(map: MapSpec, btf: Btf | undefined): number | undefined {
  const variable = btf?.findByNameKind(map.name, BtfKind.VAR);
  if (btf === undefined || variable === undefined) return undefined;
  const last = structOf(btf, variable)?.members.at(-1);
  return last?.name === 'values' ? last.bitOffset / 8 : undefined;
}

/** Which program stands in which member of the struct_ops variables, by map name (bpf_object__collect_st_ops_relos). */
export function structOpsSlots(
  section: ElfSection,
  targets: RelocationTargets,
): Map<string, StructOpsSlot[]> {
  const { file, maps, functions, btf } = targets;
  const out = new Map<string, Map<number, StructOpsSlot>>();
  for (const relocation of readRelocations(section, file)) {
    const name = symbolLabel(relocation.symbol, file);
    const map = maps.find(
      (candidate) =>
        candidate.structOps !== undefined &&
        candidate.sectionIndex === section.info &&
        candidate.sectionOffset <= relocation.offset &&
        relocation.offset - candidate.sectionOffset < candidate.valueSize,
    );
    const fail = (why: string): EngineError =>
      loaderError(
        `section '${file.sections[section.info]?.name ?? ''}', ${map?.name ?? 'unknown variable'}: '${name}' ${why}`,
        Errno.EINVAL,
        {
          symbol: name,
          map: map?.name,
        },
      );
    if (map?.structOps === undefined || btf === undefined)
      throw fail(`at byte ${relocation.offset} is in no variable`);
    const struct = btf.typeOfKind(map.structOps.typeId, BtfKind.STRUCT);
    const offset = relocation.offset - map.sectionOffset;
    const index = struct?.members.findIndex((member) => member.bitOffset === offset * 8) ?? -1;
    const member = struct?.members[index];
    if (member === undefined)
      throw fail(`at byte ${offset} is in no member of struct ${map.structOps.typeName}`);
    if (!isFunctionPointer(btf, member.type))
      throw fail(`stands in '${member.name}', which is no function pointer`);
    if (relocation.symbol.value % INSN_BYTES !== 0) throw fail('points into the middle of an instruction');
    const program = functionAt(
      functions,
      relocation.symbol.sectionIndex,
      relocation.symbol.value / INSN_BYTES,
    );
    if (program === undefined) throw fail('is no function of this object');
    if (!/^struct_ops(\.s)?(\/|$)/.test(program.sectionName)) {
      throw fail(
        `is in section '${program.sectionName}'; a program for '${member.name}' needs SEC("struct_ops/${member.name}")`,
      );
    }
    const slots = out.get(map.name) ?? new Map<number, StructOpsSlot>();
    slots.set(index, { memberIndex: index, memberName: member.name, offset, program: program.name });
    out.set(map.name, slots);
  }
  return new Map(
    [...out].map(([name, slots]) => [
      name,
      [...slots.values()].sort((a, b) => a.memberIndex - b.memberIndex),
    ]),
  );
}

function isFunctionPointer(btf: Btf, id: number): boolean {
  const pointer = btf.typeOfKind(btf.resolve(id), BtfKind.PTR);
  return pointer !== undefined && btf.kindOf(btf.resolve(pointer.type)) === BtfKind.FUNC_PROTO;
}

/** The struct that a variable is. */
function structOf(btf: Btf, variableId: number): BtfComposite | undefined {
  const variable = btf.typeOfKind(variableId, BtfKind.VAR);
  return variable === undefined ? undefined : btf.typeOfKind(btf.resolve(variable.type), BtfKind.STRUCT);
}
