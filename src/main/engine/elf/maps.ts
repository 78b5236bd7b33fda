import { Errno, MapFlag, MapType } from '../abi/index.ts';
import { BtfKind, BtfLinkage, type Btf, type BtfComposite, type BtfMember } from '../btf/index.ts';
import { loaderError } from './loader-error.ts';
import { type ElfSection, type MapDefinition, type MapSpec } from './spec.ts';

export const MAPS_SECTION = '.maps';
/** Page size that ring buffer sizes are rounded up to; the simulated machine is x86-64. */
const PAGE_SIZE = 4096;
const LIBBPF_PIN_BY_NAME = 1;

interface Draft {
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  flags: number;
  numaNode: number;
  mapExtra: bigint;
  pinByName: boolean;
  keyTypeId: number;
  valueTypeId: number;
  inner: Draft | undefined;
}

/** True for arrays and hashes of maps. */
export function isMapInMap(type: number): boolean {
  return type === MapType.ARRAY_OF_MAPS || type === MapType.HASH_OF_MAPS;
}

/** Maps of section .maps by their BTF, in the order of their offsets (libbpf: bpf_object__init_user_btf_maps). */
export function readBtfMaps(section: ElfSection, btf: Btf | undefined): Omit<MapSpec, 'index'>[] {
  const id = btf?.findByNameKind(MAPS_SECTION, BtfKind.DATASEC);
  const datasec = id === undefined ? undefined : btf?.typeOfKind(id, BtfKind.DATASEC);
  if (btf === undefined || datasec === undefined) {
    throw loaderError(`section '.maps' has no BTF that describes it; compile with -g`, Errno.ENOENT, {
      section: '.maps',
    });
  }
  return datasec.variables.map((place) => {
    const variable = btf.typeOfKind(place.type, BtfKind.VAR);
    const name = variable?.name ?? '';
    if (variable === undefined || name === '') throw mapError(name, 'is no named variable in BTF');
    if (place.offset + place.size > section.bytes.length)
      throw mapError(name, 'its BTF lies outside section .maps');
    if (variable.linkage !== BtfLinkage.GLOBAL) {
      throw mapError(name, 'must be a global variable: drop `static` and `__hidden`', Errno.EOPNOTSUPP);
    }
    const struct = btf.typeOfKind(btf.resolve(variable.type), BtfKind.STRUCT);
    if (struct === undefined)
      throw mapError(name, 'must be a struct with members type, key, value, max_entries …');
    if (struct.size > place.size)
      throw mapError(name, 'its struct is bigger than its place in section .maps');
    const { inner, ...definition } = readDefinition(name, btf, struct, false);
    return {
      ...definition,
      origin: definition.type === MapType.ARENA ? 'arena' : 'maps',
      name,
      sectionName: section.name,
      sectionIndex: section.index,
      sectionOffset: place.offset,
      autoCreate: true,
      slots: [],
      ...(inner === undefined ? {} : { inner: { ...withoutInner(inner), name: `${name}.inner` } }),
    };
  });
}

function withoutInner(draft: Draft): MapDefinition {
  const { inner: _inner, ...definition } = draft;
  return definition;
}

function mapError(map: string, why: string, errno: number = Errno.EINVAL): Error {
  return loaderError(`map '${map}' ${why}`, errno, { map, section: MAPS_SECTION });
}

function readDefinition(map: string, btf: Btf, struct: BtfComposite, isInner: boolean): Draft {
  const draft: Draft = {
    type: MapType.UNSPEC,
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    numaNode: 0,
    mapExtra: 0n,
    pinByName: false,
    keyTypeId: 0,
    valueTypeId: 0,
    inner: undefined,
  };
  struct.members.forEach((member, index) => {
    readField(map, btf, draft, member, { isInner, isLast: index === struct.members.length - 1 });
  });
  if (draft.type === MapType.UNSPEC) throw mapError(map, 'has no type; add __uint(type, BPF_MAP_TYPE_…)');
  if (draft.type === MapType.RINGBUF || draft.type === MapType.USER_RINGBUF) {
    draft.maxEntries = ringBufferSize(draft.maxEntries);
  }
  return draft;
}

