import { type Insn, type Opcode, isCall } from '../isa/index.ts';
import { type Block, type Flow } from './flow.ts';
import { type Code } from './registers.ts';
import { SCALAR, applyRoots, rootsOf, walk } from './roots.ts';

/** A range of allowed memory that was found once and is compared with cheaply; one for each root and mode. */
export interface RangeCache {
  readonly index: number;
  /** The largest extent that is checked against it. */
  extent: number;
  /** Checks that use it; one alone outside loops needs no cache. */
  uses: number;
  /** Used again and again: in a loop, or because the whole function is repeated. */
  inLoop: boolean;
  /** Set where the range is found before a loop begins, from a register: a check that fails in the loop hands over. */
  readonly seed: Seed | undefined;
  readonly write: boolean;
}

/** A loop (by the number of its head) before which a range is looked up, and the register that points into it. */
export interface Seed {
  readonly head: number;
  readonly register: number;
  /**
   * Set if the loop is one block in which the register only grows, by a constant, and this is the distance of the checked
   * addresses from it: one comparison with the range's end is then enough, and the range bounds the loop.
   */
  readonly growing: number | undefined;
}

/**
 * One check for all accesses through the same pointer in a straight run of code: whoever executes the first executes
 * them all, unless something faults before. Then the interpreter, to which a failing check hands over, finds out what.
 */
export interface CheckGroup {
  /** Slot of the first access, where the check is made. */
  readonly pc: number;
  /** Offset of the pointer's value from the base register of the first access. */
  readonly bias: number;
  /** Range of offsets from the pointer's value. */
  low: number;
  high: number;
  write: boolean;
  cache: RangeCache | undefined;
}

/** How an access gets at its memory. */
export type AccessPlan =
  /** At a fixed distance from the frame pointer, inside the frame. */
  | { readonly kind: 'stack'; readonly offset: number }
  /** Allowed for sure: the verifier proved it, or a check before covers it. */
  | { readonly kind: 'free' }
  /** The group's check comes first. */
  | { readonly kind: 'check'; readonly group: CheckGroup }
  /** A load that gives 0 where it would fault. */
  | { readonly kind: 'probe' }
  /** It will fault for sure: the interpreter shall say how. */
  | { readonly kind: 'hand-over' };

interface CheckedRange {
  readonly low: number;
  readonly high: number;
  readonly group: CheckGroup;
}

/** Pointers whose ranges are remembered from block to block. */
const MOST_CHECKED = 16;

/** Value number of the frame pointer. */
const FRAME = 0;

/** What is known of the registers at a place: value numbers with constant offsets, roots, and ranges checked before. */
class Knowledge {
  readonly values: number[];
  readonly offsets: number[];
  readonly roots: Int32Array;
  readonly checked: Map<number, readonly CheckedRange[]>;

  constructor(
    values: number[],
    offsets: number[],
    roots: Int32Array,
    checked: Map<number, readonly CheckedRange[]>,
  ) {
    this.values = values;
    this.offsets = offsets;
    this.roots = roots;
    this.checked = checked;
  }

  copy(): Knowledge {
    return new Knowledge(
      this.values.slice(),
      this.offsets.slice(),
      this.roots.slice(),
      new Map(this.checked),
    );
  }
}

export interface PlanOptions {
  readonly code: Code;
  readonly flow: Flow;
  readonly stackSize: number;
  readonly proved: ReadonlySet<number> | undefined;
  readonly probes: ReadonlySet<number> | undefined;
  /** The function is run again and again with the same arguments. */
  readonly repeated: boolean;
}

/** A group, and what its cache depends on. */
interface Found {
  readonly group: CheckGroup;
  readonly root: number;
  readonly register: number;
  readonly block: number;
  growing?: number;
}

export interface Plan {
  /** By slot. */
  readonly accesses: ReadonlyMap<number, AccessPlan>;
  readonly caches: readonly RangeCache[];
  /** Checks against a range that was looked up before a loop. */
  readonly seeded: readonly CheckGroup[];
  /** Blocks that are loops which end before their range does: nobody has to look at the fuel in them. */
  readonly bounded: ReadonlySet<number>;
  /** Blocks that lie in a loop. */
  readonly inLoop: ReadonlySet<number>;
}

/** Caches of a function. */
const MOST_CACHES = 48;

/** So many checks of one pointer look at the shadow themselves, each on its own. */
const FEW_CHECKS = 3;

/** Extents up to a granule are checked by two looks at the shadow. */
export const INLINE_EXTENT = 16;

/** Decides for every memory access of a function what has to be checked, once for as many as possible. */
export function planAccesses(options: PlanOptions): Plan {
  return new Planner(options).plan();
}

class Planner {
  readonly #options: PlanOptions;
  readonly #accesses = new Map<number, AccessPlan>();
  readonly #caches = new Map<string, RangeCache>();
  readonly #groups: Found[] = [];
  readonly #bounded = new Set<number>();
  readonly #loops: readonly Loop[];
  readonly #inLoop: ReadonlySet<number>;
  #block = 0;
  /** Groups of the running straight piece, by value number. */
  #open = new Map<number, CheckGroup>();
  #nextValue = 1;

