import { type Insn, Op, isBranch, isExit, isGoto, isJump, isLdImm64, jumpTarget } from '../isa/index.ts';

/** A run of instructions that is entered at its start only and left at its end only. */
export interface Block {
  readonly start: number;
  /** Behind the last slot. */
  readonly end: number;
  /** The last instruction. */
  readonly last: number;
  /** Where the jump at its end goes if taken, as a block number. */
  taken: number;
  /** Block behind it if control can get there; -1 if not, -2 if that is the end of the program. */
  next: number;
  readonly predecessors: number[];
}

/** The blocks of one function, in reverse postorder: block 0 is the entry. */
export interface Flow {
  readonly blocks: readonly Block[];
  /** Immediate dominator of each block; the entry's is itself. */
  readonly dominators: readonly number[];
  /** Blocks that a retreating edge leads to. */
  readonly loopHeads: ReadonlySet<number>;
  /** A retreating edge leads to a block that does not dominate its source. */
  readonly irreducible: boolean;
}

/** Slots at which a block begins, for a whole program. */
export function blockStarts(insns: readonly Insn[], entries: readonly number[]): Uint8Array {
  const starts = new Uint8Array(insns.length + 1);
  for (const entry of entries) starts[entry] = 1;
  for (let pc = 0; pc < insns.length; pc++) {
    const insn = insns[pc] as Insn;
    if (isLdImm64(insn)) {
      pc++;
    } else if (isJump(insn)) {
      starts[jumpTarget(insn, pc)] = 1;
      starts[pc + 1] = 1;
    } else if (isExit(insn)) {
      starts[pc + 1] = 1;
    }
  }
  return starts;
}

interface RawBlock {
  start: number;
  end: number;
  last: number;
  taken: number;
  next: number;
}

/** The block at `start`, its successors as slots (-1: none). */
function readBlock(insns: readonly Insn[], starts: Uint8Array, start: number): RawBlock {
  let pc = start;
  for (;;) {
    const insn = insns[pc] as Insn;
    const last = pc;
    pc += isLdImm64(insn) ? 2 : 1;
    if (isExit(insn)) return { start, end: pc, last, taken: -1, next: -1 };
    if (isJump(insn)) {
      const next = isBranch(insn) ? pc : -1;
      return { start, end: pc, last, taken: jumpTarget(insn, last), next };
    }
    if (pc >= insns.length || starts[pc] === 1) return { start, end: pc, last, taken: -1, next: pc };
  }
}

/** Reverse postorder of the blocks reachable from the entry slot. */
function order(insns: readonly Insn[], starts: Uint8Array, entry: number): RawBlock[] {
  const blocks = new Map<number, RawBlock>();
  const postorder: RawBlock[] = [];
  const stack: { block: RawBlock; stage: number }[] = [];
  const visit = (start: number): void => {
    if (start < 0 || start >= insns.length || blocks.has(start)) return;
    const block = readBlock(insns, starts, start);
    blocks.set(start, block);
    stack.push({ block, stage: 0 });
  };
  visit(entry);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { block } = top;
    // The taken side first, so that the fall-through side comes right behind the block.
    if (top.stage === 0) visit(block.taken);
    else if (top.stage === 1) visit(block.next);
    else {
      stack.pop();
      postorder.push(block);
      continue;
    }
    top.stage++;
  }
  return postorder.reverse();
}

function dominatorsOf(blocks: readonly Block[]): number[] {
  const dominators = new Array<number>(blocks.length).fill(-1);
  dominators[0] = 0;
  for (let changed = true; changed;) {
    changed = false;
    for (let b = 1; b < blocks.length; b++) {
      let found = -1;
      for (const predecessor of (blocks[b] as Block).predecessors) {
        if (dominators[predecessor] === -1) continue;
        found = found === -1 ? predecessor : common(dominators, found, predecessor);
      }
      if (dominators[b] !== found) {
        dominators[b] = found;
        changed = true;
      }
    }
  }
  return dominators;
}

function common(dominators: readonly number[], left: number, right: number): number {
  let a = left;
  let b = right;
  while (a !== b) {
    while (a > b) a = dominators[a] as number;
    while (b > a) b = dominators[b] as number;
  }
  return a;
}

function dominates(dominators: readonly number[], above: number, below: number): boolean {
  let at = below;
  while (at > above) at = dominators[at] as number;
  return at === above;
}

/** The control flow of the function that begins at a slot. */
export function flowOf(insns: readonly Insn[], starts: Uint8Array, entry: number): Flow {
  const raw = order(insns, starts, entry);
  const numbers = new Map(raw.map((block, number) => [block.start, number]));
  const blocks: Block[] = raw.map((block) => ({
    ...block,
    taken: block.taken < 0 ? -1 : (numbers.get(block.taken) ?? -1),
    next: block.next < 0 ? -1 : block.next >= insns.length ? -2 : (numbers.get(block.next) ?? -1),
    predecessors: [],
  }));
  const loopHeads = new Set<number>();
  blocks.forEach((block, number) => {
    for (const to of new Set([block.taken, block.next])) {
      if (to < 0) continue;
      (blocks[to] as Block).predecessors.push(number);
      if (to <= number) loopHeads.add(to);
    }
  });
  const dominators = dominatorsOf(blocks);
  const irreducible = blocks.some((block, number) =>
    [block.taken, block.next].some((to) => to >= 0 && to <= number && !dominates(dominators, to, number)),
  );
  return { blocks, dominators, loopHeads, irreducible };
}

/** True for a block whose last instruction jumps whatever the registers say. */
export function endsInGoto(insn: Insn): boolean {
  return isGoto(insn) && insn.code !== Op.MAY_GOTO;
}
