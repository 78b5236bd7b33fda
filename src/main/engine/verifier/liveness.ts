/**
 * Which values are still needed. Registers and stack slots until 6.17 by marks that reads leave on the checkpoints before
 * (mark_reg_read); registers since 6.16 by data flow over the program (compute_live_registers), slots since 6.18 as
 * stack-liveness.ts tells.
 */
import { type Environment } from './environment.ts';
import {
  AluOp,
  AtomicOp,
  InsnClass,
  InsnMode,
  InsnSize,
  JmpOp,
  PseudoSource,
  type Insn,
} from '../isa/index.ts';
import { successors } from './flow.ts';
import { RegType } from './reg-type.ts';
import { FRAME_POINTER, type FrameState } from './state.ts';

/** A whole slot is written: nobody behind reads what was there before. */
export function markSlotWritten(env: Environment, frame: FrameState, slotIndex: number): void {
  frame.writtenSlots.add(slotIndex);
  env.stackLiveness?.noteWrite(frame.index, slotIndex);
}

/**
 * Marks a slot as read: the checkpoints before must keep it, up to where it was written. `walked`: how many states have the
 * mark already.
 */
export function markSlotRead(env: Environment, frame: FrameState, slotIndex: number, walked = 0): void {
  if (env.stackLiveness !== undefined) {
    env.stackLiveness.noteRead(frame.index, slotIndex);
    return;
  }
  if (frame.writtenSlots.has(slotIndex)) {
    noteWalk(env, walked);
    return;
  }
  for (let state = env.current.parent; state !== undefined; state = state.parent) {
    const parent = state.frames[frame.index];
    if (parent === undefined || parent.activation !== frame.activation) break;
    if (slotIndex >= parent.slotCount || parent.readSlots.has(slotIndex)) break;
    parent.readSlots.add(slotIndex);
    walked += 1;
    if (parent.writtenSlots.has(slotIndex)) break;
  }
  noteWalk(env, walked);
}

/** The statistics tell the longest walk over checkpoints (mark_read). */
function noteWalk(env: Environment, walked: number): void {
  if (walked > env.longestMarkReadWalk) env.longestMarkReadWalk = walked;
}

/** Notes in one state that a register is read; false where as much was known. */
export function noteRegisterRead(frame: FrameState, register: number, isWhole: boolean): boolean {
  const bit = 1 << register;
  if ((frame.readWholeRegisters & bit) !== 0 || (!isWhole && (frame.readRegisters & bit) !== 0)) return false;
  frame.readRegisters |= bit;
  if (isWhole) frame.readWholeRegisters |= bit;
  return true;
}

/**
 * Marks a register as read in the checkpoints before, up to where it was written (mark_reg_read). `isWhole`: all 64 bits;
 * `walked`: how many states have the mark already.
 */
export function markRegisterRead(
  env: Environment,
  reader: FrameState,
  register: number,
  isWhole: boolean,
  walked = 0,
): void {
  if (!env.input.profile.walksStates || register === FRAME_POINTER) return;
  let frame = reader;
  let index = register;
  let last = env.current.parent;
  while ((frame.writtenRegisters & (1 << index)) === 0) {
    const link = frame.linkOf(index, last);
    const before = link.state?.frames[link.frame];
    if (before === undefined || !noteRegisterRead(before, link.register, isWhole)) break;
    walked += 1;
    last = link.state?.parent;
    frame = before;
    index = link.register;
  }
  noteWalk(env, walked);
}

/** An instruction reads all 64 bits of a register, not the low half only (is_reg64). */
export function readsWholeRegister(env: Environment, insn: Insn, register: number): boolean {
  switch (insn.code & 7) {
    case InsnClass.ALU64:
      return (insn.code & 0xf0) !== AluOp.END || insn.imm === 64;
    case InsnClass.ALU:
      return (insn.code & 0xf0) === AluOp.END && insn.imm === 64;
    case InsnClass.JMP32:
      return false;
    case InsnClass.STX:
      return env.frame.peek(register).type !== RegType.SCALAR || (insn.code & 0x18) === InsnSize.DW;
    default:
      return true;
  }
}

const CALLER_SAVED = 0b111111;
/** Of classic packet loads the kernel takes for granted that they read all (insn_live_regs). */
const EVERY_REGISTER = 0b11_1111_1111;

