import { EngineError, decodeUtf8, viewOf } from '../base/index.ts';
import { decodeType } from './decode.ts';
import {
  BTF_TYPE_SIZE,
  MAX_RESOLVE_DEPTH,
  isModifier,
  readBtfHeader,
  trailerSize,
  type BtfHeader,
} from './layout.ts';
import { NameIndex } from './name-index.ts';
import { BtfKind, btfKindName, type BtfType, type BtfTypeOf } from './types.ts';
import { validateReferences } from './validate.ts';

/** How Btf.parse is told about the BTF that a module's BTF builds on. */
export interface BtfParseOptions {
  /** Split BTF: ids and strings continue those of `base`. */
  readonly base?: Btf;
}

/**
 * BTF that was read: an offset table over the untouched bytes. Types are decoded when asked for and names are
 * indexed at the first search, so that opening a kernel's BTF costs milliseconds.
 * After a successful parse every type id and string offset in it is valid.
 */
export class Btf {
  readonly bytes: Uint8Array;
  readonly base: Btf | undefined;
  readonly header: BtfHeader;
  /** Number of types including void and those of the base: valid ids are below it. */
  readonly typeCount: number;
  /** First id that is this BTF's own: 1 without a base. */
  readonly firstId: number;
  /** Offset at which this BTF's own strings begin: 0 without a base. */
  readonly firstString: number;
  readonly #view: DataView;
  /** The type section as words, and the word at which each own type begins. */
  readonly #words: Uint32Array;
  readonly #starts: Int32Array;
  readonly #strings: Uint8Array;
  readonly #decoded = new Map<number, BtfType>();
  readonly #aligns = new Map<number, number | undefined>();
  #alignDepth = 0;
  #index: NameIndex | undefined;

  /** Use `Btf.parse`. */
  constructor(bytes: Uint8Array, header: BtfHeader, scan: TypeScan, base: Btf | undefined) {
    this.bytes = bytes;
    this.base = base;
    this.header = header;
    this.firstId = base?.typeCount ?? 1;
    this.firstString = base === undefined ? 0 : base.firstString + base.header.stringSize;
    this.typeCount = this.firstId + scan.starts.length;
    this.#view = viewOf(bytes);
    this.#words = scan.words;
    this.#starts = scan.starts;
    const strings = header.headerSize + header.stringOffset;
    this.#strings = bytes.subarray(strings, strings + header.stringSize);
  }

  /**
   * Reads BTF as libbpf's btf__new does. Throws EngineError `parse` for whatever is not BTF;
   * what the kernel demands beyond it is `checkBtf`'s business.
   */
  static parse(bytes: Uint8Array, options: BtfParseOptions = {}): Btf {
    const header = readBtfHeader(bytes);
    const strings = header.headerSize + header.stringOffset;
    const end = strings + header.stringSize;
    const mayBeEmpty = options.base !== undefined && header.stringSize === 0;
    if (
      !mayBeEmpty &&
      (header.stringSize === 0 ||
        bytes[end - 1] !== 0 ||
        (options.base === undefined && bytes[strings] !== 0))
    ) {
      throw new EngineError('parse', 'the BTF string section must begin and end with a NUL byte');
    }
    const btf = new Btf(bytes, header, scanTypes(bytes, header), options.base);
    validateReferences({
      words: btf.#words,
      starts: btf.#starts,
      firstId: btf.firstId,
      typeCount: btf.typeCount,
      stringEnd: btf.firstString + btf.strings.length,
    });
    return btf;
  }

  /** All strings that this BTF itself holds. */
  get strings(): Uint8Array {
    return this.#strings;
  }

  /** True if `id` names a type (0, void, included). */
  hasType(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.typeCount;
  }

  /** The BTF of this pair that holds `id` itself. */
  ownerOf(id: number): Btf {
    return id < this.firstId && this.base !== undefined ? this.base.ownerOf(id) : this;
  }

  /** Byte offset of struct btf_type of an own id in `bytes`. Throws `parse` for an unknown id. */
  positionOf(id: number): number {
    return this.header.headerSize + this.header.typeOffset + 4 * this.#startOf(id);
  }

