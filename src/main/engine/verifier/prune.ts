/** Checkpoints: a path ends where an equal state was found safe before (is_state_visited in verifier.c). */
import { Errno } from '../abi/index.ts';
import { Op } from '../isa/index.ts';
import { frameInsn, maybeLooping, statesEqual } from './equality.ts';
import { type Environment } from './environment.ts';
import { cleanFrame, markSlotRead } from './liveness.ts';
import { exploredAt, loopEntryOf, updateLoopEntry } from './loops.ts';
import { historyEntry, markAllImprecise, propagatePrecision } from './precision.ts';
import { printLine, stateText } from './print.ts';
import { IterState } from './register.ts';
import { FRAME_POINTER, SlotType, sameCallsites, type PathState } from './state.ts';
import { slotOf } from './stack.ts';

/** Finished checkpoints forget what nobody read, so that more states are equal to them. */
function cleanStates(env: Environment, list: readonly PathState[], insn: number): void {
  for (const state of list) {
    if (state.branches > 0 || state.cleaned || state.insn !== insn) continue;
    const loop = loopEntryOf(state);
    if (loop !== undefined && loop.branches > 0) continue;
    if (!sameCallsites(state, env.current)) continue;
    state.cleaned = true;
    state.frames.forEach((frame, i) => {
      const at = frameInsn(state, i, insn);
      cleanFrame(env, frame, env.factsAt(at).liveRegisters);
    });
  }
}

/** What the equal state's continuation reads, this one's reads as well. */
function propagateLiveness(env: Environment, old: PathState): void {
  old.frames.forEach((frame, index) => {
    const current = env.current.frame(index);
    const slots = Math.min(frame.slotCount, current.slotCount);
    for (let i = 0; i < slots; i++) {
      if (!frame.readSlots.has(i) || current.readSlots.has(i)) continue;
      current.readSlots.add(i);
      markSlotRead(env, current, i);
    }
  });
}

/** Iterators that went on since: no endless loop. */
function iteratorsAdvanced(old: PathState, current: PathState): boolean {
  return old.frames.some((frame, index) => {
    for (let i = 0; i < frame.slotCount; i++) {
      const slot = frame.peekSlot(i);
      if (slot?.byte(0) !== SlotType.ITER || slot.value.iterState !== IterState.ACTIVE) continue;
      if (current.frame(index).peekSlot(i)?.value.iterDepth !== slot.value.iterDepth) return true;
    }
    return false;
  });
}

type Verdict = 'hit' | 'miss' | 'miss-without-loop-check';

/** The iterator whose next() is called here is still active. */
function iteratorIsActive(env: Environment): boolean {
  const r = env.register(1);
  const slot = env.frameOf(r).peekSlot(slotOf(r.off + r.varOffNumber));
  return slot?.value.iterState === IterState.ACTIVE;
}

/** An equal state that is not finished: a loop. Either it comes to an end, or it is rejected. */
function compareUnfinished(env: Environment, state: PathState, insn: number): Verdict {
  const current = env.current;
  const facts = env.factsAt(insn);
  const frame = state.current;
  if (frame.inAsyncCallback && frame.asyncEntries !== current.current.asyncEntries)
    return 'miss-without-loop-check';
  if (facts.iterNext) {
    if (statesEqual(env, state, current, 'range') && iteratorIsActive(env)) {
      updateLoopEntry(current, state);
      return 'hit';
    }
    return 'miss-without-loop-check';
  }
  if (env.insnAt(insn).code === Op.MAY_GOTO) {
    if (state.mayGotoDepth !== current.mayGotoDepth && statesEqual(env, state, current, 'range')) {
      updateLoopEntry(current, state);
      return 'hit';
    }
  }
  if (facts.callsCallback)
    return statesEqual(env, state, current, 'range') ? 'hit' : 'miss-without-loop-check';
  const isEndless =
    maybeLooping(state, current) &&
    statesEqual(env, state, current, 'exact') &&
    !iteratorsAdvanced(state, current) &&
    state.mayGotoDepth === current.mayGotoDepth &&
    state.callbackUnrollDepth === current.callbackUnrollDepth;
  if (isEndless) rejectEndless(env, state, insn);
  return 'miss-without-loop-check';
}

function rejectEndless(env: Environment, state: PathState, insn: number): never {
  printLine(env, insn, '; ');
  env.say(`infinite loop detected at insn ${insn}\n`);
  env.say(`cur state:${stateText(env, env.frame, true)}`);
  env.say(`old state:${stateText(env, state.current, true, state.current.references)}`);
  return env.reject(Errno.EINVAL);
}

/** True where the current state is covered: the path ends here. Else the state may become a checkpoint. */
export function isVisited(env: Environment, insn: number): boolean {
  const current = env.current;
  const facts = env.factsAt(insn);
  const force =
    env.testStateFrequency || facts.forceCheckpoint || current.historyEnd - current.historyStart > 40;
  let add =
    force || (env.jumpsProcessed - env.checkpointJumps >= 2 && env.processed - env.checkpointInsns >= 8);
  const list = exploredAt(env, insn, current.current.callsite);
  cleanStates(env, list, insn);
  let count = 0;
  // The newest comes last.
  for (let i = list.length - 1; i >= 0; i--) {
    const state = list[i] as PathState;
    count += 1;
    if (state.insn !== insn) continue;
    let hit: boolean;
    if (state.branches > 0) {
      hit = compareUnfinished(env, state, insn) === 'hit';
      if (
        !hit &&
        !force &&
        env.jumpsProcessed - env.checkpointJumps < 20 &&
        env.processed - env.checkpointInsns < 100
      ) {
        add = false;
      }
    } else hit = compareFinished(env, state);
    if (hit) {
      state.hits += 1;
      propagateLiveness(env, state);
      if (env.factsAt(env.insn).jumpPoint) historyEntry(env);
      propagatePrecision(env, state);
      return true;
    }
    if (add) state.misses += 1;
    const patience = facts.forceCheckpoint && state.branches > 0 ? 64 : 3;
    if (state.misses > state.hits * patience + patience) {
      list.splice(i, 1);
      if (state.cleaned && !state.usedAsLoopEntry) env.peakStates -= 1;
    }
  }
  if (env.maxStatesPerInsn < count) env.maxStatesPerInsn = count;
  if (!env.privileged && count > 64) return false;
  if (add) addCheckpoint(env, list, insn);
  return false;
}

function compareFinished(env: Environment, state: PathState): boolean {
  const loop = loopEntryOf(state);
  const exact = loop !== undefined && loop.branches > 0;
  if (!statesEqual(env, state, env.current, exact ? 'range' : 'covers')) return false;
  if (exact) updateLoopEntry(env.current, loop);
  return true;
}

function addCheckpoint(env: Environment, list: PathState[], insn: number): void {
  const current = env.current;
  env.totalStates += 1;
  env.peakStates += 1;
  env.checkpointJumps = env.jumpsProcessed;
  env.checkpointInsns = env.processed;
  if (env.privileged) markAllImprecise(current);
  const checkpoint = current.clone();
  checkpoint.insn = insn;
  current.parent = checkpoint;
  current.firstInsn = insn;
  current.historyStart = current.historyEnd;
  current.depth = checkpoint.depth + 1;
  current.branches = 1;
  list.push(checkpoint);
  for (const frame of current.frames) {
    frame.writtenRegisters &= 1 << FRAME_POINTER;
    frame.writtenSlots.clear();
    frame.readSlots.clear();
  }
}