/** Registers that an instruction reads and writes, as bit masks. */
export function registersOf(env: Environment, insn: Insn): { use: number; def: number } {
  const dst = 1 << insn.dst;
  const src = 1 << insn.src;
  const class_ = insn.code & 7;
  const fromRegister = (insn.code & 8) !== 0;
  switch (class_) {
    case InsnClass.LD:
      return (insn.code & 0xe0) === InsnMode.IMM ? { use: 0, def: dst } : { use: EVERY_REGISTER, def: 0 };
    case InsnClass.LDX:
      return { use: src, def: dst };
    case InsnClass.ST:
      return { use: dst, def: 0 };
    case InsnClass.STX: {
      if ((insn.code & 0xe0) !== InsnMode.ATOMIC) return { use: dst | src, def: 0 };
      if (insn.imm === AtomicOp.CMPXCHG) return { use: dst | src | 1, def: 1 };
      if (insn.imm === AtomicOp.LOAD_ACQ) return { use: src, def: dst };
      if (insn.imm === AtomicOp.STORE_REL) return { use: dst | src, def: 0 };
      return { use: dst | src, def: (insn.imm & AtomicOp.FETCH) !== 0 ? src : 0 };
    }
    case InsnClass.ALU:
    case InsnClass.ALU64: {
      const operation = insn.code & 0xf0;
      if (operation === 0xd0) return { use: dst, def: dst };
      if (operation === 0xb0) return { use: fromRegister ? src : 0, def: dst };
      return { use: fromRegister ? dst | src : dst, def: dst };
    }
    default:
      return jumpRegisters(env, insn, dst, src, fromRegister);
  }
}

function jumpRegisters(
  env: Environment,
  insn: Insn,
  dst: number,
  src: number,
  fromRegister: boolean,
): { use: number; def: number } {
  switch (insn.code & 0xf0) {
    case JmpOp.JA:
    case JmpOp.JCOND:
      return { use: 0, def: 0 };
    case JmpOp.EXIT:
      return { use: 1, def: 0 };
    case JmpOp.CALL:
      return { use: argumentMask(env, insn), def: CALLER_SAVED };
    default:
      return { use: fromRegister ? dst | src : dst, def: 0 };
  }
}

/** Argument registers of a call that may be read: all of them where the program may not make the call (get_call_summary). */
function argumentMask(env: Environment, insn: Insn): number {
  const all = 0b111110;
  const count =
    insn.src === PseudoSource.KFUNC_CALL
      ? env.kfuncArguments(insn.imm)
      : insn.src === 0
        ? env.helperArguments(insn.imm)
        : undefined;
  return count === undefined ? all : all & ((1 << (count + 1)) - 1);
}

/** Fills facts.liveRegisters: what may be read from each instruction on, before it is written. */
export function computeLiveRegisters(env: Environment): void {
  const count = env.insns.length;
  const uses = env.insns.map((insn) => registersOf(env, insn));
  let changed = true;
  while (changed) {
    changed = false;
    for (let i = count - 1; i >= 0; i--) {
      let out = 0;
      for (const next of successors(env, i)) out |= env.facts[next]?.liveRegisters ?? 0;
      const { use, def } = uses[i] as { use: number; def: number };
      const live = (out & ~def) | use;
      const facts = env.factsAt(i);
      if (live !== facts.liveRegisters) {
        facts.liveRegisters = live;
        changed = true;
      }
    }
  }
}

/** `0.....6...`: registers as the table at level 2 shows them. */
export function liveText(mask: number): string {
  let text = '';
  for (let i = 0; i < 10; i++) text += (mask & (1 << i)) !== 0 ? String(i) : '.';
  return text;
}

/** Forgets what nobody will read in a frame of a finished checkpoint. */
export function cleanFrame(
  env: Environment,
  frame: FrameState,
  live: number,
  isSlotLive: (slot: number) => boolean,
): void {
  for (let i = 0; i < 10; i++) {
    if ((live & (1 << i)) === 0) frame.setRegister(i, env.forgottenRegister);
  }
  for (let i = 0; i < frame.slotCount; i++) {
    if (!isSlotLive(i)) frame.setSlot(i, env.forgottenSlot);
  }
}
