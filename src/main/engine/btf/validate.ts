import { EngineError, viewOf } from '../base/index.ts';
import { type Btf } from './btf.ts';
import { BtfKind, btfKindName } from './types.ts';

/**
 * Checks every type id and string offset of `btf`'s own types, so that later reading cannot leave the sections.
 * Throws `parse` naming the type. (libbpf: btf_sanity_check.)
 */
export function validateReferences(btf: Btf): void {
  const view = viewOf(btf.bytes);
  const typeCount = btf.typeCount;
  const stringEnd = btf.firstString + btf.strings.length;
  const fail = (id: number, what: string): never => {
    throw new EngineError('parse', `BTF type [${id}] ${btfKindName(btf.kindOf(id))}: ${what}`, { id });
  };
  for (let id = btf.firstId; id < typeCount; id++) {
    const at = btf.positionOf(id);
    const info = view.getUint32(at + 4, true);
    const vlen = info & 0xffff;
    const string = (offset: number): void => {
      const value = view.getUint32(at + offset, true);
      if (value >= stringEnd && value !== 0)
        fail(id, `string offset ${value} lies outside the string section`);
    };
    const type = (offset: number): void => {
      const value = view.getUint32(at + offset, true);
      if (value >= typeCount) fail(id, `type id ${value} does not exist`);
    };
    string(0);
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
        type(8);
        break;
      case BtfKind.ARRAY:
        type(12);
        type(16);
        break;
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        for (let i = 0; i < vlen; i++) {
          string(12 + 12 * i);
          type(16 + 12 * i);
        }
        break;
      case BtfKind.ENUM:
        for (let i = 0; i < vlen; i++) string(12 + 8 * i);
        break;
      case BtfKind.ENUM64:
        for (let i = 0; i < vlen; i++) string(12 + 12 * i);
        break;
      case BtfKind.FUNC_PROTO:
        type(8);
        for (let i = 0; i < vlen; i++) {
          string(12 + 8 * i);
          type(16 + 8 * i);
        }
        break;
      case BtfKind.DATASEC:
        for (let i = 0; i < vlen; i++) type(12 + 12 * i);
        break;
      case BtfKind.VOID:
      case BtfKind.INT:
      case BtfKind.FWD:
      case BtfKind.FLOAT:
        break;
    }
  }
}
