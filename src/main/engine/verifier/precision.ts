/**
 * Precision back-tracking: when a decision depended on a scalar's exact value, everything that went into the value
 * must be compared exactly when states are compared (mark_chain_precision in kernel/bpf/verifier.c).
 */
import { InsnClass, InsnMode, InsnSource, JmpOp, AtomicOp, isLdImm64, type Insn } from '../isa/index.ts';
import { HelperId, isSyncCallbackInsn } from './callback-kinds.ts';
import { type Environment, type HistoryEntry, type LinkedRegister } from './environment.ts';
import { printedInsn } from './print-insn.ts';
import { stateText } from './print.ts';
import { RegType } from './reg-type.ts';
import { FRAME_POINTER, MAX_CALL_FRAMES, type FrameState, type PathState } from './state.ts';
import { isPseudoCall, isPseudoKfunc } from './subprograms.ts';

const ARGUMENTS = 0b111110;

/** Notes the current instruction in the history since the last checkpoint, or adds to its entry. */
export function historyEntry(env: Environment): HistoryEntry {
  if (env.historyEntry !== undefined) return env.historyEntry;
  const entry: HistoryEntry = {
    insn: env.insn,
    previous: env.previousInsn,
    stackFrame: 0,
    stackSlot: -1,
    sourceIsStack: false,
    destinationIsStack: false,
    linked: undefined,
  };
  const state = env.current;
  env.history[state.historyEnd] = entry;
  state.historyEnd += 1;
  env.historyEntry = entry;
  return entry;
}

export function noteStackAccess(env: Environment, frame: number, slot: number): void {
  const entry = historyEntry(env);
  entry.stackFrame = frame;
  entry.stackSlot = slot;
}

export function noteLinked(env: Environment, linked: readonly LinkedRegister[]): void {
  historyEntry(env).linked = linked;
}

/** What still has to be made precise, per frame: registers and slots as bit masks. */
class Wanted {
  frame = 0;
  readonly registers = new Int32Array(MAX_CALL_FRAMES);
  /** Slots 0 … 31 and 32 … 63 of each frame. */
  readonly slots = new Int32Array(MAX_CALL_FRAMES * 2);

  get isEmpty(): boolean {
    for (let i = 0; i <= this.frame; i++) if (this.mask(i) !== 0 || this.hasSlots(i)) return false;
    return true;
  }

  mask(frame = this.frame): number {
    return this.registers[frame] as number;
  }

  has(register: number): boolean {
    return (this.mask() & (1 << register)) !== 0;
  }

  want(register: number, frame = this.frame): void {
    this.registers[frame] = this.mask(frame) | (1 << register);
  }

  drop(register: number, frame = this.frame): void {
    this.registers[frame] = this.mask(frame) & ~(1 << register);
  }

  hasSlots(frame = this.frame): boolean {
    return this.slots[frame * 2] !== 0 || this.slots[frame * 2 + 1] !== 0;
  }

  hasSlot(slot: number, frame: number): boolean {
    return ((this.slots[frame * 2 + (slot >> 5)] as number) & (1 << (slot & 31))) !== 0;
  }

  wantSlot(slot: number, frame: number): void {
    const word = frame * 2 + (slot >> 5);
    this.slots[word] = (this.slots[word] as number) | (1 << (slot & 31));
  }

  dropSlot(slot: number, frame: number): void {
    const word = frame * 2 + (slot >> 5);
    this.slots[word] = (this.slots[word] as number) & ~(1 << (slot & 31));
  }

  slotsOf(frame: number): number[] {
    const found: number[] = [];
    for (let slot = 0; slot < 64; slot++) if (this.hasSlot(slot, frame)) found.push(slot);
    return found;
  }

  clear(): void {
    this.registers.fill(0);
    this.slots.fill(0);
  }
}

type StepResult = 'on' | 'give-up';

/** Going back over the instruction may concern the stack or another frame, whatever registers are wanted. */
const ANY_REGISTER = -1;

/** Registers of which one must be wanted for stepBack() to do anything at an instruction without linked registers. */
function backtrackedRegisters(insn: Insn): number {
  const dst = 1 << insn.dst;
  switch (insn.code & 7) {
    case InsnClass.ALU:
    case InsnClass.ALU64:
    case InsnClass.LDX:
      return dst;
    case InsnClass.LD:
      if (insn.code === 0) return 0;
      return isLdImm64(insn) ? dst : ANY_REGISTER;
    case InsnClass.JMP:
    case InsnClass.JMP32: {
      const operation = insn.code & 0xf0;
      if (operation === JmpOp.CALL || operation === JmpOp.EXIT) return ANY_REGISTER;
      if (operation === JmpOp.JA || operation === JmpOp.JCOND) return 0;
      return (insn.code & 8) === InsnSource.X ? dst | (1 << insn.src) : 0;
    }
    default:
      return ANY_REGISTER;
  }
}

