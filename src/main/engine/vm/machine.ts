import { EngineError } from '../base/index.ts';
import { type Accelerator } from './accelerator.ts';
import { type Arena } from './arena.ts';
import { CodeSpace } from './code-space.ts';
import { execute, outOfFuel } from './interpreter.ts';
import { type Decoded, predecode } from './predecode.ts';
import { Run } from './run.ts';
import { RunState } from './run-state.ts';
import { Stack } from './stack.ts';
import { type EngineName, type RunOptions, type RunResult, type VmProgram } from './types.ts';

/** Instructions a run may execute unless told: seconds of work, more than any verified program needs. */
export const DEFAULT_FUEL = 4_000_000_000;

/** Runs that helpers may start inside one another. */
const MAX_NESTED_RUNS = 64;

/** The way an engine runs a function of a program; the result is R0. It counts into run.instructions. */
export type Engine = (run: Run, program: VmProgram, entry: number, args: readonly bigint[]) => bigint;

/** Runs programs in one arena. Helpers may start further runs while one is going on. */
export class Machine {
  readonly arena: Arena;
  readonly #engines = new Map<EngineName, Engine>([['interpreter', interpret]]);
  readonly #decoded = new WeakMap<VmProgram, Decoded>();
  readonly #codeSpace = new CodeSpace();
  readonly #stacks = new Map<number, Stack[]>();
  #running = 0;
  /** Makes the interpreter fast, if there is one. */
  accelerator: Accelerator | undefined = undefined;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  /** Installs an engine (the JIT, which this room does not know). */
  use(name: EngineName, engine: Engine): void {
    this.#engines.set(name, engine);
  }

  /**
   * Runs the program's main function with R1 … R5 from `args`.
   * @throws VmFault if the program does what would crash; EngineError `parse` or `usage` for a program that cannot run
   */
  run(program: VmProgram, args: readonly bigint[], options: RunOptions): RunResult {
    return this.#run(program, 0, args, options);
  }

  /** Runs the function of a program at a code address (ld_imm64 PSEUDO_FUNC gave it): a timer's callback. */
  callFunction(
    program: VmProgram,
    codeAddress: bigint,
    args: readonly bigint[],
    options: RunOptions,
  ): RunResult {
    const entry = this.entryAt(program, codeAddress);
    if (entry === undefined) {
      throw new EngineError('usage', `0x${codeAddress.toString(16)} is no function of ${program.name}`);
    }
    return this.#run(program, entry, args, options);
  }

  /** Address of the function that begins at an instruction. */
  codeAddress(program: VmProgram, pc: number): bigint {
    return this.#codeSpace.addressOf(program, pc);
  }

  /** The instruction at which the function with a code address begins; undefined if none of the program's does. */
  entryAt(program: VmProgram, codeAddress: bigint): number | undefined {
    const pc = this.#codeSpace.pcAt(program, codeAddress);
    return pc !== undefined && this.decoded(program).entries.includes(pc) ? pc : undefined;
  }

  /** The program as the interpreter runs it. */
  decoded(program: VmProgram): Decoded {
    let decoded = this.#decoded.get(program);
    if (decoded === undefined) {
      decoded = predecode(program, (pc) => this.codeAddress(program, pc));
      this.#decoded.set(program, decoded);
    }
    return decoded;
  }

  /** Everything a run needs; end it with `endRun`. For those who drive a run step by step. */
  beginRun(program: VmProgram, options: Omit<RunOptions, 'engine'>): Run {
    if (this.#running >= MAX_NESTED_RUNS) {
      throw new EngineError('refused', `${MAX_NESTED_RUNS} runs are nested already`, { errno: -40 });
    }
    const { stackSize } = this.decoded(program);
    const stack = this.#stacks.get(stackSize)?.pop() ?? new Stack(this.arena, stackSize);
    this.#running++;
    return new Run(this, program, stack, options.fuel ?? DEFAULT_FUEL, options.runContext);
  }

  endRun(run: Run): void {
    this.#running--;
    const { stackSize } = this.decoded(run.mainProgram);
    const free = this.#stacks.get(stackSize);
    if (free === undefined) this.#stacks.set(stackSize, [run.stack]);
    else free.push(run.stack);
  }

  #run(program: VmProgram, entry: number, args: readonly bigint[], options: RunOptions): RunResult {
    if (args.length > 5) throw new EngineError('usage', 'a program takes at most five arguments');
    // While somebody records, every write must be seen: only the interpreter tells of its writes.
    const name = this.arena.recorder === undefined ? options.engine : 'interpreter';
    const engine = this.#engines.get(name);
    if (engine === undefined) throw new EngineError('usage', `this machine has no ${name} installed`);
    const run = this.beginRun(program, options);
    run.repeat = Math.max(1, options.repeat ?? 1);
    const template = options.restore === undefined ? undefined : this.#keepTemplate(run, options.restore);
    try {
      const r0 = engine(run, program, entry, args);
      return { r0, instructions: run.instructions };
    } finally {
      this.endRun(run);
      if (template !== undefined) this.arena.free(template);
    }
  }

  /** Puts the bytes to restore where compiled code can copy them from. */
  #keepTemplate(run: Run, restore: { readonly address: bigint; readonly bytes: Uint8Array }): bigint {
    const { arena } = this;
    const size = restore.bytes.length;
    arena.bytesAt(restore.address, size);
    const template = arena.allocate(size, { label: 'bytes to restore', access: 'ro' });
    arena.write(template, restore.bytes);
    run.restore = { to: arena.offsetOf(restore.address), from: arena.offsetOf(template), size };
    return template;
  }
}

/** The engine `interpreter`. */
export function interpret(run: Run, program: VmProgram, entry: number, args: readonly bigint[]): bigint {
  const decoded = run.machine.decoded(program);
  let r0 = 0n;
  for (let left = run.repeat; left > 0; left--) {
    if (run.restore !== undefined) {
      const { to, from, size } = run.restore;
      run.machine.arena.recorder?.beforeWrite(to, size);
      run.machine.arena.bytes.copyWithin(to, from, from + size);
    }
    run.tailCalls = 0;
    const state = new RunState(run, decoded).begin(entry, args);
    if (run.fuel < 0) outOfFuel(state);
    r0 = finish(state);
  }
  return r0;
}

/** Interprets until the outermost function of the state returns; the result is R0. */
export function finish(state: RunState): bigint {
  const { machine } = state.run;
  try {
    while (!state.done) {
      // Who records must hear of every write.
      const accelerator = machine.arena.recorder === undefined ? machine.accelerator : undefined;
      accelerator?.advance(state);
      execute(state, accelerator === undefined ? Number.MAX_SAFE_INTEGER : 1);
    }
    return state.value(0);
  } finally {
    state.release();
  }
}
