/** Reads and writes of the program's stack, byte by byte (check_stack_read, check_stack_write in verifier.c). */
import { Errno } from '../abi/index.ts';
import { InsnClass, InsnMode } from '../isa/index.ts';
import { type Environment } from './environment.ts';
import { noteStackUse } from './fastcall.ts';
import { markSlotRead, markSlotWritten } from './liveness.ts';
import { markPrecise, noteStackAccess } from './precision.ts';
import { printLine } from './print.ts';
import { ADD_CONST, MAX_VAR_OFF, Register } from './register.ts';
import { DynptrType, RegType, TypeFlag, isSpillable } from './reg-type.ts';
import { type FrameState, MAX_STACK, SlotType, StackSlot, allBytes } from './state.ts';
import { tnumString } from './tnum.ts';

export type AccessType = 'read' | 'write';

/** The slot that an offset (negative) lies in. */
export function slotOf(offset: number): number {
  return Math.trunc((-offset - 1) / 8);
}

/** Makes room down to `bytes` below the frame pointer. */
export function growStack(env: Environment, frame: FrameState, bytes: number): void {
  const slots = Math.ceil(bytes / 8);
  while (frame.slotCount < slots) frame.setSlot(frame.slotCount, new StackSlot());
  const subprogram = env.subprogram(frame.subprogram);
  if (subprogram.stackDepth < frame.allocated) subprogram.stackDepth = frame.allocated;
}

/**
 * The access lies within the stack (check_stack_access_within_bounds); the stack grows to hold it.
 * `indirect` is for accesses by helpers and kfuncs.
 */
export function checkStackBounds(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  access: AccessType,
  indirect: boolean,
): void {
  const r = env.register(regno);
  const frame = env.frameOf(r);
  const action =
    indirect && env.input.profile.namesIndirectStackAccess
      ? ' indirect access to'
      : access === 'read'
        ? ' read from'
        : ' write to';
  let least: number;
  let most: number;
  if (r.isConst) {
    least = r.varOffNumber + offset;
    most = least + size;
  } else {
    if (r.smax >= MAX_VAR_OFF || r.smin <= -MAX_VAR_OFF) {
      env.reject(Errno.EACCES, `invalid unbounded variable-offset${action} stack R${regno}`);
    }
    least = r.smin + offset;
    most = r.smax + offset + size;
  }
  const lowest = access === 'write' || env.allowUninitStack ? -MAX_STACK : -frame.allocated;
  let errno = 0;
  if (least < lowest || least > -1) errno = Errno.EACCES;
  else if (most > 0) errno = Errno.EINVAL;
  else if (size < 0) errno = Errno.EFAULT;
  if (errno !== 0) {
    env.reject(
      errno,
      r.isConst
        ? `invalid${action} stack R${regno} off=${offset} size=${size}`
        : `invalid variable-offset${action} stack R${regno} var_off=${tnumString(r.varOff)} off=${offset} size=${size}`,
    );
  }
  growStack(env, frame, -least);
}

/** Copies a register to a slot of which it takes `size` bytes. */
function saveRegister(env: Environment, frame: FrameState, index: number, r: Register, size: number): void {
  const slot = frame.slot(index);
  slot.value.assign(r);
  if (size === 8) {
    markSlotWritten(env, frame, index);
    slot.types = allBytes(SlotType.SPILL);
    return;
  }
  for (let i = 7; i > 7 - size; i--) slot.setByte(i, SlotType.SPILL);
  for (let i = 7 - size; i >= 0; i--) markMisc(slot, i);
}

/** A byte of unknown contents; zeros and unwritten bytes stay what they are. */
function markMisc(slot: StackSlot, index: number): void {
  const type = slot.byte(index);
  if (type !== SlotType.ZERO && type !== SlotType.INVALID) slot.setByte(index, SlotType.MISC);
}

/** All bytes of a slot that held something become bytes of unknown contents. */
export function scrubSlot(slot: StackSlot): void {
  for (let i = 0; i < 8; i++) if (slot.byte(i) !== SlotType.INVALID) slot.setByte(i, SlotType.MISC);
}

