import { errnoName } from '../engine/abi/index.ts';
import { type ObjectSpec } from '../engine/elf/index.ts';
import { type TraceEvent, formatTrace } from '../engine/kernel/index.ts';
import { type Resources } from './resources.ts';
import { Simulation, type SimulationOptions } from './simulation/simulation.ts';

/** What `hidsmith run --json` prints: `rc` of bpf(2), the program's `retval` and every bpf() command it made. */
export interface ProgramRun {
  readonly rc: number;
  /** Positive, 0 where rc is not negative. */
  readonly errno: number;
  readonly retval: number;
  readonly ctx: Uint8Array;
  readonly calls: readonly { readonly cmd: string; readonly ret: number; readonly text: string }[];
  readonly log: readonly string[];
}

function callOf(event: TraceEvent): ProgramRun['calls'][number] {
  return { cmd: event.name, ret: event.result, text: formatTrace({ ...event, depth: 0 }) };
}

/** BPF_PROG_RUN of a SEC("syscall") program in a fresh kernel. Throws LoadError where the load is refused. */
export function runSyscallProgram(
  resources: Resources,
  options: SimulationOptions,
  spec: ObjectSpec,
  program: string,
  context: Uint8Array,
): ProgramRun {
  const simulation = new Simulation(resources, options);
  const loaded = simulation.load(spec);
  const before = simulation.kernel.trace.events.length;
  const run = loaded.runProgram(program, context.length === 0 ? {} : { context });
  const calls = simulation.kernel.trace.events
    .slice(before)
    .filter(({ depth, kind }) => depth > 0 && (kind === 'bpf' || kind === 'close'))
    .map(callOf);
  return {
    rc: run.result,
    errno: run.result < 0 ? -run.result : 0,
    retval: run.retval,
    ctx: run.context,
    calls,
    log: simulation.logLines(),
  };
}

/** `-EINVAL`, or the number. */
export function resultText(result: number): string {
  return result < 0 ? `-${errnoName(result)}` : String(result);
}
