import { EngineError } from '../base/index.ts';
import { BtfKind, btfKindName } from './types.ts';

/** What validateReferences needs of a BTF that is being opened. */
export interface BtfTable {
  /** The type section as words. */
  readonly words: Uint32Array;
  /** Word index of each own type. */
  readonly starts: Int32Array;
  readonly firstId: number;
  /** Valid type ids are below it. */
  readonly typeCount: number;
  /** Valid string offsets are below it, and 0. */
  readonly stringEnd: number;
}

/**
 * Checks every type id and string offset of a BTF's own types, so that later reading cannot leave the sections.
 * Throws `parse` naming the type (libbpf: btf_sanity_check). A kernel has 300,000 of them: the loop is flat for speed.
 */
export function validateReferences(table: BtfTable): void {
  const { words, starts, typeCount, stringEnd } = table;
  for (let index = 0; index < starts.length; index++) {
    const at = starts[index] as number;
    const info = words[at + 1] as number;
    const vlen = info & 0xffff;
    checkString(table, index, at);
    switch (((info >>> 24) & 0x1f) as BtfKind) {
      case BtfKind.PTR:
      case BtfKind.TYPEDEF:
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
      case BtfKind.FUNC:
      case BtfKind.VAR:
      case BtfKind.DECL_TAG:
        checkType(table, index, at + 2);
        break;
      case BtfKind.ARRAY:
        checkType(table, index, at + 3);
        checkType(table, index, at + 4);
        break;
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        for (let word = at + 3, end = word + 3 * vlen; word < end; word += 3) {
          const name = words[word] as number;
          if (name >= stringEnd || (words[word + 1] as number) >= typeCount) {
            checkString(table, index, word);
            checkType(table, index, word + 1);
          }
        }
        break;
      case BtfKind.ENUM:
        for (let word = at + 3, end = word + 2 * vlen; word < end; word += 2) {
          if ((words[word] as number) >= stringEnd) checkString(table, index, word);
        }
        break;
      case BtfKind.ENUM64:
        for (let word = at + 3, end = word + 3 * vlen; word < end; word += 3) {
          if ((words[word] as number) >= stringEnd) checkString(table, index, word);
        }
        break;
      case BtfKind.FUNC_PROTO:
        checkType(table, index, at + 2);
        for (let word = at + 3, end = word + 2 * vlen; word < end; word += 2) {
          const name = words[word] as number;
          if (name >= stringEnd || (words[word + 1] as number) >= typeCount) {
            checkString(table, index, word);
            checkType(table, index, word + 1);
          }
        }
        break;
      case BtfKind.DATASEC:
        for (let word = at + 3, end = word + 3 * vlen; word < end; word += 3) checkType(table, index, word);
        break;
      case BtfKind.VOID:
      case BtfKind.INT:
      case BtfKind.FWD:
      case BtfKind.FLOAT:
        break;
    }
  }
}

function checkString(table: BtfTable, index: number, word: number): void {
  const offset = table.words[word] as number;
  if (offset >= table.stringEnd && offset !== 0) {
    refuse(table, index, `string offset ${offset} lies outside the string section`);
  }
}

function checkType(table: BtfTable, index: number, word: number): void {
  const id = table.words[word] as number;
  if (id >= table.typeCount) refuse(table, index, `type id ${id} does not exist`);
}

function refuse({ words, starts, firstId }: BtfTable, index: number, what: string): never {
  const kind = ((words[(starts[index] as number) + 1] as number) >>> 24) & 0x1f;
  const id = firstId + index;
  throw new EngineError('parse', `BTF type [${id}] ${btfKindName(kind)}: ${what}`, { id });
}