/** A spill, dynptr or iterator that is partly overwritten is none any more. */
function scrubSpecial(slot: StackSlot): void {
  slot.value.type = RegType.NOT_INIT;
  const top = slot.byte(7);
  if (top === SlotType.SPILL || top === SlotType.DYNPTR || top === SlotType.ITER) scrubSlot(slot);
}

/** Overwriting one slot of a dynptr ends it; one that holds a reference must not be overwritten. */
export function destroyDynptr(env: Environment, frame: FrameState, index: number): void {
  const slot = frame.peekSlot(index);
  if (slot === undefined || slot.byte(0) !== SlotType.DYNPTR) return;
  const first = slot.value.dynptrFirst ? index : index + 1;
  const value = frame.slot(first).value;
  if (value.dynptrType === DynptrType.RINGBUF) {
    env.reject(Errno.EINVAL, 'cannot overwrite referenced dynptr');
  }
  env.scratchSlot(first);
  env.scratchSlot(first - 1);
  const id = value.id;
  env.current.forEachRegister(
    (r) => (r.type & ~TypeFlag.MAYBE_NULL) === RegType.MEM && r.dynptrId === id,
    (r) => env.invalidate(r),
  );
  clearSlots(env, frame, first, 2);
}

/** `count` slots from `first` downwards hold nothing any more. */
export function clearSlots(env: Environment, frame: FrameState, first: number, count: number): void {
  for (let i = first; i > first - count; i--) {
    const slot = frame.slot(i);
    slot.types = SlotType.INVALID;
    env.markNotInit(slot.value);
    markSlotWritten(env, frame, i);
    env.scratchSlot(i);
  }
}

/** Gives a scalar an id before it is copied, so that the copies learn from each other (assign_scalar_id_before_mov). */
export function assignScalarId(env: Environment, r: Register): void {
  if (r.type !== RegType.SCALAR) return;
  if ((r.id & ADD_CONST) !== 0) r.clearScalarId();
  if (r.id === 0 && !r.isConst) r.id = env.newId();
}

function isStoreOfImmediate(env: Environment): boolean {
  const insn = env.insnAt(env.insn);
  return (insn.code & 7) === InsnClass.ST && (insn.code & 0xe0) === InsnMode.MEM;
}

function writeFixed(
  env: Environment,
  frame: FrameState,
  offset: number,
  size: number,
  valueRegister: number,
): void {
  const at = -offset - 1;
  const index = at >> 3;
  const slot = frame.slot(index);
  noteStackUse(env, frame, offset);
  if (!env.allowPointerLeaks && slot.isSpilled && !slot.isSpilledScalar && size !== 8) {
    env.reject(Errno.EACCES, 'attempt to corrupt spilled pointer on stack');
  }
  const current = env.frame;
  const r = valueRegister >= 0 ? current.register(valueRegister) : undefined;
  destroyDynptr(env, frame, index);
  env.scratchSlot(index);
  const aligned = offset % 8 === 0;
  const immediate = r === undefined && isStoreOfImmediate(env);
  if (r !== undefined && aligned && r.type === RegType.SCALAR && env.privileged) {
    const fits = r.width <= 8 * size;
    if (fits) assignScalarId(env, r);
    saveRegister(env, frame, index, r, size);
    if (!fits) slot.value.id = 0;
  } else if (immediate && aligned && env.privileged) {
    const constant = new Register();
    constant.markKnownNumber(env.insnAt(env.insn).imm);
    constant.type = RegType.SCALAR;
    saveRegister(env, frame, index, constant, size);
  } else if (r !== undefined && isSpillable(r.type)) {
    if (size !== 8) {
      printLine(env, env.insn, '; ');
      env.reject(Errno.EACCES, 'invalid size of register spill');
    }
    if (frame !== current && r.type === RegType.STACK) {
      env.reject(Errno.EINVAL, 'cannot spill pointers to stack into stack frame of the caller');
    }
    saveRegister(env, frame, index, r, size);
  } else {
    writeBytes(env, frame, at, size, valueRegister, r, immediate);
    return;
  }
  noteStackAccess(env, frame.index, index);
}

