/**
 * BTF as the generators need it: read a blob into plain records, look layouts up, drop types, write it again.
 * Format: Documentation/bpf/btf.rst. The engine has its own, far more careful reader; this one serves build scripts and
 * trusts its input.
 */

export const Kind = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

/** One member of a struct or union; `offset` and `bits` in bits (bits 0: not a bit-field). */
export interface BtfMember {
  name: string;
  type: number;
  offset: number;
  bits: number;
}

/** One enumerator, value as it stands in the file (signed or unsigned by the enum's kind flag). */
export interface BtfEnumerator {
  name: string;
  value: bigint;
}

/** One variable of a data section. */
export interface BtfSectionVariable {
  type: number;
  offset: number;
  size: number;
}

/** One type; fields that a kind does not have are left at their empty value. Type ids count from 1. */
export interface BtfType {
  kind: number;
  name: string;
  /** kind_flag of the info word */
  flag: boolean;
  /** size in bytes (INT, STRUCT, UNION, ENUM, DATASEC, FLOAT, ENUM64) or 0 */
  size: number;
  /** referenced type (PTR, TYPEDEF, modifiers, FUNC, FUNC_PROTO's return, VAR, tags, ARRAY's element) or 0 */
  type: number;
  /** FUNC linkage, VAR linkage, INT encoding word, DECL_TAG component index */
  extra: number;
  /** ARRAY: index type and length */
  index: number;
  length: number;
  members: BtfMember[];
  enumerators: BtfEnumerator[];
  /** FUNC_PROTO parameters */
  parameters: { name: string; type: number }[];
  variables: BtfSectionVariable[];
}

const HEADER = 24;
const SIZED: readonly number[] = [
  Kind.INT,
  Kind.STRUCT,
  Kind.UNION,
  Kind.ENUM,
  Kind.DATASEC,
  Kind.FLOAT,
  Kind.ENUM64,
];

/** The types of a little-endian BTF blob; element 0 is void. */
export function readBtf(blob: Uint8Array): BtfType[] {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (view.getUint16(0, true) !== 0xeb9f) throw new Error('not little-endian BTF');
  const header = view.getUint32(4, true);
  const end = header + view.getUint32(8, true) + view.getUint32(12, true);
  const strings = header + view.getUint32(16, true);
  const text = new TextDecoder();
  const nameAt = (offset: number): string =>
    text.decode(blob.subarray(strings + offset, blob.indexOf(0, strings + offset)));
  const types: BtfType[] = [emptyType(0, '')];
  let at = header + view.getUint32(8, true);
  const u32 = (): number => {
    const value = view.getUint32(at, true);
    at += 4;
    return value;
  };
  while (at < end) {
    const name = nameAt(u32());
    const info = u32();
    const sizeOrType = u32();
    const type = emptyType((info >>> 24) & 0x1f, name);
    type.flag = info >>> 31 === 1;
    if (SIZED.includes(type.kind)) type.size = sizeOrType;
    else type.type = sizeOrType;
    readTail(type, info & 0xffff, u32, nameAt);
    types.push(type);
  }
  return types;
}

/** A type record with nothing in it. */
export function emptyType(kind: number, name: string): BtfType {
  return {
    kind,
    name,
    flag: false,
    size: 0,
    type: 0,
    extra: 0,
    index: 0,
    length: 0,
    members: [],
    enumerators: [],
    parameters: [],
    variables: [],
  };
}