/** Fills facts.backtracked: most steps back concern nothing that is wanted, and there are ten for each step on. */
export function findBacktracked(env: Environment): void {
  env.insns.forEach((insn, i) => (env.factsAt(i).backtracked = backtrackedRegisters(insn)));
}

/** Going back over one instruction: what it made of what. */
function stepBack(
  env: Environment,
  index: number,
  following: number,
  entry: HistoryEntry | undefined,
  wanted: Wanted,
): StepResult {
  const insn = env.insnAt(index);
  if (insn.code === 0) return 'on';
  if (env.log.tracesEverything) printStep(env, index, wanted);
  syncLinked(entry, wanted);
  const class_ = insn.code & 7;
  let result: StepResult = 'on';
  if (class_ === InsnClass.ALU || class_ === InsnClass.ALU64) stepAlu(insn, wanted);
  else if (class_ === InsnClass.LDX || (env.input.profile.tracksFetches && isFetchingAtomic(insn))) {
    stepLoad(insn, entry, wanted);
    return 'on';
  } else if (class_ === InsnClass.STX || class_ === InsnClass.ST) {
    return stepStore(insn, entry, wanted);
  } else if (class_ === InsnClass.JMP || class_ === InsnClass.JMP32) {
    result = stepJump(env, insn, index, following, entry, wanted);
  } else if (isLdImm64(insn)) {
    wanted.drop(insn.dst);
    return 'on';
  } else {
    if (wanted.has(insn.dst)) return 'give-up';
    // A packet load in a subprogram may end it: the caller comes next.
    if (env.input.profile.packetLoadMayExit && following !== index + 1) enterFrame(env, wanted);
    return 'on';
  }
  syncLinked(entry, wanted);
  return result;
}

function isFetchingAtomic(insn: Insn): boolean {
  return (
    (insn.code & 7) === InsnClass.STX &&
    (insn.code & 0xe0) === InsnMode.ATOMIC &&
    (insn.imm & AtomicOp.FETCH) !== 0
  );
}

function isLoadAcquire(insn: Insn): boolean {
  return (
    (insn.code & 7) === InsnClass.STX &&
    (insn.code & 0xe0) === InsnMode.ATOMIC &&
    insn.imm === AtomicOp.LOAD_ACQ
  );
}

function stepAlu(insn: Insn, wanted: Wanted): void {
  if (!wanted.has(insn.dst)) return;
  const operation = insn.code & 0xf0;
  if (operation === 0xd0 || operation === 0x80) return;
  const fromRegister = (insn.code & 8) === InsnSource.X;
  if (operation === 0xb0) wanted.drop(insn.dst);
  if (fromRegister && insn.src !== FRAME_POINTER) wanted.want(insn.src);
}

function stepLoad(insn: Insn, entry: HistoryEntry | undefined, wanted: Wanted): void {
  const loaded = isFetchingAtomic(insn) ? (insn.imm === AtomicOp.CMPXCHG ? 0 : insn.src) : insn.dst;
  if (!wanted.has(loaded)) return;
  wanted.drop(loaded);
  // What comes from maps, contexts and so on is nobody's result.
  if (entry === undefined || entry.stackSlot < 0) return;
  wanted.wantSlot(entry.stackSlot, entry.stackFrame);
}

function stepStore(insn: Insn, entry: HistoryEntry | undefined, wanted: Wanted): StepResult {
  if (isLoadAcquire(insn)) {
    stepLoad(insn, entry, wanted);
    return 'on';
  }
  if (wanted.has(insn.dst)) return 'give-up';
  if (entry === undefined || entry.stackSlot < 0) return 'on';
  if (!wanted.hasSlot(entry.stackSlot, entry.stackFrame)) return 'on';
  wanted.dropSlot(entry.stackSlot, entry.stackFrame);
  if ((insn.code & 7) === InsnClass.STX) wanted.want(insn.src);
  return 'on';
}