/** Bytes that are no spill: zeros or anything. */
function writeBytes(
  env: Environment,
  frame: FrameState,
  at: number,
  size: number,
  valueRegister: number,
  r: Register | undefined,
  immediate: boolean,
): void {
  const slot = frame.slot(at >> 3);
  let type: number = SlotType.MISC;
  scrubSpecial(slot);
  if (size === 8) markSlotWritten(env, frame, at >> 3);
  if (r?.isNull === true || (immediate && env.insnAt(env.insn).imm === 0)) {
    // The byte is zero only because the register was: that must stay so in states that are compared with this one.
    if (valueRegister >= 0) markPrecise(env, valueRegister);
    type = SlotType.ZERO;
  }
  for (let i = 0; i < size; i++) slot.setByte((at - i) & 7, type);
}

function writeVariable(
  env: Environment,
  frame: FrameState,
  pointerRegister: number,
  offset: number,
  size: number,
  valueRegister: number,
): void {
  const pointer = env.register(pointerRegister);
  const least = pointer.smin + offset;
  const most = pointer.smax + offset + size;
  const value = valueRegister >= 0 ? env.register(valueRegister) : undefined;
  const writesZero =
    value?.isNull === true ||
    (value === undefined && isStoreOfImmediate(env) && env.insnAt(env.insn).imm === 0);
  for (let i = least; i < most; i++) destroyDynptr(env, frame, slotOf(i));
  for (let i = least; i < most; i++) noteStackUse(env, frame, i);
  let zeroUsed = false;
  for (let i = least; i < most; i++) {
    const at = -i - 1;
    const slot = frame.slot(at >> 3);
    env.scratchSlot(at >> 3);
    const type = slot.byte(at & 7);
    if (!env.allowPointerLeaks && type !== SlotType.MISC && type !== SlotType.ZERO) {
      env.reject(
        Errno.EINVAL,
        `spilled ptr in range of var-offset stack write; insn ${env.insn}, ptr off: ${i}`,
      );
    }
    if (writesZero && type === SlotType.SPILL && slot.isSpilledScalar && slot.value.isNull) {
      zeroUsed = true;
      continue;
    }
    scrubSpecial(slot);
    let written: number = SlotType.MISC;
    if (writesZero && slot.byte(at & 7) === SlotType.ZERO) {
      written = SlotType.ZERO;
      zeroUsed = true;
    }
    if (slot.byte(at & 7) === SlotType.INVALID && !env.allowUninitStack) {
      env.reject(
        Errno.EINVAL,
        `uninit stack in range of var-offset write prohibited for !root; insn ${env.insn}, off: ${i}`,
      );
    }
    slot.setByte(at & 7, written);
  }
  if (zeroUsed && valueRegister >= 0) markPrecise(env, valueRegister);
}

/** A store to the stack through register `pointerRegister`; `valueRegister` is -1 for an immediate or unknown bytes. */
export function writeStack(
  env: Environment,
  pointerRegister: number,
  offset: number,
  size: number,
  valueRegister: number,
): void {
  const pointer = env.register(pointerRegister);
  const frame = env.frameOf(pointer);
  if (pointer.isConst) {
    writeFixed(env, frame, offset + pointer.varOffNumber, size, valueRegister);
  } else writeVariable(env, frame, pointerRegister, offset, size, valueRegister);
}

/** Result of reading bytes that are no spill. */
function markRead(
  env: Environment,
  frame: FrameState,
  least: number,
  most: number,
  destination: number,
): void {
  let allZero = true;
  for (let i = least; i < most && allZero; i++) {
    const at = -i - 1;
    env.scratchSlot(at >> 3);
    if (frame.peekSlot(at >> 3)?.byte(at & 7) !== SlotType.ZERO) allZero = false;
  }
  const r = env.register(destination);
  if (allZero) r.markScalarZero(!env.privileged);
  else env.markUnknown(r);
  env.frame.writtenRegisters |= 1 << destination;
}

