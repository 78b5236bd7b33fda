/** When a state that was seen to be safe covers another one (regsafe, stacksafe, states_equal in verifier.c). */
import { rangeWithin } from './bounds.ts';
import { type Environment } from './environment.ts';
import { ADD_CONST, Register, sameKind, sameValue } from './register.ts';
import { RegType, baseType } from './reg-type.ts';
import { SlotType, type FrameState, type PathState, type StackSlot } from './state.ts';
import { tnumIn } from './tnum.ts';

const MAX_PAIRS = 11 * 8 + 64 * 8;

/** Ids of the old state and the ids of the new one that play their part. */
export class IdMap {
  readonly #old: number[] = [];
  readonly #current: number[] = [];
  #count = 0;
  #temporary = 0;

  /** Forgets all pairs; `lastId` is the last id that was given to anything. */
  reset(lastId: number): this {
    this.#count = 0;
    this.#temporary = lastId;
    return this;
  }

  /** Both have an id or none, and the same pairs belong together everywhere. */
  matches(old: number, current: number): boolean {
    if ((old !== 0) !== (current !== 0)) return false;
    if (old === 0) return true;
    for (let i = 0; i < this.#count; i++) {
      if (this.#old[i] === old) return this.#current[i] === current;
      if (this.#current[i] === current) return false;
    }
    if (this.#count >= MAX_PAIRS) return false;
    this.#old[this.#count] = old;
    this.#current[this.#count] = current;
    this.#count += 1;
    return true;
  }

  /** As `matches`, but an old scalar without id puts no demand on the new one. */
  matchesScalar(old: number, current: number): boolean {
    if (old === 0) return true;
    const id = current === 0 ? ++this.#temporary : current;
    if (!this.matches(old, id)) return false;
    if ((old & ADD_CONST) === 0) return true;
    return this.matches(old & ~ADD_CONST, id & ~ADD_CONST);
  }
}

/** Same value and kind, ids in the same roles (regs_exact). */
export function isExactlyEqual(old: Register, current: Register, ids: IdMap): boolean {
  return (
    sameKind(old, current) &&
    sameValue(old, current) &&
    ids.matches(old.id, current.id) &&
    ids.matches(old.refObjId, current.refObjId)
  );
}

/** How equal: safe to stop here, exactly the same, or the old ranges hold the new ones. */
export type Exactness = 'covers' | 'exact' | 'range';

function scalarCovered(old: Register, current: Register, ids: IdMap, exact: Exactness): boolean {
  if (!old.precise && exact === 'covers') return true;
  if (old.id !== 0 && (old.id & ADD_CONST) !== (current.id & ADD_CONST)) return false;
  if ((old.id & ADD_CONST) !== 0 && old.off !== current.off) return false;
  if (!ids.matchesScalar(old.id, current.id)) return false;
  return rangeWithin(old, current) && tnumIn(old.varOff, current.varOff);
}

function registerCovered(old: Register, current: Register, ids: IdMap, exact: Exactness): boolean {
  if (exact === 'exact') return isExactlyEqual(old, current, ids);
  if (old.type === RegType.NOT_INIT && (exact === 'covers' || current.type === RegType.NOT_INIT)) return true;
  if (old.type !== current.type) return false;
  switch (baseType(old.type)) {
    case RegType.SCALAR:
      return scalarCovered(old, current, ids, exact);
    case RegType.MAP_KEY:
    case RegType.MAP_VALUE:
    case RegType.MEM:
    case RegType.BUF:
    case RegType.TP_BUFFER:
      return (
        sameKind(old, current) &&
        rangeWithin(old, current) &&
        tnumIn(old.varOff, current.varOff) &&
        ids.matches(old.id, current.id) &&
        ids.matches(old.refObjId, current.refObjId)
      );
    case RegType.PACKET_META:
    case RegType.PACKET:
      if (old.range < 0 || current.range < 0 ? old.range !== current.range : old.range > current.range)
        return false;
      return (
        old.off === current.off &&
        ids.matches(old.id, current.id) &&
        rangeWithin(old, current) &&
        tnumIn(old.varOff, current.varOff)
      );
    case RegType.STACK:
      return isExactlyEqual(old, current, ids) && old.frame === current.frame;
    case RegType.ARENA:
      return true;
    default:
      return isExactlyEqual(old, current, ids);
  }
}

const unbound = new Register();
unbound.markUnknown(false);

function isAllMisc(env: Environment, slot: StackSlot): boolean {
  for (let i = 0; i < 8; i++) {
    const type = slot.byte(i);
    if (type !== SlotType.MISC && !(type === SlotType.INVALID && env.allowUninitStack)) return false;
  }
  return true;
}

/** The slot as a 64-bit scalar, where it is one. */
function scalarOfSlot(env: Environment, slot: StackSlot): Register | undefined {
  if (slot.isSpilledScalar64) return slot.value;
  return isAllMisc(env, slot) ? unbound : undefined;
}

function specialCovered(old: StackSlot, current: StackSlot, ids: IdMap, exact: Exactness): boolean {
  const a = old.value;
  const b = current.value;
  switch (old.byte(7)) {
    case SlotType.SPILL:
      return registerCovered(a, b, ids, exact);
    case SlotType.DYNPTR:
      return (
        a.dynptrType === b.dynptrType &&
        a.dynptrFirst === b.dynptrFirst &&
        ids.matches(a.refObjId, b.refObjId)
      );
    case SlotType.ITER:
      return (
        a.type === b.type &&
        a.btf === b.btf &&
        a.btfId === b.btfId &&
        a.iterState === b.iterState &&
        ids.matches(a.refObjId, b.refObjId)
      );
    default:
      return true;
  }
}

function slotCovered(
  env: Environment,
  old: Readonly<StackSlot>,
  current: Readonly<StackSlot> | undefined,
  ids: IdMap,
  exact: Exactness,
  wasRead: boolean,
): boolean {
  if (exact !== 'covers' && (current === undefined || old.types !== current.types)) return false;
  if (exact === 'covers' && !wasRead) return true;
  for (let i = 0; i < 8; i++) {
    const type = old.byte(i);
    if (type === SlotType.INVALID) continue;
    if (env.allowUninitStack && type === SlotType.MISC) continue;
    if (current === undefined) return false;
    const oldScalar = scalarOfSlot(env, old);
    const currentScalar = scalarOfSlot(env, current);
    if (oldScalar !== undefined && currentScalar !== undefined) {
      return registerCovered(oldScalar, currentScalar, ids, exact);
    }
    const currentType = current.byte(i);
    if (type === SlotType.MISC && currentType === SlotType.ZERO) continue;
    if (type !== currentType) return false;
    if (i === 7 && !specialCovered(old, current, ids, exact)) return false;
  }
  return true;
}

function frameCovered(
  env: Environment,
  old: FrameState,
  current: FrameState,
  ids: IdMap,
  exact: Exactness,
  live: number,
): boolean {
  if (old.callbackDepth > current.callbackDepth) return false;
  const { comparesLiveOnly, walksStates } = env.input.profile;
  let needed = comparesLiveOnly ? live : -1;
  if (walksStates && exact === 'covers') needed &= old.readRegisters;
  for (let i = 0; i < 11; i++) {
    if ((needed & (1 << i)) === 0) continue;
    if (!registerCovered(old.peek(i), current.peek(i), ids, exact)) return false;
  }
  for (let i = 0; i < old.slotCount; i++) {
    const slot = old.peekSlot(i) as StackSlot;
    const isRead = env.stackLiveness !== undefined || old.readSlots.has(i);
    if (!slotCovered(env, slot, current.peekSlot(i), ids, exact, isRead)) return false;
  }
  if (old.references.length !== current.references.length) return false;
  if (old.references.length === 0) return true;
  const now = current.references.all();
  return old.references.all().every((reference, i) => ids.matches(reference.id, now[i]?.id ?? 0));
}

/** Where a frame goes on: the instruction itself for the innermost, the call for the others. */
export function frameInsn(state: PathState, index: number, insn: number): number {
  const callee = state.frames[index + 1];
  return callee === undefined ? insn : callee.callsite;
}

const scratch = new IdMap();

/** The old state covers the current one. */
export function statesEqual(env: Environment, old: PathState, current: PathState, exact: Exactness): boolean {
  if (old.frames.length !== current.frames.length) return false;
  if (old.speculative && !current.speculative) return false;
  if (old.lockOwner !== current.lockOwner) return false;
  const ids = scratch.reset(env.idCounter);
  if ((old.lockId !== 0) !== (current.lockId !== 0)) return false;
  if (old.lockId !== 0 && !ids.matches(old.lockId, current.lockId)) return false;
  if (old.rcuLocks !== current.rcuLocks || old.preemptLocks !== current.preemptLocks) return false;
  if (old.inSleepable !== current.inSleepable) return false;
  for (let i = 0; i < old.frames.length; i++) {
    const a = old.frame(i);
    const b = current.frame(i);
    if (a.callsite !== b.callsite) return false;
    const live = env.factsAt(frameInsn(current, i, old.insn)).liveRegisters | (1 << 10);
    if (!frameCovered(env, a, b, ids, exact, live)) return false;
  }
  return true;
}

/** Same registers in the innermost frame: perhaps a loop without end. */
export function maybeLooping(old: PathState, current: PathState): boolean {
  if (old.frames.length !== current.frames.length) return false;
  const a = old.current;
  const b = current.current;
  for (let i = 0; i < 11; i++) {
    const x = a.peek(i);
    const y = b.peek(i);
    if (!sameKind(x, y) || !sameValue(x, y) || x.id !== y.id || x.refObjId !== y.refObjId) return false;
  }
  return true;
}
