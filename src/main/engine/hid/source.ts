import { concatBytes, EngineError, fromHex, toHex } from '../base/index.ts';
import { dataSizeOf, encodeDescriptor, isSignedItem, type EditableItem } from './encode.ts';
import { collectionTypeName, mainFlagsText } from './item-text.ts';
import { GLOBAL, LOCAL, MAIN, readItems, type RawItem } from './items.ts';
import { type DescriptorItem, type ItemType, type ParsedDescriptor } from './types.ts';
import { findUsageId, findUsagePage, joinUsage, usageName, usagePageName } from './usages.ts';

/** Item names of the editable text, with the kind of their argument. */
interface Word {
  readonly name: string;
  readonly type: ItemType;
  readonly tag: number;
  readonly kind: 'none' | 'number' | 'page' | 'usage' | 'flags' | 'collection' | 'delimiter';
}

const WORDS: readonly Word[] = [
  { name: 'Input', type: 'main', tag: MAIN.INPUT, kind: 'flags' },
  { name: 'Output', type: 'main', tag: MAIN.OUTPUT, kind: 'flags' },
  { name: 'Feature', type: 'main', tag: MAIN.FEATURE, kind: 'flags' },
  { name: 'Collection', type: 'main', tag: MAIN.COLLECTION, kind: 'collection' },
  { name: 'End Collection', type: 'main', tag: MAIN.END_COLLECTION, kind: 'none' },
  { name: 'Usage Page', type: 'global', tag: GLOBAL.USAGE_PAGE, kind: 'page' },
  { name: 'Logical Minimum', type: 'global', tag: GLOBAL.LOGICAL_MINIMUM, kind: 'number' },
  { name: 'Logical Maximum', type: 'global', tag: GLOBAL.LOGICAL_MAXIMUM, kind: 'number' },
  { name: 'Physical Minimum', type: 'global', tag: GLOBAL.PHYSICAL_MINIMUM, kind: 'number' },
  { name: 'Physical Maximum', type: 'global', tag: GLOBAL.PHYSICAL_MAXIMUM, kind: 'number' },
  { name: 'Unit Exponent', type: 'global', tag: GLOBAL.UNIT_EXPONENT, kind: 'number' },
  { name: 'Unit', type: 'global', tag: GLOBAL.UNIT, kind: 'number' },
  { name: 'Report Size', type: 'global', tag: GLOBAL.REPORT_SIZE, kind: 'number' },
  { name: 'Report ID', type: 'global', tag: GLOBAL.REPORT_ID, kind: 'number' },
  { name: 'Report Count', type: 'global', tag: GLOBAL.REPORT_COUNT, kind: 'number' },
  { name: 'Push', type: 'global', tag: GLOBAL.PUSH, kind: 'none' },
  { name: 'Pop', type: 'global', tag: GLOBAL.POP, kind: 'none' },
  { name: 'Usage', type: 'local', tag: LOCAL.USAGE, kind: 'usage' },
  { name: 'Usage Minimum', type: 'local', tag: LOCAL.USAGE_MINIMUM, kind: 'usage' },
  { name: 'Usage Maximum', type: 'local', tag: LOCAL.USAGE_MAXIMUM, kind: 'usage' },
  { name: 'Designator Index', type: 'local', tag: LOCAL.DESIGNATOR_INDEX, kind: 'number' },
  { name: 'Designator Minimum', type: 'local', tag: LOCAL.DESIGNATOR_MINIMUM, kind: 'number' },
  { name: 'Designator Maximum', type: 'local', tag: LOCAL.DESIGNATOR_MAXIMUM, kind: 'number' },
  { name: 'String Index', type: 'local', tag: LOCAL.STRING_INDEX, kind: 'number' },
  { name: 'String Minimum', type: 'local', tag: LOCAL.STRING_MINIMUM, kind: 'number' },
  { name: 'String Maximum', type: 'local', tag: LOCAL.STRING_MAXIMUM, kind: 'number' },
  { name: 'Delimiter', type: 'local', tag: LOCAL.DELIMITER, kind: 'delimiter' },
];
const BY_NAME = new Map(WORDS.map((word) => [word.name.toLowerCase(), word]));

