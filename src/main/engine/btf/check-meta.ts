import { BTF_MAX_TYPE, Errno, type CheckState } from './check-state.ts';
import { BTF_TYPE_SIZE, trailerSize } from './layout.ts';
import { BtfIntEncoding, BtfKind, BtfLinkage } from './types.ts';

const INFO_MASK = 0x9f00_ffff;
const INT_MASK = 0x0fff_ffff;
const MAX_BITS = 128;

/** Reads all types and checks what can be said of each alone (btf_check_all_metas). */
export function checkMetas(state: CheckState, start: number, end: number): void {
  let at = start;
  state.logTypeId = 1;
  while (at < end) {
    at += checkMeta(state, at, end - at);
    state.logTypeId++;
  }
}

/** btf_check_meta(): returns the type's size in bytes. */
function checkMeta(state: CheckState, at: number, left: number): number {
  const number = state.logTypeId;
  if (left < BTF_TYPE_SIZE) state.refuse(`[${number}] meta_left:${left} meta_needed:${BTF_TYPE_SIZE}`);
  const info = state.view.getUint32(at + 4, true);
  if ((info & ~INFO_MASK) !== 0) state.refuse(`[${number}] Invalid btf_info:${info.toString(16)}`);
  const kind = (info >>> 24) & 0x1f;
  if (kind > BtfKind.ENUM64 || kind === BtfKind.VOID) state.refuse(`[${number}] Invalid kind:${kind}`);
  const nameOffset = state.view.getUint32(at, true);
  if (!state.isNameOffset(nameOffset)) state.refuse(`[${number}] Invalid name_offset:${nameOffset}`);
  if (state.typeCount > BTF_MAX_TYPE) state.refuse('Exceeded max num of types', Errno.E2BIG);
  const id = state.typeCount;
  state.positions.push(at);
  const needed = trailerSize(kind, info & 0xffff);
  const room = left - BTF_TYPE_SIZE;
  if (room < needed) {
    state.logType(id, `meta_left:${room} meta_needed:${needed}`, false);
    state.fail();
  }
  checkKind(state, id, kind as BtfKind);
  return BTF_TYPE_SIZE + needed;
}

function checkKind(state: CheckState, id: number, kind: BtfKind): void {
  switch (kind) {
    case BtfKind.INT:
      return checkInt(state, id);
    case BtfKind.PTR:
    case BtfKind.TYPEDEF:
    case BtfKind.VOLATILE:
    case BtfKind.CONST:
    case BtfKind.RESTRICT:
    case BtfKind.TYPE_TAG:
      return checkReference(state, id, kind);
    case BtfKind.ARRAY:
      return checkArray(state, id);
    case BtfKind.STRUCT:
    case BtfKind.UNION:
      return checkComposite(state, id);
    case BtfKind.ENUM:
    case BtfKind.ENUM64:
      return checkEnum(state, id, kind);
    case BtfKind.FWD:
      return checkForward(state, id);
    case BtfKind.FUNC:
      return checkFunction(state, id);
    case BtfKind.FUNC_PROTO:
      return checkProto(state, id);
    case BtfKind.VAR:
      return checkVariable(state, id);
    case BtfKind.DATASEC:
      return checkSection(state, id);
    case BtfKind.FLOAT:
      return checkFloat(state, id);
    case BtfKind.DECL_TAG:
      return checkDeclTag(state, id);
    case BtfKind.VOID:
      return;
  }
}

function noVlen(state: CheckState, id: number): void {
  if (state.vlen(id) !== 0) state.refuseType(id, 'vlen != 0');
}

function noKindFlag(state: CheckState, id: number): void {
  if (state.kindFlag(id)) state.refuseType(id, 'Invalid btf_info kind_flag');
}

function nameless(state: CheckState, id: number): void {
  if (state.nameOffset(id) !== 0) state.refuseType(id, 'Invalid name');
}

