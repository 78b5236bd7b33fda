import { ByteWriter, encodeUtf8, viewOf } from '../base/index.ts';
import { type Btf } from './btf.ts';
import { BTF_HEADER_SIZE, BTF_MAGIC } from './layout.ts';
import { BtfKind, type BtfSectionVariable } from './types.ts';

/**
 * Changes single fields of BTF and appends to it, leaving every other byte and all ids as they are
 * (what libbpf does with an object's BTF before it loads it). Without a base only.
 */
export class BtfEditor {
  readonly #btf: Btf;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #types = new ByteWriter();
  readonly #strings = new ByteWriter();
  #added = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#bytes = btf.bytes.slice();
    this.#view = viewOf(this.#bytes);
  }

  /** Overwrites size (sections, structs) or referred type. */
  setSizeOrType(id: number, value: number): void {
    this.#view.setUint32(this.#btf.positionOf(id) + 8, value, true);
  }

  /** Overwrites vlen, which for functions is the linkage. */
  setVlen(id: number, vlen: number): void {
    const at = this.#btf.positionOf(id) + 4;
    this.#view.setUint32(at, ((this.#view.getUint32(at, true) & 0xffff_0000) | vlen) >>> 0, true);
  }

  /** Overwrites a variable's linkage. */
  setLinkage(variableId: number, linkage: number): void {
    this.#view.setUint32(this.#btf.positionOf(variableId) + 12, linkage, true);
  }

  /** A DATASEC's entries as they are now. */
  variablesOf(sectionId: number): BtfSectionVariable[] {
    const at = this.#btf.positionOf(sectionId) + 12;
    return Array.from({ length: this.#btf.vlenOf(sectionId) }, (_, i) => ({
      type: this.#view.getUint32(at + 12 * i, true),
      offset: this.#view.getUint32(at + 12 * i + 4, true),
      size: this.#view.getUint32(at + 12 * i + 8, true),
    }));
  }

  /** Overwrites a DATASEC's entries; their number must stay. */
  setVariables(sectionId: number, variables: readonly BtfSectionVariable[]): void {
    let at = this.#btf.positionOf(sectionId) + 12;
    for (const { type, offset, size } of variables) {
      this.#view.setUint32(at, type, true);
      this.#view.setUint32(at + 4, offset, true);
      this.#view.setUint32(at + 8, size, true);
      at += 12;
    }
  }

  /** Gives nameless parameters of a FUNC_PROTO a name (a string offset); `...` stays nameless. */
  nameParameters(protoId: number, nameOffset: number): void {
    if (this.#btf.kindOf(protoId) !== BtfKind.FUNC_PROTO) return;
    const at = this.#btf.positionOf(protoId) + 12;
    for (let i = 0; i < this.#btf.vlenOf(protoId); i++) {
      const named = this.#view.getUint32(at + 8 * i, true) !== 0;
      const isVarargs = this.#view.getUint32(at + 8 * i + 4, true) === 0;
      if (!named && !isVarargs) this.#view.setUint32(at + 8 * i, nameOffset, true);
    }
  }

  /** For kernels before 6.9, which refuse `?.struct_ops` as a section's name: `_` in place of the mark, as libbpf does. */
  replaceQuestionMarks(): void {
    const strings = this.#btf.header.headerSize + this.#btf.header.stringOffset;
    for (let id = 1; id < this.#btf.typeCount; id++) {
      if (this.#btf.kindOf(id) !== BtfKind.DATASEC || !this.#btf.nameOf(id).startsWith('?')) continue;
      this.#bytes[strings + this.#btf.nameOffsetOf(id)] = '_'.charCodeAt(0);
    }
  }

  /** Appends a VAR; its name is shared with an equal string. */
  addVariable(name: string, typeId: number, linkage: number): { id: number; nameOffset: number } {
    const nameOffset = this.addString(name);
    this.#types
      .u32(nameOffset)
      .u32(BtfKind.VAR << 24)
      .u32(typeId)
      .u32(linkage);
    return { id: this.#btf.typeCount + this.#added++, nameOffset };
  }

  /** Appends already encoded types (struct btf_type and trailer of each) and returns the first one's id. */
  addTypes(bytes: Uint8Array, count: number): number {
    this.#types.push(bytes);
    const id = this.#btf.typeCount + this.#added;
    this.#added += count;
    return id;
  }

  /** Offset of a string, appended where no whole string equals it. */
  addString(text: string): number {
    if (text === '') return 0;
    const wanted = encodeUtf8(text);
    const known = findString(this.#btf.strings, wanted);
    if (known >= 0) return known;
    const own = this.#strings.finish();
    const added = findString(own, wanted);
    if (added >= 0) return this.#btf.header.stringSize + added;
    const offset = this.#btf.header.stringSize + own.length;
    this.#strings.push(wanted).u8(0);
    return offset;
  }

  /** The changed BTF: the bytes themselves if nothing was appended, else header, types, strings in one row. */
  finish(): Uint8Array {
    if (this.#added === 0 && this.#strings.length === 0) return this.#bytes;
    const { headerSize, typeOffset, typeSize, stringOffset, stringSize } = this.#btf.header;
    const typesAt = headerSize + typeOffset;
    const stringsAt = headerSize + stringOffset;
    const types = this.#types.finish();
    const strings = this.#strings.finish();
    return new ByteWriter()
      .u16(BTF_MAGIC)
      .u8(1)
      .u8(this.#bytes[3] ?? 0)
      .u32(BTF_HEADER_SIZE)
      .u32(0)
      .u32(typeSize + types.length)
      .u32(typeSize + types.length)
      .u32(stringSize + strings.length)
      .push(this.#bytes.subarray(typesAt, typesAt + typeSize))
      .push(types)
      .push(this.#bytes.subarray(stringsAt, stringsAt + stringSize))
      .push(strings)
      .finish();
  }
}

/** Offset of the whole string `wanted` among NUL-terminated strings, or -1. */
function findString(strings: Uint8Array, wanted: Uint8Array): number {
  let start = 0;
  while (start < strings.length) {
    let end = strings.indexOf(0, start);
    if (end < 0) end = strings.length;
    if (end - start === wanted.length && wanted.every((byte, i) => strings[start + i] === byte)) return start;
    start = end + 1;
  }
  return -1;
}
