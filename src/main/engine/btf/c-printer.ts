import { EngineError } from '../base/index.ts';
import { type Btf } from './btf.ts';
import { isModifier } from './layout.ts';
import { BtfKind, type BtfArray, type BtfComposite, type BtfEnum, type BtfFunctionProto } from './types.ts';

/** How declarations are written. */
export interface DeclareOptions {
  /** Leaves out const, volatile, restrict and type tags. */
  readonly stripModifiers?: boolean;
  /** Writes `struct` for a struct without a name instead of its members. */
  readonly hideAnonymous?: boolean;
  /** Writes `unsigned int` where the type is a typedef of it, so that the text needs no typedef; `bool` stays. */
  readonly plainIntegers?: boolean;
  /** Tabs before the lines of an inline struct. */
  readonly level?: number;
}

/** Types nested deeper than this are a loop in hostile BTF. */
const MAX_NESTING = 64;
const POINTER_BITS = 64;

/** A budget that no real BTF uses up: hostile types refer to each other exponentially often. */
export class PrintBudget {
  #left: number;

  constructor(btf: Btf) {
    this.#left = 10_000 + 30 * btf.typeCount;
  }

  spend(id: number): void {
    if (--this.#left < 0)
      throw new EngineError('parse', `BTF type [${id}] and others refer to each other too often`, { id });
  }
}

/** Writes types as C, spaced as libbpf's btf_dump does. */
export class CPrinter {
  readonly #btf: Btf;
  /** How often a name was given, for `___2` behind repeated ones; undefined where names are left alone. */
  readonly #repeats:
    { readonly types: Map<string, number>; readonly identifiers: Map<string, number> } | undefined;
  readonly #names = new Map<number, string>();
  readonly #budget: PrintBudget;
  #options: DeclareOptions = {};
  #nesting = 0;

  /** With `unique`, a second type of the same name becomes `name___2`, as in a header made from BTF. */
  constructor(btf: Btf, unique = false) {
    this.#btf = btf;
    this.#budget = new PrintBudget(btf);
    this.#repeats = unique ? { types: new Map(), identifiers: new Map() } : undefined;
  }

  /** `const char name[16]`, `int (*name)(struct foo *)`; without a name the bare type. */
  declare(id: number, name = '', options: DeclareOptions = {}): string {
    const saved = this.#options;
    this.#options = options;
    try {
      return this.#declaration(id, name, options.level ?? 0);
    } finally {
      this.#options = saved;
    }
  }

  /** `struct name { … }` with its members, paddings and attributes; an enum with its values; `typedef …`. */
  define(id: number, level = 0): string {
    const type = this.#btf.typeById(id);
    switch (type.kind) {
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        return this.#composite(type, level);
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
        return this.#enum(type, level);
      case BtfKind.FWD:
        return this.forward(id);
      case BtfKind.TYPEDEF: {
        const name = this.#name(id, 'identifiers');
        if (type.type === 0 && name === '__gnuc_va_list') return 'typedef __builtin_va_list __gnuc_va_list';
        return `typedef ${this.#declaration(type.type, name, level)}`;
      }
      default:
        return this.#declaration(id, '', level);
    }
  }

  /** `struct name`, `union name` or `enum name`. */
  forward(id: number): string {
    const type = this.#btf.typeById(id);
    const isUnion = type.kind === BtfKind.UNION || (type.kind === BtfKind.FWD && type.union);
    const isEnum = type.kind === BtfKind.ENUM || type.kind === BtfKind.ENUM64;
    const word = isEnum ? 'enum' : isUnion ? 'union' : 'struct';
    const name = this.#name(id, 'types');
    return name === '' ? word : `${word} ${name}`;
  }

  #name(id: number, space: 'types' | 'identifiers'): string {
    const name = this.#btf.nameOf(id);
    if (name === '' || this.#repeats === undefined) return name;
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const kind = this.#btf.kindOf(id);
    const shared = kind === BtfKind.FWD || (kind === BtfKind.ENUM && this.#btf.vlenOf(id) === 0);
    const count = shared ? 1 : this.#repeat(name, space);
    const unique = count > 1 ? `${name}___${count}` : name;
    this.#names.set(id, unique);
    return unique;
  }

  #repeat(name: string, space: 'types' | 'identifiers'): number {
    const counts = this.#repeats?.[space];
    const count = (counts?.get(name) ?? 0) + 1;
    counts?.set(name, count);
    return count;
  }

  #declaration(id: number, name: string, level: number): string {
    this.#budget.spend(id);
    if (++this.#nesting > MAX_NESTING) {
      this.#nesting = 0;
      throw new EngineError('parse', `BTF type [${id}] nests deeper than ${MAX_NESTING} levels`, { id });
    }
    const text = this.#chain(this.#stack(id), name, level);
    this.#nesting--;
    return text;
  }

