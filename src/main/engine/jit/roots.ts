import { type Insn, type Opcode } from '../isa/index.ts';
import { ARENA_HIGH } from '../vm/index.ts';
import { type Block, type Flow } from './flow.ts';
import { type Code } from './registers.ts';

/**
 * Which pointer a register is likely derived from: an argument, the result of a call, a loaded or constant address.
 * Accesses of one root share a cached range of allowed memory. Only a guess that decides how often a cache hits:
 * nothing is proved by it.
 */
export type Root = number;

/** No pointer as far as one can see. */
export const SCALAR: Root = -1;

const REGISTER_COUNT = 11;

/** The root of what an instruction at `pc` made. */
function madeAt(pc: number): Root {
  return REGISTER_COUNT + pc;
}

/** Changes the roots of the registers as the instruction at `pc` does. */
export function applyRoots(roots: Int32Array, code: Code, pc: number, insn: Insn, entry: Opcode): void {
  const { meaning } = entry;
  const left = roots[insn.dst] ?? SCALAR;
  const right = roots[insn.src] ?? SCALAR;
  switch (meaning.kind) {
    case 'alu':
      if (meaning.bits === 32) roots[insn.dst] = SCALAR;
      else if (meaning.op === 'mov') roots[insn.dst] = meaning.source === 'reg' ? right : SCALAR;
      else if (meaning.op === 'add' && meaning.source === 'reg') roots[insn.dst] = left >= 0 ? left : right;
      else if (meaning.op !== 'add' && meaning.op !== 'sub') roots[insn.dst] = SCALAR;
      return;
    case 'load':
    case 'load-acquire':
      roots[insn.dst] = meaning.bytes === 8 ? madeAt(pc) : SCALAR;
      return;
    case 'ld-imm64':
      roots[insn.dst] = code.insns[pc + 1]?.imm === ARENA_HIGH ? madeAt(pc) : SCALAR;
      return;
    case 'call':
      roots[0] = madeAt(pc);
      return;
    case 'atomic':
      if (meaning.fetch) roots[meaning.op === 'cmpxchg' ? 0 : insn.src] = SCALAR;
      return;
    default: {
      const writes = code.writes[pc] ?? 0;
      for (let r = 0; r < REGISTER_COUNT; r++) if ((writes >> r) & 1) roots[r] = SCALAR;
    }
  }
}

/** Two paths meet: the same root stays, a pointer wins over a scalar, two pointers make a new root. */
function meet(into: Int32Array, from: Int32Array, fresh: Root): boolean {
  let changed = false;
  for (let r = 0; r < REGISTER_COUNT; r++) {
    const a = into[r] ?? SCALAR;
    const b = from[r] ?? SCALAR;
    const merged = a === b || b === SCALAR ? a : a === SCALAR ? b : fresh + r;
    if (merged !== a) {
      into[r] = merged;
      changed = true;
    }
  }
  return changed;
}

/** The roots of the registers at the start of every block of a function. */
export function rootsOf(code: Code, flow: Flow): Int32Array[] {
  const { blocks } = flow;
  const into: (Int32Array | undefined)[] = blocks.map(() => undefined);
  // R1 … R5 are arguments, R10 the frame.
  into[0] = Int32Array.from([SCALAR, 1, 2, 3, 4, 5, SCALAR, SCALAR, SCALAR, SCALAR, 10]);
  // A guess needs no fixed point: after a few rounds the rest stays as it is.
  for (let round = 0, changed = true; changed && round < 4; round++) {
    changed = false;
    blocks.forEach((block, number) => {
      const roots = into[number]?.slice();
      if (roots === undefined) return;
      walk(code, block, (pc, insn, entry) => applyRoots(roots, code, pc, insn, entry));
      for (const to of [block.taken, block.next]) {
        if (to < 0) continue;
        const known = into[to];
        if (known === undefined) {
          into[to] = roots.slice();
          changed = true;
        } else if (meet(known, roots, REGISTER_COUNT * (to + 1) + madeAt(code.insns.length))) {
          changed = true;
        }
      }
    });
  }
  return into.map((roots) => roots ?? new Int32Array(REGISTER_COUNT).fill(SCALAR));
}

/** Calls `visit` for every instruction of a block in order. */
export function walk(
  { insns, entries }: Code,
  block: Block,
  visit: (pc: number, insn: Insn, entry: Opcode) => void,
): void {
  for (let pc = block.start; pc <= block.last; pc++) {
    const entry = entries[pc];
    if (entry !== undefined) visit(pc, insns[pc] as Insn, entry);
  }
}
