import { type HistoryEntry } from './environment.ts';
import { Register } from './register.ts';
import { RegType } from './reg-type.ts';

/** What one byte of a stack slot holds (enum bpf_stack_slot_type). */
export const SlotType = { INVALID: 0, SPILL: 1, MISC: 2, ZERO: 3, DYNPTR: 4, ITER: 5 } as const;

export const REGISTERS = 11;
export const FRAME_POINTER = 10;
export const MAX_CALL_FRAMES = 8;
export const MAX_STACK = 512;

/** All eight bytes of one slot alike. */
export function allBytes(type: number): number {
  return Math.imul(type, 0x1111_1111);
}

/** One 8-byte slot of a stack frame. */
export class StackSlot {
  /** Eight SlotTypes, four bits each; byte 0 (the lowest bits) lies at the highest address. */
  types = 0;
  /** The spilled register, or what is known of a dynptr or iterator. */
  readonly value: Register;
  /** Belongs to several states: neither bytes nor value must change any more. */
  shared = false;
  /** As of Register. */
  twin: StackSlot | undefined = undefined;

  constructor(value: Register = new Register()) {
    this.value = value;
  }

  byte(index: number): number {
    return (this.types >>> (index * 4)) & 15;
  }

  setByte(index: number, type: number): void {
    this.types = (this.types & ~(15 << (index * 4))) | (type << (index * 4));
  }

  /** Holds a spilled register, perhaps of less than eight bytes. */
  get isSpilled(): boolean {
    return this.types >>> 28 === SlotType.SPILL;
  }

  get isSpilledScalar(): boolean {
    return this.isSpilled && this.value.type === RegType.SCALAR;
  }

  /** A scalar spilled with all its eight bytes. */
  get isSpilledScalar64(): boolean {
    return (this.types & 15) === SlotType.SPILL && this.value.type === RegType.SCALAR;
  }

  /** The same facts in an object that never changes, for several states to hold. */
  toShared(): StackSlot {
    if (this.shared) return this;
    const value = this.value.toShared();
    const twin = this.twin;
    if (twin !== undefined && twin.value === value && twin.types === this.types) return twin;
    const copy = new StackSlot(value);
    copy.types = this.types;
    copy.shared = true;
    this.twin = copy;
    return copy;
  }

  /** The same facts in an object of its own. */
  toOwn(): StackSlot {
    if (!this.shared) return this;
    const copy = new StackSlot(this.value.toOwn());
    copy.types = this.types;
    copy.twin = this;
    return copy;
  }
}

/** A bit for each of the 64 slots of a frame. */
export class SlotSet {
  #low = 0;
  #high = 0;

