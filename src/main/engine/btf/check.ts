import { viewOf } from '../base/index.ts';
import { BTF_MAGIC, isModifier as isModifierTag } from './layout.ts';
import { checkMetas } from './check-meta.ts';
import { resolveAll } from './check-resolve.ts';
import {
  BTF_MAX_NAME_OFFSET,
  BTF_MAX_SIZE,
  CheckFailure,
  CheckState,
  Errno,
  type CheckRules,
} from './check-state.ts';
import { BtfKind } from './types.ts';

export interface CheckBtfOptions extends Partial<CheckRules> {
  /** True where the caller of BPF_BTF_LOAD asked for a log (btf_log_level > 0). */
  readonly log?: boolean;
}

export interface CheckBtfResult {
  /** 0, or the negative errno of BPF_BTF_LOAD. */
  readonly errno: number;
  /** The kernel's log, empty where none was asked for. */
  readonly log: string;
}

const HEADER_SIZE = 24;

/**
 * Checks BTF as BPF_BTF_LOAD does and says what it says (kernel/bpf/btf.c: btf_parse). Never throws.
 * The rules default to those of Linux 6.12.
 */
export function checkBtf(bytes: Uint8Array, options: CheckBtfOptions = {}): CheckBtfResult {
  if (bytes.length > BTF_MAX_SIZE) return { errno: -Errno.E2BIG, log: '' };
  const { dottedNames = true, printableSections = true, attributeTags = false } = options;
  const state = new CheckState(bytes, options.log === true, {
    dottedNames,
    printableSections,
    attributeTags,
  });
  try {
    const header = checkHeader(state, bytes);
    checkStrings(state, bytes, header);
    if (header.typeOffset % 4 !== 0) state.refuse('Unaligned type_off');
    if (header.typeSize === 0) state.refuse('No type found');
    const start = header.size + header.typeOffset;
    checkMetas(state, start, start + header.typeSize);
    resolveAll(state);
    checkTypeTags(state);
    return { errno: 0, log: state.text };
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    return { errno: -error.errno, log: state.text };
  }
}

interface Header {
  readonly size: number;
  readonly typeOffset: number;
  readonly typeSize: number;
  readonly stringOffset: number;
  readonly stringSize: number;
}

/** btf_parse_hdr() */
function checkHeader(state: CheckState, bytes: Uint8Array): Header {
  if (bytes.length < 8) state.refuse('hdr_len not found');
  const size = state.view.getUint32(4, true);
  if (bytes.length < size) state.refuse('btf_header not found');
  for (let i = HEADER_SIZE; i < size; i++)
    if (bytes[i] !== 0) state.refuse('Unsupported btf_header', Errno.E2BIG);
  // Only hdr_len bytes are copied: what lies behind reads as zero.
  const copied = new Uint8Array(HEADER_SIZE);
  copied.set(bytes.subarray(0, Math.min(size, HEADER_SIZE)));
  const field = (offset: number): number => viewOf(copied).getUint32(offset, true);
  const first = field(0);
  const magic = first & 0xffff;
  const version = (first >>> 16) & 0xff;
  const flags = first >>> 24;
  const header = {
    size,
    typeOffset: field(8),
    typeSize: field(12),
    stringOffset: field(16),
    stringSize: field(20),
  };
  state.log(
    `magic: 0x${magic.toString(16)}\nversion: ${version}\nflags: 0x${flags.toString(16)}\nhdr_len: ${field(4)}\n` +
      `type_off: ${header.typeOffset}\ntype_len: ${header.typeSize}\nstr_off: ${header.stringOffset}\n` +
      `str_len: ${header.stringSize}\nbtf_total_size: ${bytes.length}\n`,
  );
  if (magic !== BTF_MAGIC) state.refuse('Invalid magic');
  if (version !== 1) state.refuse('Unsupported version', Errno.ENOTSUPP);
  if (flags !== 0) state.refuse('Unsupported flags', Errno.ENOTSUPP);
  if (bytes.length === size) state.refuse('No data');
  checkSections(state, bytes.length - size, header);
  return header;
}

/** btf_check_sec_info(): types and strings must fill all that follows the header, without gap or overlap. */
function checkSections(state: CheckState, expected: number, header: Header): void {
  const sections = [
    { offset: header.typeOffset, size: header.typeSize },
    { offset: header.stringOffset, size: header.stringSize },
  ].sort((a, b) => (a.offset - b.offset) | 0 || (a.size - b.size) | 0);
  let total = 0;
  for (const { offset, size } of sections) {
    if (expected < offset) state.refuse('Invalid section offset');
    if (total < offset) state.refuse('Unsupported section found');
    if (total > offset) state.refuse('Section overlap found');
    if (expected - total < size) state.refuse('Total section length too long');
    total += size;
  }
  if (expected !== total) state.refuse('Unsupported section found');
}

/** btf_parse_str_sec() */
function checkStrings(state: CheckState, bytes: Uint8Array, header: Header): void {
  const start = header.size + header.stringOffset;
  const end = start + header.stringSize;
  if (end !== bytes.length) state.refuse('String section is not at the end');
  const isTooLong = header.stringSize - 1 > BTF_MAX_NAME_OFFSET;
  if (header.stringSize === 0 || isTooLong || bytes[end - 1] !== 0 || bytes[start] !== 0) {
    state.refuse('Invalid string section');
  }
  state.strings = state.bytesOf(start, end);
}

const MAX_CHAIN = 32;

/** btf_check_type_tags(): tags come before other modifiers, and chains end. */
function checkTypeTags(state: CheckState): void {
  const isModifier = (kind: BtfKind): boolean => kind === BtfKind.TYPEDEF || isModifierTag(kind);
  let good = 0;
  for (let id = 1; id < state.typeCount; id++) {
    if (!isModifier(state.kind(id))) continue;
    let inTags = state.kind(id) === BtfKind.TYPE_TAG;
    let limit = MAX_CHAIN;
    let at = id;
    while (isModifier(state.kind(at))) {
      if (limit-- === 0) state.refuse('Max chain length or cycle detected', Errno.ELOOP);
      if (state.kind(at) === BtfKind.TYPE_TAG) {
        if (!inTags) state.refuse("Type tags don't precede modifiers");
      } else inTags = false;
      if (at <= good) break;
      at = state.word(at);
    }
    good = id;
  }
}