function readTail(type: BtfType, count: number, u32: () => number, nameAt: (offset: number) => string): void {
  switch (type.kind) {
    case Kind.INT:
    case Kind.VAR:
    case Kind.DECL_TAG:
      type.extra = u32();
      break;
    case Kind.FUNC:
      type.extra = count;
      break;
    case Kind.ARRAY:
      type.type = u32();
      type.index = u32();
      type.length = u32();
      break;
    case Kind.STRUCT:
    case Kind.UNION:
      for (let i = 0; i < count; i++) {
        const name = nameAt(u32());
        const member = u32();
        const word = u32();
        type.members.push({
          name,
          type: member,
          offset: type.flag ? word & 0xffffff : word,
          bits: type.flag ? word >>> 24 : 0,
        });
      }
      break;
    case Kind.ENUM:
      for (let i = 0; i < count; i++) {
        const name = nameAt(u32());
        const value = u32();
        type.enumerators.push({ name, value: BigInt(type.flag ? value | 0 : value) });
      }
      break;
    case Kind.ENUM64:
      for (let i = 0; i < count; i++) {
        const name = nameAt(u32());
        const low = BigInt(u32());
        const value = (BigInt(u32()) << 32n) | low;
        type.enumerators.push({ name, value: type.flag ? BigInt.asIntN(64, value) : value });
      }
      break;
    case Kind.FUNC_PROTO:
      for (let i = 0; i < count; i++) type.parameters.push({ name: nameAt(u32()), type: u32() });
      break;
    case Kind.DATASEC:
      for (let i = 0; i < count; i++) type.variables.push({ type: u32(), offset: u32(), size: u32() });
      break;
  }
}

/** Writes types (element 0 is void and not written) as one blob; strings are shared and laid out in order of first use. */
export function writeBtf(types: readonly BtfType[]): Uint8Array {
  const words: number[] = [];
  const offsets = new Map<string, number>([['', 0]]);
  const chunks: Uint8Array[] = [new Uint8Array(1)];
  let stringSize = 1;
  const encoder = new TextEncoder();
  const nameOffset = (name: string): number => {
    const known = offsets.get(name);
    if (known !== undefined) return known;
    const offset = stringSize;
    const bytes = encoder.encode(name + '\0');
    chunks.push(bytes);
    stringSize += bytes.length;
    offsets.set(name, offset);
    return offset;
  };
  for (const type of types.slice(1)) {
    const tail = tailWords(type, nameOffset);
    const count = type.kind === Kind.FUNC ? type.extra : tail.count;
    words.push(
      nameOffset(type.name),
      ((type.flag ? 0x80000000 : 0) | (type.kind << 24) | count) >>> 0,
      SIZED.includes(type.kind) ? type.size : type.kind === Kind.ARRAY ? 0 : type.type,
      ...tail.words,
    );
  }
  const blob = new Uint8Array(HEADER + words.length * 4 + stringSize);
  const view = new DataView(blob.buffer);
  view.setUint16(0, 0xeb9f, true);
  view.setUint8(2, 1);
  view.setUint32(4, HEADER, true);
  view.setUint32(12, words.length * 4, true);
  view.setUint32(16, words.length * 4, true);
  view.setUint32(20, stringSize, true);
  words.forEach((word, i) => view.setUint32(HEADER + i * 4, word, true));
  let at = HEADER + words.length * 4;
  for (const chunk of chunks) {
    blob.set(chunk, at);
    at += chunk.length;
  }
  return blob;
}

function tailWords(type: BtfType, nameOffset: (name: string) => number): { count: number; words: number[] } {
  switch (type.kind) {
    case Kind.INT:
    case Kind.VAR:
    case Kind.DECL_TAG:
      return { count: 0, words: [type.extra >>> 0] };
    case Kind.ARRAY:
      return { count: 0, words: [type.type, type.index, type.length] };
    case Kind.STRUCT:
    case Kind.UNION:
      return {
        count: type.members.length,
        words: type.members.flatMap((m) => [
          nameOffset(m.name),
          m.type,
          type.flag ? ((m.bits << 24) | m.offset) >>> 0 : m.offset,
        ]),
      };
    case Kind.ENUM:
      return {
        count: type.enumerators.length,
        words: type.enumerators.flatMap((e) => [nameOffset(e.name), Number(BigInt.asUintN(32, e.value))]),
      };
    case Kind.ENUM64:
      return {
        count: type.enumerators.length,
        words: type.enumerators.flatMap((e) => [
          nameOffset(e.name),
          Number(BigInt.asUintN(32, e.value)),
          Number(BigInt.asUintN(32, e.value >> 32n)),
        ]),
      };
    case Kind.FUNC_PROTO:
      return {
        count: type.parameters.length,
        words: type.parameters.flatMap((p) => [nameOffset(p.name), p.type]),
      };
    case Kind.DATASEC:
      return {
        count: type.variables.length,
        words: type.variables.flatMap((v) => [v.type, v.offset, v.size]),
      };
    default:
      return { count: 0, words: [] };
  }
}

