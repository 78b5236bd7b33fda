import { ByteReader, EngineError, within } from '../base/index.ts';
import { BTF_MAGIC, type Btf } from '../btf/index.ts';
import { type CoreRelocationRecord, type FuncInfo, type LineInfo } from './spec.ts';

/** Records of .BTF.ext by section name; instruction indexes count from the section's start. */
export interface BtfExt {
  readonly funcInfo: ReadonlyMap<string, readonly FuncInfo[]>;
  readonly lineInfo: ReadonlyMap<string, readonly LineInfo[]>;
  readonly coreRelocations: ReadonlyMap<string, readonly CoreRelocationRecord[]>;
}

const HEADER_WITHOUT_CORE = 24;
const HEADER_WITH_CORE = 32;
const FUNC_INFO_SIZE = 8;
const LINE_INFO_SIZE = 16;
const CORE_RELOCATION_SIZE = 16;

/** Reads .BTF.ext (struct btf_ext_header and its three tables). Throws `parse`. */
export function readBtfExt(bytes: Uint8Array, btf: Btf): BtfExt {
  const header = new ByteReader(bytes, '.BTF.ext header');
  const magic = header.u16();
  const version = header.u8();
  header.skip(1);
  const headerSize = header.u32();
  if (magic !== BTF_MAGIC || version !== 1 || headerSize < HEADER_WITHOUT_CORE || headerSize > bytes.length) {
    throw new EngineError(
      'parse',
      `.BTF.ext has a wrong header (magic 0x${magic.toString(16)}, version ${version})`,
    );
  }
  const table = (): { offset: number; size: number } => ({ offset: header.u32(), size: header.u32() });
  const functions = table();
  const lines = table();
  const core = headerSize >= HEADER_WITH_CORE ? table() : { offset: 0, size: 0 };
  const read = <T>(
    what: string,
    place: { offset: number; size: number },
    recordSize: number,
    record: (reader: ByteReader) => T,
  ): Map<string, T[]> =>
    within(`.BTF.ext ${what}`, () => readTable(bytes, headerSize, place, recordSize, btf, record));
  return {
    funcInfo: read('func_info', functions, FUNC_INFO_SIZE, (reader) => ({
      insn: instruction(reader),
      typeId: knownType(reader.u32(), btf),
    })),
    lineInfo: read('line_info', lines, LINE_INFO_SIZE, (reader) => ({
      insn: instruction(reader),
      fileNameOffset: knownString(reader.u32(), btf),
      lineOffset: knownString(reader.u32(), btf),
      lineColumn: reader.u32(),
    })),
    coreRelocations: read('core_relo', core, CORE_RELOCATION_SIZE, (reader) => {
      const insn = instruction(reader);
      const typeId = knownType(reader.u32(), btf);
      const accessOffset = knownString(reader.u32(), btf);
      return { insn, typeId, accessOffset, access: btf.stringAt(accessOffset), kind: reader.u32() };
    }),
  };
}

function readTable<T>(
  bytes: Uint8Array,
  headerSize: number,
  place: { offset: number; size: number },
  minimum: number,
  btf: Btf,
  record: (reader: ByteReader) => T,
): Map<string, T[]> {
  const out = new Map<string, T[]>();
  if (place.size === 0) return out;
  const start = headerSize + place.offset;
  if (start + place.size > bytes.length) {
    throw new EngineError('parse', `${place.size} bytes at ${place.offset} lie outside the section`);
  }
  const reader = new ByteReader(bytes.subarray(start, start + place.size), 'table');
  const recordSize = reader.u32();
  if (recordSize < minimum || recordSize % 4 !== 0) {
    throw new EngineError('parse', `record size ${recordSize} is not possible, at least ${minimum} is`);
  }
  while (reader.remaining > 0) {
    const section = btf.stringAt(knownString(reader.u32(), btf));
    const count = reader.u32();
    if (count === 0 || count * recordSize > reader.remaining) {
      throw new EngineError('parse', `${count} records of section '${section}' do not fit`);
    }
    const records = out.get(section) ?? [];
    for (let i = 0; i < count; i++) {
      const at = reader.offset;
      records.push(record(reader));
      reader.offset = at + recordSize;
    }
    out.set(section, records);
  }
  return out;
}

function instruction(reader: ByteReader): number {
  const offset = reader.u32();
  if (offset % 8 !== 0)
    throw new EngineError('parse', `byte offset ${offset} is in the middle of an instruction`);
  return offset / 8;
}

function knownType(id: number, btf: Btf): number {
  if (!btf.hasType(id)) throw new EngineError('parse', `type id ${id} does not exist in .BTF`);
  return id;
}

function knownString(offset: number, btf: Btf): number {
  if (!btf.hasString(offset))
    throw new EngineError('parse', `string offset ${offset} lies outside .BTF's strings`);
  return offset;
}

/** The records of one function: those from its first instruction to its last, counted from its first. */
export function recordsOf<T extends { readonly insn: number }>(
  records: readonly T[] | undefined,
  firstInsn: number,
  count: number,
): T[] {
  const out: T[] = [];
  for (const record of records ?? []) {
    if (record.insn < firstInsn) continue;
    if (record.insn >= firstInsn + count) break;
    out.push({ ...record, insn: record.insn - firstInsn });
  }
  return out;
}
