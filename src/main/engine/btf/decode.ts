import { type Btf } from './btf.ts';
import { BtfKind, type BtfMember, type BtfType } from './types.ts';

/** Decodes the type with an own id of `btf` (or void). `view` covers btf.bytes. */
export function decodeType(btf: Btf, id: number, view: DataView): BtfType {
  if (id === 0) return { kind: BtfKind.VOID, id: 0, name: '' };
  const at = btf.positionOf(id);
  const kind = btf.kindOf(id);
  const vlen = btf.vlenOf(id);
  const word = view.getUint32(at + 8, true);
  const name = btf.nameOf(id);
  const kindFlag = btf.kindFlagOf(id);
  const u32 = (offset: number): number => view.getUint32(at + 12 + offset, true);
  switch (kind) {
    case BtfKind.VOID:
      return { kind, id, name };
    case BtfKind.INT: {
      const info = u32(0);
      return {
        kind,
        id,
        name,
        size: word,
        bits: info & 0xff,
        bitOffset: (info >>> 16) & 0xff,
        encoding: (info >>> 24) & 0xf,
      };
    }
    case BtfKind.PTR:
    case BtfKind.TYPEDEF:
    case BtfKind.VOLATILE:
    case BtfKind.CONST:
    case BtfKind.RESTRICT:
    case BtfKind.TYPE_TAG:
      return { kind, id, name, type: word, kindFlag };
    case BtfKind.ARRAY:
      return { kind, id, name, elementType: u32(0), indexType: u32(4), length: u32(8) };
    case BtfKind.STRUCT:
    case BtfKind.UNION:
      return { kind, id, name, size: word, members: decodeMembers(btf, vlen, kindFlag, u32), kindFlag };
    case BtfKind.ENUM:
      return {
        kind,
        id,
        name,
        size: word,
        signed: kindFlag,
        values: list(vlen, (i) => ({
          name: btf.stringAt(u32(8 * i)),
          value: BigInt(kindFlag ? u32(8 * i + 4) | 0 : u32(8 * i + 4)),
        })),
      };
    case BtfKind.ENUM64:
      return {
        kind,
        id,
        name,
        size: word,
        signed: kindFlag,
        values: list(vlen, (i) => {
          const bits = (BigInt(u32(12 * i + 8)) << 32n) | BigInt(u32(12 * i + 4));
          return { name: btf.stringAt(u32(12 * i)), value: kindFlag ? BigInt.asIntN(64, bits) : bits };
        }),
      };
    case BtfKind.FWD:
      return { kind, id, name, union: kindFlag };
    case BtfKind.FUNC:
      return { kind, id, name, type: word, linkage: vlen };
    case BtfKind.FUNC_PROTO:
      return {
        kind,
        id,
        name,
        returnType: word,
        parameters: list(vlen, (i) => ({ name: btf.stringAt(u32(8 * i)), type: u32(8 * i + 4) })),
      };
    case BtfKind.VAR:
      return { kind, id, name, type: word, linkage: u32(0) };
    case BtfKind.DATASEC:
      return {
        kind,
        id,
        name,
        size: word,
        variables: list(vlen, (i) => ({ type: u32(12 * i), offset: u32(12 * i + 4), size: u32(12 * i + 8) })),
      };
    case BtfKind.FLOAT:
      return { kind, id, name, size: word };
    case BtfKind.DECL_TAG:
      return { kind, id, name, type: word, componentIndex: u32(0) | 0, kindFlag };
  }
}

function decodeMembers(
  btf: Btf,
  vlen: number,
  kindFlag: boolean,
  u32: (offset: number) => number,
): BtfMember[] {
  return list(vlen, (i) => {
    const offset = u32(12 * i + 8);
    return {
      name: btf.stringAt(u32(12 * i)),
      type: u32(12 * i + 4),
      bitOffset: kindFlag ? offset & 0xff_ffff : offset,
      bitfieldSize: kindFlag ? offset >>> 24 : 0,
    };
  });
}

function list<T>(length: number, make: (index: number) => T): T[] {
  const out = new Array<T>(length);
  for (let i = 0; i < length; i++) out[i] = make(i);
  return out;
}
