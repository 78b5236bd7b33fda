import { type Disposable } from '../base/index.ts';
import { accessBytes, isAtomic, isLoad } from '../isa/index.ts';
import { type Arena, ARENA_HIGH } from './arena.ts';
import { type CallSite, VmFault, lineAt } from './fault.ts';
import { type Watcher, execute } from './interpreter.ts';
import { type Machine } from './machine.ts';
import { CODE_STRIDE, type Decoded, Internal } from './predecode.ts';
import { type Run } from './run.ts';
import { RunState } from './run-state.ts';
import { type SourceLine, type VmProgram } from './types.ts';
import { LOG_ENTRIES, UndoLog } from './undo-log.ts';

export interface StepperOptions {
  readonly fuel?: number;
  readonly runContext?: unknown;
  /** Entries of the undo log, 16 bytes each, rounded up to a power of two; a step takes one, and one for every 8 bytes it writes. */
  readonly logEntries?: number;
}

/** Why the stepper stands where it stands. */
export type StopReason =
  | { readonly kind: 'step' }
  | { readonly kind: 'breakpoint' }
  | { readonly kind: 'watchpoint'; readonly watchpoint: Watchpoint }
  /** The main function has returned. */
  | { readonly kind: 'done' }
  /** The instruction it stands at faults; registers and memory are as before it. */
  | { readonly kind: 'fault'; readonly fault: VmFault }
  /** Back at the first step, or at the oldest that the log has kept. */
  | { readonly kind: 'start' }
  /** The number of steps asked for is done. */
  | { readonly kind: 'limit' };

export interface Watchpoint {
  readonly address: bigint;
  readonly size: number;
  /** `write`: stop behind an instruction that writes there; `access`: also behind one that reads. */
  readonly mode: 'write' | 'access';
}

interface Watched extends Watchpoint {
  readonly start: number;
  readonly end: number;
}

/** Marks per instruction of a program. */
interface ProgramMarks {
  readonly breakpoints: Uint8Array;
  readonly counts: Uint32Array;
}

const STEP: StopReason = { kind: 'step' };
const NOWHERE: ProgramMarks = { breakpoints: new Uint8Array(), counts: new Uint32Array() };

/** True for what changes more than one register: calls, exit, atomics with a result. */
function isComplex(op: number): boolean {
  return (
    op === 0x85 ||
    op === 0x95 ||
    op === 0x8d ||
    op === Internal.CALL_LOCAL ||
    op === Internal.CALL_KFUNC ||
    op === Internal.ATOMIC
  );
}

/**
 * A run of the interpreter that goes forward and backward. The instruction it stands at is the next to be executed.
 * Between two moves nothing else may write to the arena: what is not in the log cannot be taken back. Dispose it.
 */
export class Stepper implements Disposable, Watcher {
  readonly #machine: Machine;
  readonly #arena: Arena;
  readonly #run: Run;
  readonly #state: RunState;
  readonly #log: UndoLog;
  readonly #marks = new Map<VmProgram, ProgramMarks>();
  readonly #watched = new Set<Watched>();
  #hit: Watchpoint | undefined = undefined;
  #fault: VmFault | undefined = undefined;
  #steps = 0;
  /** Instructions begun in the current move, and where the last one's entries in the log start. */
  #begun = 0;
  #mark = 0;
  /** Where the current move shall end, besides breakpoints and watchpoints. */
  #reached: (() => boolean) | undefined = undefined;
  /** The marks of the running program. */
  #current = NOWHERE;
  #currentOf: Decoded | undefined = undefined;
  #disposed = false;

  constructor(machine: Machine, program: VmProgram, args: readonly bigint[], options: StepperOptions = {}) {
    this.#machine = machine;
    this.#arena = machine.arena;
    this.#run = machine.beginRun(program, options);
    this.#state = new RunState(this.#run, machine.decoded(program)).begin(0, args);
    this.#log = new UndoLog(machine.arena, options.logEntries ?? LOG_ENTRIES);
  }

  /** Instructions executed since the start and not taken back. */
  get steps(): number {
    return this.#steps;
  }

  get done(): boolean {
    return this.#state.done;
  }

  /** R0 once the main function has returned. */
  get result(): bigint | undefined {
    return this.#state.done ? this.#state.value(0) : undefined;
  }

  /** The fault of the instruction it stands at, once it was tried. */
  get fault(): VmFault | undefined {
    return this.#fault;
  }

  get program(): VmProgram {
    return this.#state.decoded.program;
  }

  /** Instruction that is next. */
  get pc(): number {
    return this.#state.pc;
  }

  get line(): SourceLine | undefined {
    return lineAt(this.program, this.pc);
  }