/** Size in bytes of a type, through typedefs and modifiers (64-bit pointers). */
export function sizeOf(types: readonly BtfType[], id: number): number {
  const type = typeAt(types, id);
  switch (type.kind) {
    case Kind.PTR:
      return 8;
    case Kind.ARRAY:
      return type.length * sizeOf(types, type.type);
    case Kind.TYPEDEF:
    case Kind.CONST:
    case Kind.VOLATILE:
    case Kind.RESTRICT:
    case Kind.TYPE_TAG:
    case Kind.VAR:
      return sizeOf(types, type.type);
    default:
      return type.size;
  }
}

/** The type with this id; an unknown id is a broken blob and throws. */
export function typeAt(types: readonly BtfType[], id: number): BtfType {
  const type = types[id];
  if (type === undefined) throw new Error(`BTF has no type ${id}`);
  return type;
}

/** Skips const, volatile, restrict, type tags and typedefs. */
export function stripTypedefs(types: readonly BtfType[], id: number): BtfType {
  let type = typeAt(types, id);
  const through: readonly number[] = [Kind.TYPEDEF, Kind.CONST, Kind.VOLATILE, Kind.RESTRICT, Kind.TYPE_TAG];
  while (through.includes(type.kind)) type = typeAt(types, type.type);
  return type;
}

/** One leaf of a struct's layout: anonymous structs and unions are flattened. Offsets and sizes in bits. */
export interface LayoutMember {
  name: string;
  offset: number;
  size: number;
}

/** The named members of a struct or union at their bit offsets, anonymous members flattened. */
export function layoutOf(types: readonly BtfType[], type: BtfType, base = 0): LayoutMember[] {
  return type.members.flatMap((member) => {
    const offset = base + member.offset;
    const inner = stripTypedefs(types, member.type);
    if (member.name === '') return layoutOf(types, inner, offset);
    const size = member.bits !== 0 ? member.bits : sizeOf(types, member.type) * 8;
    return [{ name: member.name, offset, size }];
  });
}

/** Removes the types whose ids are in `dropped` and renumbers the rest; a reference to a dropped type is an error. */
export function removeTypes(types: readonly BtfType[], dropped: ReadonlySet<number>): BtfType[] {
  const renumbered = new Map<number, number>();
  let next = 0;
  types.forEach((_, id) => {
    if (!dropped.has(id)) renumbered.set(id, next++);
  });
  const map = (id: number, owner: BtfType): number => {
    const now = renumbered.get(id);
    if (now === undefined)
      throw new Error(`type ${id}, used by ${owner.name || 'an unnamed type'}, was removed`);
    return now;
  };
  return types
    .filter((_, id) => !dropped.has(id))
    .map((type) => ({
      ...type,
      type: map(type.type, type),
      index: map(type.index, type),
      members: type.members.map((m) => ({ ...m, type: map(m.type, type) })),
      parameters: type.parameters.map((p) => ({ ...p, type: map(p.type, type) })),
      variables: type.variables.map((v) => ({ ...v, type: map(v.type, type) })),
    }));
}

/** The contents of a section of a little-endian ELF64 file, or undefined. */
export function elfSection(file: Uint8Array, wanted: string): Uint8Array | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const table = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const names = table + view.getUint16(62, true) * 64;
  const nameBase = Number(view.getBigUint64(names + 24, true));
  for (let i = 0; i < count; i++) {
    const header = table + i * 64;
    const at = nameBase + view.getUint32(header, true);
    const name = new TextDecoder().decode(file.subarray(at, file.indexOf(0, at)));
    if (name !== wanted) continue;
    const offset = Number(view.getBigUint64(header + 24, true));
    return file.slice(offset, offset + Number(view.getBigUint64(header + 32, true)));
  }
  return undefined;
}
