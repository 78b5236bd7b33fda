import { AttachType, MapType, ProgType } from '../abi/index.ts';
import { ByteWriter } from '../base/index.ts';
import { BtfKind } from '../btf/index.ts';
import { type FuncInfo, type LineInfo, type ObjectSpec, type ProgramSpec } from '../elf/index.ts';

/*
 * What libbpf decides by the object alone: a load and a light skeleton, which is loaded on another machine, do the same.
 */

const TYPES_WITHOUT_BTF: ReadonlySet<number> = new Set([
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

/** False for map types whose keys and values the kernel knows no BTF for (libbpf: bpf_object__create_map). */
export function hasKeyTypes(mapType: number): boolean {
  return !TYPES_WITHOUT_BTF.has(mapType);
}

/** struct_ops programs are loaded if a variable that is created uses them, all others as SEC or the asker says. */
export function isLoaded(
  spec: ObjectSpec,
  program: ProgramSpec,
  autoload = (asked: ProgramSpec): boolean => asked.autoload,
): boolean {
  if (program.progType === ProgType.STRUCT_OPS) {
    const users = spec.maps.filter((map) =>
      map.structOps?.slots.some((slot) => slot.program === program.name),
    );
    if (users.length > 0) return users.some((map) => map.autoCreate);
  }
  return autoload(program);
}

/**
 * What the kernel's BTF calls the thing that a tracing program attaches to; a module before it (`module:name`) is no part of that
 * (libbpf: btf_get_kernel_prefix_kind).
 */
export function targetInBtf(target: string, attachType: number): { name: string; kind: BtfKind } {
  const name = target.slice(target.indexOf(':') + 1);
  switch (attachType) {
    case AttachType.TRACE_RAW_TP:
      return { name: `btf_trace_${name}`, kind: BtfKind.TYPEDEF };
    case AttachType.LSM_MAC:
    case AttachType.LSM_CGROUP:
      return { name: `bpf_lsm_${name}`, kind: BtfKind.FUNC };
    case AttachType.TRACE_ITER:
      return { name: `bpf_iter_${name}`, kind: BtfKind.FUNC };
    default:
      return { name, kind: BtfKind.FUNC };
  }
}

/** struct bpf_func_info records. */
export function encodeFuncInfo(records: readonly FuncInfo[]): Uint8Array {
  const writer = new ByteWriter();
  for (const record of records) writer.u32(record.insn).u32(record.typeId);
  return writer.finish();
}

/** struct bpf_line_info records. */
export function encodeLineInfo(records: readonly LineInfo[]): Uint8Array {
  const writer = new ByteWriter();
  for (const { insn, fileNameOffset, lineOffset, lineColumn } of records)
    writer.u32(insn).u32(fileNameOffset).u32(lineOffset).u32(lineColumn);
  return writer.finish();
}