  /** The integer that a typedef stands for; the typedef itself for everything else. */
  #integerBehind(id: number): number {
    const plain = this.#btf.typeOfKind(this.#btf.resolve(id), BtfKind.INT);
    return plain === undefined || plain.name === '_Bool' ? id : plain.id;
  }

  /** The types from the declared one to the one that it is made of, innermost last. */
  #stack(id: number): number[] {
    const stack: number[] = [];
    for (let at = id; ;) {
      const type = this.#btf.typeById(at);
      const skip = this.#options.stripModifiers === true && isModifier(type.kind);
      if (!skip) stack.push(at);
      if (stack.length > this.#btf.typeCount) {
        throw new EngineError('parse', `BTF type id ${id} refers to itself`, { id });
      }
      switch (type.kind) {
        case BtfKind.PTR:
        case BtfKind.VOLATILE:
        case BtfKind.CONST:
        case BtfKind.RESTRICT:
        case BtfKind.TYPE_TAG:
          at = type.type;
          break;
        case BtfKind.FUNC_PROTO:
          at = type.returnType;
          break;
        case BtfKind.ARRAY:
          at = type.elementType;
          break;
        case BtfKind.TYPEDEF:
          if (!skip && this.#options.plainIntegers === true)
            stack[stack.length - 1] = this.#integerBehind(at);
          return stack;
        default:
          return stack;
      }
    }
  }

  /** Takes `stack` apart from its end (btf_dump_emit_type_chain). */
  #chain(stack: number[], name: string, level: number): string {
    let text = '';
    let afterPointer = true;
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      const type = this.#btf.typeById(id);
      switch (type.kind) {
        case BtfKind.ARRAY:
          return text + this.#array(type, stack, name, afterPointer, level);
        case BtfKind.FUNC_PROTO:
          return text + this.#function(type, stack, name, afterPointer, level);
        case BtfKind.PTR:
          text += afterPointer ? '*' : ' *';
          break;
        case BtfKind.VOLATILE:
        case BtfKind.CONST:
        case BtfKind.RESTRICT:
          text += ` ${modifierWord(type.kind)}`;
          break;
        case BtfKind.TYPE_TAG: {
          const attribute = type.kindFlag ? type.name : `btf_type_tag("${type.name}")`;
          text += `${this.#leadingModifiers(stack)} __attribute__((${attribute}))`;
          break;
        }
        default:
          text += this.#leadingModifiers(stack) + this.#base(id, level);
      }
      afterPointer = type.kind === BtfKind.PTR;
    }
    return text + named(name, afterPointer);
  }

  #base(id: number, level: number): string {
    const type = this.#btf.typeById(id);
    const isInline = type.name === '' && this.#options.hideAnonymous !== true;
    switch (type.kind) {
      case BtfKind.VOID:
        return 'void';
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        return isInline ? this.#composite(type, level) : this.forward(id);
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
        return isInline ? this.#enum(type, level) : this.forward(id);
      case BtfKind.FWD:
        return this.forward(id);
      case BtfKind.TYPEDEF:
        return this.#name(id, 'identifiers');
      default:
        return type.name;
    }
  }

  /** `const volatile ` in front of a base type. */
  #leadingModifiers(stack: number[]): string {
    let text = '';
    for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
      const word = modifierWord(this.#btf.kindOf(id));
      if (word === '') break;
      text += `${word} `;
      stack.pop();
    }
    return text;
  }

  /** Modifiers of an array or function itself mean nothing in C. */
  #dropModifiers(stack: number[]): void {
    while (stack.length > 0 && isModifier(this.#btf.kindOf(stack.at(-1) ?? 0))) stack.pop();
  }

  #array(array: BtfArray, stack: number[], name: string, afterPointer: boolean, level: number): string {
    this.#dropModifiers(stack);
    const next = stack.at(-1);
    if (next === undefined) return `${named(name, afterPointer)}[${array.length}]`;
    const isMulti = this.#btf.kindOf(next) === BtfKind.ARRAY;
    const space = name !== '' && !afterPointer ? ' ' : '';
    const inner = this.#chain(stack, name, level);
    return `${space}${isMulti ? inner : `(${inner})`}[${array.length}]`;
  }

  #function(
    proto: BtfFunctionProto,
    stack: number[],
    name: string,
    afterPointer: boolean,
    level: number,
  ): string {
    this.#dropModifiers(stack);
    const head = stack.length > 0 ? ` (${this.#chain(stack, name, level)})` : named(name, afterPointer);
    const { parameters } = proto;
    if (parameters.length === 0 || (parameters.length === 1 && parameters[0]?.type === 0))
      return `${head}(void)`;
    const list = parameters.map((parameter, i) =>
      i === parameters.length - 1 && parameter.type === 0
        ? '...'
        : this.#declaration(parameter.type, parameter.name, level),
    );
    return `${head}(${list.join(', ')})`;
  }

  #composite(type: BtfComposite, level: number): string {
    const { id, members, size } = type;
    const isStruct = type.kind === BtfKind.STRUCT;
    const packed = isStruct && this.#isPacked(type);
    const inner = '\t'.repeat(level + 1);
    let text = `${this.forward(id)} {`;
    let end = 0;
    let inBitfield = false;
    for (const member of members) {
      const align = packed ? 1 : (this.#btf.alignOf(member.type) ?? 0);
      text += padding(end, member.bitOffset, align, inBitfield && member.bitfieldSize > 0, inner);
      text += `\n${inner}${this.#declaration(member.type, member.name, level + 1)}`;
      inBitfield = member.bitfieldSize > 0;
      if (inBitfield) text += `: ${member.bitfieldSize}`;
      end = member.bitOffset + (inBitfield ? member.bitfieldSize : 8 * (this.#btf.sizeOf(member.type) ?? 0));
      text += ';';
    }
    if (isStruct) text += padding(end, size * 8, this.#btf.alignOf(id) ?? 0, false, inner);
    text += members.length > 0 || size > 0 ? `\n${'\t'.repeat(level)}}` : '}';
    return packed ? `${text} __attribute__((packed))` : text;
  }

  #isPacked(type: BtfComposite): boolean {
    let largest = 1;
    for (const member of type.members) {
      const align = this.#btf.alignOf(member.type) ?? 0;
      if (align > 0 && member.bitfieldSize === 0 && member.bitOffset % (8 * align) !== 0) return true;
      largest = Math.max(largest, align);
    }
    return type.size % largest !== 0;
  }

  #enum(type: BtfEnum, level: number): string {
    const head = this.forward(type.id);
    if (type.values.length === 0) return head;
    const isWide = type.kind === BtfKind.ENUM64;
    const suffix = isWide ? (type.signed ? 'LL' : 'ULL') : '';
    const lines = type.values.map(({ name, value }) => {
      const count = this.#repeats === undefined ? 1 : this.#repeat(name, 'identifiers');
      const unique = count > 1 ? `${name}___${count}` : name;
      return `\n${'\t'.repeat(level + 1)}${unique} = ${value}${suffix},`;
    });
    const text = `${head} {${lines.join('')}\n${'\t'.repeat(level)}}`;
    if (type.size === 1) return `${text} __attribute__((mode(byte)))`;
    const needsWord = !isWide || type.values.every(({ value }) => BigInt.asUintN(64, value) >> 32n === 0n);
    return type.size === 8 && needsWord ? `${text} __attribute__((mode(word)))` : text;
  }
}

