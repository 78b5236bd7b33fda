/**
 * Which stack slots may still be read, since 6.18 (kernel/bpf/liveness.c): what instructions were seen to read and to
 * write is gathered for each chain of calls, and a data flow over the program tells which slots are live where.
 */
import { type Environment } from './environment.ts';
import { postorder, successors } from './flow.ts';
import { MAX_CALL_FRAMES, type PathState } from './state.ts';

/** Words for one set of 64 slots: the lower and the upper half. */
const WORDS = 2;

/** What is known of one frame's slots at each instruction of a function; sets of slots as pairs of words. */
class FrameMasks {
  readonly mayRead: Int32Array;
  readonly mustWrite: Int32Array;
  /** Written by the instruction or, whichever way, behind it. */
  readonly mustWriteLater: Int32Array;
  readonly liveBefore: Int32Array;

  constructor(insns: number) {
    this.mayRead = new Int32Array(insns * WORDS);
    this.mustWrite = new Int32Array(insns * WORDS);
    this.mustWriteLater = new Int32Array(insns * WORDS);
    this.liveBefore = new Int32Array(insns * WORDS);
  }
}

/** A function at the end of a chain of calls. */
class FunctionInstance {
  /** Instructions of the calls on the way, outermost first. */
  readonly callsites: readonly number[];
  /** First instructions of the functions on the way, this one's last. */
  readonly starts: readonly number[];
  readonly end: number;
  readonly frames: (FrameMasks | undefined)[] = [];
  readonly committed: Uint8Array;
  isUpdated = false;
  hasDroppedWrites = false;

  constructor(callsites: readonly number[], starts: readonly number[], end: number) {
    this.callsites = callsites;
    this.starts = starts;
    this.end = end;
    this.committed = new Uint8Array(end - this.start);
  }

  get depth(): number {
    return this.callsites.length;
  }

  get start(): number {
    return this.starts[this.depth] as number;
  }

  /** Masks of a frame, made where there are none. */
  masksOf(frame: number): FrameMasks {
    let masks = this.frames[frame];
    if (masks === undefined) {
      masks = new FrameMasks(this.end - this.start);
      this.frames[frame] = masks;
    }
    return masks;
  }

  isLiveBefore(insn: number, frame: number, slot: number): boolean {
    const masks = this.frames[frame];
    if (masks === undefined) return false;
    const word = masks.liveBefore[(insn - this.start) * WORDS + (slot >> 5)] as number;
    return (word & (1 << (slot & 31))) !== 0;
  }

  toString(): string {
    return `(${[...this.callsites, this.start].join(',')})`;
  }
}

/** `-8,-16`: the slots of a set. */
function slotsText(low: number, high: number): string {
  const places: number[] = [];
  for (let slot = 0; slot < 64; slot++) {
    if (((slot < 32 ? low : high) & (1 << (slot & 31))) !== 0) places.push(-(slot + 1) * 8);
  }
  return places.join(',');
}

/** Tells whether some path from a state on may read a slot of one of its frames. */
export type LiveQuery = (frame: number, slot: number) => boolean;

export class StackLiveness {
  readonly #env: Environment;
  readonly #instances = new Map<string, FunctionInstance>();
  readonly #orders = new Map<number, readonly number[]>();
  /** The instance of the path that is walked; undefined until it is asked for after a change of the calls. */
  #current: FunctionInstance | undefined;
  /** What the instruction has written so far, by frame. */
  readonly #written = new Int32Array(MAX_CALL_FRAMES * WORDS);
  #hasWritten = false;
  #writingInsn = 0;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Before an instruction is looked at (bpf_reset_stack_write_marks). */
  beginInsn(): void {
    this.#current ??= this.#instanceOf(this.#env.current, this.#env.current.depthOfCalls);
    this.#beginWrites(this.#env.insn);
  }

