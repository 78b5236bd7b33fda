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

  clone(): StackSlot {
    const copy = new StackSlot(this.value.clone());
    copy.types = this.types;
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

export interface ReturnRange {
  readonly min: number;
  readonly max: number;
}

/** One call frame (struct bpf_func_state). */
export class FrameState {
  /** Same number: copies of the same activation of a function. */
  readonly activation: number;
  /** Instruction of the call that made it; -1 for the outermost. */
  readonly callsite: number;
  readonly index: number;
  readonly subprogram: number;
  registers: Register[] = [];
  /** Slot n lies at fp - 8 * (n + 1). */
  stack: StackSlot[] = [];
  references: readonly Reference[] = [];
  inCallback = false;
  inAsyncCallback = false;
  inExceptionCallback = false;
  callbackRange: ReturnRange = { min: 0, max: 0 };
  /** How often the callback of the current call was simulated. */
  callbackDepth = 0;
  asyncEntries = 0;

  constructor(activation: number, callsite: number, index: number, subprogram: number) {
    this.activation = activation;
    this.callsite = callsite;
    this.index = index;
    this.subprogram = subprogram;
  }

  clone(): FrameState {
    const copy = new FrameState(this.activation, this.callsite, this.index, this.subprogram);
    for (const register of this.registers) copy.registers.push(register.clone());
    for (const slot of this.stack) copy.stack.push(slot.clone());
    copy.references = this.references;
    copy.inCallback = this.inCallback;
    copy.inAsyncCallback = this.inAsyncCallback;
    copy.inExceptionCallback = this.inExceptionCallback;
    copy.callbackRange = this.callbackRange;
    copy.callbackDepth = this.callbackDepth;
    copy.asyncEntries = this.asyncEntries;
    return copy;
  }

  register(index: number): Register {
    return this.registers[index] as Register;
  }

  /** Slot by number; it must be within the allocated stack. */
  slot(index: number): StackSlot {
    return this.stack[index] as StackSlot;
  }

  /** Bytes of stack that were touched so far. */
  get allocated(): number {
    return this.stack.length * 8;
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
  /** Nothing more will be learned about it: values that nobody reads are forgotten. */
  cleaned = false;

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

  /** Every register of every frame, and spilled ones; `slots` tells which kinds of slots count (1 << SlotType). */
  forEachRegister(visit: (register: Register, frame: FrameState) => void, slots = 1 << SlotType.SPILL): void {
    for (const frame of this.frames) {
      for (const register of frame.registers) visit(register, frame);
      for (const slot of frame.stack) {
        if (((1 << (slot.types >>> 28)) & slots) !== 0) visit(slot.value, frame);
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