function stepJump(
  env: Environment,
  insn: Insn,
  index: number,
  following: number,
  entry: HistoryEntry | undefined,
  wanted: Wanted,
): StepResult {
  if (isPseudoCall(insn)) return stepCall(env, insn, index, wanted);
  const operation = insn.code & 0xf0;
  if (operation === JmpOp.CALL) {
    if (isSyncCallbackInsn(env, insn) && index !== following - 1) {
      // Out of the callback, into the frame of the call.
      if ((wanted.mask() & ~ARGUMENTS) !== 0 || wanted.hasSlots()) {
        env.bug('backtracking: leftovers of a callback');
      }
      wanted.registers[wanted.frame] = 0;
      leaveFrame(env, wanted);
      return 'on';
    }
    if (isPseudoKfunc(insn) && insn.imm === 0) return 'give-up';
    wanted.drop(0);
    if ((wanted.mask() & ARGUMENTS) !== 0) env.bug('backtracking: call with wanted arguments');
    const mayExit = env.input.profile.tailCallMayExit && insn.src === 0 && insn.imm === HelperId.tail_call;
    if (mayExit && following !== index + 1) enterFrame(env, wanted);
    return 'on';
  }
  if (operation === JmpOp.EXIT) {
    stepExit(env, following, wanted);
    return 'on';
  }
  if (operation !== JmpOp.JA && operation !== JmpOp.JCOND && (insn.code & 8) === InsnSource.X) {
    if (!wanted.has(insn.dst) && !wanted.has(insn.src)) return 'on';
    // Both sides of a comparison decide together.
    if (entry?.sourceIsStack !== true) wanted.want(insn.src);
    if (entry?.destinationIsStack !== true) wanted.want(insn.dst);
  }
  return 'on';
}

/** Back into a function that ended; `following` is where its caller went on. */
function stepExit(env: Environment, following: number, wanted: Wanted): void {
  const fromCallback = following >= 0 && env.factsAt(following).callsCallback;
  // What the call got that repeats a callback may be wanted: it is found once the callback is passed, or not at all.
  if (fromCallback && !env.input.profile.nullIsPrecise) {
    wanted.registers[wanted.frame] = wanted.mask() & ~ARGUMENTS;
  }
  if (!fromCallback && (wanted.mask() & ARGUMENTS) !== 0) {
    env.bug('backtracking: exit with wanted arguments');
  }
  const caller = following > 0 ? env.insns[following - 1] : undefined;
  const wantsResult = caller !== undefined && isPseudoCall(caller) && wanted.has(0);
  wanted.drop(0);
  enterFrame(env, wanted);
  if (wantsResult) wanted.want(0);
}

function enterFrame(env: Environment, wanted: Wanted): void {
  if (wanted.frame === MAX_CALL_FRAMES - 1) env.bug('backtracking: too deep');
  wanted.frame += 1;
}

function stepCall(env: Environment, insn: Insn, index: number, wanted: Wanted): StepResult {
  const subprogram = env.findSubprogram(index + insn.imm + 1);
  if (subprogram < 0) env.bug('backtracking: call of no function');
  if (env.isGlobal(subprogram)) {
    if ((wanted.mask() & ARGUMENTS) !== 0) env.bug('backtracking: global call with wanted arguments');
    wanted.drop(0);
    return 'on';
  }
  if ((wanted.mask() & ~ARGUMENTS) !== 0) env.bug('backtracking: wanted registers at function entry');
  if (wanted.hasSlots()) env.bug('backtracking: wanted slots at function entry');
  for (let i = 1; i <= 5; i++) {
    if (!wanted.has(i)) continue;
    wanted.drop(i);
    wanted.want(i, wanted.frame - 1);
  }
  leaveFrame(env, wanted);
  return 'on';
}

function leaveFrame(env: Environment, wanted: Wanted): void {
  if (wanted.frame === 0) env.bug('backtracking: exit from frame 0');
  wanted.frame -= 1;
}

/** If one of several equal registers is wanted, all are. */
function syncLinked(entry: HistoryEntry | undefined, wanted: Wanted): void {
  const linked = entry?.linked;
  if (linked === undefined) return;
  const isWanted = (l: LinkedRegister): boolean =>
    l.isRegister ? (wanted.mask(l.frame) & (1 << l.index)) !== 0 : wanted.hasSlot(l.index, l.frame);
  if (!linked.some(isWanted)) return;
  for (const l of linked) {
    if (l.isRegister) wanted.want(l.index, l.frame);
    else wanted.wantSlot(l.index, l.frame);
  }
}

function maskText(mask: number): string {
  const names: string[] = [];
  for (let i = 0; i < 32; i++) if ((mask & (1 << i)) !== 0) names.push(`r${i}`);
  return names.join(',');
}

function slotsText(slots: readonly number[]): string {
  return slots.map((slot) => String(-(slot + 1) * 8)).join(',');
}

function printStep(env: Environment, index: number, wanted: Wanted): void {
  const frame = wanted.frame;
  env.say(
    `mark_precise: frame${frame}: regs=${maskText(wanted.mask())} stack=${slotsText(wanted.slotsOf(frame))} before ${index}: ${printedInsn(env, index)}\n`,
  );
}

