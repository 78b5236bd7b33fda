import { records } from './layouts.ts';
import { ProgType } from '../abi/index.ts';
import { EngineError } from '../base/index.ts';
import { BtfKind } from '../btf/index.ts';
import {
  type ExternSpec,
  type MapDefinition,
  type MapSpec,
  type ObjectSpec,
  type ProgramSpec,
  internalMapName,
} from '../elf/index.ts';
import { type Insn, PseudoSource } from '../isa/index.ts';
import {
  encodeFuncInfo,
  encodeLineInfo,
  hasKeyTypes,
  isHidTracing,
  isLoaded,
  linkProgram,
  type LinkedProgram,
  targetInBtf,
} from '../loader/index.ts';
import { type StructOpsTable, structOpsAttaches, structOpsMember, structOpsTables } from './struct-ops.ts';
import {
  type LoaderMap,
  type LoaderProgram,
  LoaderProgramWriter,
  type LoaderSymbol,
} from './loader-program.ts';

/** A map as the skeleton's context and header see it. */
export interface SkeletonMap {
  readonly spec: MapSpec;
  /** Position in the context's map descriptors. */
  readonly index: number;
}

/** A program as the skeleton's context and header see it. */
export interface SkeletonProgram {
  readonly spec: ProgramSpec;
  /** Position in the context's program descriptors. */
  readonly index: number;
  /** False for SEC("?…"): it has a descriptor, as in bpftool's headers, and its fd stays 0. */
  readonly isLoaded: boolean;
}

/** A struct_ops table as the skeleton's user attaches it. */
export interface SkeletonTable {
  readonly table: StructOpsTable;
  /** Name of the program that attaches it. */
  readonly attachName: string;
  /** Position of this program's descriptor, behind those of the object's own programs. */
  readonly index: number;
}

/** A light skeleton without its C text: what the loader program and its data are. */
export interface LightSkeleton {
  readonly name: string;
  /** Instructions of the BPF_PROG_TYPE_SYSCALL loader, 8 bytes each. */
  readonly insns: Uint8Array;
  /** Value of its one map, `__loader.map`. */
  readonly data: Uint8Array;
  readonly maps: readonly SkeletonMap[];
  readonly programs: readonly SkeletonProgram[];
  readonly tables: readonly SkeletonTable[];
  /** Kernel configuration values that the running machine fills in, in the `.kconfig` map. */
  readonly kconfig: readonly KconfigExtern[];
  /**
   * Instructions with the size of a PROG_LOAD attribute, which Linux before 5.17 refuses because it ends with CO-RE relocations: the header
   * writes a smaller one there. Undefined where a program has such relocations, which these kernels cannot do.
   */
  readonly loadSizes: readonly number[] | undefined;
  /** What the running kernel must have by name, so that a failure can say what is missing. */
  readonly needs: readonly SkeletonNeed[];
  /** HID-BPF programs of Linux 6.3 to 6.10 (fmod_ret): attached to a device through a kernel function. */
  readonly hidPrograms: readonly SkeletonProgram[];
  /** Bytes of the context: loader part, map and program descriptors. */
  readonly contextSize: number;
  /** What of the object is not in the skeleton, and why. */
  readonly warnings: readonly string[];
}

/** A kconfig extern. */
export type KconfigExtern = Extract<ExternSpec, { readonly kind: 'kconfig' }>;

/** A name that must be among the running kernel's types, and what it is. */
export interface SkeletonNeed {
  readonly name: string;
  readonly what: 'struct' | 'function' | 'variable';
}

function loaderMap(definition: MapDefinition, name: string, hasBtf: boolean): LoaderMap {
  const withTypes = hasBtf && hasKeyTypes(definition.type);
  return {
    type: definition.type,
    name,
    keySize: definition.keySize,
    valueSize: definition.valueSize,
    maxEntries: definition.maxEntries,
    flags: definition.flags,
    numaNode: definition.numaNode,
    extra: definition.mapExtra,
    keyTypeId: withTypes ? definition.keyTypeId : 0,
    valueTypeId: withTypes ? definition.valueTypeId : 0,
  };
}

function symbolOf(external: ExternSpec, insn: number, isCall: boolean): LoaderSymbol | undefined {
  if (external.kind === 'kconfig') return undefined;
  const use = isCall ? 'call' : external.typeId === 0 ? 'typeless' : 'typed';
  const kind = external.kind === 'kfunc' ? BtfKind.FUNC : BtfKind.VAR;
  return { name: external.name, insn, weak: external.weak, use, kind };
}

