/** Checkpoints: a path ends where an equal state was found safe before (is_state_visited in verifier.c). */
import { Errno } from '../abi/index.ts';
import { Op } from '../isa/index.ts';
import { frameInsn, maybeLooping, statesEqual } from './equality.ts';
import { type Environment } from './environment.ts';
import { cleanFrame, markRegisterRead, markSlotRead, noteRegisterRead } from './liveness.ts';
import { exploredAt, loopEntryOf, releaseState, updateLoopEntry } from './loops.ts';
import { historyEntry, markAllImprecise, propagatePrecision } from './precision.ts';
import { printLine, stateText } from './print.ts';
import { IterState } from './register.ts';
import { RegType } from './reg-type.ts';
import { FRAME_POINTER, SlotType, sameCallsites, type PathState } from './state.ts';
import { slotOf } from './stack.ts';

/** Not all that the state's paths need of it is known: it is in a loop that is not done. */
function isIncomplete(env: Environment, state: PathState): boolean {
  if (env.loops !== undefined) return env.loops.isIncomplete(state);
  return (loopEntryOf(state)?.branches ?? 0) > 0;
}

/** Finished checkpoints forget what nobody read, so that more states are equal to them. */
function cleanStates(env: Environment, list: readonly PathState[], insn: number): void {
  for (const state of list) {
    if (state.cleaned || state.branches > 0 || state.insn !== insn) continue;
    if (!sameCallsites(state, env.current) || isIncomplete(env, state)) continue;
    state.cleaned = true;
    const isLive = env.stackLiveness?.query(state);
    state.frames.forEach((frame, i) => {
      const at = frameInsn(state, i, insn);
      const live = env.input.profile.comparesLiveOnly ? env.factsAt(at).liveRegisters : frame.readRegisters;
      cleanFrame(env, frame, live, (slot) =>
        isLive === undefined ? frame.readSlots.has(slot) : isLive(i, slot),
      );
    });
  }
}