/** Every scalar of every checkpoint before: where going back cannot tell. */
export function markAllPrecise(env: Environment, start: PathState): void {
  const verbose = env.log.tracesEverything;
  if (verbose) {
    env.say(`mark_precise: frame${start.depthOfCalls}: falling back to forcing all scalars precise\n`);
  }
  for (let state = start.parent; state !== undefined; state = state.parent) {
    state.frames.forEach((frame, index) => {
      for (let i = 0; i < FRAME_POINTER; i++) {
        const register = frame.peek(i);
        if (register.type !== RegType.SCALAR || register.precise) continue;
        frame.register(i).precise = true;
        if (verbose) env.say(`force_precise: frame${index}: forcing r${i} to be precise\n`);
      }
      for (let i = 0; i < frame.slotCount; i++) {
        const slot = frame.peekSlot(i);
        if (slot?.isSpilledScalar !== true || slot.value.precise) continue;
        frame.slot(i).value.precise = true;
        if (verbose) env.say(`force_precise: frame${index}: forcing fp${-(i + 1) * 8} to be precise\n`);
      }
    });
  }
}

/** A new checkpoint begins with no scalar precise: only what is asked for later will be. */
export function markAllImprecise(state: PathState): void {
  for (const frame of state.frames) {
    for (let i = 0; i < FRAME_POINTER; i++) {
      const register = frame.peek(i);
      if (register.type === RegType.SCALAR && register.precise) frame.register(i).precise = false;
    }
    for (let i = 0; i < frame.slotCount; i++) {
      const slot = frame.peekSlot(i);
      if (slot?.isSpilledScalar === true && slot.value.precise) frame.slot(i).value.precise = false;
    }
  }
}

/** One at a time is enough: it is empty again after each use. */
const shared = new Wanted();

/** Makes a scalar of the current frame precise, and what it came from. */
export function markPrecise(env: Environment, register: number): void {
  if (!env.privileged) return;
  if (env.register(register).type !== RegType.SCALAR) env.bug('backtracking misuse');
  shared.clear();
  shared.frame = env.current.depthOfCalls;
  shared.want(register);
  goBack(env, shared, env.current, env.insn);
}

/** Makes a scalar spilled to a stack slot precise, and what it came from. */
export function markSlotPrecise(env: Environment, frame: number, slot: number): void {
  if (!env.privileged) return;
  shared.clear();
  shared.frame = env.current.depthOfCalls;
  shared.wantSlot(slot, frame);
  goBack(env, shared, env.current, env.insn);
}

/**
 * What an equal older state needs precisely, `current` needs as well (propagate_precision). True if that was news to the
 * states before it.
 */
export function propagatePrecision(env: Environment, old: PathState, current: PathState): boolean {
  const wanted = shared;
  wanted.clear();
  wanted.frame = current.depthOfCalls;
  // While reads are marked, what nobody read matters to nobody.
  const needsReads = env.input.profile.walksStates;
  for (let index = old.depthOfCalls; index >= 0; index--) {
    const frame = old.frame(index);
    const names: string[] = [];
    for (let i = 0; i < FRAME_POINTER; i++) {
      const register = frame.peek(i);
      if (register.type !== RegType.SCALAR || !register.precise) continue;
      if (needsReads && (frame.readRegisters & (1 << i)) === 0) continue;
      wanted.want(i, index);
      names.push(`r${i}`);
    }
    for (let i = 0; i < frame.slotCount; i++) {
      const slot = frame.peekSlot(i);
      if (slot?.isSpilledScalar !== true || !slot.value.precise) continue;
      if (needsReads && !frame.readSlots.has(i)) continue;
      wanted.wantSlot(i, index);
      names.push(`fp${-(i + 1) * 8}`);
    }
    if (names.length > 0 && env.log.tracesEverything) {
      env.say(`frame ${index}: propagating ${names.join(',')}\n`);
    }
  }
  return env.privileged && goBack(env, wanted, current, old.insn);
}

/** The steps of a state that are still to be gone back. */
interface HistoryPosition {
  readonly entries: readonly HistoryEntry[];
  readonly start: number;
  end: number;
}

function historyOf(env: Environment, { history, historyStart, historyEnd }: PathState): HistoryPosition {
  if (history !== undefined) return { entries: history, start: 0, end: history.length };
  return { entries: env.history, start: historyStart, end: historyEnd };
}

