/** Loops that the verifier walks: earlier visits of the same place, and values that are given up to come to an end. */
import { type Environment } from './environment.ts';
import { type Register } from './register.ts';
import { RegType } from './reg-type.ts';
import { IdMap, isExactlyEqual } from './equality.ts';
import { REGISTERS, sameCallsites, type PathState } from './state.ts';

/** Checkpoints that are kept for an instruction (in one list with others, as in the kernel's hash table). */
export function exploredAt(env: Environment, insn: number, callsite: number): PathState[] {
  const size = env.insns.length;
  const key = (((insn ^ callsite) % size) + size) % size;
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

function widenRegister(env: Environment, old: Register, current: Register, ids: IdMap): void {
  if (old.type !== RegType.SCALAR || current.type !== RegType.SCALAR) return;
  if (old.precise || current.precise || isExactlyEqual(old, current, ids)) return;
  env.markUnknown(current);
}

/** Scalars that changed since the last visit, and whose value nobody asked for, may be anything now. */
export function widenImprecise(env: Environment, old: PathState, current: PathState): void {
  const ids = new IdMap(env.idCounter);
  for (let i = old.depthOfCalls; i >= 0; i--) {
    const oldFrame = old.frame(i);
    const frame = current.frame(i);
    for (let j = 0; j < REGISTERS; j++) widenRegister(env, oldFrame.register(j), frame.register(j), ids);
    const slots = Math.min(oldFrame.stack.length, frame.stack.length);
    for (let j = 0; j < slots; j++) {
      const oldSlot = oldFrame.slot(j);
      const slot = frame.slot(j);
      if (oldSlot.isSpilled && slot.isSpilled) widenRegister(env, oldSlot.value, slot.value, ids);
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

/** One path is finished: so may be the checkpoints it came from (update_branch_counts). */
export function finishPath(state: PathState): void {
  for (let at: PathState | undefined = state; at !== undefined; at = at.parent) {
    at.branches -= 1;
    if (at.branches === 0 && at.parent !== undefined && at.loopEntry !== undefined) {
      updateLoopEntry(at.parent, at.loopEntry);
    }
    if (at.branches > 0) break;
  }
}