function identifier(state: CheckState, id: number): void {
  const name = state.nameOffset(id);
  if (name === 0 || !state.isIdentifier(name)) state.refuseType(id, 'Invalid name');
}

function identifierOrNone(state: CheckState, id: number): void {
  const name = state.nameOffset(id);
  if (name !== 0 && !state.isIdentifier(name)) state.refuseType(id, 'Invalid name');
}

function checkInt(state: CheckState, id: number): void {
  noVlen(state, id);
  noKindFlag(state, id);
  const data = state.u32(id, 12);
  if ((data & ~INT_MASK) !== 0) {
    state.logType(id, `Invalid int_data:${data.toString(16)}`, false);
    state.fail();
  }
  const bits = (data & 0xff) + ((data >>> 16) & 0xff);
  if (bits > MAX_BITS) state.refuseType(id, `nr_bits exceeds ${MAX_BITS}`);
  if (Math.ceil(bits / 8) > state.word(id)) state.refuseType(id, 'nr_bits exceeds type_size');
  const encoding = (data >>> 24) & 0xf;
  const known: readonly number[] = [0, BtfIntEncoding.SIGNED, BtfIntEncoding.CHAR, BtfIntEncoding.BOOL];
  if (!known.includes(encoding)) state.refuseType(id, 'Unsupported encoding', Errno.ENOTSUPP);
  state.logType(id);
}

function checkReference(state: CheckState, id: number, kind: BtfKind): void {
  noVlen(state, id);
  if (kind !== BtfKind.TYPE_TAG || !state.rules.attributeTags) noKindFlag(state, id);
  if (state.word(id) > BTF_MAX_TYPE) state.refuseType(id, 'Invalid type_id');
  if (kind === BtfKind.TYPEDEF) identifier(state, id);
  else if (kind === BtfKind.TYPE_TAG) {
    if (!state.hasText(state.nameOffset(id))) state.refuseType(id, 'Invalid name');
  } else nameless(state, id);
  state.logType(id);
}

function checkArray(state: CheckState, id: number): void {
  nameless(state, id);
  noVlen(state, id);
  noKindFlag(state, id);
  if (state.word(id) !== 0) state.refuseType(id, 'size != 0');
  const element = state.u32(id, 12);
  if (element === 0 || element > BTF_MAX_TYPE) state.refuseType(id, 'Invalid elem');
  const index = state.u32(id, 16);
  if (index === 0 || index > BTF_MAX_TYPE) state.refuseType(id, 'Invalid index');
  state.logType(id);
}

function checkComposite(state: CheckState, id: number): void {
  identifierOrNone(state, id);
  state.logType(id);
  const isUnion = state.kind(id) === BtfKind.UNION;
  let last = 0;
  for (let i = 0; i < state.vlen(id); i++) {
    const at = 12 + 12 * i;
    const name = state.u32(id, at);
    if (!state.isNameOffset(name)) state.refuseMember(id, i, `Invalid member name_offset:${name}`);
    if (name !== 0 && !state.isIdentifier(name)) state.refuseMember(id, i, 'Invalid name');
    const type = state.u32(id, at + 4);
    if (type === 0 || type > BTF_MAX_TYPE) state.refuseMember(id, i, 'Invalid type_id');
    const raw = state.u32(id, at + 8);
    const offset = state.kindFlag(id) ? raw & 0xff_ffff : raw;
    if ((isUnion && offset !== 0) || last > offset) state.refuseMember(id, i, 'Invalid member bits_offset');
    if (Math.ceil(offset / 8) > state.word(id)) {
      state.refuseMember(id, i, 'Member bits_offset exceeds its struct size');
    }
    state.logMember(id, i);
    last = offset;
  }
}