/** Where the way back leads from an instruction, or undefined at the checkpoint. */
function previousInsn(state: PathState, insn: number, position: HistoryPosition): number | undefined {
  const { entries, start } = position;
  const count = position.end - start;
  if (insn === state.firstInsn) {
    if (count === 0) return undefined;
    if (count === 1 && entries[start]?.insn === insn) return undefined;
  }
  const last = entries[position.end - 1];
  if (count > 0 && last !== undefined && last.insn === insn) {
    position.end -= 1;
    return last.previous;
  }
  return insn - 1;
}

/** Goes back from `start`, which stands before `insn` (mark_chain_precision); true if a state before learned something. */
function goBack(env: Environment, wanted: Wanted, start: PathState, insn: number): boolean {
  if (wanted.isEmpty) return false;
  let changed = false;
  let state: PathState = start;
  let first = state.firstInsn;
  let last = insn;
  let following = -1;
  let skip = true;
  for (;;) {
    if (env.log.tracesEverything) {
      env.say(
        `mark_precise: frame${wanted.frame}: last_idx ${last} first_idx ${first} subseq_idx ${following} \n`,
      );
    }
    if (last < 0) {
      return reachEntry(env, state, wanted) || changed;
    }
    const position = historyOf(env, state);
    for (let i = last; ;) {
      if (skip) skip = false;
      else {
        const entry = position.entries[position.end - 1];
        const own = position.end > position.start && entry?.insn === i ? entry : undefined;
        const { backtracked } = env.factsAt(i);
        const isConcerned =
          backtracked === ANY_REGISTER ||
          (backtracked & wanted.mask()) !== 0 ||
          own?.linked !== undefined ||
          env.log.tracesEverything;
        if (isConcerned) {
          if (stepBack(env, i, following, own, wanted) === 'give-up') {
            markAllPrecise(env, start);
            return changed;
          }
          if (wanted.isEmpty) return changed;
        }
      }
      following = i;
      const previous = previousInsn(state, i, position);
      if (previous === undefined) break;
      if (previous < 0 || previous >= env.insns.length) env.bug(`backtracking idx ${previous}`);
      i = previous;
    }
    const parent = state.parent;
    if (parent === undefined) break;
    state = parent;
    if (markIn(env, state, wanted)) changed = true;
    if (wanted.isEmpty) return changed;
    following = first;
    last = state.lastInsn;
    first = state.firstInsn;
  }
  if (!wanted.isEmpty) markAllPrecise(env, start);
  return changed;
}

/** The beginning of a global function: its arguments are scalars of any value. */
function reachEntry(env: Environment, state: PathState, wanted: Wanted): boolean {
  const frame = state.frame(0);
  const plain =
    state.depthOfCalls === 0 &&
    frame.subprogram > 0 &&
    frame.callsite === -1 &&
    !wanted.hasSlots() &&
    (wanted.mask() & ~ARGUMENTS) === 0;
  if (!plain) env.bug('backtracking: function entry');
  let changed = false;
  for (let i = 1; i <= 5; i++) {
    if (!wanted.has(i) || frame.peek(i).type !== RegType.SCALAR) continue;
    frame.register(i).precise = true;
    changed = true;
  }
  return changed;
}

/** Objects that the text of a frame names: all, or until 6.13 the frame's own. */
function referencesIn(env: Environment, state: PathState, frame: FrameState): FrameState['references'] {
  return env.input.profile.code < 6014 ? frame.references : state.current.references;
}

/** Marks what is wanted in a checkpoint; what is precise there already needs no more. True if anything was not. */
function markIn(env: Environment, state: PathState, wanted: Wanted): boolean {
  let changed = false;
  for (let index = wanted.frame; index >= 0; index--) {
    const frame = state.frame(index);
    for (let i = 0; i < 11; i++) {
      if ((wanted.mask(index) & (1 << i)) === 0) continue;
      const register = frame.peek(i);
      if (register.type !== RegType.SCALAR || register.precise) wanted.drop(i, index);
      else changed = frame.register(i).precise = true;
    }
    const slots = wanted.hasSlots(index) ? wanted.slotsOf(index) : [];
    for (const i of slots) {
      const slot = frame.peekSlot(i);
      if (slot === undefined) env.bug('backtracking: stack slot out of bounds');
      if (!slot.isSpilledScalar || slot.value.precise) wanted.dropSlot(i, index);
      else changed = frame.slot(i).value.precise = true;
    }
    if (env.log.tracesEverything) {
      env.say(
        `mark_precise: frame${index}: parent state regs=${maskText(wanted.mask(index))} stack=${slotsText(wanted.slotsOf(index))}: `,
      );
      env.say(stateText(env, frame, true, referencesIn(env, state, frame)));
    }
  }
  return changed;
}
