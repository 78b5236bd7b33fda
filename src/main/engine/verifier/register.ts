import { type Btf } from '../btf/index.ts';
import { bitWidth, highHalf, lowHalf, signedNumber, toSigned, toUnsigned, unsignedNumber } from './int64.ts';
import { RegType } from './reg-type.ts';
import { TNUM_UNKNOWN, type Tnum, isZeroTnum, tnumConst, tnumConstSubreg } from './tnum.ts';
import { type VerifierMap } from './types.ts';

export const S32_MIN = -0x8000_0000;
export const S32_MAX = 0x7fff_ffff;
/** Bits in a scalar's id: it is `id`'s value plus `off`, added with 64 bits or with 32 (BPF_ADD_CONST64, BPF_ADD_CONST32). */
export const ADD_CONST64 = 1 << 30;
export const ADD_CONST32 = 1 << 29;
export const ADD_CONST = ADD_CONST64 | ADD_CONST32;
/** BPF_MAX_VAR_OFF */
export const MAX_VAR_OFF = 1 << 29;
/** BPF_MAX_VAR_SIZ */
export const MAX_VAR_SIZE = 1 << 29;

/** Packet ranges below zero: what comparing with pkt_end told about a pointer (AT_PKT_END, BEYOND_PKT_END). */
export const PacketRange = { AT_END: -1, BEYOND_END: -2 } as const;

export const IterState = { INVALID: 0, ACTIVE: 1, DRAINED: 2 } as const;

/**
 * What is known of one register or of one 8-byte spill (struct bpf_reg_state). 64-bit bounds are pairs of int32 halves,
 * 32-bit bounds int32 (the unsigned ones by their bit pattern).
 */
export class Register {
  /** RegType with TypeFlags. */
  type: number = RegType.NOT_INIT;
  /** Pointers: constant part of the offset. Scalars with ADD_CONST: the constant. */
  off = 0;
  /** Same non-zero id: same value, pointers that are null together, or the same packet range. */
  id = 0;
  /** Reference (acquired object) that this pointer keeps. */
  refObjId = 0;
  map: VerifierMap | undefined = undefined;
  /** Identity of an inner map looked up from an outer one. */
  mapUid = 0;
  btf: Btf | undefined = undefined;
  btfId = 0;
  memSize = 0;
  /** Packet pointers: bytes proved to lie before pkt_end, or a PacketRange. */
  range = 0;
  dynptrId = 0;
  dynptrType = 0;
  dynptrFirst = false;
  iterState = 0;
  iterDepth = 0;
  subprogram = 0;
  /** Stack pointers: the frame they point into. */
  frame = 0;
  precise = false;
  /** Belongs to several states: it must not change any more. */
  shared = false;
  /** The shared copy last made of it, or that it was made of: most often it is equal still. */
  twin: Register | undefined = undefined;
  varOff: Tnum = TNUM_UNKNOWN;
  sminH = -0x8000_0000;
  sminL = 0;
  smaxH = S32_MAX;
  smaxL = -1;
  uminH = 0;
  uminL = 0;
  umaxH = -1;
  umaxL = -1;
  s32Min = S32_MIN;
  s32Max = S32_MAX;
  u32Min = 0;
  u32Max = -1;

  /** Takes over everything (copy_register_state). */
  assign(from: Register): void {
    this.type = from.type;
    this.off = from.off;
    this.id = from.id;
    this.refObjId = from.refObjId;
    this.map = from.map;
    this.mapUid = from.mapUid;
    this.btf = from.btf;
    this.btfId = from.btfId;
    this.memSize = from.memSize;
    this.range = from.range;
    this.dynptrId = from.dynptrId;
    this.dynptrType = from.dynptrType;
    this.dynptrFirst = from.dynptrFirst;
    this.iterState = from.iterState;
    this.iterDepth = from.iterDepth;
    this.subprogram = from.subprogram;
    this.frame = from.frame;
    this.precise = from.precise;
    this.assignValue(from);
  }