const FLAG_BITS: Readonly<Record<string, readonly [mask: number, bits: number]>> = {
  data: [1, 0],
  cnst: [1, 1],
  const: [1, 1],
  arr: [2, 0],
  var: [2, 2],
  abs: [4, 0],
  rel: [4, 4],
  wrap: [8, 8],
  nonlin: [0x10, 0x10],
  nopref: [0x20, 0x20],
  null: [0x40, 0x40],
  vol: [0x80, 0x80],
  buff: [0x100, 0x100],
};

function parseNumber(text: string): number | undefined {
  return /^-?(\d+|0x[0-9a-f]+)$/i.test(text)
    ? text.startsWith('-')
      ? -Number(text.slice(1))
      : Number(text)
    : undefined;
}

function findPage(text: string): number | undefined {
  const number = parseNumber(text);
  if (number !== undefined) return number;
  const vendor = /^(?:vendor defined|reserved) (?:0x)?([0-9a-f]{1,4})$/i.exec(text);
  if (vendor?.[1] !== undefined) return Number.parseInt(vendor[1], 16);
  return findUsagePage(text);
}

function findInPage(page: number, text: string): number | undefined {
  const number = parseNumber(text);
  if (number !== undefined) return number;
  const wanted = text.toLowerCase();
  const counted = /^(?:button|enum|instance) (\d+)$/.exec(wanted);
  if (counted?.[1] !== undefined && usageName(joinUsage(page, Number(counted[1]))).toLowerCase() === wanted) {
    return Number(counted[1]);
  }
  return findUsageId(page, text);
}

/** `X`, `0x30`, or with its page `Generic Desktop: X`, which makes a four-byte usage. */
function findUsage(page: number, text: string): { value: number; size?: number } | undefined {
  const plain = findInPage(page, text);
  if (plain !== undefined) return { value: plain };
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    const other = findPage(text.slice(0, colon).trim());
    const id = other === undefined ? undefined : findInPage(other, text.slice(colon + 1).trim());
    if (other !== undefined && id !== undefined) return { value: joinUsage(other, id), size: 4 };
  }
  return undefined;
}

function parseFlags(text: string): number | undefined {
  const number = parseNumber(text);
  if (number !== undefined) return number;
  let value = 0;
  for (const word of text.split(',')) {
    const flag = FLAG_BITS[word.trim().toLowerCase()];
    if (flag === undefined) return undefined;
    value = (value & ~flag[0]) | flag[1];
  }
  return value;
}

function parseCollection(text: string): number | undefined {
  const number = parseNumber(text);
  if (number !== undefined) return number;
  for (let type = 0; type <= 6; type++) {
    if (collectionTypeName(type).toLowerCase() === text.toLowerCase()) return type;
  }
  return undefined;
}

function argument(word: Word, text: string, page: number): { value: number; size?: number } | undefined {
  const only = (value: number | undefined): { value: number } | undefined =>
    value === undefined ? undefined : { value };
  switch (word.kind) {
    case 'none':
      return text === '' ? { value: 0, size: 0 } : undefined;
    case 'number':
      return only(parseNumber(text));
    case 'page':
      return only(findPage(text));
    case 'usage':
      return findUsage(page, text);
    case 'flags':
      return only(parseFlags(text));
    case 'collection':
      return only(parseCollection(text));
    case 'delimiter':
      return only(/^open$/i.test(text) ? 1 : /^close$/i.test(text) ? 0 : parseNumber(text));
  }
}

/** Bytes the assembler would give a value; descriptorSource() names the size only where it is another. */
function naturalSize(word: Word, value: number, page: number, text: string): number {
  const found = argument(word, text, page);
  if (found?.size !== undefined) return found.size;
  return dataSizeOf(value, isSignedItem(word.type, word.tag));
}

function sourceArgument(word: Word, item: DescriptorItem, page: number): string {
  const value = isSignedItem(item.type, item.tag) ? item.signed : item.unsigned;
  switch (word.kind) {
    case 'none':
      return '';
    case 'number':
      return word.tag === GLOBAL.UNIT && word.type === 'global' ? `0x${value.toString(16)}` : String(value);
    case 'page':
      return usagePageName(value);
    case 'usage': {
      if (item.size <= 2) return usageName(joinUsage(page, value));
      return `${usagePageName(value >>> 16)}: ${usageName(value)}`;
    }
    case 'flags':
      return mainFlagsText(value, false);
    case 'collection':
      return collectionTypeName(value);
    case 'delimiter':
      return value === 1 ? 'Open' : value === 0 ? 'Close' : String(value);
  }
}

