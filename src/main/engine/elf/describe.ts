import { mapTypeName, progTypeName } from '../abi/index.ts';
import { BtfKind, CPrinter, coreKindName, formatCoreSpec, parseCoreSpec, type Btf } from '../btf/index.ts';
import { deviceIds, type HidDeviceId } from './device-ids.ts';
import { Elf } from './elf-file.ts';
import { formatValue } from './format-value.ts';
import {
  type CodeRelocation,
  type ExternSpec,
  type FunctionSpec,
  type MapSpec,
  type ObjectSpec,
  type ProgramSpec,
} from './spec.ts';

/** What there is to know of an object without a kernel, as `hidsmith inspect` shows it: plain values only. */
export interface ObjectDescription {
  readonly name: string;
  readonly license: string;
  readonly devices: readonly HidDeviceId[];
  readonly programs: readonly ProgramDescription[];
  /** Functions that programs call. */
  readonly subprograms: readonly {
    readonly name: string;
    readonly instructions: number;
    readonly static: boolean;
  }[];
  readonly structOps: readonly StructOpsDescription[];
  readonly maps: readonly MapDescription[];
  readonly globals: readonly GlobalDescription[];
  /** Names of UDEV_PROP_… variables without the prefix: a loader fills them from the device's udev properties. */
  readonly udevProperties: readonly { readonly name: string; readonly size: number }[];
  readonly externs: readonly ExternDescription[];
  /** Names of the kernel functions it calls. */
  readonly kfuncs: readonly string[];
  readonly sections: readonly SectionDescription[];
  readonly btf: { readonly types: number; readonly bytes: number } | undefined;
  readonly notes: readonly string[];
}

export interface ProgramDescription {
  readonly name: string;
  readonly section: string;
  /** `struct_ops`, `syscall` …; `unspec` for a section name that libbpf does not know. */
  readonly type: string;
  readonly sleepable: boolean;
  readonly autoload: boolean;
  /** What it is attached to: member of a struct_ops type, kernel function, tracepoint. */
  readonly hook?: string;
  readonly instructions: number;
  readonly relocations: readonly RelocationDescription[];
  readonly coreRelocations: readonly CoreDescription[];
}

export interface RelocationDescription {
  readonly insn: number;
  readonly kind: CodeRelocation['kind'];
  readonly symbol: string;
}

export interface CoreDescription {
  readonly insn: number;
  /** `byte_off`, `type_size` … */
  readonly kind: string;
  /** `<byte_off> [7] struct hid_device.name (0:6 @ offset 20)` */
  readonly target: string;
}

export interface StructOpsDescription {
  readonly name: string;
  readonly type: string;
  readonly section: string;
  /** True where it is attached by a link. */
  readonly link: boolean;
  readonly members: readonly { readonly name: string; readonly value: string }[];
}

export interface MapDescription {
  readonly name: string;
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly section: string;
  readonly pinned: boolean;
  readonly keyType?: string;
  readonly valueType?: string;
  readonly inner?: string;
  readonly slots: readonly string[];
}

export interface GlobalDescription {
  readonly name: string;
  readonly section: string;
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly static: boolean;
  readonly value: string;
}

export interface ExternDescription {
  readonly name: string;
  readonly kind: ExternSpec['kind'];
  readonly weak: boolean;
  readonly type: string;
}

export interface SectionDescription {
  readonly index: number;
  readonly name: string;
  readonly size: number;
  readonly flags: string;
}

const UDEV_PREFIX = 'UDEV_PROP_';

/** Describes an object. Pure: the same object gives the same description everywhere. */
export function describeObject(spec: ObjectSpec): ObjectDescription {
  const { btf } = spec;
  const printer = btf === undefined ? undefined : new CPrinter(btf);
  const globals = btf === undefined || printer === undefined ? [] : describeGlobals(spec, btf, printer);
  return {
    name: spec.name,
    license: spec.license,
    devices: deviceIds(btf),
    programs: spec.programs.map((program) => describeProgram(spec, program)),
    subprograms: spec.functions
      .filter((func) => func.isSubprogram)
      .map((func) => ({
        name: func.name,
        instructions: func.insns.length,
        static: !func.global || func.markStatic,
      })),
    structOps: spec.maps.flatMap((map) => (btf === undefined ? [] : describeStructOps(map, btf))),
    maps: spec.maps.filter((map) => map.structOps === undefined).map((map) => describeMap(map, printer)),
    globals,
    udevProperties: globals
      .filter(({ name }) => name.startsWith(UDEV_PREFIX))
      .map(({ name, size }) => ({ name: name.slice(UDEV_PREFIX.length), size })),
    externs: spec.externs.map((extern) => describeExtern(extern, spec)),
    kfuncs: calledFunctions(spec),
    sections: spec.sections.slice(1).map(({ index, name, size, flags }) => ({
      index,
      name,
      size,
      flags: `${(flags & 1) !== 0 ? 'W' : ''}${(flags & 2) !== 0 ? 'A' : ''}${(flags & Elf.SHF_EXECINSTR) !== 0 ? 'X' : ''}`,
    })),
    btf: btf === undefined ? undefined : { types: btf.typeCount - 1, bytes: btf.bytes.length },
    notes: spec.notes,
  };
}

