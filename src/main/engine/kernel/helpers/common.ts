import type { CallerMemory } from '../../abi/index.ts';
import { hexOf } from '../../base/index.ts';
import { inlined, recipe, type HelperCall } from '../../vm/index.ts';
import type { Kernel } from '../kernel.ts';
import type { BpfMap } from '../maps/map.ts';
import type { RunContext } from '../registries.ts';
import { NO_MEMORY, type NestedCall, type Task } from '../task.ts';
import { traceResult } from '../trace.ts';

/** What BPF_PROG_RUN hands to the programs it runs: RunContext.data. */
export interface TaskContext {
  readonly task: Task;
  /** The process's memory, for bpf_copy_from_user() and log buffers. */
  readonly user: CallerMemory;
}

/** A negative errno, or a signed result, as R0. */
export function result(value: number): bigint {
  return BigInt.asUintN(64, BigInt(value));
}

/** A helper or kfunc that has nothing to do here: 0. */
export const nothing = inlined(() => 0n, recipe.constant(0n));

/** A helper or kfunc that gives its first argument back. */
export const same = inlined((_call, first) => first, recipe.argument(1));

export function runContextOf(call: HelperCall): RunContext | undefined {
  return call.runContext as RunContext | undefined;
}

/** The process on whose behalf the program runs; undefined in a hook, a timer or a work item. */
export function taskContextOf(call: HelperCall): TaskContext | undefined {
  const data = runContextOf(call)?.data;
  return typeof data === 'object' && data !== null && 'task' in data && 'user' in data
    ? (data as TaskContext)
    : undefined;
}

/** How a command that a program gives is told from a process's own. */
export function nestedCall(call: HelperCall): NestedCall {
  const context = runContextOf(call);
  return {
    program: call.program.name,
    depth: (context?.depth ?? 0) + 1,
    user: taskContextOf(call)?.user ?? NO_MEMORY,
  };
}

/** The map behind a program's pointer. The verifier has seen to it that it is one. */
export function mapOf(kernel: Kernel, call: HelperCall, address: bigint): BpfMap {
  return kernel.mapAt(address) ?? call.fault('helper', `${hexOf(address)} is not a map`, address);
}

/** A helper that changed something, for the trace; costs nothing while nobody looks. */
export function traceHelper(
  kernel: Kernel,
  call: HelperCall,
  name: string,
  fields: Readonly<Record<string, string>>,
  outcome: number,
): void {
  if (!kernel.trace.hasListeners && !kernel.traceHelpers) return;
  kernel.trace.add({
    time: kernel.clock.now(),
    kind: 'helper',
    name,
    pid: taskContextOf(call)?.task.pid ?? 0,
    program: call.program.name,
    depth: (runContextOf(call)?.depth ?? 0) + 1,
    fields: Object.entries(fields).map(([field, text]) => ({ name: field, value: text, text })),
    ...traceResult(outcome, undefined),
  });
}
