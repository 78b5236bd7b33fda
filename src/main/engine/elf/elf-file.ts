import { ByteReader, EngineError, cString, within } from '../base/index.ts';
import { type ElfSection, type ElfSymbol } from './spec.ts';

/** Constants of elf.h that BPF objects use. */
export const Elf = {
  ET_REL: 1,
  EM_NONE: 0,
  EM_BPF: 247,
  SHT_PROGBITS: 1,
  SHT_SYMTAB: 2,
  SHT_STRTAB: 3,
  SHT_NOBITS: 8,
  SHT_REL: 9,
  SHT_LLVM_ADDRSIG: 0x6fff4c03,
  SHF_EXECINSTR: 4,
  SHN_UNDEF: 0,
  SHN_LORESERVE: 0xff00,
  SHN_XINDEX: 0xffff,
  STB_LOCAL: 0,
  STB_GLOBAL: 1,
  STB_WEAK: 2,
  STT_NOTYPE: 0,
  STT_OBJECT: 1,
  STT_FUNC: 2,
  STT_SECTION: 3,
  STV_INTERNAL: 1,
  STV_HIDDEN: 2,
  SECTION_HEADER_SIZE: 64,
  SYMBOL_SIZE: 24,
  REL_SIZE: 16,
} as const;

/** Section types with relocations with addends; BPF objects have none. */
const SHT_RELA = 4;

/** One Elf64_Rel. */
export interface ElfRelocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: ElfSymbol;
}

/** An ELF object whose section table and symbols were read and checked. */
export interface ElfFile {
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
  readonly symbolSectionIndex: number;
}

/**
 * Reads a 64-bit little-endian relocatable object for BPF. Throws EngineError `parse` for anything else;
 * the message says what the file is instead and how to build it right.
 */
export function readElf(bytes: Uint8Array): ElfFile {
  const reader = new ByteReader(bytes, 'ELF file');
  checkIdent(bytes);
  reader.offset = 16;
  const type = reader.u16();
  const machine = reader.u16();
  if (type !== Elf.ET_REL || (machine !== Elf.EM_NONE && machine !== Elf.EM_BPF)) {
    throw new EngineError(
      'parse',
      `not a BPF object: ELF type ${type}, machine ${machine} (wanted: relocatable object 1, BPF 247). Compile with clang -target bpf -c`,
      { type, machine },
    );
  }
  reader.offset = 40;
  const tableOffset = reader.size64();
  reader.offset = 58;
  const entrySize = reader.u16();
  let count = reader.u16();
  let nameTable = reader.u16();
  if (tableOffset === 0)
    throw new EngineError('parse', 'the ELF file has no section table; was it stripped?');
  if (entrySize !== Elf.SECTION_HEADER_SIZE) {
    throw new EngineError('parse', `ELF section headers of ${entrySize} bytes are not possible, 64 are`);
  }
  if (count === 0 || nameTable === Elf.SHN_XINDEX) {
    // More than 0xff00 sections: the numbers are in header 0.
    const first = new ByteReader(bytes, 'ELF section table', tableOffset + 32);
    const size = first.size64();
    const link = first.u32();
    if (count === 0) count = size;
    if (nameTable === Elf.SHN_XINDEX) nameTable = link;
  }
  if (tableOffset + count * Elf.SECTION_HEADER_SIZE > bytes.length) {
    throw new EngineError(
      'parse',
      `the ELF file is cut off: its ${count} section headers at ${tableOffset} do not fit in ${bytes.length} bytes`,
    );
  }
  const sections = readSections(bytes, tableOffset, count, nameTable);
  const symbolTables = sections.filter((section) => section.type === Elf.SHT_SYMTAB);
  const table = symbolTables[0];
  if (table === undefined) {
    throw new EngineError(
      'parse',
      'the ELF file has no symbol table; was it stripped? Keep .symtab (llvm-strip -g does)',
    );
  }
  if (symbolTables.length > 1) throw new EngineError('parse', 'the ELF file has more than one symbol table');
  return { sections, symbols: readSymbols(table, sections), symbolSectionIndex: table.index };
}

function checkIdent(bytes: Uint8Array): void {
  const isElf = bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
  if (!isElf || bytes.length < 64) {
    throw new EngineError('parse', 'not an ELF file: a BPF object is what clang -target bpf -c writes', {
      length: bytes.length,
    });
  }
  if (bytes[4] !== 2)
    throw new EngineError('parse', 'a 32-bit ELF file; BPF objects are 64-bit (clang -target bpf)');
  if (bytes[5] === 2) {
    throw new EngineError(
      'parse',
      'a big-endian BPF object; build it with -target bpfel, this workbench simulates a little-endian machine',
    );
  }
  if (bytes[5] !== 1) throw new EngineError('parse', `ELF byte order ${bytes[5]} does not exist`);
}