function describeProgram(spec: ObjectSpec, program: ProgramSpec): ProgramDescription {
  const hook = hookOf(spec, program);
  return {
    name: program.name,
    section: `${program.autoload ? '' : '?'}${program.sectionName}`,
    type: progTypeName(program.progType).replace('BPF_PROG_TYPE_', '').toLowerCase(),
    sleepable: program.sleepable,
    autoload: program.autoload,
    ...(hook === undefined ? {} : { hook }),
    instructions: program.insns.length,
    relocations: program.relocations.map(({ insn, kind, symbol }) => ({ insn, kind, symbol })),
    coreRelocations: describeCore(spec.btf, program),
  };
}

/** struct_ops programs hang where their variables put them, whatever their section says. */
function hookOf(spec: ObjectSpec, program: ProgramSpec): string | undefined {
  for (const { structOps } of spec.maps) {
    const slot = structOps?.slots.find((candidate) => candidate.program === program.name);
    if (structOps !== undefined && slot !== undefined) return `${structOps.typeName}.${slot.memberName}`;
  }
  return program.attachTarget;
}

function describeCore(btf: Btf | undefined, func: FunctionSpec): CoreDescription[] {
  if (btf === undefined) return [];
  return func.coreRelocations.map((relocation) => {
    const place = parseCoreSpec(btf, relocation);
    const target =
      typeof place === 'number'
        ? `[${relocation.typeId}] ${relocation.access} (unreadable)`
        : formatCoreSpec(place);
    return { insn: relocation.insn, kind: coreKindName(relocation.kind), target };
  });
}

function describeStructOps(map: MapSpec, btf: Btf): StructOpsDescription[] {
  const { structOps } = map;
  const struct = structOps === undefined ? undefined : btf.typeOfKind(structOps.typeId, BtfKind.STRUCT);
  if (structOps === undefined || struct === undefined) return [];
  const members = struct.members.map((member, index) => {
    const slot = structOps.slots.find((candidate) => candidate.memberIndex === index);
    const at = Math.floor(member.bitOffset / 8);
    const bytes = structOps.bytes.subarray(at, at + (btf.sizeOf(member.type) ?? 0));
    return { name: member.name, value: slot?.program ?? formatValue(btf, member.type, bytes) };
  });
  return [
    { name: map.name, type: structOps.typeName, section: map.sectionName, link: structOps.link, members },
  ];
}

function describeMap(map: MapSpec, printer: CPrinter | undefined): MapDescription {
  const typeOf = (id: number): string | undefined =>
    id === 0 || map.origin !== 'maps' ? undefined : printer?.declare(id, '', { hideAnonymous: true });
  const keyType = typeOf(map.keyTypeId);
  const valueType = typeOf(map.valueTypeId);
  return {
    name: map.name,
    type: mapTypeName(map.type).replace('BPF_MAP_TYPE_', '').toLowerCase(),
    keySize: map.keySize,
    valueSize: map.valueSize,
    maxEntries: map.maxEntries,
    flags: map.flags,
    section: map.sectionName,
    pinned: map.pinByName,
    ...(keyType === undefined ? {} : { keyType }),
    ...(valueType === undefined ? {} : { valueType }),
    ...(map.inner === undefined
      ? {}
      : { inner: mapTypeName(map.inner.type).replace('BPF_MAP_TYPE_', '').toLowerCase() }),
    slots: map.slots.map((slot) => `[${slot.index}] ${slot.name}`),
  };
}

function describeGlobals(spec: ObjectSpec, btf: Btf, printer: CPrinter): GlobalDescription[] {
  return spec.maps.flatMap((map) => {
    const { initialValue } = map;
    const section = btf.typeOfKind(map.valueTypeId, BtfKind.DATASEC);
    if (initialValue === undefined || section === undefined || map.origin === 'arena') return [];
    return section.variables.flatMap(({ type, offset, size }) => {
      const variable = btf.typeOfKind(type, BtfKind.VAR);
      if (variable === undefined) return [];
      return {
        name: variable.name,
        section: map.sectionName,
        type: printer.declare(variable.type, '', { hideAnonymous: true }),
        offset,
        size,
        static: variable.linkage === 0,
        value: formatValue(btf, variable.type, initialValue.subarray(offset, offset + size)),
      };
    });
  });
}

function describeExtern(extern: ExternSpec, { btf }: ObjectSpec): ExternDescription {
  const { name, kind, weak, btfId } = extern;
  if (btf === undefined) return { name, kind, weak, type: '' };
  const typeId = kind === 'ksym' ? extern.typeId : btf.sizeOrTypeOf(btfId);
  return { name, kind, weak, type: new CPrinter(btf).declare(typeId, name, { hideAnonymous: true }) };
}

function calledFunctions(spec: ObjectSpec): string[] {
  const names = spec.functions.flatMap((func) =>
    func.relocations.filter(({ kind }) => kind === 'extern-call').map(({ symbol }) => symbol),
  );
  return [...new Set(names)].sort();
}
