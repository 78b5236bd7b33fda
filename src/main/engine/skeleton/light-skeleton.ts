import { MapType, ProgType, AttachType } from '../abi/index.ts';
import { EngineError } from '../base/index.ts';
import { BtfKind } from '../btf/index.ts';
import {
  type ExternSpec,
  type MapDefinition,
  type MapSpec,
  type ObjectSpec,
  type ProgramSpec,
} from '../elf/index.ts';
import { type Insn, PseudoSource } from '../isa/index.ts';
import { linkProgram, type LinkedProgram } from '../loader/index.ts';
import {
  type LoaderMap,
  type LoaderProgram,
  LoaderProgramWriter,
  type LoaderSymbol,
  records,
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
  /** Bytes of the context: loader part, map and program descriptors. */
  readonly contextSize: number;
  /** What of the object is not in the skeleton, and why. */
  readonly warnings: readonly string[];
}

/** Map types for which libbpf sends no BTF of key and value (bpf_object__create_map). */
const MAPS_WITHOUT_BTF: ReadonlySet<number> = new Set([
  MapType.PERF_EVENT_ARRAY,
  MapType.CGROUP_ARRAY,
  MapType.STACK_TRACE,
  MapType.ARRAY_OF_MAPS,
  MapType.HASH_OF_MAPS,
  MapType.DEVMAP,
  MapType.DEVMAP_HASH,
  MapType.CPUMAP,
  MapType.XSKMAP,
  MapType.SOCKMAP,
  MapType.SOCKHASH,
  MapType.QUEUE,
  MapType.STACK,
  MapType.ARENA,
]);

/** Prefix and kind of the kernel type that an attach target names (libbpf: btf_get_kernel_prefix_kind). */
function attachTarget(program: ProgramSpec): { name: string; kind: number } | undefined {
  const target = program.attachTarget;
  if (!program.attachBtf || target === undefined) return undefined;
  switch (program.expectedAttachType) {
    case AttachType.TRACE_RAW_TP:
      return { name: `btf_trace_${target}`, kind: BtfKind.TYPEDEF };
    case AttachType.LSM_MAC:
    case AttachType.LSM_CGROUP:
      return { name: `bpf_lsm_${target}`, kind: BtfKind.FUNC };
    case AttachType.TRACE_ITER:
      return { name: `bpf_iter_${target}`, kind: BtfKind.FUNC };
    default:
      return { name: target, kind: BtfKind.FUNC };
  }
}

function loaderMap(definition: MapDefinition, name: string, hasBtf: boolean): LoaderMap {
  const withTypes = hasBtf && !MAPS_WITHOUT_BTF.has(definition.type);
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
  const attach = attachTarget(program);
  return {
    type: program.progType,
    name: program.name,
    license: spec.license,
    insns,
    flags: program.progFlags,
    expectedAttachType: program.expectedAttachType,
    funcInfo: records(linked.funcInfo.map(({ insn, typeId }) => [insn, typeId])),
    lineInfo: records(
      linked.lineInfo.map((line) => [line.insn, line.fileNameOffset, line.lineOffset, line.lineColumn]),
    ),
    coreRelos: records(
      linked.coreRelocations.map((relo) => [relo.insn * 8, relo.typeId, relo.accessOffset, relo.kind]),
    ),
    ...(attach === undefined ? {} : { attach }),
    symbols,
  };
}

/** What the loader cannot do for this object; the reason goes into the error. */
function refuseWhatIsNotSupported(spec: ObjectSpec): void {
  const structOps = spec.maps.find((map) => map.origin === 'struct_ops');
  if (structOps !== undefined) {
    throw new EngineError(
      'unsupported',
      `'${structOps.name}' is a struct_ops table: skeletons of struct_ops drivers are not exported yet, only those of other programs`,
      {
        map: structOps.name,
      },
    );
  }
  const pinned = spec.maps.find((map) => map.pinByName);
  if (pinned !== undefined) {
    throw new EngineError(
      'unsupported',
      `map '${pinned.name}' is pinned by name: a loader program cannot pin; take LIBBPF_PIN_BY_NAME out`,
      { map: pinned.name },
    );
  }
  const slots = spec.maps.find((map) => map.slots.some((slot) => slot.kind === 'program'));
  if (slots !== undefined) {
    throw new EngineError(
      'unsupported',
      `program array '${slots.name}' has initial slots: fill them from user space after the load`,
      { map: slots.name },
    );
  }
  const config = spec.externs.find((external) => external.kind === 'kconfig');
  if (config !== undefined) {
    throw new EngineError(
      'unsupported',
      `extern '${config.name}' is a kernel configuration value, which only the target machine knows: read it in user space and pass it in a global`,
      {
        extern: config.name,
      },
    );
  }
  const target = spec.programs.find((program) => program.progType === ProgType.EXT);
  if (target !== undefined) {
    throw new EngineError(
      'unsupported',
      `program '${target.name}' replaces a function of another program, whose fd a loader program cannot get`,
      { program: target.name },
    );
  }
}

/**
 * Makes the loader program and data of an object's light skeleton: byte for byte what libbpf 1.7.0 (bpftool 7.7.0 gen skeleton -L)
 * makes of it, wherever that one works. Throws `unsupported` with the reason for what a loader program cannot do.
 */
export function makeLightSkeleton(spec: ObjectSpec): LightSkeleton {
  refuseWhatIsNotSupported(spec);
  const warnings: string[] = [];
  const maps = spec.maps.filter((map) => map.autoCreate);
  const hasBtf = spec.btf !== undefined;
  const writer = new LoaderProgramWriter(spec.functions.length, maps.length);
  if (spec.btf !== undefined) writer.loadBtf(spec.btf.bytes);
  const slots = new Map(maps.map((map, slot) => [map.index, slot]));
  for (const map of maps) {
    if (map.inner !== undefined) writer.createInnerMap(loaderMap(map.inner, map.inner.name, hasBtf));
    const index = writer.createMap(loaderMap(map, map.name, hasBtf));
    if (map.initialValue !== undefined) writer.updateMap(index, map.initialValue);
    if (map.origin === 'rodata' || map.origin === 'kconfig') writer.freezeMap(index);
    for (const slot of map.slots) {
      const inner = maps.findIndex((candidate) => candidate.name === slot.name);
      writer.populateOuterMap(index, slot.index, inner);
    }
  }
  const programs: SkeletonProgram[] = [];
  for (const program of spec.programs) {
    if (!program.autoload) {
      warnings.push(`program '${program.name}' (SEC("?…")) is not loaded by the skeleton`);
      continue;
    }
    programs.push({ spec: program, index: writer.loadProgram(loaderProgram(spec, program, slots)) });
  }
  const { insns, blob } = writer.finish();
  return {
    name: spec.name,
    insns,
    data: blob,
    maps: maps.map((map, index) => ({ spec: map, index })),
    programs,
    contextSize: 24 + 16 * maps.length + 4 * programs.length,
    warnings,
  };
}