  constructor(options: PlanOptions) {
    this.#options = options;
    this.#loops = loopsOf(options.code.insns, options.flow);
    this.#inLoop = new Set(this.#loops.flatMap(({ body }) => [...body]));
  }

  plan(): Plan {
    const { code, flow } = this.#options;
    const roots = rootsOf(code, flow);
    const atEnd: Knowledge[] = [];
    flow.blocks.forEach((block, number) => {
      const [only] = block.predecessors;
      const inherits = block.predecessors.length === 1 && only !== undefined && only < number && number > 0;
      const known = inherits ? (atEnd[only] as Knowledge).copy() : this.#fresh(roots[number] as Int32Array);
      this.#block = number;
      const started = known.values.slice();
      walk(code, block, (pc, insn, entry) => this.#visit(known, pc, insn, entry));
      this.#findGrowing(number, started, known);
      this.#close(known);
      atEnd[number] = known;
    });
    this.#assignCaches(roots);
    const seeded = this.#groups
      .filter(({ group }) => group.cache?.seed !== undefined)
      .map(({ group }) => group);
    const caches = [...this.#caches.values()];
    return { accesses: this.#accesses, caches, seeded, bounded: this.#bounded, inLoop: this.#inLoop };
  }

  /** In a loop of one block: groups whose pointer was in a register at its start and is there again, a bit further. */
  #findGrowing(number: number, started: readonly number[], known: Knowledge): void {
    const loop = this.#loops.find(({ head, body, calls }) => head === number && body.size === 1 && !calls);
    if (loop === undefined || this.#options.flow.irreducible) return;
    for (const found of this.#groups) {
      if (found.block !== number) continue;
      const value = [...this.#open].find(([, group]) => group === found.group)?.[0];
      const register = value === undefined ? -1 : started.indexOf(value);
      if (register < 0 || register > 9 || known.values[register] !== value) continue;
      if ((known.offsets[register] as number) > 0) found.growing = register;
    }
  }

  #fresh(roots: Int32Array): Knowledge {
    const values: number[] = [];
    for (let register = 0; register < 10; register++) values.push(this.#nextValue++);
    values.push(FRAME);
    return new Knowledge(values, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], roots.slice(), new Map());
  }

  #visit(known: Knowledge, pc: number, insn: Insn, entry: Opcode): void {
    const { meaning } = entry;
    switch (meaning.kind) {
      case 'load':
      case 'load-acquire':
        this.#access(known, pc, insn.src, insn.off, meaning.bytes, false);
        break;
      case 'store':
      case 'store-release':
      case 'atomic':
        this.#access(known, pc, insn.dst, insn.off, meaning.bytes, true);
        break;
      case 'call':
        // A helper may free memory or change its access.
        this.#open = new Map();
        known.checked.clear();
        break;
      default:
    }
    this.#update(known, pc, insn, entry);
    applyRoots(known.roots, this.#options.code, pc, insn, entry);
  }

  #update(known: Knowledge, pc: number, insn: Insn, entry: Opcode): void {
    const { meaning } = entry;
    const { values, offsets } = known;
    if (meaning.kind === 'alu' && meaning.bits === 64) {
      if (meaning.op === 'mov' && meaning.source === 'reg') {
        values[insn.dst] = values[insn.src] as number;
        offsets[insn.dst] = offsets[insn.src] as number;
        return;
      }
      if ((meaning.op === 'add' || meaning.op === 'sub') && meaning.source === 'imm') {
        const offset = (offsets[insn.dst] as number) + (meaning.op === 'add' ? insn.imm : -insn.imm);
        if (Math.abs(offset) < 2 ** 30) {
          offsets[insn.dst] = offset;
          return;
        }
      }
    }
    const writes = this.#options.code.writes[pc] ?? 0;
    if (writes === 0) return;
    for (let r = 0; r < 10; r++) {
      if (((writes >> r) & 1) === 0) continue;
      values[r] = this.#nextValue++;
      offsets[r] = 0;
    }
  }

  #access(known: Knowledge, pc: number, register: number, off: number, size: number, write: boolean): void {
    const { stackSize, proved, probes } = this.#options;
    const value = known.values[register] as number;
    const bias = known.offsets[register] as number;
    const low = bias + off;
    const high = low + size;
    if (value === FRAME) {
      const inside = low >= -stackSize && high <= 0;
      this.#accesses.set(pc, inside ? { kind: 'stack', offset: low } : { kind: 'hand-over' });
    } else if (probes?.has(pc) === true) {
      this.#accesses.set(pc, { kind: 'probe' });
    } else if (proved?.has(pc) === true || covers(known.checked.get(value), low, high, write)) {
      this.#accesses.set(pc, { kind: 'free' });
    } else {
      this.#join(known, pc, register, { value, bias, low, high, write });
    }
  }

  #join(
    known: Knowledge,
    pc: number,
    register: number,
    access: { value: number; bias: number; low: number; high: number; write: boolean },
  ): void {
    const { value, bias, low, high, write } = access;
    const open = this.#open.get(value);
    if (open !== undefined) {
      open.low = Math.min(open.low, low);
      open.high = Math.max(open.high, high);
      open.write ||= write;
      this.#accesses.set(pc, { kind: 'free' });
      return;
    }
    const group: CheckGroup = { pc, bias, low, high, write, cache: undefined };
    this.#open.set(value, group);
    this.#groups.push({ group, root: known.roots[register] ?? SCALAR, register, block: this.#block });
    this.#accesses.set(pc, { kind: 'check', group });
  }