  /** R0 … R10, unsigned. */
  get registers(): bigint[] {
    return Array.from({ length: 11 }, (_, register) => this.#state.value(register));
  }

  /** The running functions, the innermost first. */
  get callStack(): CallSite[] {
    return this.#state.callStack();
  }

  /** The stack frames by call depth (0: the main function), as addresses: what R10 is, and the lowest byte. */
  frameAt(depth: number): { readonly top: bigint; readonly bottom: bigint } {
    const top = this.#arena.base + BigInt(this.#run.stack.topOf(depth));
    return { top, bottom: top - BigInt(this.#run.stack.frameSize) };
  }

  /** How often each instruction of a program was executed (and not taken back). */
  coverage(program: VmProgram): Uint32Array {
    return this.#marksOf(program).counts;
  }

  setBreakpoint(program: VmProgram, pc: number, on = true): void {
    const { breakpoints } = this.#marksOf(program);
    if (pc >= 0 && pc < breakpoints.length) breakpoints[pc] = on ? 1 : 0;
  }

  /** Breaks at every instruction that begins code of the source line; the result is those instructions. */
  setLineBreakpoint(program: VmProgram, file: string, line: number, on = true): number[] {
    const places = (program.lines ?? []).filter((entry) => entry.file === file && entry.line === line);
    for (const place of places) this.setBreakpoint(program, place.insn, on);
    return places.map((place) => place.insn);
  }

  /** Stops where the range is touched; dispose the result to end that. */
  watch(address: bigint, size: number, mode: 'write' | 'access' = 'write'): Disposable {
    const start = this.#arena.offsetOf(address);
    const watched: Watched = { address, size, mode, start, end: start + size };
    this.#watched.add(watched);
    this.#listen();
    return {
      dispose: () => {
        this.#watched.delete(watched);
        this.#listen();
      },
    };
  }

  /** One instruction, into the function it calls. */
  stepInto(): StopReason {
    return this.#recording(() => this.#forward(() => true));
  }

  /** One instruction and, if it is a call, all that it calls. */
  stepOver(): StopReason {
    const { depth } = this.#state;
    return this.#recording(() => this.#forward(() => this.#state.depth <= depth));
  }

  /** Until the running function has returned. */
  stepOut(): StopReason {
    const { depth } = this.#state;
    return this.#recording(() => this.#forward(() => this.#state.depth < depth));
  }

  /** Until another source line begins; `over` stays out of called functions. */
  stepLine(over = true): StopReason {
    const { depth } = this.#state;
    const { line } = this;
    return this.#recording(() =>
      this.#forward(() => (!over || this.#state.depth <= depth) && this.line !== line),
    );
  }

  /** Until a breakpoint, a watchpoint, the end, a fault, or `limit` instructions. */
  run(limit: number = Number.MAX_SAFE_INTEGER): StopReason {
    return this.#recording(() => this.#forward(undefined, limit));
  }

  /** Takes back instructions. */
  stepBack(count = 1): StopReason {
    return this.#backward(() => true, count);
  }

  /** Takes back one instruction and, if it was a function's end, the whole call. */
  stepBackOver(): StopReason {
    const { depth } = this.#state;
    return this.#backward(() => this.#state.depth <= depth);
  }

  /** Back to the call of the running function. */
  stepBackOut(): StopReason {
    const { depth } = this.#state;
    return this.#backward(() => this.#state.depth < depth);
  }

  /** Back to a breakpoint, a touched watchpoint (it then stands before the write), or the start. */
  runBack(limit: number = Number.MAX_SAFE_INTEGER): StopReason {
    return this.#backward(() => false, limit);
  }

  /** To the moment at which `steps` instructions are executed, past all breakpoints. */
  goTo(steps: number): StopReason {
    if (steps < this.#steps) {
      while (this.#steps > steps) if (!this.#back()) return { kind: 'start' };
      return STEP;
    }
    return this.#recording(() => {
      while (this.#steps < steps) {
        const stop = this.#forward(undefined, steps - this.#steps);
        if (stop.kind === 'done' || stop.kind === 'fault') return stop;
      }
      return STEP;
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#state.release();
    this.#machine.endRun(this.#run);
  }

  #marksOf(program: VmProgram): ProgramMarks {
    let marks = this.#marks.get(program);
    if (marks === undefined) {
      const { length } = program.insns;
      // One more: a program that runs off its end stands there.
      marks = { breakpoints: new Uint8Array(length + 1), counts: new Uint32Array(length + 1) };
      this.#marks.set(program, marks);
    }
    return marks;
  }

  #listen(): void {
    const touch = (offset: number, size: number, read: boolean): void => {
      for (const watched of this.#watched) {
        if (read && watched.mode === 'write') continue;
        if (offset < watched.end && offset + size > watched.start) this.#hit = watched;
      }
    };
    const reads = [...this.#watched].some((watched) => watched.mode === 'access');
    this.#log.onWrite = this.#watched.size > 0 ? (offset, size) => touch(offset, size, false) : undefined;
    this.#log.beforeRead = reads ? (offset, size) => touch(offset, size, true) : undefined;
  }

  /** Lets the log hear of every change while `action` runs. */
  #recording(action: () => StopReason): StopReason {
    const before = this.#arena.recorder;
    this.#arena.recorder = this.#log;
    try {
      return action();
    } finally {
      this.#arena.recorder = before;
    }
  }

  /** At least one instruction, up to the first place where there is a reason to stop. */
  #forward(reached: (() => boolean) | undefined, limit: number = Number.MAX_SAFE_INTEGER): StopReason {
    const run = this.#run;
    const { instructions, fuel } = run;
    this.#begun = 0;
    this.#reached = reached;
    try {
      while (this.#begun < limit) {
        const begun = this.#begun;
        if (!this.#state.done) execute(this.#state, limit - begun, this);
        if (this.#state.done) {
          this.#hit = undefined;
          return { kind: 'done' };
        }
        const stop = this.#reasonAt(this.#state.at);
        if (stop !== undefined) return stop;
      }
      return { kind: 'limit' };
    } catch (error) {
      // The instruction that faults was begun, and is taken back.
      this.#begun--;
      if (this.#log.mark > this.#mark) this.#log.back(this.#state);
      this.#hit = undefined;
      this.#countHere(-1);
      run.instructions = instructions + this.#begun;
      run.fuel = fuel - this.#begun;
      if (!(error instanceof VmFault)) throw error;
      this.#fault = error;
      return { kind: 'fault', fault: error };
    } finally {
      this.#steps += this.#begun;
    }
  }

  /** Why to stop at a place, of the reasons that may come up before every instruction. */
  #reasonAt(at: number): StopReason | undefined {
    if (this.#hit !== undefined) return this.#takeHit(this.#hit);
    if (this.#reached?.() === true) return STEP;
    return this.#marksOf(this.program).breakpoints[at / CODE_STRIDE] === 1
      ? { kind: 'breakpoint' }
      : undefined;
  }

  /** The interpreter asks before every instruction: stop, or let the log and the counts have it. */
  before(state: RunState, at: number): boolean {
    state.at = at;
    if (state.decoded !== this.#currentOf) {
      this.#currentOf = state.decoded;
      this.#current = this.#marksOf(state.decoded.program);
    }
    const { breakpoints, counts } = this.#current;
    const pc = at / CODE_STRIDE;
    if (this.#begun > 0) {
      if (this.#hit !== undefined || breakpoints[pc] === 1 || this.#reached?.() === true) return false;
    }
    const { registers, code } = state;
    const log = this.#log;
    this.#mark = log.mark;
    const register = code[at + 1] as number;
    log.step(at, register, registers[register] as number, registers[register + 1] as number);
    if (isComplex(code[at] as number)) log.snapshot(state.snapshot());
    if (log.beforeRead !== undefined) this.#watchLoad(log.beforeRead);
    counts[pc] = (counts[pc] as number) + 1;
    this.#begun++;
    return true;
  }

  #countHere(by: 1 | -1): void {
    const { counts } = this.#marksOf(this.program);
    const { pc } = this;
    counts[pc] = (counts[pc] ?? 0) + by;
  }

  #backward(reached: () => boolean, limit: number = Number.MAX_SAFE_INTEGER): StopReason {
    for (let count = 0; count < limit; count++) {
      if (!this.#back()) return { kind: 'start' };
      if (this.#hit !== undefined) return this.#takeHit(this.#hit);
      if (limit === Number.MAX_SAFE_INTEGER) {
        if (reached()) return STEP;
        if (this.#marksOf(this.program).breakpoints[this.#state.pc] === 1) return { kind: 'breakpoint' };
      }
    }
    return STEP;
  }

  #takeHit(watchpoint: Watchpoint): StopReason {
    this.#hit = undefined;
    return { kind: 'watchpoint', watchpoint };
  }

  #watchLoad(touch: (offset: number, size: number) => void): void {
    const { program } = this.#state.decoded;
    const insn = program.insns[this.#state.pc];
    if (insn === undefined || !(isLoad(insn) || isAtomic(insn))) return;
    const base = isAtomic(insn) && insn.imm !== 0x100 ? insn.dst : insn.src;
    if (this.#state.registers[2 * base + 1] !== ARENA_HIGH) return;
    touch(((this.#state.registers[2 * base] as number) + insn.off) >>> 0, accessBytes(insn.code));
  }

  #back(): boolean {
    if (this.#steps === 0 || !this.#log.back(this.#state)) return false;
    this.#fault = undefined;
    this.#state.done = false;
    this.#steps--;
    this.#run.instructions--;
    this.#run.fuel++;
    this.#countHere(-1);
    return true;
  }
}
