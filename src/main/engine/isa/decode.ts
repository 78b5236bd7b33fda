import { EngineError, viewOf } from '../base/index.ts';
import { type Insn } from './instruction.ts';
import {
  InsnClass,
  InsnMode,
  JmpOp,
  OPCODES_BY_CODE,
  Op,
  type FieldRule,
  type Opcode,
  PseudoSource,
} from './opcodes.ts';

/** Bytes of one instruction slot. */
export const INSN_BYTES = 8;

/** R10, the read-only frame pointer. */
export const FRAME_POINTER = 10;

/**
 * Splits little-endian bytes into slots (struct bpf_insn). Only the length is checked here: whether the slots make
 * sense is for checkInsns or the verifier to say.
 * @throws EngineError `parse` if the length is no multiple of 8.
 */
export function decodeInsns(bytes: Uint8Array): Insn[] {
  if (bytes.length % INSN_BYTES !== 0) {
    throw new EngineError(
      'parse',
      `a program of ${bytes.length} bytes: instructions have ${INSN_BYTES} bytes each`,
      { length: bytes.length },
    );
  }
  const view = viewOf(bytes);
  const insns = new Array<Insn>(bytes.length / INSN_BYTES);
  for (let i = 0; i < insns.length; i++) {
    const at = i * INSN_BYTES;
    const registers = view.getUint8(at + 1);
    insns[i] = {
      code: view.getUint8(at),
      dst: registers & 15,
      src: registers >> 4,
      off: view.getInt16(at + 2, true),
      imm: view.getInt32(at + 4, true),
    };
  }
  return insns;
}

/** The little-endian bytes of the slots; fields wrap to their width. */
export function encodeInsns(insns: readonly Insn[]): Uint8Array {
  const bytes = new Uint8Array(insns.length * INSN_BYTES);
  const view = viewOf(bytes);
  insns.forEach((insn, i) => {
    const at = i * INSN_BYTES;
    view.setUint8(at, insn.code);
    view.setUint8(at + 1, (insn.dst & 15) | ((insn.src & 15) << 4));
    view.setInt16(at + 2, insn.off, true);
    view.setInt32(at + 4, insn.imm, true);
  });
  return bytes;
}

function extends_(rule: FieldRule, value: number): boolean {
  return typeof rule !== 'number' || rule === value;
}

/**
 * The table's row for an instruction, or undefined for an unknown one. Fields that extend the opcode (`off` of div,
 * mod and mov, `imm` of atomics and endian operations, `src` of calls) choose the row; if none fits, the plain row of
 * the opcode is the answer, so that a caller can tell "reserved field set" from "unknown opcode".
 */
export function opcodeOf(insn: Insn): Opcode | undefined {
  const rows = OPCODES_BY_CODE[insn.code];
  if (rows === undefined) return undefined;
  const [first] = rows;
  if (rows.length === 1) return first;
  for (const entry of rows) {
    if (extends_(entry.src, insn.src) && extends_(entry.off, insn.off) && extends_(entry.imm, insn.imm)) {
      return entry;
    }
  }
  return first?.meaning.kind === 'alu' ? first : undefined;
}

/** The two slots of a 64-bit constant. */
export function ldImm64(dst: number, value: bigint, src = 0): [Insn, Insn] {
  return [
    { code: Op.LD_IMM64, dst, src, off: 0, imm: Number(BigInt.asIntN(32, value)) },
    { code: 0, dst: 0, src: 0, off: 0, imm: Number(BigInt.asIntN(32, value >> 32n)) },
  ];
}

/** The constant of a ld_imm64: low half in the first slot, high half in the second. */
export function imm64Of(first: Insn, second: Insn): bigint {
  return (BigInt(second.imm >>> 0) << 32n) | BigInt(first.imm >>> 0);
}

/** Class of an opcode: one of InsnClass. */
export function classOf(code: number): number {
  return code & 7;
}

export function isLdImm64(insn: Insn): boolean {
  return insn.code === Op.LD_IMM64;
}

/** Any call: helper, kfunc, local or through a register. */
export function isCall(insn: Insn): boolean {
  return insn.code === Op.CALL || insn.code === Op.CALLX;
}

export function isHelperCall(insn: Insn): boolean {
  return insn.code === Op.CALL && insn.src === 0;
}

export function isLocalCall(insn: Insn): boolean {
  return insn.code === Op.CALL && insn.src === PseudoSource.CALL;
}

export function isKfuncCall(insn: Insn): boolean {
  return insn.code === Op.CALL && insn.src === PseudoSource.KFUNC_CALL;
}

export function isExit(insn: Insn): boolean {
  return insn.code === Op.EXIT;
}

/** Goto, gotol, may_goto and every conditional jump, but neither call nor exit. */
export function isJump(insn: Insn): boolean {
  const kind = classOf(insn.code);
  if (kind !== InsnClass.JMP && kind !== InsnClass.JMP32) return false;
  const op = insn.code & 0xf0;
  return op !== JmpOp.CALL && op !== JmpOp.EXIT;
}

/** Goto and gotol. */
export function isGoto(insn: Insn): boolean {
  return insn.code === Op.JA || insn.code === Op.GOTOL;
}

/** A jump that can fall through: conditional ones and may_goto. */
export function isBranch(insn: Insn): boolean {
  return isJump(insn) && !isGoto(insn);
}

/** Reads memory through a register: ldx (MEM, MEMSX). */
export function isLoad(insn: Insn): boolean {
  const mode = insn.code & 0xe0;
  return classOf(insn.code) === InsnClass.LDX && (mode === InsnMode.MEM || mode === InsnMode.MEMSX);
}

/** st and stx with MEM. */
export function isStore(insn: Insn): boolean {
  const kind = classOf(insn.code);
  return (kind === InsnClass.ST || kind === InsnClass.STX) && (insn.code & 0xe0) === InsnMode.MEM;
}

/** stx with ATOMIC: read-modify-write, load-acquire and store-release. */
export function isAtomic(insn: Insn): boolean {
  return classOf(insn.code) === InsnClass.STX && (insn.code & 0xe0) === InsnMode.ATOMIC;
}

/** Bytes that a load, store or atomic opcode moves. */
export function accessBytes(code: number): 1 | 2 | 4 | 8 {
  switch (code & 0x18) {
    case 0x00:
      return 4;
    case 0x08:
      return 2;
    case 0x10:
      return 1;
    default:
      return 8;
  }
}

/** Slot a jump goes to if taken. Only for isJump instructions. */
export function jumpTarget(insn: Insn, pc: number): number {
  return pc + 1 + (insn.code === Op.GOTOL ? insn.imm : insn.off);
}

/** First slot of the function that a local call at `pc` calls. */
export function callTarget(insn: Insn, pc: number): number {
  return pc + 1 + insn.imm;
}