  /** After an instruction: what it did not write this time need not be written by it (bpf_commit_stack_write_marks). */
  endInsn(): void {
    if (this.#current !== undefined) this.#commitWrites(this.#current);
  }

  /** The instruction may read a slot (bpf_mark_stack_read). */
  noteRead(frame: number, slot: number): void {
    this.#current ??= this.#instanceOf(this.#env.current, this.#env.current.depthOfCalls);
    const bit = 1 << (slot & 31);
    this.#addReads(this.#current, frame, this.#env.insn, slot < 32 ? bit : 0, slot < 32 ? 0 : bit);
  }

  /** The instruction writes a whole slot (bpf_mark_stack_write). */
  noteWrite(frame: number, slot: number): void {
    const word = frame * WORDS + (slot >> 5);
    this.#hasWritten = true;
    this.#written[word] = (this.#written[word] as number) | (1 << (slot & 31));
  }

  /** The path is in another function now (bpf_reset_live_stack_callchain). */
  forgetCalls(): void {
    this.#current = undefined;
  }

  /** At the end of a function or path: what was noted is worked out for its calls (bpf_update_live_stack). */
  update(): void {
    this.forgetCalls();
    const state = this.#env.current;
    for (let frame = state.depthOfCalls; frame >= 0; frame--) {
      const instance = this.#instanceOf(state, frame);
      if (!instance.isUpdated) continue;
      this.#updateInstance(instance);
      instance.isUpdated = false;
      instance.hasDroppedWrites = false;
    }
  }

  /** What is live at the instruction of a checkpoint (bpf_live_stack_query_init, bpf_stack_slot_alive). */
  query(state: PathState): LiveQuery {
    const last = state.depthOfCalls;
    const instances = state.frames.map((_, frame) => this.#instanceOf(state, frame));
    const innermost = instances[last] as FunctionInstance;
    return (frame, slot) => {
      if (innermost.isLiveBefore(state.insn, frame, slot)) return true;
      for (let i = frame; i < last; i++) {
        const callsite = innermost.callsites[i] as number;
        const insn = this.#env.factsAt(callsite).callsCallback ? callsite : callsite + 1;
        if ((instances[i] as FunctionInstance).isLiveBefore(insn, frame, slot)) return true;
      }
      return false;
    };
  }

  #instanceOf(state: PathState, frame: number): FunctionInstance {
    const callsites: number[] = [];
    const starts: number[] = [];
    for (let i = 0; i <= frame; i++) {
      starts.push(this.#env.subprogram(state.frame(i).subprogram).start);
      if (i < frame) callsites.push(state.frame(i + 1).callsite);
    }
    return this.#instance(callsites, starts);
  }

  #instance(callsites: readonly number[], starts: readonly number[]): FunctionInstance {
    const start = starts[callsites.length] as number;
    const key = [...callsites, start].join();
    let instance = this.#instances.get(key);
    if (instance === undefined) {
      instance = new FunctionInstance(callsites, starts, this.#env.containing(start).end);
      this.#instances.set(key, instance);
    }
    return instance;
  }

  #beginWrites(insn: number): void {
    this.#writingInsn = insn;
    if (this.#hasWritten) this.#written.fill(0);
    this.#hasWritten = false;
  }

  #addReads(instance: FunctionInstance, frame: number, insn: number, low: number, high: number): void {
    const { mayRead, liveBefore } = instance.masksOf(frame);
    const at = (insn - instance.start) * WORDS;
    for (const [word, bits] of [
      [at, low],
      [at + 1, high],
    ] as const) {
      const reads = (mayRead[word] as number) | bits;
      if (reads === mayRead[word]) continue;
      if ((reads & ~(liveBefore[word] as number)) !== 0) instance.isUpdated = true;
      mayRead[word] = reads;
    }
  }

  #commitWrites(instance: FunctionInstance): void {
    const relative = this.#writingInsn - instance.start;
    const isKnown = instance.committed[relative] === 1;
    for (let frame = 0; frame <= instance.depth; frame++) {
      let low = this.#written[frame * WORDS] as number;
      let high = this.#written[frame * WORDS + 1] as number;
      if ((low | high) === 0 && (!isKnown || instance.frames[frame] === undefined)) continue;
      const { mustWrite } = instance.masksOf(frame);
      const at = relative * WORDS;
      const oldLow = mustWrite[at] as number;
      const oldHigh = mustWrite[at + 1] as number;
      if (isKnown) {
        low &= oldLow;
        high &= oldHigh;
      }
      if (low !== oldLow || high !== oldHigh) instance.isUpdated = true;
      if ((oldLow & ~low) !== 0 || (oldHigh & ~high) !== 0) instance.hasDroppedWrites = true;
      mustWrite[at] = low;
      mustWrite[at + 1] = high;
    }
    instance.committed[relative] = 1;
  }