function checkEnum(state: CheckState, id: number, kind: BtfKind): void {
  const size = state.word(id);
  if (![1, 2, 4, 8].includes(size)) state.refuseType(id, 'Unexpected size');
  identifierOrNone(state, id);
  state.logType(id);
  const stride = kind === BtfKind.ENUM ? 8 : 12;
  for (let i = 0; i < state.vlen(id); i++) {
    const at = 12 + stride * i;
    const name = state.u32(id, at);
    if (!state.isNameOffset(name)) state.refuse(`\tInvalid name_offset:${name}`);
    if (name === 0 || !state.isIdentifier(name)) state.refuseType(id, 'Invalid name');
    if (state.logging) state.log(`\t${state.nameAt(name)} val=${enumValue(state, id, at, kind)}\n`);
  }
}

function enumValue(state: CheckState, id: number, at: number, kind: BtfKind): bigint {
  const low = BigInt(state.u32(id, at + 4));
  const signed = state.kindFlag(id);
  if (kind === BtfKind.ENUM) return signed ? BigInt.asIntN(32, low) : low;
  const value = (BigInt(state.u32(id, at + 8)) << 32n) | low;
  return signed ? BigInt.asIntN(64, value) : value;
}

function checkForward(state: CheckState, id: number): void {
  noVlen(state, id);
  if (state.word(id) !== 0) state.refuseType(id, 'type != 0');
  identifier(state, id);
  state.logType(id);
}

function checkFunction(state: CheckState, id: number): void {
  identifier(state, id);
  if (state.vlen(id) > BtfLinkage.GLOBAL) state.refuseType(id, 'Invalid func linkage');
  noKindFlag(state, id);
  state.logType(id);
}

function checkProto(state: CheckState, id: number): void {
  nameless(state, id);
  noKindFlag(state, id);
  state.logType(id);
}

function checkVariable(state: CheckState, id: number): void {
  noVlen(state, id);
  noKindFlag(state, id);
  const name = state.nameOffset(id);
  if (name === 0 || !state.isIdentifier(name, true)) state.refuseType(id, 'Invalid name');
  const type = state.word(id);
  if (type === 0 || type > BTF_MAX_TYPE) state.refuseType(id, 'Invalid type_id');
  const linkage = state.u32(id, 12);
  if (linkage !== BtfLinkage.STATIC && linkage !== BtfLinkage.GLOBAL)
    state.refuseType(id, 'Linkage not supported');
  state.logType(id);
}

function checkSection(state: CheckState, id: number): void {
  const size = state.word(id);
  if (size === 0) state.refuseType(id, 'size == 0');
  noKindFlag(state, id);
  const name = state.nameOffset(id);
  if (name === 0 || !state.isSectionName(name)) state.refuseType(id, 'Invalid name');
  state.logType(id);
  let end = 0;
  let sum = 0;
  for (let i = 0; i < state.vlen(id); i++) {
    const at = 12 + 12 * i;
    const type = state.u32(id, at);
    const offset = state.u32(id, at + 4);
    const length = state.u32(id, at + 8);
    if (type === 0 || type > BTF_MAX_TYPE) state.refuseVariable(id, i, 'Invalid type_id');
    if (offset < end || offset >= size) state.refuseVariable(id, i, 'Invalid offset');
    if (length === 0 || length > size) state.refuseVariable(id, i, 'Invalid size');
    end = offset + length;
    if (end > size) state.refuseVariable(id, i, 'Invalid offset+size');
    state.logVariable(id, i);
    sum += length;
  }
  if (size < sum) state.refuseType(id, 'Invalid btf_info size');
}

function checkFloat(state: CheckState, id: number): void {
  noVlen(state, id);
  noKindFlag(state, id);
  if (![2, 4, 8, 12, 16].includes(state.word(id))) state.refuseType(id, 'Invalid type_size');
  state.logType(id);
}

function checkDeclTag(state: CheckState, id: number): void {
  if (!state.hasText(state.nameOffset(id))) state.refuseType(id, 'Invalid value');
  noVlen(state, id);
  if (!state.rules.attributeTags) noKindFlag(state, id);
  if ((state.u32(id, 12) | 0) < -1) state.refuseType(id, 'Invalid component_idx');
  state.logType(id);
}