/** Follows the usage page through Usage Page, Push and Pop. */
class PageTracker {
  page = 0;
  readonly #stack: number[] = [];

  take(item: RawItem): void {
    if (item.type !== 'global' || item.isLong || item.isTruncated) return;
    if (item.tag === GLOBAL.USAGE_PAGE) this.page = item.unsigned & 0xffff;
    else if (item.tag === GLOBAL.PUSH) this.#stack.push(this.page);
    else if (item.tag === GLOBAL.POP) this.page = this.#stack.pop() ?? this.page;
  }
}

/** One item as a line of editable text, or its bytes where no text would give the same bytes back. */
function sourceLine(item: DescriptorItem, page: number): string {
  const raw = toHex(item.bytes, ' ');
  const word = WORDS.find(({ type, tag }) => type === item.type && tag === item.tag);
  if (word === undefined || item.isLong || item.isTruncated) return raw;
  const value = isSignedItem(item.type, item.tag) ? item.signed : item.unsigned;
  for (const text of [sourceArgument(word, item, page), String(value)]) {
    const found = argument(word, text, page);
    if (found === undefined || found.value !== value) continue;
    const size = naturalSize(word, value, page, text) === item.size ? '' : `[${item.size}]`;
    if (size !== '' && found.size !== undefined && found.size !== item.size && word.kind === 'usage')
      continue;
    return word.kind === 'none' ? `${word.name}${size}` : `${word.name}${size} (${text})`;
  }
  return raw;
}

/**
 * The descriptor as text to edit: one item a line, indented by collection, in the words of the listing: `Usage Page (Generic Desktop)`,
 * `Input (Data,Var,Abs)`. `Name[2] (…)` fixes the number of data bytes where it is not the usual one; a line of hex bytes stands for itself.
 */
export function descriptorSource(parsed: ParsedDescriptor): string {
  const pages = new PageTracker();
  let out = '';
  for (const item of parsed.items) {
    out += `${'  '.repeat(item.depth)}${sourceLine(item, pages.page)}\n`;
    pages.take(item);
  }
  return out;
}

function badLine(line: number, text: string, why: string): EngineError {
  return new EngineError('parse', `line ${line}: '${text.slice(0, 40)}' ${why}`, { line });
}

function assembleLine(text: string, line: number, page: number): EditableItem | Uint8Array {
  if (/^(0x)?[0-9a-f]{2}([\s,]+(0x)?[0-9a-f]{2})*,?$/i.test(text)) return fromHex(text);
  const match = /^([A-Za-z ]+?)\s*(?:\[([0124])\])?\s*(?:\((.*)\))?$/.exec(text);
  const word = BY_NAME.get((match?.[1] ?? '').trim().toLowerCase());
  if (match === null || word === undefined) {
    throw badLine(line, text, 'is neither an item such as "Usage Page (Button)" nor hex bytes');
  }
  const found = argument(word, (match[3] ?? '').trim(), page);
  if (found === undefined) throw badLine(line, text, `has no value that ${word.name} can take`);
  const size = match[2] === undefined ? found.size : Number(match[2]);
  return { type: word.type, tag: word.tag, value: found.value, ...(size === undefined ? {} : { size }) };
}

/** The line without its comment, which starts with `//` or `#` outside of brackets. */
function withoutComment(line: string): string {
  let depth = 0;
  for (let i = 0; i < line.length; i++) {
    const character = line[i];
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (depth <= 0 && (character === '#' || line.startsWith('//', i))) return line.slice(0, i);
  }
  return line;
}

/** Bytes of a descriptor from such text; `//` and `#` start comments. Throws `parse` with the line that makes no item. */
export function assembleDescriptor(source: string): Uint8Array {
  const pages = new PageTracker();
  const parts: Uint8Array[] = [];
  source.split('\n').forEach((whole, index) => {
    const text = withoutComment(whole).trim();
    if (text === '') return;
    const item = assembleLine(text, index + 1, pages.page);
    let bytes: Uint8Array;
    try {
      bytes = encodeDescriptor([item]);
    } catch (error) {
      if (error instanceof EngineError) throw badLine(index + 1, text, `cannot be written: ${error.message}`);
      throw error;
    }
    parts.push(bytes);
    for (const read of readItems(bytes)) pages.take(read);
  });
  return concatBytes(parts);
}