function modifierWord(kind: BtfKind): string {
  if (kind === BtfKind.VOLATILE) return 'volatile';
  if (kind === BtfKind.CONST) return 'const';
  return kind === BtfKind.RESTRICT ? 'restrict' : '';
}

function named(name: string, afterPointer: boolean): string {
  return name !== '' && !afterPointer ? ` ${name}` : name;
}

/** Lines of padding in one hole: 512 KiB of `long: 64`. */
const MAX_PADS = 65_536;
const PADS: readonly (readonly [string, number])[] = [
  ['long', POINTER_BITS],
  ['int', 32],
  ['short', 16],
  ['char', 8],
];

/** Nameless bit fields that fill a hole which the compiler would not leave by itself (btf_dump_emit_bit_padding). */
function padding(from: number, to: number, align: number, inBitfield: boolean, indent: string): string {
  if (from >= to) return '';
  const roundUp = (value: number, step: number): number =>
    step === 0 ? value : Math.ceil(value / step) * step;
  let text = '';
  let at = from;
  const [type, bits] = PADS.find(([, size]) => roundUp(at, size) <= to) ?? ['char', 8];
  const aligned = roundUp(at, bits);
  if (aligned > at && aligned <= to) {
    const needsMark =
      inBitfield ||
      (aligned === to && roundUp(at, align * 8) !== aligned) ||
      (aligned !== to && to - aligned <= aligned - at);
    if (needsMark) text += `\n${indent}${type}: ${inBitfield ? aligned - at : 0};`;
    at = aligned;
  }
  if ((to - at) / bits > MAX_PADS) {
    throw new EngineError('parse', `BTF describes a hole of ${to - at} bits, which no compiler makes`);
  }
  while (at < to) {
    const rest = Math.min(to - at, bits);
    const name = rest === bits ? type : (PADS.findLast(([, size]) => size >= rest)?.[0] ?? type);
    text += `\n${indent}${name}: ${rest};`;
    at += rest;
  }
  return text;
}