function readSections(bytes: Uint8Array, at: number, count: number, nameTable: number): ElfSection[] {
  const headers = [];
  for (let index = 0; index < count; index++) {
    const reader = new ByteReader(bytes, 'ELF section table', at + index * Elf.SECTION_HEADER_SIZE);
    const nameOffset = reader.u32();
    const type = reader.u32();
    const flags = reader.u32();
    reader.skip(12);
    const offset = reader.u64();
    const size = reader.u64();
    const link = reader.u32();
    const info = reader.u32();
    const align = Number(reader.u64());
    const entrySize = Number(reader.u64());
    headers.push({ index, nameOffset, type, flags, offset, size, link, info, align, entrySize });
  }
  const names = headers[nameTable];
  if (names === undefined || names.type !== Elf.SHT_STRTAB) {
    throw new EngineError(
      'parse',
      `ELF section ${nameTable}, which should hold the section names, is no string table`,
    );
  }
  const content = (header: { index: number; type: number; offset: bigint; size: bigint }): Uint8Array => {
    if (header.type === Elf.SHT_NOBITS || header.type === 0) return new Uint8Array();
    if (header.offset + header.size > BigInt(bytes.length)) {
      throw new EngineError(
        'parse',
        `ELF section ${header.index} (${header.size} bytes at ${header.offset}) lies outside the file of ${bytes.length} bytes; was it cut off?`,
        { section: header.index },
      );
    }
    return bytes.subarray(Number(header.offset), Number(header.offset + header.size));
  };
  const nameBytes = content(names);
  return headers.map((header) => {
    const name = header.index === 0 ? '' : cString(nameBytes, header.nameOffset);
    if (header.nameOffset > nameBytes.length) {
      throw new EngineError('parse', `the name of ELF section ${header.index} lies outside the name table`);
    }
    if (header.size > 0xffff_ffffn) {
      throw new EngineError(
        'parse',
        `ELF section ${header.index} '${name}' of ${header.size} bytes is too big`,
      );
    }
    if (header.type === SHT_RELA) {
      throw new EngineError(
        'parse',
        `section '${name}' holds relocations with addends (RELA), which BPF objects do not have`,
      );
    }
    return {
      index: header.index,
      name,
      type: header.type,
      flags: header.flags,
      size: Number(header.size),
      link: header.link,
      info: header.info,
      entrySize: header.entrySize,
      align: header.align,
      bytes: content(header),
    };
  });
}

function readSymbols(table: ElfSection, sections: readonly ElfSection[]): ElfSymbol[] {
  const strings = sections[table.link];
  if (strings === undefined || strings.type !== Elf.SHT_STRTAB || table.entrySize !== Elf.SYMBOL_SIZE) {
    throw new EngineError('parse', 'the ELF symbol table has no string table or a wrong entry size');
  }
  const reader = new ByteReader(table.bytes, 'ELF symbol table');
  const symbols: ElfSymbol[] = [];
  while (reader.remaining >= Elf.SYMBOL_SIZE) {
    const nameOffset = reader.u32();
    const info = reader.u8();
    const other = reader.u8();
    const sectionIndex = reader.u16();
    const index = symbols.length;
    if (nameOffset > strings.bytes.length) {
      throw new EngineError('parse', `the name of ELF symbol ${index} lies outside its string table`);
    }
    const name = cString(strings.bytes, nameOffset);
    const [value, size] = within(`ELF symbol '${name}'`, () => [reader.size64(), reader.size64()] as const);
    symbols.push({
      index,
      name,
      value,
      size,
      type: info & 0xf,
      binding: info >> 4,
      visibility: other & 3,
      sectionIndex,
    });
  }
  return symbols;
}

/** The relocations in a SHT_REL section. */
export function readRelocations(section: ElfSection, file: ElfFile): ElfRelocation[] {
  if (section.entrySize !== Elf.REL_SIZE) {
    throw new EngineError(
      'parse',
      `section '${section.name}' has relocations of ${section.entrySize} bytes, 16 are possible`,
    );
  }
  const reader = new ByteReader(section.bytes, `section '${section.name}'`);
  const out: ElfRelocation[] = [];
  while (reader.remaining >= Elf.REL_SIZE) {
    const offset = reader.size64();
    const type = reader.u32();
    const symbolIndex = reader.u32();
    const symbol = file.symbols[symbolIndex];
    if (symbol === undefined) {
      throw new EngineError(
        'parse',
        `section '${section.name}': relocation ${out.length} names symbol ${symbolIndex}, which does not exist`,
      );
    }
    if (symbol.sectionIndex >= file.sections.length && symbol.sectionIndex < Elf.SHN_LORESERVE) {
      throw new EngineError(
        'parse',
        `section '${section.name}': relocation ${out.length} against '${symbol.name}' points to section ${symbol.sectionIndex}, which does not exist`,
      );
    }
    out.push({ offset, type, symbol });
  }
  return out;
}

/** A symbol's name for messages; section symbols have their section's. */
export function symbolLabel(symbol: ElfSymbol, file: ElfFile): string {
  if (symbol.name !== '') return symbol.name;
  return file.sections[symbol.sectionIndex]?.name ?? `symbol ${symbol.index}`;
}

/** True for what another object or the kernel must provide (libbpf: sym_is_extern). */
export function isExternSymbol(symbol: ElfSymbol): boolean {
  return (
    symbol.sectionIndex === Elf.SHN_UNDEF &&
    (symbol.binding === Elf.STB_GLOBAL || symbol.binding === Elf.STB_WEAK) &&
    symbol.type === Elf.STT_NOTYPE
  );
}
