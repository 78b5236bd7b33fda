/** Loops that the verifier walks: earlier visits of the same place, and values that are given up to come to an end. */
import { type Environment } from './environment.ts';
import { type Register } from './register.ts';
import { RegType } from './reg-type.ts';
import { IdMap, isExactlyEqual } from './equality.ts';
import { REGISTERS, sameCallsites, type PathState } from './state.ts';

/** Checkpoints that are kept for an instruction (in one list with others, as in the kernel's hash table). */
export function exploredAt(env: Environment, insn: number, callsite: number): PathState[] {
  const key = ((insn ^ callsite) >>> 0) % env.insns.length;
  let list = env.explored[key];
  if (list === undefined) {
    list = [];
    env.explored[key] = list;
  }
  return list;
}

/** The newest unfinished visit of `insn` before `state` with the same calls (find_prev_entry). */
export function findPreviousEntry(env: Environment, state: PathState, insn: number): PathState | undefined {
  const list = exploredAt(env, insn, state.current.callsite);
  for (let i = list.length - 1; i >= 0; i--) {
    const candidate = list[i] as PathState;
    const isEarlier = candidate.insn === insn && candidate.branches > 0 && candidate.depth < state.depth;
    if (isEarlier && sameCallsites(candidate, state)) return candidate;
  }
  return undefined;
}

function widens(old: Readonly<Register>, current: Readonly<Register>, ids: IdMap): boolean {
  if (old.type !== RegType.SCALAR || current.type !== RegType.SCALAR) return false;
  return !old.precise && !current.precise && !isExactlyEqual(old, current, ids);
}

/** Scalars that changed since the last visit, and whose value nobody asked for, may be anything now. */
export function widenImprecise(env: Environment, old: PathState, current: PathState): void {
  const ids = new IdMap().reset(env.idCounter);
  for (let i = old.depthOfCalls; i >= 0; i--) {
    const oldFrame = old.frame(i);
    const frame = current.frame(i);
    for (let j = 0; j < REGISTERS; j++) {
      if (widens(oldFrame.peek(j), frame.peek(j), ids)) env.markUnknown(frame.register(j));
    }
    const slots = Math.min(oldFrame.slotCount, frame.slotCount);
    for (let j = 0; j < slots; j++) {
      const oldSlot = oldFrame.peekSlot(j);
      const slot = frame.peekSlot(j);
      if (oldSlot?.isSpilled !== true || slot?.isSpilled !== true) continue;
      if (widens(oldSlot.value, slot.value, ids)) env.markUnknown(frame.slot(j).value);
    }
  }
}

/** The outermost loop that a state belongs to (get_loop_entry). */
export function loopEntryOf(state: PathState): PathState | undefined {
  let top = state.loopEntry;
  while (top?.loopEntry !== undefined && top !== top.loopEntry) top = top.loopEntry;
  let at: PathState | undefined = state;
  while (at !== undefined && at.loopEntry !== top) {
    const next: PathState | undefined = at.loopEntry;
    at.loopEntry = top;
    at = next;
  }
  return top;
}

/** `current` came back to `header`: they are in one loop (update_loop_entry). */
export function updateLoopEntry(current: PathState, header: PathState): void {
  const a = loopEntryOf(current) ?? current;
  const b = loopEntryOf(header) ?? header;
  if (b.branches > 0 && b.depth <= a.depth) {
    current.loopEntry = header;
    header.usedAsLoopEntry = true;
  }
}

/** A checkpoint that is no longer compared with, and that no unfinished one comes from, is gone (maybe_free_verifier_state). */
export function releaseState(env: Environment, state: PathState): void {
  if (state.retired && state.branches === 0 && env.loops?.isIncomplete(state) !== true)
    env.retiredStates -= 1;
}

/** The path that is walked is finished: so may be the checkpoints it came from (update_branch_counts). */
export function finishPath(env: Environment): void {
  env.current.insn = env.insn;
  for (let at: PathState | undefined = env.current; at !== undefined;) {
    at.branches -= 1;
    if (at.branches > 0) break;
    const parent: PathState | undefined = at.parent;
    if (env.loops !== undefined) {
      env.loops.exit(at);
      if (at !== env.current) releaseState(env, at);
      if (!env.loops.isIncomplete(at)) at.parent = undefined;
      at = parent;
      continue;
    }
    if (parent !== undefined && at.loopEntry !== undefined) updateLoopEntry(parent, at.loopEntry);
    // Nobody asks a finished checkpoint for the one before it: that one may be forgotten with its list.
    at.parent = undefined;
    at = parent;
  }
}
