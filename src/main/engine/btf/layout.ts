import { ByteReader, EngineError } from '../base/index.ts';
import { BtfKind } from './types.ts';

export const BTF_MAGIC = 0xeb9f;
/** Size of struct btf_header. */
export const BTF_HEADER_SIZE = 24;
/** Size of struct btf_type without what follows it. */
export const BTF_TYPE_SIZE = 12;
/** How deep chains of typedefs, modifiers and arrays are followed (libbpf's MAX_RESOLVE_DEPTH). */
export const MAX_RESOLVE_DEPTH = 32;

/** struct btf_header without magic. Offsets count from the end of the header. */
export interface BtfHeader {
  readonly headerSize: number;
  readonly typeOffset: number;
  readonly typeSize: number;
  readonly stringOffset: number;
  readonly stringSize: number;
}

/** Reads and checks struct btf_header. Throws `parse`. */
export function readBtfHeader(bytes: Uint8Array): BtfHeader {
  const reader = new ByteReader(bytes, 'BTF header');
  const magic = reader.u16();
  if (magic === 0x9feb) {
    throw new EngineError(
      'parse',
      'BTF is big-endian; build the object with -target bpfel (or bpf on a little-endian machine)',
    );
  }
  if (magic !== BTF_MAGIC) {
    throw new EngineError(
      'parse',
      `BTF begins with 0x${magic.toString(16)} instead of 0xeb9f: this is no BTF`,
    );
  }
  const version = reader.u8();
  if (version !== 1) throw new EngineError('parse', `BTF version ${version} is not known, only 1 is`);
  reader.skip(1);
  const header = {
    headerSize: reader.u32(),
    typeOffset: reader.u32(),
    typeSize: reader.u32(),
    stringOffset: reader.u32(),
    stringSize: reader.u32(),
  };
  const room = bytes.length - header.headerSize;
  if (header.headerSize < BTF_HEADER_SIZE || room < 0) {
    throw new EngineError(
      'parse',
      `BTF header size ${header.headerSize} is not possible in ${bytes.length} bytes`,
    );
  }
  if (header.typeOffset + header.typeSize > room || header.typeOffset % 4 !== 0) {
    throw new EngineError(
      'parse',
      `BTF type section (${header.typeSize} bytes at ${header.typeOffset}) does not fit`,
    );
  }
  if (header.stringOffset + header.stringSize > room) {
    throw new EngineError(
      'parse',
      `BTF string section (${header.stringSize} bytes at ${header.stringOffset}) does not fit`,
    );
  }
  return header;
}

/** Bytes behind struct btf_type by kind: fixed ones, and those for each of vlen entries. */
const FIXED_BYTES = Int8Array.of(-1, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0);
const ENTRY_BYTES = Int8Array.of(0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12);

/** Bytes behind struct btf_type for one type, or -1 for a kind that does not exist. */
export function trailerSize(kind: number, vlen: number): number {
  const fixed = FIXED_BYTES[kind] ?? -1;
  return fixed < 0 ? -1 : fixed + vlen * (ENTRY_BYTES[kind] as number);
}

/** True for CONST, VOLATILE, RESTRICT and TYPE_TAG. */
export function isModifier(kind: number): boolean {
  return (
    kind === BtfKind.CONST ||
    kind === BtfKind.VOLATILE ||
    kind === BtfKind.RESTRICT ||
    kind === BtfKind.TYPE_TAG
  );
}