function readField(
  map: string,
  btf: Btf,
  draft: Draft,
  member: BtfMember,
  place: { isInner: boolean; isLast: boolean },
): void {
  switch (member.name) {
    case 'type':
      draft.type = readInt(map, btf, member);
      break;
    case 'max_entries':
      draft.maxEntries = readInt(map, btf, member);
      break;
    case 'map_flags':
      draft.flags = readInt(map, btf, member);
      break;
    case 'numa_node':
      draft.numaNode = readInt(map, btf, member);
      break;
    case 'key_size':
      draft.keySize = agreed(map, 'key', draft.keySize, readInt(map, btf, member));
      break;
    case 'value_size':
      draft.valueSize = agreed(map, 'value', draft.valueSize, readInt(map, btf, member));
      break;
    case 'key':
      draft.keyTypeId = pointedType(map, btf, member);
      draft.keySize = agreed(map, 'key', draft.keySize, typeSize(map, btf, draft.keyTypeId, 'key'));
      break;
    case 'value':
      draft.valueTypeId = pointedType(map, btf, member);
      draft.valueSize = agreed(map, 'value', draft.valueSize, typeSize(map, btf, draft.valueTypeId, 'value'));
      break;
    case 'values':
      readValues(map, btf, draft, member, place);
      break;
    case 'pinning': {
      if (place.isInner) throw mapError(map, 'is an inner map and cannot be pinned');
      const pinning = readInt(map, btf, member);
      if (pinning > LIBBPF_PIN_BY_NAME) throw mapError(map, `has an invalid pinning value ${pinning}`);
      draft.pinByName = pinning === LIBBPF_PIN_BY_NAME;
      break;
    }
    case 'map_extra':
      draft.mapExtra = readLong(map, btf, member);
      break;
    default:
      throw mapError(map, `has a member '${member.name}', which libbpf does not know`, Errno.EOPNOTSUPP);
  }
}

/** `values`: an array without length of pointers to an inner map's definition, or to a program's type. */
function readValues(
  map: string,
  btf: Btf,
  draft: Draft,
  member: BtfMember,
  place: { isInner: boolean; isLast: boolean },
): void {
  if (place.isInner) throw mapError(map, 'is an inner map and cannot hold maps itself', Errno.EOPNOTSUPP);
  if (!place.isLast) throw mapError(map, "must have 'values' as its last member");
  const holdsPrograms = draft.type === MapType.PROG_ARRAY;
  if (!isMapInMap(draft.type) && !holdsPrograms) {
    throw mapError(map, "has 'values', which only maps of maps and program arrays have", Errno.EOPNOTSUPP);
  }
  draft.valueSize = agreed(map, 'value', draft.valueSize, 4);
  const array = btf.typeOfKind(member.type, BtfKind.ARRAY);
  if (array === undefined || array.length !== 0)
    throw mapError(map, "must declare 'values' as an array without length");
  const pointer = btf.typeOfKind(btf.resolve(array.elementType), BtfKind.PTR);
  const target = pointer === undefined ? undefined : btf.typeById(btf.resolve(pointer.type));
  if (holdsPrograms) {
    if (target?.kind !== BtfKind.FUNC_PROTO)
      throw mapError(map, "must declare 'values' as pointers to functions");
    return;
  }
  if (target?.kind !== BtfKind.STRUCT)
    throw mapError(map, "must declare 'values' as pointers to a map definition");
  draft.inner = readDefinition(`${map}.inner`, btf, target, true);
}

/** A number written as the length of an array behind a pointer: int (*name)[N]. */
function readInt(map: string, btf: Btf, member: BtfMember): number {
  const pointer = btf.typeOfKind(btf.resolve(member.type), BtfKind.PTR);
  const array = pointer === undefined ? undefined : btf.typeOfKind(pointer.type, BtfKind.ARRAY);
  if (array === undefined) {
    throw mapError(map, `member '${member.name}' must be written as __uint(${member.name}, number)`);
  }
  return array.length;
}

