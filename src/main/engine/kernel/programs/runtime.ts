import { createMachine } from '../../jit/index.ts';
import { AttachType, ProgType } from '../../abi/index.ts';
import { EngineError } from '../../base/index.ts';
import type { Machine, EngineName, RunOptions, RunResult, VmProgram } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import type { RunContext, RunProgramOptions } from '../registries.ts';
import type { BpfProg } from './prog.ts';

/** Runs that may lie on top of each other before the kernel's stack would be gone. */
const MAX_NESTING = 32;
/** u64 arguments that a context of this kind has room for (MAX_BPF_FUNC_ARGS and the result behind them). */
const ARGUMENT_WORDS = 16;
/** What the machine is asked here: anything with these two can run programs. */
export type ProgramRunner = Pick<Machine, 'run' | 'callFunction' | 'entryAt'>;

/** bpf_prog_check_recur(): programs of this kind are not entered while they run. */
function checksRecursion(prog: BpfProg): boolean {
  if (prog.type === ProgType.TRACING) return prog.expectedAttachType !== AttachType.TRACE_ITER;
  return prog.type !== ProgType.STRUCT_OPS && prog.type !== ProgType.LSM && prog.type !== ProgType.SYSCALL;
}

/** Runs programs: contexts, statistics, recursion, callbacks from timers and work items. */
export class ProgramRuntime {
  readonly machine: Machine;
  engine: EngineName;
  fuel: number;
  currentCpu = 0;
  readonly #kernel: Kernel;
  readonly #argumentAreas: bigint[] = [];
  readonly #byVm = new Map<VmProgram, BpfProg>();
  #depth = 0;

  constructor(kernel: Kernel, options: { readonly engine: EngineName; readonly fuel: number }) {
    this.#kernel = kernel;
    this.machine = createMachine(kernel.arena);
    this.engine = options.engine;
    this.fuel = options.fuel;
  }

  /** How many programs are running on top of each other right now. */
  get depth(): number {
    return this.#depth;
  }

  /** Announces a program, so that a tail call or a timer finds the kernel's object for the machine's. */
  know(prog: BpfProg): void {
    this.#byVm.set(prog.vm, prog);
  }

  forget(prog: BpfProg): void {
    this.#byVm.delete(prog.vm);
  }

  /** The kernel's program for the machine's: the one that called a helper, also behind a tail call or in a timer. */
  progOf(program: VmProgram): BpfProg | undefined {
    return this.#byVm.get(program);
  }

  /** Runs a program whose context is an array of u64. */
  runWithArguments(prog: BpfProg, args: readonly bigint[], options: RunProgramOptions = {}): bigint {
    const { arena } = this.#kernel;
    const depth = this.#depth;
    let area = this.#argumentAreas[depth];
    if (area === undefined) {
      area = arena.allocate(ARGUMENT_WORDS * 8, { label: 'program arguments' });
      this.#argumentAreas[depth] = area;
    }
    args.forEach((value, index) => arena.writeU64(area + BigInt(index * 8), value));
    return this.run(prog, area, options);
  }

  /** Runs a program with R1 = `context`. A run that would re-enter it is counted as a miss and gives 0. */
  run(prog: BpfProg, context: bigint, options: RunProgramOptions = {}): bigint {
    if (prog.active > 0 && checksRecursion(prog)) {
      prog.stats.misses++;
      return 0n;
    }
    return this.#measured(prog, options, (run) => this.machine.run(prog.vm, [context], run));
  }

  /**
   * Calls a function of a program from outside a run (timers and work items): `address` is what ld_imm64 of the function
   * gave. Nothing happens if the program is gone.
   */
  call(
    program: VmProgram,
    address: bigint,
    args: readonly bigint[],
    options: RunProgramOptions = {},
  ): bigint {
    const prog = this.progOf(program);
    if (prog === undefined) return 0n;
    return this.#measured(prog, options, (run) => this.machine.callFunction(program, address, args, run));
  }

  #measured(prog: BpfProg, options: RunProgramOptions, start: (run: RunOptions) => RunResult): bigint {
    if (this.#depth >= MAX_NESTING) {
      throw new EngineError(
        'fault',
        `${prog.name}: ${MAX_NESTING} programs run on top of each other, a real kernel's stack would overflow`,
        { program: prog.name },
      );
    }
    const { stats } = prog;
    const runContext: RunContext = { prog, depth: this.#depth, data: options.data };
    const cpu = this.currentCpu;
    this.currentCpu = options.cpu ?? cpu;
    this.#depth++;
    prog.active++;
    try {
      const { engine, fuel } = this;
      const { r0, instructions } = start({ engine, fuel, runContext });
      stats.runs++;
      stats.instructions += instructions;
      if (this.#kernel.statsUsers > 0) {
        stats.counted++;
        stats.nanoseconds += BigInt(instructions);
      }
      return r0;
    } finally {
      prog.active--;
      this.#depth--;
      this.currentCpu = cpu;
    }
  }
}