  /** The straight piece ends: what its groups checked holds for those that follow. */
  #close(known: Knowledge): void {
    for (const [value, group] of this.#open) {
      const { low, high } = group;
      const before = known.checked.get(value) ?? [];
      known.checked.delete(value);
      known.checked.set(value, [...before.slice(-3), { low, high, group }]);
    }
    for (const [oldest] of known.checked) {
      if (known.checked.size <= MOST_CHECKED) break;
      known.checked.delete(oldest);
    }
    this.#open = new Map();
  }

  /** The outermost loop around a block before which a register already has the root, if nothing is called in it. */
  #seedFor(block: number, root: number, roots: readonly Int32Array[]): Seed | undefined {
    if (root === SCALAR || this.#options.flow.irreducible) return undefined;
    for (const { head, body, calls } of this.#loops) {
      if (calls || !body.has(block)) continue;
      const register = roots[head]?.indexOf(root) ?? -1;
      if (register >= 0 && register < 10) return { head, register, growing: undefined };
    }
    return undefined;
  }

  #assignCaches(roots: readonly Int32Array[]): void {
    for (const { group, root, register, block, growing } of this.#groups) {
      if (growing !== undefined && this.#caches.size < MOST_CACHES) {
        const seed = { head: block, register: growing, growing: group.low };
        const extent = group.high - group.low;
        group.cache = { index: this.#caches.size, extent, uses: 1, inLoop: true, seed, write: group.write };
        this.#caches.set(`growing at ${group.pc}`, group.cache);
        this.#bounded.add(block);
        continue;
      }
      const seed = this.#seedFor(block, root, roots);
      const name = `${group.write ? 'w' : 'r'}${root === SCALAR ? `scalar${register}` : root}@${seed?.head ?? ''}`;
      let cache = this.#caches.get(name);
      if (cache === undefined) {
        // Beyond that every check looks for itself.
        if (this.#caches.size >= MOST_CACHES) continue;
        const { write } = group;
        cache = { index: this.#caches.size, extent: 0, uses: 0, inLoop: false, seed, write };
        this.#caches.set(name, cache);
      }
      cache.extent = Math.max(cache.extent, group.high - group.low);
      cache.uses++;
      cache.inLoop ||= this.#options.repeated || this.#inLoop.has(block);
      group.cache = cache;
    }
    // A few small checks outside loops gain nothing from a cache.
    for (const { group } of this.#groups) {
      const { cache } = group;
      if (cache === undefined || cache.inLoop) continue;
      if (cache.uses === 1 || (cache.uses <= FEW_CHECKS && cache.extent <= INLINE_EXTENT))
        group.cache = undefined;
    }
  }
}

/**
 * Whether a check before allows the access. One that was for reading becomes one for writing: who writes through a pointer
 * further on cannot point to something read-only before.
 */
function covers(
  ranges: readonly CheckedRange[] | undefined,
  low: number,
  high: number,
  write: boolean,
): boolean {
  const found = ranges?.find((range) => range.low <= low && high <= range.high);
  if (found !== undefined && write) found.group.write = true;
  return found !== undefined;
}

interface Loop {
  readonly head: number;
  readonly body: ReadonlySet<number>;
  /** Something is called in it, which may change what memory is allowed. */
  readonly calls: boolean;
}

/** The natural loops of a function, outer ones first. */
function loopsOf(insns: readonly Insn[], flow: Flow): Loop[] {
  const bodies = new Map<number, Set<number>>();
  flow.blocks.forEach((block, number) => {
    for (const head of [block.taken, block.next]) {
      if (head < 0 || head > number) continue;
      const body = bodies.get(head) ?? new Set([head]);
      bodies.set(head, body);
      const waiting = [number];
      for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
        if (body.has(at)) continue;
        body.add(at);
        waiting.push(...(flow.blocks[at] as Block).predecessors);
      }
    }
  });
  const calls = (number: number): boolean => {
    const { start, last } = flow.blocks[number] as Block;
    for (let pc = start; pc <= last; pc++) if (isCall(insns[pc] as Insn)) return true;
    return false;
  };
  return [...bodies]
    .map(([head, body]) => ({ head, body, calls: [...body].some(calls) }))
    .sort((a, b) => b.body.size - a.body.size);
}