/** What the equal state's continuation reads, this one's reads as well. */
function propagateLiveness(env: Environment, old: PathState): void {
  if (env.stackLiveness !== undefined) return;
  old.frames.forEach((frame, index) => {
    const current = env.current.frame(index);
    for (let i = index < old.depthOfCalls ? 6 : 0; i < FRAME_POINTER; i++) {
      if ((frame.readRegisters & (1 << i)) === 0) continue;
      const isWhole = (frame.readWholeRegisters & (1 << i)) !== 0;
      if (noteRegisterRead(current, i, isWhole)) markRegisterRead(env, current, i, isWhole, 1);
    }
    const slots = Math.min(frame.slotCount, current.slotCount);
    for (let i = 0; i < slots; i++) {
      if (!frame.readSlots.has(i) || current.readSlots.has(i)) continue;
      current.readSlots.add(i);
      markSlotRead(env, current, i, 1);
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

/** The iterator whose next() is called here is still active. */
function iteratorIsActive(env: Environment): boolean {
  const r = env.register(1);
  if (r.type !== RegType.STACK) return false;
  const slot = env.frameOf(r).peekSlot(slotOf(r.off + r.varOffNumber));
  return slot?.value.iterState === IterState.ACTIVE;
}

/** The current path came back to an unfinished state, and need not go round again. */
function closesLoop(env: Environment, state: PathState): boolean {
  if (!statesEqual(env, state, env.current, 'range')) return false;
  if (env.loops === undefined && !env.factsAt(env.insn).callsCallback) updateLoopEntry(env.current, state);
  return true;
}

/** An equal state that is not finished: a loop. Either it comes to an end, or it is rejected. */
function coversUnfinished(env: Environment, state: PathState, insn: number): boolean {
  const current = env.current;
  const facts = env.factsAt(insn);
  const frame = state.current;
  if (frame.inAsyncCallback && frame.asyncEntries !== current.current.asyncEntries) return false;
  if (facts.iterNext) {
    return iteratorIsActive(env) && closesLoop(env, state);
  }
  if (env.insnAt(insn).code === Op.MAY_GOTO && state.mayGotoDepth !== current.mayGotoDepth) {
    if (closesLoop(env, state)) return true;
  }
  if (facts.callsCallback) return closesLoop(env, state);
  const isEndless =
    maybeLooping(state, current) &&
    statesEqual(env, state, current, 'exact') &&
    !iteratorsAdvanced(state, current) &&
    state.mayGotoDepth === current.mayGotoDepth &&
    state.callbackUnrollDepth === current.callbackUnrollDepth;
  if (isEndless) rejectEndless(env, state, insn);
  return false;
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
  current.insn = insn;
  const facts = env.factsAt(insn);
  const force =
    env.testStateFrequency || facts.forceCheckpoint || current.historyEnd - current.historyStart > 40;
  const sinceJumps = env.jumpsProcessed - env.checkpointJumps;
  const sinceInsns = env.processed - env.checkpointInsns;
  let add = force || (sinceJumps >= 2 && sinceInsns >= 8);
  const list = exploredAt(env, insn, current.current.callsite);
  cleanStates(env, list, insn);
  let count = 0;
  // Told of the state that covers the path. The call that repeats a callback is no loop of the program: there it stays what
  // it was for the finished state that was looked at before.
  let inLoop = false;
  // The newest comes last.
  for (let i = list.length - 1; i >= 0; i--) {
    const state = list[i] as PathState;
    count += 1;
    if (state.insn !== insn) continue;
    const isUnfinished = state.branches > 0;
    if (!isUnfinished) inLoop = isIncomplete(env, state);
    else if (!facts.callsCallback) inLoop = true;
    if (isUnfinished ? coversUnfinished(env, state, insn) : coversFinished(env, state, inLoop)) {
      endAt(env, state, inLoop);
      return true;
    }
    if (isUnfinished && !force && sinceJumps < 20 && sinceInsns < 100) add = false;
    if (add) state.misses += 1;
    const patience = facts.forceCheckpoint && isUnfinished ? 64 : 3;
    if (state.misses > state.hits * patience + patience) {
      list.splice(i, 1);
      retire(env, state);
    }
  }
  if (env.maxStatesPerInsn < count) env.maxStatesPerInsn = count;
  if (!env.privileged && count > 64) return false;
  if (add) addCheckpoint(env, list, insn);
  return false;
}

/** The current path ends at a state that covers it, and needs what that one needs. */
function endAt(env: Environment, state: PathState, inLoop: boolean): void {
  const { current } = env;
  state.hits += 1;
  propagateLiveness(env, state);
  if (env.factsAt(env.insn).jumpPoint) historyEntry(env);
  propagatePrecision(env, state, current);
  if (env.loops === undefined || !inLoop) return;
  const copy = current.clone();
  copy.insn = env.insn;
  copy.history = env.history.slice(current.historyStart, current.historyEnd);
  env.loops.addBackedge(state, copy);
  updatePeak(env);
}

/** Nobody compares with the state any more. */
function retire(env: Environment, state: PathState): void {
  if (env.loops === undefined) {
    if (state.cleaned && !state.usedAsLoopEntry) env.peakStates -= 1;
    return;
  }
  state.retired = true;
  env.exploredStates -= 1;
  env.retiredStates += 1;
  releaseState(env, state);
}

function coversFinished(env: Environment, state: PathState, inLoop: boolean): boolean {
  if (!statesEqual(env, state, env.current, inLoop ? 'range' : 'covers')) return false;
  const loop = inLoop && env.loops === undefined ? loopEntryOf(state) : undefined;
  if (loop !== undefined) updateLoopEntry(env.current, loop);
  return true;
}

/** Since loops are known beforehand, peak_states counts what is kept at one time; before, what was kept in all. */
function updatePeak(env: Environment): void {
  const now = env.exploredStates + env.retiredStates + (env.loops?.backedges ?? 0);
  if (now > env.peakStates) env.peakStates = now;
}

function addCheckpoint(env: Environment, list: PathState[], insn: number): void {
  const current = env.current;
  env.totalStates += 1;
  if (env.loops === undefined) env.peakStates += 1;
  else {
    env.exploredStates += 1;
    updatePeak(env);
  }
  env.checkpointJumps = env.jumpsProcessed;
  env.checkpointInsns = env.processed;
  if (env.privileged) markAllImprecise(current);
  const checkpoint = current.clone();
  checkpoint.insn = insn;
  if (env.loops !== undefined) {
    checkpoint.history = env.history.slice(current.historyStart, current.historyEnd);
    env.loops.enter(checkpoint);
  }
  current.parent = checkpoint;
  current.firstInsn = insn;
  current.historyStart = current.historyEnd;
  current.depth = checkpoint.depth + 1;
  current.branches = 1;
  list.push(checkpoint);
  for (const frame of current.frames) frame.beginMarks(frame === current.current, checkpoint.parent);
}
