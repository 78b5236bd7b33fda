import { accessBytes, isLoad } from '../isa/index.ts';
import { ARENA_HIGH, type ArenaRecorder } from './arena.ts';
import { VmFault } from './fault.ts';
import { execute, type Watcher } from './interpreter.ts';
import { interpret, type Machine } from './machine.ts';
import { type Run } from './run.ts';
import { RunState } from './run-state.ts';
import { RunTrace, type TracedRegion } from './run-trace.ts';
import { type VmProgram } from './types.ts';

/** Steps of one run that are kept; what it does behind them is not. */
export const TRACED_STEPS = 200_000;
/** Runs that are kept: a driver may be called again and again by what it sends itself. */
const TRACED_RUNS = 64;
/** Bytes of one region that are kept, around the first place that was touched. */
const WINDOW = 64 * 1024;

/** A run under way. */
interface Open {
  readonly trace: RunTrace;
  readonly run: Run;
  readonly touched: Map<bigint, TracedRegion>;
  deepest: number;
}

/**
 * Keeps every step of the runs that `during` makes. Programs run in the interpreter then, as where anything else records, and
 * what they compute does not change.
 */
export class RunTracer implements ArenaRecorder, Watcher {
  readonly traces: RunTrace[] = [];
  readonly #machine: Machine;
  /** Innermost last: a helper may start another program. */
  readonly #open: Open[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  during(action: () => void): void {
    const { arena } = this.#machine;
    const before = arena.recorder;
    arena.recorder = this;
    this.#machine.use('interpreter', (run, program, entry, args) => this.#trace(run, program, entry, args));
    try {
      action();
    } finally {
      this.#machine.use('interpreter', interpret);
      arena.recorder = before;
    }
  }

  #trace(run: Run, program: VmProgram, entry: number, args: readonly bigint[]): bigint {
    if (this.traces.length >= TRACED_RUNS) return interpret(run, program, entry, args);
    const trace = new RunTrace(program);
    this.traces.push(trace);
    const open: Open = { trace, run, touched: new Map(), deepest: 0 };
    const state = new RunState(run, this.#machine.decoded(program)).begin(entry, args);
    this.#open.push(open);
    try {
      for (const address of args) this.#touch(open, this.#machine.arena.offsetOf(address));
      while (!state.done) execute(state, Number.MAX_SAFE_INTEGER, this);
      trace.result = state.value(0);
      return trace.result;
    } catch (error) {
      if (error instanceof VmFault) trace.fault = error;
      throw error;
    } finally {
      if (!trace.truncated) this.#finish(open, state);
      this.#open.pop();
      state.release();
    }
  }

  /** Before every instruction of a run. */
  before(state: RunState, at: number): boolean {
    const open = this.#open.at(-1);
    if (open === undefined || open.trace.truncated) return true;
    state.at = at;
    if (open.trace.moments >= TRACED_STEPS) {
      open.trace.truncated = true;
      this.#finish(open, state);
      return true;
    }
    open.trace.note(state);
    open.deepest = Math.max(open.deepest, state.depth);
    this.#touchLoad(open, state);
    return true;
  }

  beforeWrite(offset: number, size: number): void {
    const { arena } = this.#machine;
    for (const open of this.#open) {
      const { trace } = open;
      if (trace.truncated) continue;
      this.#touch(open, offset);
      const address = arena.base + BigInt(offset);
      trace.writes.push({
        step: trace.moments - 1,
        address,
        before: arena.bytes.slice(offset, offset + size),
      });
    }
  }

  beforeRead(offset: number): void {
    const open = this.#open.at(-1);
    if (open?.trace.truncated === false) this.#touch(open, offset);
  }

  onUndo(): void {
    // Only memory is shown.
  }

  #touchLoad(open: Open, state: RunState): void {
    const insn = state.decoded.program.insns[state.pc];
    if (insn === undefined || !isLoad(insn)) return;
    if (state.registers[2 * insn.src + 1] !== ARENA_HIGH) return;
    const offset = ((state.registers[2 * insn.src] as number) + insn.off) >>> 0;
    if (this.#machine.arena.allowed(offset, accessBytes(insn.code), false)) this.#touch(open, offset);
  }

  #touch({ touched }: Open, offset: number): void {
    const { arena } = this.#machine;
    const region = offset < 0 ? undefined : arena.regionAt(arena.base + BigInt(offset));
    // Frames of the stack are kept as such.
    if (region === undefined || touched.has(region.address) || region.label === 'stack') return;
    const { label, address, size } = region;
    const skipped =
      size <= WINDOW
        ? 0
        : Math.min(size - WINDOW, Math.max(0, offset - arena.offsetOf(address) - WINDOW / 2));
    touched.set(address, { label, address: address + BigInt(skipped), size: Math.min(size, WINDOW) });
  }

  #finish({ trace, run, touched, deepest }: Open, state: RunState): void {
    const { arena } = this.#machine;
    trace.note(state);
    const { frameSize } = run.stack;
    const frames = Array.from({ length: deepest + 1 }, (_, depth) => ({
      label: 'stack',
      address: arena.base + BigInt(run.stack.topOf(depth) - frameSize),
      size: frameSize,
      depth,
    }));
    trace.keep(arena, [...touched.values(), ...frames]);
  }
}