function checkBytesReadable(
  env: Environment,
  slot: StackSlot,
  at: number,
  offset: number,
  size: number,
  allowSpill: boolean,
): { spilled: number; zeros: number } {
  let spilled = 0;
  let zeros = 0;
  for (let i = 0; i < size; i++) {
    const type = slot.byte((at - i) & 7);
    if (type === SlotType.SPILL && allowSpill) spilled += 1;
    else if (type === SlotType.ZERO) zeros += 1;
    else if (type !== SlotType.MISC && !(type === SlotType.INVALID && env.allowUninitStack)) {
      env.reject(Errno.EACCES, `invalid read from stack off ${offset}+${i} size ${size}`);
    }
  }
  return { spilled, zeros };
}

function readFixed(
  env: Environment,
  frame: FrameState,
  offset: number,
  size: number,
  destination: number,
): void {
  const at = -offset - 1;
  const index = at >> 3;
  const slot = frame.slot(index);
  const value = slot.value;
  env.scratchSlot(index);
  noteStackUse(env, frame, offset);
  if (!slot.isSpilled) {
    checkBytesReadable(env, slot, at, offset, size, false);
    markSlotRead(env, frame, index);
    if (destination >= 0) markRead(env, frame, offset, offset + size, destination);
    return;
  }
  let spillSize = 1;
  for (let i = 7; i > 0 && slot.byte(i - 1) === SlotType.SPILL; i--) spillSize += 1;
  let fromSlot = true;
  if (size !== 8 || spillSize !== 8) {
    if (value.type !== RegType.SCALAR) {
      printLine(env, env.insn, '; ');
      env.reject(Errno.EACCES, 'invalid size of register fill');
    }
    markSlotRead(env, frame, index);
    if (destination < 0) return;
    fromSlot = readPart(env, slot, at, offset, size, spillSize, destination);
  } else if (destination >= 0) {
    const r = env.register(destination);
    r.assign(value);
    env.frame.writtenRegisters |= 1 << destination;
  } else if (!env.allowPointerLeaks && value.type !== RegType.SCALAR) {
    env.reject(Errno.EACCES, `leaking pointer from stack off ${offset}`);
  }
  markSlotRead(env, frame, index);
  if (fromSlot) noteStackAccess(env, frame.index, index);
}

/** Reads some bytes of a slot that holds a spilled scalar; true if the result came from it. */
function readPart(
  env: Environment,
  slot: StackSlot,
  at: number,
  offset: number,
  size: number,
  spillSize: number,
  destination: number,
): boolean {
  const r = env.register(destination);
  const value = slot.value;
  let fromSlot = true;
  if (size <= spillSize && offset % 8 === 0) {
    r.assign(value);
    if (value.width > size * 8) r.clearScalarId();
  } else {
    const { spilled, zeros } = checkBytesReadable(env, slot, at, offset, size, true);
    if (spilled === size && value.isNull) {
      r.markScalarZero(!env.privileged);
    } else {
      fromSlot = false;
      if (zeros === size) r.markScalarZero(!env.privileged);
      else env.markUnknown(r);
    }
  }
  env.frame.writtenRegisters |= 1 << destination;
  return fromSlot;
}

/** A load from the stack; `destination` is -1 where only the bytes are looked at. */
export function readStack(
  env: Environment,
  pointerRegister: number,
  offset: number,
  size: number,
  destination: number,
): void {
  const pointer = env.register(pointerRegister);
  const frame = env.frameOf(pointer);
  const variable = !pointer.isConst;
  if (destination < 0 && variable) {
    env.reject(
      Errno.EACCES,
      `variable offset stack pointer cannot be passed into helper function; var_off=${tnumString(pointer.varOff)} off=${offset} size=${size}`,
    );
  }
  if (!variable) {
    readFixed(env, frame, offset + pointer.varOffNumber, size, destination);
    return;
  }
  const least = pointer.smin + offset;
  const most = pointer.smax + offset;
  checkStackRange(env, pointerRegister, offset, size, {
    zeroAllowed: false,
    indirect: false,
    access: 'read',
  });
  markRead(env, frame, least, most + size, destination);
  noteStackUse(env, frame, least);
}