  /** Data flow over a function until nothing changes. */
  #updateInstance(instance: FunctionInstance): void {
    if (instance.hasDroppedWrites) for (const masks of instance.frames) masks?.mustWriteLater.fill(0);
    let order = this.#orders.get(instance.start);
    if (order === undefined) {
      order = postorder(this.#env, instance.start);
      this.#orders.set(instance.start, order);
    }
    let rounds = 0;
    for (let changed = true; changed; rounds++) {
      changed = false;
      for (let frame = 0; frame <= instance.depth; frame++) {
        const masks = instance.frames[frame];
        if (masks === undefined) continue;
        for (const insn of order) if (this.#updateInsn(instance, frame, masks, insn)) changed = true;
      }
    }
    const env = this.#env;
    if (env.log.tracesEverything) {
      env.say(`${instance.toString()} live stack update done in ${rounds} iterations\n`);
    }
    if (instance.depth > 0) this.#tellCaller(instance);
  }

  #updateInsn(instance: FunctionInstance, frame: number, masks: FrameMasks, insn: number): boolean {
    const next = successors(this.#env, insn);
    if (next.length === 0) return false;
    const { mayRead, mustWrite, mustWriteLater, liveBefore } = masks;
    const at = (insn - instance.start) * WORDS;
    const old = [liveBefore[at], liveBefore[at + 1], mustWriteLater[at], mustWriteLater[at + 1]] as const;
    for (let word = at; word < at + WORDS; word++) {
      let live = 0;
      let written = -1;
      for (const successor of next) {
        const there = (successor - instance.start) * WORDS + (word - at);
        live |= liveBefore[there] as number;
        written &= mustWriteLater[there] as number;
      }
      liveBefore[word] = (live & ~(mustWrite[word] as number)) | (mayRead[word] as number);
      mustWriteLater[word] = written | (mustWrite[word] as number);
    }
    const lives = [liveBefore[at] as number, liveBefore[at + 1] as number] as const;
    const writes = [mustWriteLater[at] as number, mustWriteLater[at + 1] as number] as const;
    const liveChanged = lives[0] !== old[0] || lives[1] !== old[1];
    const writesChanged = writes[0] !== old[2] || writes[1] !== old[3];
    if ((liveChanged || writesChanged) && this.#env.log.tracesEverything) {
      const touches =
        ((mayRead[at] as number) |
          (mayRead[at + 1] as number) |
          (mustWrite[at] as number) |
          (mustWrite[at + 1] as number)) !==
        0;
      if (touches || insn === instance.start || this.#env.factsAt(insn).prunePoint) {
        const place = `${instance.toString()} frame ${frame} insn ${insn} `;
        this.#sayChange(place, 'live', [old[0] as number, old[1] as number], lives);
        this.#sayChange(place, 'written', [old[2] as number, old[3] as number], writes);
      }
    }
    return liveChanged || writesChanged;
  }

  #sayChange(
    place: string,
    what: string,
    before: readonly [number, number],
    after: readonly [number, number],
  ): void {
    const added = slotsText(after[0] & ~before[0], after[1] & ~before[1]);
    const removed = slotsText(before[0] & ~after[0], before[1] & ~after[1]);
    if (added === '' && removed === '') return;
    const plus = added === '' ? '' : `+${what} ${added} `;
    const minus = removed === '' ? '' : `-${what} ${removed}`;
    this.#env.say(`${place}${plus}${minus}\n`);
  }

  /** What a function reads and writes of outer frames, its call does (propagate_to_outer_instance). */
  #tellCaller(instance: FunctionInstance): void {
    const outer = this.#instance(instance.callsites.slice(0, -1), instance.starts.slice(0, -1));
    const callsite = instance.callsites[instance.depth - 1] as number;
    this.#beginWrites(callsite);
    this.#hasWritten = true;
    for (let frame = 0; frame < instance.depth; frame++) {
      const masks = instance.frames[frame];
      if (masks === undefined) continue;
      this.#written[frame * WORDS] = masks.mustWriteLater[0] as number;
      this.#written[frame * WORDS + 1] = masks.mustWriteLater[1] as number;
      this.#addReads(outer, frame, callsite, masks.liveBefore[0] as number, masks.liveBefore[1] as number);
    }
    this.#commitWrites(outer);
  }
}