/** Points the instructions to maps by index in the loader's fd_array; kernel symbols stay for the loader. */
function relocate(
  spec: ObjectSpec,
  linked: LinkedProgram,
  slots: ReadonlyMap<number, number>,
): { insns: Insn[]; symbols: LoaderSymbol[] } {
  const insns = linked.insns;
  const symbols: LoaderSymbol[] = [];
  const pointTo = (at: number, source: number, map: number, offset: number): void => {
    const slot = slots.get(map);
    const [low, high] = [insns[at], insns[at + 1]];
    if (slot === undefined || low === undefined || high === undefined) {
      throw new EngineError(
        'unsupported',
        `program '${linked.program.name}' uses map '${spec.maps[map]?.name ?? map}', which is not in the skeleton`,
      );
    }
    low.src = source;
    low.imm = slot;
    high.imm = offset;
  };
  for (const relocation of linked.relocations) {
    const at = relocation.insn;
    const insn = insns[at];
    if (insn === undefined) continue;
    if (relocation.kind === 'map') pointTo(at, PseudoSource.MAP_IDX, relocation.map, 0);
    else if (relocation.kind === 'data')
      pointTo(at, PseudoSource.MAP_IDX_VALUE, relocation.map, insn.imm + relocation.offset);
    else if (relocation.kind === 'extern-address' || relocation.kind === 'extern-call') {
      const external = spec.externs[relocation.extern];
      if (external === undefined) continue;
      if (external.kind === 'kconfig') {
        const map = spec.maps.findIndex((candidate) => candidate.origin === 'kconfig');
        pointTo(at, PseudoSource.MAP_IDX_VALUE, map, external.offset);
        continue;
      }
      const symbol = symbolOf(external, at, relocation.kind === 'extern-call');
      if (symbol === undefined) continue;
      symbols.push(symbol);
      const high = insns[at + 1];
      if (symbol.use === 'call') {
        insn.src = PseudoSource.KFUNC_CALL;
        insn.imm = 0;
        insn.off = 0;
      } else if (high !== undefined) {
        insn.src = symbol.use === 'typed' ? PseudoSource.BTF_ID : 0;
        insn.imm = 0;
        high.imm = 0;
      }
    }
  }
  return { insns, symbols };
}

function loaderProgram(
  spec: ObjectSpec,
  program: ProgramSpec,
  slots: ReadonlyMap<number, number>,
): LoaderProgram {
  const linked = linkProgram(spec, program);
  const { insns, symbols } = relocate(spec, linked, slots);
  const member = program.progType === ProgType.STRUCT_OPS ? structOpsMember(spec, program.name) : undefined;
  const target = program.attachBtf ? program.attachTarget : undefined;
  const attach =
    member !== undefined
      ? { name: member.typeName, kind: BtfKind.STRUCT }
      : target !== undefined
        ? targetInBtf(target, program.expectedAttachType)
        : undefined;
  return {
    type: program.progType,
    name: program.name,
    license: spec.license,
    insns,
    flags: program.progFlags,
    expectedAttachType: member?.memberIndex ?? program.expectedAttachType,
    funcInfo: encodeFuncInfo(linked.funcInfo),
    lineInfo: encodeLineInfo(linked.lineInfo),
    coreRelos: records(
      linked.coreRelocations.map((relo) => [relo.insn * 8, relo.typeId, relo.accessOffset, relo.kind]),
    ),
    ...(attach === undefined ? {} : { attach }),
    symbols,
  };
}

/** What a loader program cannot do; the reason goes into the error. */
function refuseWhatIsNotSupported(spec: ObjectSpec): void {
  const refuse = (why: string, detail: Record<string, string>): never => {
    throw new EngineError('unsupported', why, detail);
  };
  for (const program of spec.programs) {
    const { name, progType, sectionName } = program;
    if (!program.autoload) continue;
    if (progType === ProgType.UNSPEC) {
      refuse(`program '${name}': libbpf knows no program type for section '${sectionName}'`, {
        program: name,
      });
    }
    if (progType === ProgType.EXT) {
      refuse(
        `program '${name}' replaces a function of another program, whose fd a loader program cannot get`,
        { program: name },
      );
    }
    if (program.attachBtf && program.attachTarget === undefined) {
      refuse(`program '${name}': section '${sectionName}' names nothing to attach to`, { program: name });
    }
    if (progType === ProgType.STRUCT_OPS && structOpsMember(spec, name) === undefined) {
      refuse(`program '${name}' (SEC("${sectionName}")) stands in no struct_ops variable`, { program: name });
    }
  }
  const arena = spec.maps.find((map) => map.origin === 'arena' && (map.initialValue?.length ?? 0) > 0);
  if (arena !== undefined) {
    refuse(
      `map '${arena.name}': __arena variables need mmap() of the arena before programs are loaded, which a loader program cannot do`,
      { map: arena.name },
    );
  }
}

/** The maps that the loader creates: tables of struct_ops are made when they are attached. */
function loaderMaps(spec: ObjectSpec): MapSpec[] {
  return spec.maps.filter((map) => map.autoCreate && map.structOps === undefined);
}

function createMaps(writer: LoaderProgramWriter, maps: readonly MapSpec[], hasBtf: boolean): void {
  for (const [index, map] of maps.entries()) {
    const steps = (): void => {
      if (map.inner !== undefined) writer.createInnerMap(loaderMap(map.inner, map.inner.name, hasBtf));
      writer.createMap(loaderMap(map, map.name, hasBtf));
      if (map.initialValue !== undefined) writer.updateMap(index, map.initialValue);
      if (map.origin === 'rodata' || map.origin === 'kconfig') writer.freezeMap(index);
      for (const slot of map.slots) {
        if (slot.kind !== 'map') continue;
        const inner = maps.findIndex((candidate) => candidate.name === slot.name);
        writer.populateOuterMap(index, slot.index, inner);
      }
    };
    if (map.pinByName) writer.unlessTaken(steps);
    else steps();
  }
}