  has(slot: number): boolean {
    return ((slot < 32 ? this.#low : this.#high) & (1 << (slot & 31))) !== 0;
  }

  add(slot: number): void {
    if (slot < 32) this.#low |= 1 << slot;
    else this.#high |= 1 << (slot & 31);
  }

  delete(slot: number): void {
    if (slot < 32) this.#low &= ~(1 << slot);
    else this.#high &= ~(1 << (slot & 31));
  }

  fill(): void {
    this.#low = this.#high = -1;
  }

  clear(): void {
    this.#low = this.#high = 0;
  }

  get isEmpty(): boolean {
    return (this.#low | this.#high) === 0;
  }

  clone(): SlotSet {
    const copy = new SlotSet();
    copy.#low = this.#low;
    copy.#high = this.#high;
    return copy;
  }
}

/** An acquired object that has to be released (struct bpf_reference_state). */
export interface Reference {
  readonly id: number;
  readonly insn: number;
  /** Frame of the callback that acquired it, 0 for none. */
  readonly callbackFrame: number;
}

/**
 * Acquired objects in their order; never changes. Lists share their beginnings: of a program that acquires in a loop
 * thousands of states hold thousands each.
 */
export class References {
  static readonly NONE = new References(undefined, undefined, 0);
  readonly #before: References | undefined;
  readonly #last: Reference | undefined;
  readonly length: number;

  private constructor(before: References | undefined, last: Reference | undefined, length: number) {
    this.#before = before;
    this.#last = last;
    this.length = length;
  }

  with(reference: Reference): References {
    return new References(this, reference, this.length + 1);
  }

  /** Without the one at `index`, whose place the last one takes (release_reference_state). */
  without(index: number): References {
    const all = this.all();
    const last = all.pop();
    if (last !== undefined && index < all.length) all[index] = last;
    let rest = this.#first(Math.min(index, all.length));
    for (const reference of all.slice(rest.length)) rest = rest.with(reference);
    return rest;
  }

  #first(count: number): References {
    let rest = this as References;
    while (rest.length > count && rest.#before !== undefined) rest = rest.#before;
    return rest;
  }

  all(): Reference[] {
    const found = new Array<Reference>(this.length);
    for (let at = this as References; at.#before !== undefined; at = at.#before)
      found[at.length - 1] = at.#last as Reference;
    return found;
  }
}

export interface ReturnRange {
  readonly min: number;
  readonly max: number;
}

/** Where a checkpoint has a value (the parent of struct bpf_reg_state). */
export interface RegisterLink {
  /** The checkpoint; undefined: none has the value. */
  readonly state: PathState | undefined;
  readonly frame: number;
  readonly register: number;
}

const NO_LINK: RegisterLink = { state: undefined, frame: 0, register: 0 };
const NO_LINKS: readonly RegisterLink[] = Array.from({ length: REGISTERS }, () => NO_LINK);

/** One call frame (struct bpf_func_state). */
export class FrameState {
  /** Same number: copies of the same activation of a function. */
  readonly activation: number;
  /** Instruction of the call that made it; -1 for the outermost. */
  readonly callsite: number;
  readonly index: number;
  readonly subprogram: number;
  readonly #registers: Register[] = [];
  /** Slot n lies at fp - 8 * (n + 1). */
  readonly #stack: StackSlot[] = [];
  /** Registers written since the last checkpoint, as a bit mask. */
  writtenRegisters = 0;
  /** Registers that some path from here reads, and those of which it reads all 64 bits. */
  readRegisters = 0;
  readWholeRegisters = 0;
  /** Where each register's value lies in a checkpoint; undefined: in the same place of the one before. */
  #links: readonly (RegisterLink | undefined)[] | undefined = undefined;
  /** Slots written as a whole since the last checkpoint, and slots that some path from here reads. */
  readonly writtenSlots: SlotSet;
  readonly readSlots: SlotSet;
  references = References.NONE;
  inCallback = false;
  inAsyncCallback = false;
  inExceptionCallback = false;
  callbackRange: ReturnRange = { min: 0, max: 0 };
  /** How often the callback of the current call was simulated. */
  callbackDepth = 0;
  asyncEntries = 0;

  constructor(
    activation: number,
    callsite: number,
    index: number,
    subprogram: number,
    writtenSlots = new SlotSet(),
    readSlots = new SlotSet(),
  ) {
    this.activation = activation;
    this.callsite = callsite;
    this.index = index;
    this.subprogram = subprogram;
    this.writtenSlots = writtenSlots;
    this.readSlots = readSlots;
  }

  clone(): FrameState {
    const { activation, callsite, index, subprogram } = this;
    const written = this.writtenSlots.clone();
    const copy = new FrameState(activation, callsite, index, subprogram, written, this.readSlots.clone());
    for (const register of this.#registers) copy.#registers.push(register.toShared());
    for (const slot of this.#stack) copy.#stack.push(slot.toShared());
    copy.writtenRegisters = this.writtenRegisters;
    copy.readRegisters = this.readRegisters;
    copy.readWholeRegisters = this.readWholeRegisters;
    copy.#links = this.#links;
    copy.references = this.references;
    copy.inCallback = this.inCallback;
    copy.inAsyncCallback = this.inAsyncCallback;
    copy.inExceptionCallback = this.inExceptionCallback;
    copy.callbackRange = this.callbackRange;
    copy.callbackDepth = this.callbackDepth;
    copy.asyncEntries = this.asyncEntries;
    return copy;
  }

  /** Where a checkpoint has a register's value; `before` is the last one. */
  linkOf(register: number, before: PathState | undefined): RegisterLink {
    return this.#links?.[register] ?? { state: before, frame: this.index, register };
  }

  /** A frame that no checkpoint has. */
  unlink(): void {
    this.#links = NO_LINKS;
  }

  /**
   * A checkpoint was made behind `before`: nothing happened since. It has the registers in their places, but of outer
   * frames only those that calls keep.
   */
  beginMarks(isInnermost: boolean, before: PathState | undefined): void {
    this.#links = isInnermost
      ? undefined
      : [0, 1, 2, 3, 4, 5].map((register) => this.linkOf(register, before));
    this.writtenRegisters &= 1 << FRAME_POINTER;
    this.readRegisters = this.readWholeRegisters = 0;
    this.writtenSlots.clear();
    this.readSlots.clear();
  }

  /**
   * A register that is copied with its marks: who reads the copy reads the original (set_callee_state, prepare_func_exit).
   * `before` is the last checkpoint.
   */
  copyWithMarks(index: number, from: FrameState, fromIndex: number, before: PathState | undefined): void {
    this.register(index).assign(from.register(fromIndex));
    const links = this.#links === undefined ? [] : [...this.#links];
    links[index] = from.linkOf(fromIndex, before);
    this.#links = links;
    const move = (mask: number, source: number): number =>
      (mask & ~(1 << index)) | (((source >> fromIndex) & 1) << index);
    this.writtenRegisters = move(this.writtenRegisters, from.writtenRegisters);
    this.readRegisters = move(this.readRegisters, from.readRegisters);
    this.readWholeRegisters = move(this.readWholeRegisters, from.readWholeRegisters);
  }

  /** A register, to be changed: it belongs to this state alone from here on. */
  register(index: number): Register {
    const register = this.#registers[index] as Register;
    if (!register.shared) return register;
    const own = register.toOwn();
    this.#registers[index] = own;
    return own;
  }

  /** A register, to look at only. */
  peek(index: number): Readonly<Register> {
    return this.#registers[index] as Register;
  }

  /** Slot by number, to be changed; it must be within the allocated stack. */
  slot(index: number): StackSlot {
    const slot = this.#stack[index] as StackSlot;
    if (!slot.shared) return slot;
    const own = slot.toOwn();
    this.#stack[index] = own;
    return own;
  }

  /** Slot by number, to look at only; undefined beyond the allocated stack. */
  peekSlot(index: number): Readonly<StackSlot> | undefined {
    return this.#stack[index];
  }

  /** Puts an object that other states may hold as well in a register's place. */
  setRegister(index: number, register: Register): void {
    this.#registers[index] = register;
  }

  /** Puts an object that other states may hold as well in a slot's place; the slot behind the last one grows the stack. */
  setSlot(index: number, slot: StackSlot): void {
    this.#stack[index] = slot;
  }

  /** Slots that were touched so far. */
  get slotCount(): number {
    return this.#stack.length;
  }

  /** Bytes of stack that were touched so far. */
  get allocated(): number {
    return this.#stack.length * 8;
  }
}

/** All frames at one point of one path (struct bpf_verifier_state). */
export class PathState {
  frames: FrameState[] = [];
  /** Paths through this state that are not yet finished; only for checkpoints. */
  branches = 1;
  /** The checkpoint before. */
  parent: PathState | undefined = undefined;
  /** Where the checkpoint lies. */
  insn = 0;
  firstInsn = 0;
  lastInsn = -1;
  historyStart = 0;
  historyEnd = 0;
  /** A checkpoint's own copy of its part of the history; undefined where the path's is still whole. */
  history: readonly HistoryEntry[] | undefined = undefined;
  depth = 0;
  callbackUnrollDepth = 0;
  mayGotoDepth = 0;
  loopEntry: PathState | undefined = undefined;
  usedAsLoopEntry = false;
  /** Map or BTF whose bpf_spin_lock is held, and the id of the pointer it was taken with. */
  lockOwner: object | undefined = undefined;
  lockId = 0;
  rcuLocks = 0;
  preemptLocks = 0;
  inSleepable = false;
  speculative = false;
  /** How often it was equal to a later state, and how often not. */
  hits = 0;
  misses = 0;
  /** Nothing more will be learned about it: values that nobody reads are forgotten (REG_LIVE_DONE). */
  cleaned = false;
  /** No longer compared with, only kept for the states behind it. */
  retired = false;

  /** A copy to go on with; `branches` and the checkpoint's own place are those of the original. */
  clone(): PathState {
    const copy = new PathState();
    for (const frame of this.frames) copy.frames.push(frame.clone());
    copy.branches = this.branches;
    copy.parent = this.parent;
    copy.firstInsn = this.firstInsn;
    copy.lastInsn = this.lastInsn;
    copy.historyStart = this.historyStart;
    copy.historyEnd = this.historyEnd;
    copy.depth = this.depth;
    copy.callbackUnrollDepth = this.callbackUnrollDepth;
    copy.mayGotoDepth = this.mayGotoDepth;
    copy.loopEntry = this.loopEntry;
    copy.usedAsLoopEntry = this.usedAsLoopEntry;
    copy.lockOwner = this.lockOwner;
    copy.lockId = this.lockId;
    copy.rcuLocks = this.rcuLocks;
    copy.preemptLocks = this.preemptLocks;
    copy.inSleepable = this.inSleepable;
    copy.speculative = this.speculative;
    return copy;
  }

  get current(): FrameState {
    return this.frames[this.frames.length - 1] as FrameState;
  }

  get depthOfCalls(): number {
    return this.frames.length - 1;
  }

  frame(index: number): FrameState {
    return this.frames[index] as FrameState;
  }

  /**
   * Changes every register of every frame, and every spilled one, that `applies`; `slots` tells which kinds of slots
   * count (1 << SlotType).
   */
  forEachRegister(
    applies: (register: Readonly<Register>) => boolean,
    change: (register: Register) => void,
    slots = 1 << SlotType.SPILL,
  ): void {
    for (const frame of this.frames) {
      for (let i = 0; i < REGISTERS; i++) if (applies(frame.peek(i))) change(frame.register(i));
      for (let i = 0; i < frame.slotCount; i++) {
        const slot = frame.peekSlot(i) as StackSlot;
        if (((1 << (slot.types >>> 28)) & slots) !== 0 && applies(slot.value)) change(frame.slot(i).value);
      }
    }
  }
}

/** Same chain of calls. */
export function sameCallsites(a: PathState, b: PathState): boolean {
  if (a.frames.length !== b.frames.length) return false;
  for (let i = a.frames.length - 1; i >= 0; i--) {
    if (a.frame(i).callsite !== b.frame(i).callsite) return false;
  }
  return true;
}