/** __ulong(): the value of the only member of an enum. */
function readLong(map: string, btf: Btf, member: BtfMember): bigint {
  const type = btf.typeById(btf.resolve(member.type));
  if (type.kind === BtfKind.PTR) return BigInt(readInt(map, btf, member));
  const value = type.kind === BtfKind.ENUM || type.kind === BtfKind.ENUM64 ? type.values : [];
  if (value.length !== 1 || value[0] === undefined) {
    throw mapError(
      map,
      `member '${member.name}' must be written as __uint or __ulong(${member.name}, number)`,
    );
  }
  return BigInt.asUintN(64, value[0].value);
}

function pointedType(map: string, btf: Btf, member: BtfMember): number {
  const pointer = btf.typeOfKind(member.type, BtfKind.PTR);
  if (pointer === undefined)
    throw mapError(map, `member '${member.name}' must be written as __type(${member.name}, type)`);
  return pointer.type;
}

function typeSize(map: string, btf: Btf, id: number, what: string): number {
  const size = btf.sizeOf(id);
  if (size === undefined) throw mapError(map, `has a ${what} type without a size`);
  return size;
}

function agreed(map: string, what: string, known: number, size: number): number {
  if (known !== 0 && known !== size) throw mapError(map, `names two ${what} sizes, ${known} and ${size}`);
  return size;
}

/** The next power of two of pages, as libbpf rounds; 0 stays 0, so that its author sees the kernel's error. */
function ringBufferSize(size: number): number {
  const pages = size / PAGE_SIZE;
  if (size === 0 || (Number.isInteger(pages) && (pages & (pages - 1)) === 0)) return size;
  for (let rounded = PAGE_SIZE; rounded <= 0xffff_f000; rounded *= 2) if (rounded > size) return rounded;
  return size;
}

/** Kinds of sections that become array maps with one element. */
export function dataSectionOrigin(section: ElfSection): 'data' | 'rodata' | 'bss' | undefined {
  const is = (name: string): boolean => section.name === name || section.name.startsWith(`${name}.`);
  if (is('.data')) return 'data';
  if (is('.rodata')) return 'rodata';
  return is('.bss') ? 'bss' : undefined;
}

/** The map that a data section or .kconfig becomes (libbpf: bpf_object__init_internal_map). */
export function dataMap(
  objectName: string,
  btf: Btf | undefined,
  origin: 'data' | 'rodata' | 'bss' | 'kconfig',
  sectionName: string,
  sectionIndex: number,
  value: Uint8Array,
): Omit<MapSpec, 'index'> {
  const valueTypeId = btf?.findByName(sectionName) ?? 0;
  const readOnly = origin === 'rodata' || origin === 'kconfig';
  return {
    origin,
    name: internalMapName(objectName, sectionName),
    sectionName,
    sectionIndex,
    sectionOffset: 0,
    autoCreate: true,
    type: MapType.ARRAY,
    keySize: 4,
    valueSize: value.length,
    maxEntries: 1,
    flags: (readOnly ? MapFlag.RDONLY_PROG : 0) | (hasGlobals(btf, valueTypeId) ? MapFlag.MMAPABLE : 0),
    numaNode: 0,
    mapExtra: 0n,
    pinByName: false,
    keyTypeId: 0,
    valueTypeId,
    slots: [],
    initialValue: value,
  };
}

/** A map is mmap()able if a skeleton would show one of its variables. */
function hasGlobals(btf: Btf | undefined, sectionId: number): boolean {
  if (btf === undefined || sectionId === 0) return false;
  const section = btf.typeOfKind(sectionId, BtfKind.DATASEC);
  return (
    section?.variables.some(({ type }) => {
      const variable = btf.typeOfKind(type, BtfKind.VAR);
      return variable !== undefined && variable.linkage !== BtfLinkage.STATIC;
    }) ?? false
  );
}

const MAX_NAME = 15;

/** `driver.bss`, `g03_glob.rodata`, `.data.extra`: libbpf's names for data sections' maps. */
export function internalMapName(objectName: string, sectionName: string): string {
  const suffix = Math.min(Math.max(7, sectionName.length), MAX_NAME);
  const isCustom = sectionName.indexOf('.', 1) >= 0;
  const prefix = isCustom ? '' : objectName.slice(0, MAX_NAME - suffix);
  return (prefix + sectionName.slice(0, suffix)).replace(/[^A-Za-z0-9_.]/g, '_');
}
