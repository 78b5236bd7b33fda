import { type Insn, isLdImm64 } from '../isa/index.ts';
import { type Block, type Flow } from './flow.ts';

/**
 * Where compiled code counts instructions. At the start of block b the instructions executed are what the counter says
 * plus `ahead[b]`, a number known at translation. So only those jumps have to change the counter on which the two ends
 * disagree: the way back of a loop, and one of two ways of different length that meet.
 */
export interface FuelPlan {
  readonly ahead: readonly number[];
  /** Instructions of each block. */
  readonly cost: readonly number[];
}

/** Instructions from slot `from` to slot `last` (included). */
export function instructionsBetween(insns: readonly Insn[], from: number, last: number): number {
  let count = 0;
  for (let pc = from; pc <= last; pc++) {
    count++;
    if (isLdImm64(insns[pc] as Insn)) pc++;
  }
  return count;
}

export function planFuel(insns: readonly Insn[], flow: Flow): FuelPlan {
  const { blocks } = flow;
  const cost = blocks.map((block) => instructionsBetween(insns, block.start, block.last));
  const depth = loopDepths(flow);
  const ahead: number[] = [0];
  for (let number = 1; number < blocks.length; number++) {
    const { predecessors } = blocks[number] as Block;
    // Follow the way that is walked most often: out of the deepest loop.
    let best = -1;
    for (const predecessor of predecessors) {
      if (predecessor >= number) continue;
      if (best < 0 || (depth[predecessor] as number) >= (depth[best] as number)) best = predecessor;
    }
    ahead.push(best < 0 ? 0 : (ahead[best] as number) + (cost[best] as number));
  }
  return { ahead, cost };
}

/** How many loops each block lies in, about: between a loop's head and a jump back to it. */
function loopDepths(flow: Flow): number[] {
  const depth = new Array<number>(flow.blocks.length).fill(0);
  const reach = new Map<number, number>();
  flow.blocks.forEach((block, number) => {
    for (const to of [block.taken, block.next]) {
      if (to >= 0 && to <= number) reach.set(to, Math.max(number, reach.get(to) ?? 0));
    }
  });
  for (const [head, last] of reach) {
    for (let b = head; b <= last; b++) depth[b] = (depth[b] as number) + 1;
  }
  return depth;
}
