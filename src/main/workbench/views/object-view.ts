import { helperName, mapTypeName, progTypeName } from '../../engine/abi/index.ts';
import { toHex } from '../../engine/base/index.ts';
import { BtfKind, CPrinter } from '../../engine/btf/index.ts';
import { type MapSpec, type ObjectSpec, type ProgramSpec } from '../../engine/elf/index.ts';
import { type Insn, PseudoSource, disassemble, encodeInsns, isLdImm64 } from '../../engine/isa/index.ts';
import { type LinkedProgram, linkProgram } from '../../engine/loader/index.ts';
import {
  type DisassemblyLine,
  type ObjectView,
  type ProgramView,
  type StructOpsView,
} from '../../../preload/contract/index.ts';
import { deviceMatches } from './device-match.ts';
import { sourcePlace } from './source-place.ts';

/** `hid_bpf_ops`, `HASH`: what a person calls a type. */
function shortName(name: string, prefix: string): string {
  return name.replace(prefix, '').toLowerCase();
}

/** What stands for a kfunc's id where no kernel has resolved it. */
const UNRESOLVED_KFUNC = /#-1$/;

/** What an instruction's symbol is called: kfuncs, maps and variables, by instruction index. */
function symbolNames(spec: ObjectSpec, linked: LinkedProgram): ReadonlyMap<Insn, string> {
  const names = new Map<Insn, string>();
  for (const relocation of linked.relocations) {
    const insn = linked.insns[relocation.insn];
    if (insn === undefined) continue;
    if (relocation.kind === 'map')
      names.set(insn, `map[${spec.maps[relocation.map]?.name ?? relocation.symbol}]`);
    else if (relocation.kind === 'data')
      names.set(insn, dataName(spec, relocation.map, relocation.offset + insn.imm));
    else names.set(insn, relocation.symbol);
    if (relocation.kind === 'extern-call') insn.src = PseudoSource.KFUNC_CALL;
  }
  return names;
}

/** `map[.bss][8]` */
function dataName(spec: ObjectSpec, map: number, offset: number): string {
  const section = spec.maps[map];
  return `map[${section?.sectionName ?? section?.name ?? map}][${offset}]`;
}

/** The disassembly of a linked program with its source lines. */
export function disassemblyLines(spec: ObjectSpec, linked: LinkedProgram): DisassemblyLine[] {
  const names = symbolNames(spec, linked);
  const lines = disassemble(linked.insns, {
    helper: helperName,
    kfunc: (insn) => names.get(insn),
    constant: (insn) => names.get(insn),
  });
  let next = 0;
  let source: DisassemblyLine['source'];
  return lines.map(({ pc, insn, text }) => {
    for (
      let record = linked.lineInfo[next];
      record !== undefined && record.insn <= pc;
      record = linked.lineInfo[++next]
    ) {
      const file = spec.btf?.stringAt(record.fileNameOffset) ?? '';
      source = sourcePlace(file, record.lineColumn >>> 10);
    }
    const slots = isLdImm64(insn) ? linked.insns.slice(pc, pc + 2) : [insn];
    return {
      index: pc,
      text: text.replace(UNRESOLVED_KFUNC, ''),
      bytes: encodeInsns(slots),
      ...(source === undefined ? {} : { source }),
    };
  });
}

function programView(spec: ObjectSpec, program: ProgramSpec): ProgramView {
  const linked = linkProgram(spec, program);
  return {
    name: program.name,
    section: `${program.autoload ? '' : '?'}${program.sectionName}`,
    type: shortName(progTypeName(program.progType), 'BPF_PROG_TYPE_'),
    sleepable: program.sleepable,
    instructions: linked.insns.length,
    lines: disassemblyLines(spec, linked),
  };
}

function structOpsView(map: MapSpec): StructOpsView[] {
  const { structOps } = map;
  if (structOps === undefined) return [];
  const members = structOps.slots.map(({ memberName, program }) => ({ member: memberName, program }));
  return [{ name: map.name, type: structOps.typeName, flags: flagsOf(structOps.bytes), members }];
}

/** hid_bpf_ops.flags stands behind hid_id, 4 bytes in. */
function flagsOf(bytes: Uint8Array): number {
  return bytes.length < 8
    ? 0
    : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
}

/** Values of scalars as numbers, of everything else as hex. */
function valueText(bytes: Uint8Array): string {
  if (bytes.length > 8 || ![1, 2, 4, 8].includes(bytes.length)) return toHex(bytes.subarray(0, 64), ' ');
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value < 10n ? value.toString() : `${value} (0x${value.toString(16)})`;
}

function globalsOf(spec: ObjectSpec): ObjectView['globals'] {
  const { btf } = spec;
  if (btf === undefined) return [];
  const printer = new CPrinter(btf);
  return spec.maps.flatMap((map) => {
    const section = btf.typeOfKind(map.valueTypeId, BtfKind.DATASEC);
    if (map.initialValue === undefined || section === undefined) return [];
    const value = map.initialValue;
    return section.variables.flatMap((entry) => {
      const variable = btf.typeOfKind(entry.type, BtfKind.VAR);
      if (variable === undefined) return [];
      const bytes = value.subarray(entry.offset, entry.offset + entry.size);
      return [
        {
          name: variable.name,
          section: map.sectionName,
          type: printer.declare(variable.type, '', { stripModifiers: true, hideAnonymous: true }),
          value: valueText(bytes),
        },
      ];
    });
  });
}

/** What Inspect and the Object pane show of an object file. */
export function objectView(spec: ObjectSpec, fileName: string, size: number): ObjectView {
  return {
    fileName,
    size,
    license: spec.license,
    matches: deviceMatches(spec.btf),
    structOps: spec.maps.flatMap(structOpsView),
    programs: spec.programs.map((program) => programView(spec, program)),
    maps: spec.maps
      .filter((map) => map.structOps === undefined)
      .map((map) => ({
        name: map.name,
        type: shortName(mapTypeName(map.type), 'BPF_MAP_TYPE_'),
        keySize: map.keySize,
        valueSize: map.valueSize,
        maxEntries: map.maxEntries,
      })),
    kfuncs: spec.externs.filter((external) => external.kind === 'kfunc').map(({ name }) => name),
    globals: globalsOf(spec),
    sections: spec.sections
      .filter((section) => section.name !== '')
      .map((section) => ({ name: section.name, size: section.size })),
  };
}
