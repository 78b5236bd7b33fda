import { type Breakpoint, type DebugGoal } from '../../../preload/contract/index.ts';
import { isCall, isLocalCall } from '../../engine/isa/index.ts';
import { type RunTrace, lineAt } from '../../engine/vm/index.ts';
import { sourcePlace } from '../views/source-place.ts';

/** A wish to go somewhere else in a run. */
export interface Move {
  readonly from: number;
  readonly direction: 1 | -1;
  readonly goal: DebugGoal;
  readonly breakpoints: readonly Breakpoint[];
  /** For `write`: the memory that is watched. */
  readonly watched: { readonly address: bigint; readonly size: number } | undefined;
}

/**
 * The moment at which a move ends: the nearest one in its direction at which its goal is reached, else the run's end or
 * start. Backward a move stands before what it looked for, so that a step forward does it again.
 */
export function findMoment(trace: RunTrace, move: Move): { step: number; found: boolean } {
  const { from, direction } = move;
  const last = direction === 1 ? trace.steps : 0;
  const reached = goalOf(trace, move);
  for (let at = from + direction; direction === 1 ? at < last : at > last; at += direction)
    if (reached(at)) return { step: at, found: true };
  const found = from !== last && (move.goal === 'into' || (direction === -1 && reached(last)));
  return { step: last, found };
}

function goalOf(trace: RunTrace, move: Move): (at: number) => boolean {
  const depth = trace.depthAt(move.from);
  switch (move.goal) {
    case 'into':
      return () => true;
    case 'over':
      return (at) => trace.depthAt(at) <= depth;
    case 'out':
      return (at) => trace.depthAt(at) < depth;
    case 'line': {
      const here = lineOf(trace, move.from);
      return (at) => trace.depthAt(at) <= depth && lineOf(trace, at) !== here;
    }
    case 'breakpoint':
      return (at) => beginsLine(trace, at) && isAt(trace, at, move.breakpoints);
    case 'call':
      return (at) => callsKernel(trace, at);
    case 'write': {
      const writing = writingSteps(trace, move.watched);
      // Forward it stands behind the write, to show it.
      return (at) => writing.has(move.direction === 1 ? at - 1 : at);
    }
  }
}

/** The source line that a moment belongs to: lines of different functions differ. */
function lineOf(trace: RunTrace, at: number): string | undefined {
  const line = lineAt(trace.programAt(at), trace.pcAt(at));
  return line === undefined ? undefined : `${line.file}:${line.line}`;
}

/** True where a line's code begins, or is come to from another line: a loop in one line is stopped at once each time round. */
function beginsLine(trace: RunTrace, at: number): boolean {
  const program = trace.programAt(at);
  const pc = trace.pcAt(at);
  return at === 0 || lineAt(program, pc)?.insn === pc || lineOf(trace, at - 1) !== lineOf(trace, at);
}

function isAt(trace: RunTrace, at: number, breakpoints: readonly Breakpoint[]): boolean {
  const record = lineAt(trace.programAt(at), trace.pcAt(at));
  if (record === undefined) return false;
  const here = sourcePlace(record.file, record.line);
  return breakpoints.some(({ file, line }) => line === here.line && file === here.file);
}

/** True if the next instruction calls a helper or kfunc. */
export function callsKernel(trace: RunTrace, at: number): boolean {
  const insn = trace.programAt(at).insns[trace.pcAt(at)];
  return insn !== undefined && isCall(insn) && !isLocalCall(insn);
}

function writingSteps(trace: RunTrace, watched: Move['watched']): ReadonlySet<number> {
  if (watched === undefined) return new Set();
  const end = watched.address + BigInt(watched.size);
  return new Set(
    trace.writes
      .filter(({ address, before }) => address < end && address + BigInt(before.length) > watched.address)
      .map(({ step }) => step),
  );
}