  #startOf(id: number): number {
    const start = this.#starts[id - this.firstId];
    if (start === undefined) {
      throw new EngineError('parse', `BTF type id ${id} does not exist, ids go up to ${this.typeCount - 1}`, {
        id,
      });
    }
    return start;
  }

  /** Word `index` of a type's struct btf_type: name, info, size or type. */
  #word(id: number, index: number): number {
    if (id < this.firstId && this.base !== undefined) return this.base.#word(id, index);
    return this.#words[this.#startOf(id) + index] as number;
  }

  /** btf_kind() of a type; VOID for 0. */
  kindOf(id: number): BtfKind {
    if (id === 0) return BtfKind.VOID;
    return ((this.#word(id, 1) >>> 24) & 0x1f) as BtfKind;
  }

  /** btf_vlen(): members, values, parameters or variables. */
  vlenOf(id: number): number {
    return id === 0 ? 0 : this.#word(id, 1) & 0xffff;
  }

  /** The size-or-type word of struct btf_type. */
  sizeOrTypeOf(id: number): number {
    return id === 0 ? 0 : this.#word(id, 2);
  }

  /** Type of a member of a STRUCT or UNION, without decoding the rest. */
  memberTypeOf(id: number, member: number): number {
    return this.#word(id, 4 + 3 * member);
  }

  /** btf_kflag(). */
  kindFlagOf(id: number): boolean {
    return id !== 0 && this.#word(id, 1) >>> 31 === 1;
  }

  /** Offset of the name in the string section (0: none). */
  nameOffsetOf(id: number): number {
    return id === 0 ? 0 : this.#word(id, 0);
  }

  /** The type's name, empty where it has none. */
  nameOf(id: number): string {
    return this.stringAt(this.nameOffsetOf(id));
  }

  /** True if `offset` lies in the string sections. */
  hasString(offset: number): boolean {
    if (offset < this.firstString) return this.base?.hasString(offset) ?? false;
    return offset - this.firstString < this.#strings.length || offset === 0;
  }

  /** The string at a string offset. Throws `parse` outside the section. */
  stringAt(offset: number): string {
    if (offset === 0) return '';
    if (offset < this.firstString && this.base !== undefined) return this.base.stringAt(offset);
    const start = offset - this.firstString;
    const end = this.#strings.indexOf(0, start);
    if (start < 0 || start >= this.#strings.length || end < 0) {
      throw new EngineError('parse', `BTF string offset ${offset} lies outside the string section`, {
        offset,
      });
    }
    return decodeUtf8(this.#strings.subarray(start, end));
  }

  /** The decoded type. Throws `parse` for an unknown id. */
  typeById(id: number): BtfType {
    if (id < this.firstId && id > 0 && this.base !== undefined) return this.base.typeById(id);
    const known = this.#decoded.get(id);
    if (known !== undefined) return known;
    const type = decodeType(this, id, this.#view);
    this.#decoded.set(id, type);
    return type;
  }

  /** The decoded type if it is of that kind, else undefined. */
  typeOfKind<K extends BtfKind>(id: number, kind: K): BtfTypeOf<K> | undefined {
    if (!this.hasType(id) || this.kindOf(id) !== kind) return undefined;
    return this.typeById(id) as BtfTypeOf<K>;
  }

  /** All types with their ids, void first. */
  *types(): IterableIterator<BtfType> {
    for (let id = 0; id < this.typeCount; id++) yield this.typeById(id);
  }

  /** Lowest id of that name and kind, or undefined (btf__find_by_name_kind; a base comes first). */
  findByNameKind(name: string, kind: BtfKind): number | undefined {
    const inBase = this.base?.findByNameKind(name, kind);
    if (inBase !== undefined) return inBase;
    return this.#names().find(name, (id) => this.kindOf(id) === kind && this.nameOf(id) === name);
  }

  /** Lowest id of that name, of any kind. */
  findByName(name: string): number | undefined {
    const inBase = this.base?.findByName(name);
    if (inBase !== undefined) return inBase;
    return this.#names().find(name, (id) => this.nameOf(id) === name);
  }

  /** Own and base ids whose name without `___flavor` is `essentialName`, ascending (CO-RE candidates). */
  idsByEssentialName(essentialName: string): number[] {
    const inBase = this.base?.idsByEssentialName(essentialName) ?? [];
    return [...inBase, ...this.#names().all(essentialName)];
  }

  #names(): NameIndex {
    this.#index ??= new NameIndex(this);
    return this.#index;
  }

  /** The id behind modifiers and typedefs (btf__resolve_type / skip_mods_and_typedefs). Throws `parse` on a loop. */
  resolve(id: number): number {
    return this.#skip(id, (kind) => isModifier(kind) || kind === BtfKind.TYPEDEF);
  }

  /** The id behind modifiers only; typedefs stay (skip_mods). */
  skipModifiers(id: number): number {
    return this.#skip(id, isModifier);
  }

  #skip(id: number, skippable: (kind: BtfKind) => boolean): number {
    let at = id;
    for (let steps = 0; skippable(this.kindOf(at)); steps++) {
      if (steps >= this.typeCount)
        throw new EngineError('parse', `BTF type id ${id} refers to itself`, { id });
      at = this.sizeOrTypeOf(at);
    }
    return at;
  }

  /** Bytes of a value of the type (btf__resolve_size), or undefined where it has none (void, functions, forwards, loops). */
  sizeOf(id: number): number | undefined {
    let at = id;
    let factor = 1;
    for (let depth = 0; depth < MAX_RESOLVE_DEPTH; depth++) {
      switch (this.kindOf(at)) {
        case BtfKind.INT:
        case BtfKind.STRUCT:
        case BtfKind.UNION:
        case BtfKind.ENUM:
        case BtfKind.ENUM64:
        case BtfKind.DATASEC:
        case BtfKind.FLOAT:
          return bounded(this.sizeOrTypeOf(at) * factor);
        case BtfKind.PTR:
          return bounded(8 * factor);
        case BtfKind.TYPEDEF:
        case BtfKind.VOLATILE:
        case BtfKind.CONST:
        case BtfKind.RESTRICT:
        case BtfKind.VAR:
        case BtfKind.DECL_TAG:
        case BtfKind.TYPE_TAG:
          at = this.sizeOrTypeOf(at);
          break;
        case BtfKind.ARRAY: {
          const array = this.typeOfKind(at, BtfKind.ARRAY);
          if (array === undefined) return undefined;
          factor *= array.length;
          at = array.elementType;
          break;
        }
        case BtfKind.VOID:
        case BtfKind.FWD:
        case BtfKind.FUNC:
        case BtfKind.FUNC_PROTO:
          return undefined;
      }
    }
    return undefined;
  }

  /** Alignment in bytes as btf__align_of computes it; undefined where there is none. */
  alignOf(id: number): number | undefined {
    if (this.#aligns.has(id)) return this.#aligns.get(id);
    // Known as having none while it is computed: a type that contains itself has none.
    this.#aligns.set(id, undefined);
    if (this.#alignDepth >= MAX_RESOLVE_DEPTH) return undefined;
    this.#alignDepth++;
    const align = this.#align(id);
    this.#alignDepth--;
    this.#aligns.set(id, align);
    return align;
  }

  #align(id: number): number | undefined {
    const type = this.typeById(id);
    switch (type.kind) {
      case BtfKind.INT:
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
      case BtfKind.FLOAT:
        return Math.min(8, type.size);
      case BtfKind.PTR:
        return 8;
      case BtfKind.TYPEDEF:
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
        return this.alignOf(type.type);
      case BtfKind.ARRAY:
        return this.alignOf(type.elementType);
      case BtfKind.STRUCT:
      case BtfKind.UNION: {
        let largest = 1;
        for (const member of type.members) {
          const align = this.alignOf(member.type);
          if (align === undefined) return undefined;
          largest = Math.max(largest, align);
          // A member off its alignment means that the struct is packed.
          if (member.bitfieldSize === 0 && member.bitOffset % (8 * align) !== 0) return 1;
        }
        return type.size % largest === 0 ? largest : 1;
      }
      default:
        return undefined;
    }
  }
}

function bounded(size: number): number | undefined {
  return size <= 0xffff_ffff ? size : undefined;
}

/** Where the types are. */
interface TypeScan {
  readonly words: Uint32Array;
  readonly starts: Int32Array;
}

/** Finds the types one behind the other. */
function scanTypes(bytes: Uint8Array, header: BtfHeader): TypeScan {
  const from = header.headerSize + header.typeOffset;
  // A copy: the section may lie at any address, words must not. Little-endian like every machine this runs on.
  const words = new Uint32Array(bytes.slice(from, from + (header.typeSize & ~3)).buffer);
  if (header.typeSize % 4 !== 0) throw tooShort(1, bytes.length);
  let starts = new Int32Array(Math.max(16, header.typeSize >> 5));
  let count = 0;
  let at = 0;
  while (at < words.length) {
    if (at + BTF_TYPE_SIZE / 4 > words.length) throw tooShort(count + 1, from + 4 * at);
    const info = words[at + 1] as number;
    const trailer = trailerSize((info >>> 24) & 0x1f, info & 0xffff);
    if (trailer < 0) {
      throw new EngineError(
        'parse',
        `BTF type [${count + 1}] has kind ${(info >>> 24) & 0x1f}, which this version does not know (the last is ${BtfKind.ENUM64}, ${btfKindName(BtfKind.ENUM64)})`,
      );
    }
    const next = at + (BTF_TYPE_SIZE + trailer) / 4;
    if (next > words.length) throw tooShort(count + 1, from + 4 * at);
    if (count === starts.length) {
      const bigger = new Int32Array(count * 2);
      bigger.set(starts);
      starts = bigger;
    }
    starts[count++] = at;
    at = next;
  }
  return { words, starts: starts.slice(0, count) };
}

function tooShort(id: number, at: number): EngineError {
  return new EngineError('parse', `BTF ends within type [${id}] at byte ${at}`, { id, offset: at });
}