  /** Takes over bounds and known bits. */
  assignValue(from: Register): void {
    this.varOff = from.varOff;
    this.sminH = from.sminH;
    this.sminL = from.sminL;
    this.smaxH = from.smaxH;
    this.smaxL = from.smaxL;
    this.uminH = from.uminH;
    this.uminL = from.uminL;
    this.umaxH = from.umaxH;
    this.umaxL = from.umaxL;
    this.s32Min = from.s32Min;
    this.s32Max = from.s32Max;
    this.u32Min = from.u32Min;
    this.u32Max = from.u32Max;
  }

  clone(): Register {
    const copy = new Register();
    copy.assign(this);
    return copy;
  }

  /** The same facts in an object that never changes, for several states to hold. */
  toShared(): Register {
    if (this.shared) return this;
    const twin = this.twin;
    if (twin !== undefined && isIdentical(this, twin)) return twin;
    const copy = this.clone();
    copy.shared = true;
    this.twin = copy;
    return copy;
  }

  /** The same facts in an object of its own. */
  toOwn(): Register {
    if (!this.shared) return this;
    const copy = this.clone();
    copy.twin = this;
    return copy;
  }

  /** Everything but the value: as a fresh register of no type. */
  clearKind(): void {
    this.off = 0;
    this.id = 0;
    this.refObjId = 0;
    this.map = undefined;
    this.mapUid = 0;
    this.btf = undefined;
    this.btfId = 0;
    this.memSize = 0;
    this.range = 0;
    this.dynptrId = 0;
    this.dynptrType = 0;
    this.dynptrFirst = false;
    this.iterState = 0;
    this.iterDepth = 0;
    this.subprogram = 0;
  }

  /** Bounds and bits of one value; the rest stays (___mark_reg_known). */
  setConst(high: number, low: number): void {
    this.varOff = tnumConst(high, low);
    this.sminH = high;
    this.sminL = low;
    this.smaxH = high;
    this.smaxL = low;
    this.uminH = high;
    this.uminL = low;
    this.umaxH = high;
    this.umaxL = low;
    this.s32Min = low;
    this.s32Max = low;
    this.u32Min = low;
    this.u32Max = low;
  }

  /** A known value and nothing of a pointer; `type` stays (__mark_reg_known). */
  markKnown(high: number, low: number): void {
    this.clearKind();
    this.setConst(high, low);
  }

  markKnownZero(): void {
    this.markKnown(0, 0);
  }

  markKnownNumber(value: number): void {
    this.markKnown(value < 0 ? -1 : 0, value | 0);
  }

  /** Low half known, the rest stays (__mark_reg32_known). */
  markSubregKnown(low: number): void {
    this.varOff = tnumConstSubreg(this.varOff, low);
    this.s32Min = low;
    this.s32Max = low;
    this.u32Min = low;
    this.u32Max = low;
  }

  markUnbounded(): void {
    this.unbound64();
    this.unbound32();
  }

  unbound64(): void {
    this.sminH = S32_MIN;
    this.sminL = 0;
    this.smaxH = S32_MAX;
    this.smaxL = -1;
    this.uminH = 0;
    this.uminL = 0;
    this.umaxH = -1;
    this.umaxL = -1;
  }

  unbound32(): void {
    this.s32Min = S32_MIN;
    this.s32Max = S32_MAX;
    this.u32Min = 0;
    this.u32Max = -1;
  }

  /** A scalar of which nothing is known. */
  markUnknown(precise: boolean): void {
    this.clearKind();
    this.type = RegType.SCALAR;
    this.varOff = TNUM_UNKNOWN;
    this.frame = 0;
    this.precise = precise;
    this.markUnbounded();
  }

  markNotInit(precise: boolean): void {
    this.markUnknown(precise);
    this.type = RegType.NOT_INIT;
  }

