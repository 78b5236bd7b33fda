import { ByteWriter, encodeUtf8 } from '../base/index.ts';
import { type Btf } from './btf.ts';
import { BTF_HEADER_SIZE, BTF_MAGIC } from './layout.ts';
import {
  BtfKind,
  BtfLinkage,
  type BtfEnumValue,
  type BtfMember,
  type BtfParameter,
  type BtfSectionVariable,
} from './types.ts';

/** A member as the builder takes it: bit fields are those with a bitfieldSize. */
export type BuilderMember = Pick<BtfMember, 'name' | 'type' | 'bitOffset'> &
  Partial<Pick<BtfMember, 'bitfieldSize'>>;

/** Writes BTF. Every method appends a type and returns its id; equal strings are stored once. */
export class BtfBuilder {
  readonly #types = new ByteWriter();
  readonly #strings = new ByteWriter();
  readonly #offsets = new Map<string, number>();
  readonly #firstString: number;
  #nextId: number;

  /** With a base, ids and strings continue it (split BTF). */
  constructor(base?: Btf) {
    this.#nextId = base?.typeCount ?? 1;
    this.#firstString = base === undefined ? 0 : base.firstString + base.strings.length;
    if (base === undefined) this.#strings.u8(0);
  }

  /** Id that the next type will have: for types that refer to each other. */
  get nextId(): number {
    return this.#nextId;
  }

  int(
    name: string,
    size: number,
    options: { encoding?: number; bits?: number; bitOffset?: number } = {},
  ): number {
    const { encoding = 0, bits = size * 8, bitOffset = 0 } = options;
    const id = this.#type(name, BtfKind.INT, 0, size);
    this.#types.u32(((encoding << 24) | (bitOffset << 16) | bits) >>> 0);
    return id;
  }

  pointer(type: number): number {
    return this.#type('', BtfKind.PTR, 0, type);
  }

  /** CONST, VOLATILE or RESTRICT. */
  modifier(
    kind: typeof BtfKind.CONST | typeof BtfKind.VOLATILE | typeof BtfKind.RESTRICT,
    type: number,
  ): number {
    return this.#type('', kind, 0, type);
  }

  typedef(name: string, type: number): number {
    return this.#type(name, BtfKind.TYPEDEF, 0, type);
  }

  typeTag(name: string, type: number): number {
    return this.#type(name, BtfKind.TYPE_TAG, 0, type);
  }

  array(elementType: number, indexType: number, length: number): number {
    const id = this.#type('', BtfKind.ARRAY, 0, 0);
    this.#types.u32(elementType).u32(indexType).u32(length);
    return id;
  }

  struct(name: string, size: number, members: readonly BuilderMember[]): number {
    return this.#composite(BtfKind.STRUCT, name, size, members);
  }

  union(name: string, size: number, members: readonly BuilderMember[]): number {
    return this.#composite(BtfKind.UNION, name, size, members);
  }

  #composite(kind: BtfKind, name: string, size: number, members: readonly BuilderMember[]): number {
    const flagged = members.some((member) => (member.bitfieldSize ?? 0) > 0);
    const names = members.map((member) => this.string(member.name));
    const id = this.#type(name, kind, members.length, size, flagged);
    members.forEach((member, i) => {
      const offset = flagged ? ((member.bitfieldSize ?? 0) << 24) | member.bitOffset : member.bitOffset;
      this.#types
        .u32(names[i] as number)
        .u32(member.type)
        .u32(offset >>> 0);
    });
    return id;
  }

  enum(
    name: string,
    values: readonly BtfEnumValue[],
    options: { signed?: boolean; size?: number } = {},
  ): number {
    const names = values.map((value) => this.string(value.name));
    const id = this.#type(name, BtfKind.ENUM, values.length, options.size ?? 4, options.signed === true);
    values.forEach((value, i) =>
      this.#types.u32(names[i] as number).u32(Number(BigInt.asUintN(32, value.value))),
    );
    return id;
  }

  enum64(
    name: string,
    values: readonly BtfEnumValue[],
    options: { signed?: boolean; size?: number } = {},
  ): number {
    const names = values.map((value) => this.string(value.name));
    const id = this.#type(name, BtfKind.ENUM64, values.length, options.size ?? 8, options.signed === true);
    values.forEach((value, i) => this.#types.u32(names[i] as number).u64(value.value));
    return id;
  }

  forward(name: string, isUnion = false): number {
    return this.#type(name, BtfKind.FWD, 0, 0, isUnion);
  }

  functionProto(returnType: number, parameters: readonly BtfParameter[]): number {
    const names = parameters.map((parameter) => this.string(parameter.name));
    const id = this.#type('', BtfKind.FUNC_PROTO, parameters.length, returnType);
    parameters.forEach((parameter, i) => this.#types.u32(names[i] as number).u32(parameter.type));
    return id;
  }

  function(name: string, proto: number, linkage: number = BtfLinkage.STATIC): number {
    return this.#type(name, BtfKind.FUNC, linkage, proto);
  }

  variable(name: string, type: number, linkage: number = BtfLinkage.GLOBAL): number {
    const id = this.#type(name, BtfKind.VAR, 0, type);
    this.#types.u32(linkage);
    return id;
  }

  dataSection(name: string, size: number, variables: readonly BtfSectionVariable[]): number {
    const id = this.#type(name, BtfKind.DATASEC, variables.length, size);
    for (const variable of variables) this.#types.u32(variable.type).u32(variable.offset).u32(variable.size);
    return id;
  }

  float(name: string, size: number): number {
    return this.#type(name, BtfKind.FLOAT, 0, size);
  }

  /** `componentIndex` -1 means the type itself. */
  declTag(name: string, type: number, componentIndex = -1): number {
    const id = this.#type(name, BtfKind.DECL_TAG, 0, type);
    this.#types.u32(componentIndex >>> 0);
    return id;
  }

  /** Offset of a string; equal ones share it. */
  string(text: string): number {
    if (text === '') return 0;
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#firstString + this.#strings.length;
    this.#strings.push(encodeUtf8(text)).u8(0);
    this.#offsets.set(text, offset);
    return offset;
  }

  /** The BTF with all that was added. */
  finish(): Uint8Array {
    const types = this.#types.finish();
    const strings = this.#strings.finish();
    return new ByteWriter()
      .u16(BTF_MAGIC)
      .u8(1)
      .u8(0)
      .u32(BTF_HEADER_SIZE)
      .u32(0)
      .u32(types.length)
      .u32(types.length)
      .u32(strings.length)
      .push(types)
      .push(strings)
      .finish();
  }

  #type(name: string, kind: BtfKind, vlen: number, word: number, flag = false): number {
    const info = ((flag ? 0x8000_0000 : 0) | (kind << 24) | vlen) >>> 0;
    this.#types.u32(this.string(name)).u32(info).u32(word);
    return this.#nextId++;
  }
}