function fillProgramArrays(
  writer: LoaderProgramWriter,
  maps: readonly MapSpec[],
  loaded: ReadonlyMap<string, number>,
): void {
  for (const [index, map] of maps.entries()) {
    for (const slot of map.slots) {
      if (slot.kind !== 'program') continue;
      const program = loaded.get(slot.name);
      if (program === undefined) {
        throw new EngineError(
          'unsupported',
          `slot ${slot.index} of program array '${map.name}' is for '${slot.name}', which is not loaded`,
          { map: map.name, program: slot.name },
        );
      }
      writer.populateProgramArray(index, slot.index, program);
    }
  }
}

/** Names that the kernel must know: a loader answers -ENOENT without one and cannot say which. */
function needsOf(programs: readonly LoaderProgram[]): SkeletonNeed[] {
  const needs = new Map<string, SkeletonNeed>();
  const add = (name: string, kind: number): void => {
    const what = kind === BtfKind.STRUCT ? 'struct' : kind === BtfKind.VAR ? 'variable' : 'function';
    needs.set(name, { name, what });
  };
  for (const { attach, symbols } of programs) {
    if (attach !== undefined) add(attach.name, attach.kind);
    for (const symbol of symbols)
      if (!symbol.weak && symbol.use !== 'typeless') add(symbol.name, symbol.kind);
  }
  return [...needs.values()];
}

/** The object under another name: names of data sections' maps begin with it (libbpf: internal_map_name). */
export function renameObject(spec: ObjectSpec, name: string): ObjectSpec {
  const isData = (map: MapSpec): boolean =>
    map.origin === 'data' || map.origin === 'rodata' || map.origin === 'bss' || map.origin === 'kconfig';
  const maps = spec.maps.map((map) =>
    isData(map) ? { ...map, name: internalMapName(name, map.sectionName) } : map,
  );
  return { ...spec, name, maps };
}

/**
 * Makes the loader program and data of an object's light skeleton: byte for byte what libbpf 1.7.0 (bpftool 7.7.0 gen skeleton -L)
 * makes of it, wherever that one works and no value of the exporting machine is in it. `name` is the skeleton's: bpftool names the
 * object after it. Throws `unsupported` with the reason for what a loader program cannot do.
 */
export function makeLightSkeleton(object: ObjectSpec, name: string = object.name): LightSkeleton {
  const spec = name === object.name ? object : renameObject(object, name);
  refuseWhatIsNotSupported(spec);
  const maps = loaderMaps(spec);
  const tables = structOpsTables(spec);
  const own = spec.programs.map((program, index) => ({
    spec: program,
    index,
    isLoaded: isLoaded(spec, program),
  }));
  const attached = tables.length === 0 ? undefined : structOpsAttaches(spec, tables);
  const attaches = attached?.attaches ?? [];
  const btf = attached?.btf ?? spec.btf?.bytes;
  const writer = new LoaderProgramWriter({
    functions: spec.functions.length + attaches.length,
    programs: own.filter((program) => program.isLoaded).length + attaches.length,
    maps: maps.length,
  });
  writer.takeMaps(maps.flatMap((map, index) => (map.pinByName ? [index] : [])));
  if (btf !== undefined) writer.loadBtf(btf);
  createMaps(writer, maps, btf !== undefined);
  const slots = new Map(maps.map((map, slot) => [map.index, slot]));
  const loaded = new Map<string, number>();
  const programs: LoaderProgram[] = [];
  const load = (program: LoaderProgram, position: number): number => {
    programs.push(program);
    return writer.loadProgram(program, position);
  };
  for (const program of own) {
    if (!program.isLoaded) continue;
    loaded.set(program.spec.name, load(loaderProgram(spec, program.spec, slots), program.index));
  }
  for (const [i, attach] of attaches.entries()) load(attach.program, own.length + i);
  fillProgramArrays(writer, maps, loaded);
  const { insns, blob, loadSizes } = writer.finish();
  return {
    name,
    loadSizes: programs.some(({ coreRelos }) => coreRelos.length > 0) ? undefined : loadSizes,
    insns,
    data: blob,
    maps: maps.map((map, index) => ({ spec: map, index })),
    programs: own,
    tables: attaches.map(({ table, program }, i) => ({
      table,
      attachName: program.name,
      index: own.length + i,
    })),
    kconfig: spec.externs.filter((external) => external.kind === 'kconfig'),
    needs: needsOf(programs),
    hidPrograms: own.filter((program) => program.isLoaded && isHidTracing(program.spec)),
    contextSize: 24 + 16 * maps.length + 4 * (own.length + attaches.length),
    warnings: own
      .filter((program) => !program.isLoaded)
      .map((program) => `program '${program.spec.name}' (SEC("?…")) is not loaded by the skeleton`),
  };
}