export interface RangeCheck {
  readonly zeroAllowed: boolean;
  /** By a helper or kfunc: the bytes may change. */
  readonly indirect: boolean;
  readonly access: AccessType;
  /** A helper that writes the memory without reading it: what it is told to fill is noted here. */
  readonly raw?: { regno: number; size: number };
}

/** Bytes that a helper reads (or a load at a variable offset) are initialized (check_stack_range_initialized). */
export function checkStackRange(
  env: Environment,
  regno: number,
  offset: number,
  size: number,
  check: RangeCheck,
): void {
  const r = env.register(regno);
  const frame = env.frameOf(r);
  const extra = check.indirect && env.input.profile.namesIndirectStackAccess ? ' indirect' : '';
  if (size === 0 && !check.zeroAllowed) env.reject(Errno.EACCES, 'invalid zero-sized read');
  const boundsAccess: AccessType =
    check.indirect && env.input.profile.namesIndirectStackAccess ? 'write' : check.access;
  checkStackBounds(env, regno, offset, size, boundsAccess, check.indirect);
  let raw = check.raw;
  let least: number;
  let most: number;
  if (r.isConst) {
    least = most = r.varOffNumber + offset;
  } else {
    if (!env.bypassSpeculation) {
      env.reject(
        Errno.EACCES,
        `R${regno}${extra} variable offset stack access prohibited for !root, var_off=${tnumString(r.varOff)}`,
      );
    }
    // At a variable offset nobody knows which bytes will be filled: they count as read.
    raw = undefined;
    least = r.smin + offset;
    most = r.smax + offset;
  }
  if (raw !== undefined) {
    for (let i = least; i < most + size; i++) {
      const slot = frame.peekSlot(slotOf(i));
      if (slot !== undefined && slot.byte((-i - 1) & 7) === SlotType.DYNPTR) {
        env.reject(Errno.EACCES, `potential write to dynptr at off=${i} disallowed`);
      }
    }
    raw.regno = regno;
    raw.size = size;
    return;
  }
  const clobber = check.indirect && (env.input.profile.namesIndirectStackAccess || check.access === 'write');
  for (let i = least; i < most + size; i++) checkByte(env, frame, r, i, least, size, clobber, extra, regno);
}

function checkByte(
  env: Environment,
  frame: FrameState,
  r: Register,
  i: number,
  least: number,
  size: number,
  clobber: boolean,
  extra: string,
  regno: number,
): void {
  const at = -i - 1;
  const index = at >> 3;
  if (index >= frame.slotCount) env.bug('allocated_stack too small');
  const slot = frame.slot(index);
  const type = slot.byte(at & 7);
  if (type === SlotType.MISC) {
    markSlotRead(env, frame, index);
    return;
  }
  if (type === SlotType.ZERO || (type === SlotType.INVALID && env.allowUninitStack)) {
    if (clobber) slot.setByte(at & 7, SlotType.MISC);
    markSlotRead(env, frame, index);
    return;
  }
  if (slot.isSpilled && (slot.value.type === RegType.SCALAR || env.allowPointerLeaks)) {
    if (clobber) {
      env.markUnknown(slot.value);
      scrubSlot(slot);
    }
    markSlotRead(env, frame, index);
    return;
  }
  env.reject(
    Errno.EACCES,
    r.isConst
      ? `invalid${extra} read from stack R${regno} off ${least}+${i - least} size ${size}`
      : `invalid${extra} read from stack R${regno} var_off ${tnumString(r.varOff)}+${i - least} size ${size}`,
  );
}