  /** The scalar 0 (__mark_reg_const_zero). */
  markScalarZero(precise: boolean): void {
    this.markKnownZero();
    this.type = RegType.SCALAR;
    this.precise = precise;
  }

  clearScalarId(): void {
    this.id = 0;
    this.off = 0;
  }

  get isConst(): boolean {
    return this.varOff.maskLow === 0 && this.varOff.maskHigh === 0;
  }

  /** A scalar known to be 0. */
  get isNull(): boolean {
    return this.type === RegType.SCALAR && isZeroTnum(this.varOff);
  }

  /** smin_value as a double: exact within ±2^53, and S64_MIN exactly. */
  get smin(): number {
    return signedNumber(this.sminH, this.sminL);
  }

  get smax(): number {
    return signedNumber(this.smaxH, this.smaxL);
  }

  get umin(): number {
    return unsignedNumber(this.uminH, this.uminL);
  }

  get umax(): number {
    return unsignedNumber(this.umaxH, this.umaxL);
  }

  get sminExact(): bigint {
    return toSigned(this.sminH, this.sminL);
  }

  get smaxExact(): bigint {
    return toSigned(this.smaxH, this.smaxL);
  }

  get uminExact(): bigint {
    return toUnsigned(this.uminH, this.uminL);
  }

  get umaxExact(): bigint {
    return toUnsigned(this.umaxH, this.umaxL);
  }

  get isSminMinimum(): boolean {
    return this.sminH === S32_MIN && this.sminL === 0;
  }

  /** Known part of the offset as a signed double (var_off.value of a pointer). */
  get varOffNumber(): number {
    return signedNumber(this.varOff.valueHigh, this.varOff.valueLow);
  }

  /** Bits needed for the largest unsigned value (get_reg_width). */
  get width(): number {
    return bitWidth(this.umaxH, this.umaxL);
  }
}

/** Alike in everything that states are compared by, ids included. */
function isIdentical(a: Register, b: Register): boolean {
  return (
    sameKind(a, b) &&
    sameValue(a, b) &&
    a.id === b.id &&
    a.refObjId === b.refObjId &&
    a.frame === b.frame &&
    a.precise === b.precise
  );
}

/** A scalar register of a known value. */
export function constRegister(value: bigint): Register {
  const register = new Register();
  register.type = RegType.SCALAR;
  register.markKnown(highHalf(value), lowHalf(value));
  return register;
}

/** All value facts alike: known bits and the eight bounds. */
export function sameValue(a: Register, b: Register): boolean {
  return (
    a.varOff.valueLow === b.varOff.valueLow &&
    a.varOff.valueHigh === b.varOff.valueHigh &&
    a.varOff.maskLow === b.varOff.maskLow &&
    a.varOff.maskHigh === b.varOff.maskHigh &&
    a.sminL === b.sminL &&
    a.sminH === b.sminH &&
    a.smaxL === b.smaxL &&
    a.smaxH === b.smaxH &&
    a.uminL === b.uminL &&
    a.uminH === b.uminH &&
    a.umaxL === b.umaxL &&
    a.umaxH === b.umaxH &&
    a.s32Min === b.s32Min &&
    a.s32Max === b.s32Max &&
    a.u32Min === b.u32Min &&
    a.u32Max === b.u32Max
  );
}

/** Type, offset and whatever else says what a pointer points to (the part of bpf_reg_state before var_off). */
export function sameKind(a: Register, b: Register): boolean {
  return (
    a.type === b.type &&
    a.off === b.off &&
    a.map === b.map &&
    a.mapUid === b.mapUid &&
    a.btf === b.btf &&
    a.btfId === b.btfId &&
    a.memSize === b.memSize &&
    a.range === b.range &&
    a.dynptrId === b.dynptrId &&
    a.dynptrType === b.dynptrType &&
    a.dynptrFirst === b.dynptrFirst &&
    a.iterState === b.iterState &&
    a.iterDepth === b.iterDepth &&
    a.subprogram === b.subprogram
  );
}
