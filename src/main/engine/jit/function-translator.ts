import { type Insn, type Opcode, callTarget, isLdImm64 } from '../isa/index.ts';
import { MAY_GOTO_LIMIT, type Recipe } from '../vm/index.ts';
import { type AccessPlan, type CheckGroup, INLINE_EXTENT, type Plan, planAccesses } from './access-plan.ts';
import {
  dividesByRegister,
  emitAlu,
  emitEndian,
  emitMovsx,
  pushCondition,
  pushRegister,
} from './arithmetic.ts';
import { emitAtomic, emitLoad, emitStore, pushForbidden } from './memory-access.ts';
import { Control, FunctionIndex, HandOver, I32_LOCALS, I64_LOCALS, Local, registerLocal } from './control.ts';
import { type Block, type Flow } from './flow.ts';
import { type FuelPlan, planFuel } from './fuel-plan.ts';
import { type Code, liveness } from './registers.ts';
import { emitRecipe } from './recipe.ts';
import { emitRestart } from './repeat.ts';
import { W, VOID, WasmWriter, type WasmFunction } from './wasm-writer.ts';

/** What the functions of one program have in common. */
export interface ProgramContext {
  readonly code: Code;
  readonly insns: readonly Insn[];
  /** Function number in the module by first slot. */
  readonly functions: ReadonlyMap<number, number>;
  /** Global that holds the value of the ld_imm64 at a slot, where it differs between loads of the same program. */
  readonly globals: ReadonlyMap<number, number>;
  readonly stackSize: number;
  /** From one frame's top to the next's. */
  readonly stride: number;
  readonly proved: ReadonlySet<number> | undefined;
  readonly probes: ReadonlySet<number> | undefined;
  readonly type: number;
  /** What the helper or kfunc of a call computes, where that is known. */
  readonly recipeOf: (insn: Insn) => Recipe | undefined;
}

/** What the interpreter has to know when compiled code hands over. */
export interface Exit {
  /** Registers whose value may still be read, as a mask. */
  readonly live: number;
  /** Instructions executed that the fuel counter does not have. */
  readonly uncounted: number;
}

/** By the instruction at which a function hands over. */
export type Exits = ReadonlyMap<number, Exit>;

/** A place that code can branch to, from the outermost to the innermost: `target` is a block, or one of these. */
interface Label {
  readonly target: number;
  readonly loop: boolean;
}
const Target = {
  IF: -1,
  DISPATCH: -2,
  ARM: -3,
  /** The common way out of all that is in no loop; the instruction is in Local.PC. */
  LEAVE: -4,
  /** The end of one of the repeated runs. */
  RETURNED: -5,
  AGAIN: -6,
} as const;

/** The label of the way out of a loop from the instruction at `pc`: a number that is no block's. */
function wayOut(pc: number): number {
  return -10 - pc;
}

/** All of R0 … R9. */
const ALL_LIVE = 0x3ff;

/** Larger frames than this are zeroed in one go, not word by word. */
const STORES_AT_MOST = 128;

/**
 * Translates one function. Structured control flow follows from the dominator tree (Ramsey, "Beyond Relooper", 2022);
 * an irreducible graph becomes a loop around a br_table.
 *
 * Compiled code does only what goes well. Where a check fails, the fuel ends or an instruction is rare, it hands over the
 * registers to the interpreter, which goes on with the function from there (or faults, and says how).
 */
export class FunctionTranslator {
  readonly entry: number;
  readonly #context: ProgramContext;
  readonly #flow: Flow;
  readonly #plan: Plan;
  readonly #live: Uint16Array;
  readonly #code = new WasmWriter();
  readonly #labels: Label[] = [];
  readonly #tasks: (() => void)[] = [];
  readonly #fuel: FuelPlan;
  readonly #merges: readonly (readonly number[])[];
  /** Instructions executed at this place that the counter does not have yet. */
  #uncounted = 0;
  /** The block whose code is being made. */
  #block = 0;
  readonly #exits = new Map<number, Exit>();
  /** Accesses said to be proved: offset in the code, slot. */
  readonly #marks: number[] = [];
  /** Bytes to put back before every run of a function that runs again and again. */
  readonly #restored: number | undefined;

  /** @param restored set if the function shall run as often as Control.LEFT says: bytes to put back before each run */
  constructor(context: ProgramContext, entry: number, flow: Flow, restored?: number) {
    this.entry = entry;
    this.#context = context;
    this.#restored = restored;
    const { code, insns, stackSize, proved, probes } = context;
    this.#flow = flow;
    this.#plan = planAccesses({
      code,
      flow: this.#flow,
      stackSize,
      proved,
      probes,
      repeated: this.#repeated,
    });
    this.#live = liveness(code, this.#flow);
    this.#fuel = planFuel(insns, this.#flow);
    this.#merges = this.#findMerges();
  }

  get #repeated(): boolean {
    return this.#restored !== undefined;
  }

  /** Filled by `translate`. */
  get exits(): Exits {
    return this.#exits;
  }

  translate(exportName: string): WasmFunction {
    const code = this.#code;
    if (this.#restored !== undefined) this.#beginRepeat(this.#restored);
    this.#open(W.block, { target: Target.LEAVE, loop: false });
    // Ways out of loops lie behind everything else, so that loops stay small.
    const waysOut = this.#waysOut();
    for (const pc of waysOut.toReversed()) this.#open(W.block, { target: wayOut(pc), loop: false });
    this.#prologue();
    if (this.#flow.irreducible) this.#dispatch();
    else this.#tree(0);
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) task();
    for (const pc of waysOut) {
      code.op(W.unreachable);
      this.#close();
      this.#handOverTo(() => code.i32(pc), this.#live[pc] ?? 0);
    }
    code.op(W.unreachable);
    this.#close();
    this.#handOverTo(() => code.get(Local.PC), ALL_LIVE);
    if (this.#repeated) this.#endRepeat();
    else code.op(W.unreachable);
    code.op(W.end);
    const caches = 2 * this.#plan.caches.length;
    return {
      type: this.#context.type,
      locals: [I32_LOCALS, I64_LOCALS + caches],
      body: code.bytes,
      exportName,
      marks: this.#marks,
    };
  }

  #beginRepeat(restored: number): void {
    this.#open(W.loop, { target: Target.AGAIN, loop: true });
    emitRestart(this.#code, restored);
    this.#open(W.block, { target: Target.RETURNED, loop: false });
  }

  #endRepeat(): void {
    const code = this.#code.op(W.unreachable);
    this.#close();
    code.i32(0).i32(0).memory(W.i32Load, Control.LEFT).i32(1).op(W.i32Sub).tee(Local.I32);
    code.memory(W.i32Store, Control.LEFT).get(Local.I32).brIf(0);
    this.#close();
    code.get(Local.R0);
  }

  /** Ends the function with the value on the stack. */
  #return(): void {
    if (this.#repeated) this.#code.set(Local.R0).br(this.#labelDepth(Target.RETURNED));
    else this.#code.op(W.return);
  }

  /** Instructions in loops that hand over far away: checks of accesses, jumps back (for fuel), divisions (by zero). */
  #waysOut(): number[] {
    const { blocks } = this.#flow;
    const checks = this.#plan.seeded.map((group) => group.pc);
    const jumps = blocks.filter(
      (block, number) =>
        block.taken >= 0 &&
        this.#isBackward(block) &&
        !this.#isBounded(number) &&
        !this.#leavesTogether(number),
    );
    const divisions: number[] = [];
    blocks.forEach(({ start, last }, number) => {
      if (this.#leavesTogether(number)) return;
      for (let pc = start; pc <= last; pc++) {
        const meaning = this.#context.code.entries[pc]?.meaning;
        if (meaning?.kind === 'alu' && dividesByRegister(meaning)) divisions.push(pc);
      }
    });
    return [...checks, ...jumps.map((block) => block.last), ...divisions];
  }

  /**
   * Whether the block's ways out are one with those of other blocks. In loops they are not: a common one would keep the
   * values of registers that nobody reads any more.
   */
  #leavesTogether(number: number): boolean {
    return !this.#flow.irreducible && !this.#plan.inLoop.has(number);
  }

  #insn(pc: number): Insn {
    return this.#context.insns[pc] as Insn;
  }

  #prologue(): void {
    const code = this.#code;
    this.#clearFrame();
    code.i32(0).memory(W.i64Load, Control.FUEL).tee(Local.FUEL).i64(0).op(W.i64LtS);
    this.#open(W.if, { target: Target.IF, loop: false });
    this.#uncounted = 0;
    this.#handOver(this.entry, HandOver.OUT_OF_FUEL);
    this.#close();
    if (
      this.#flow.blocks.some((block) => this.#context.code.entries[block.last]?.meaning.kind === 'may-goto')
    ) {
      code.i32(MAY_GOTO_LIMIT).set(Local.MAY_GOTO);
    }
  }

  /** Zeroes what the function may read of its frame: all of it if the frame pointer goes elsewhere. */
  #clearFrame(): void {
    const code = this.#code;
    let lowest = 0;
    for (const block of this.#flow.blocks) {
      for (let pc = block.start; pc <= block.last; pc++) {
        const insn = this.#insn(pc);
        const entry = this.#context.code.entries[pc];
        if (entry === undefined) continue;
        const access = this.#plan.accesses.get(pc);
        const direct = access?.kind === 'stack' && (entry.meaning.kind === 'load' || insn.src !== 10);
        if (access?.kind === 'stack') lowest = Math.min(lowest, access.offset);
        if (((this.#context.code.reads[pc] ?? 0) & (1 << 10)) !== 0 && !direct)
          lowest = -this.#context.stackSize;
        if (isLdImm64(insn)) pc++;
      }
    }
    const bytes = Math.ceil(-lowest / 8) * 8;
    if (bytes === 0) return;
    code.get(Local.FRAME).i32(bytes).op(W.i32Sub).set(Local.I32);
    if (bytes > STORES_AT_MOST) {
      code.get(Local.I32).i32(0).i32(bytes).op(0xfc).u32(W.memoryFill).op(0);
      return;
    }
    for (let at = 0; at < bytes; at += 8) code.get(Local.I32).i64(0).memory(W.i64Store, at);
  }

  // Control flow

  /** For every block those that it dominates directly and that several paths forward lead to, the last in order first. */
  #findMerges(): readonly (readonly number[])[] {
    const { blocks, dominators } = this.#flow;
    const merges: number[][] = blocks.map(() => []);
    for (let b = blocks.length - 1; b > 0; b--) {
      if (this.#isMerge(b)) merges[dominators[b] as number]?.push(b);
    }
    return merges;
  }

  #isMerge(number: number): boolean {
    const { predecessors } = this.#flow.blocks[number] as Block;
    let forward = 0;
    for (const predecessor of predecessors) if (predecessor < number) forward++;
    return forward > 1;
  }

  /** Schedules tasks so that they run in the order given, before all others. */
  #then(...tasks: (() => void)[]): void {
    for (let i = tasks.length - 1; i >= 0; i--) this.#tasks.push(tasks[i] as () => void);
  }

  #open(op: number, label: Label): void {
    this.#code.op(op, VOID);
    this.#labels.push(label);
  }

  #close(): void {
    this.#code.op(W.end);
    this.#labels.pop();
  }

  #tree(number: number): void {
    const merges = this.#merges[number] as readonly number[];
    const loop = this.#flow.loopHeads.has(number);
    this.#then(
      () => {
        if (loop) {
          this.#seedRanges(number);
          this.#open(W.loop, { target: number, loop: true });
        }
        for (const merge of merges) this.#open(W.block, { target: merge, loop: false });
        this.#emitBlock(number);
      },
      ...merges.toReversed().flatMap((merge) => [() => this.#close(), () => this.#tree(merge)]),
      () => {
        if (loop) this.#close();
      },
    );
  }

  /** An irreducible function: every block is an arm of one br_table in a loop. */
  #dispatch(): void {
    const { blocks } = this.#flow;
    const count = blocks.length;
    this.#open(W.loop, { target: Target.DISPATCH, loop: true });
    for (let i = count - 1; i >= 0; i--) this.#open(W.block, { target: Target.ARM, loop: false });
    this.#code
      .get(Local.STATE)
      .op(W.brTable)
      .u32(count - 1);
    for (let i = 0; i < count; i++) this.#code.u32(i);
    this.#then(...blocks.flatMap((_, number) => [() => this.#close(), () => this.#emitBlock(number)]), () =>
      this.#close(),
    );
  }

  /** Depth of the label for a jump to a block, or -1 if the block's code has to follow right here. */
  #depthOf(from: number, to: number): number {
    if (this.#flow.irreducible) return -1;
    const backward = to <= from;
    if (!backward && !this.#isMerge(to)) return -1;
    return this.#labelDepth(to, backward);
  }

  #labelDepth(target: number, loop = false): number {
    for (let i = this.#labels.length - 1; i >= 0; i--) {
      const label = this.#labels[i] as Label;
      if (label.target === target && label.loop === loop) return this.#labels.length - 1 - i;
    }
    throw new Error(`internal error: no label for ${target}`);
  }

  /** What the counter has to lose on the way from a block's end to another block. */
  #toll(from: number, to: number): number {
    const { ahead, cost } = this.#fuel;
    return (ahead[from] as number) + (cost[from] as number) - (ahead[to] as number);
  }

  #payToll(from: number, to: number): void {
    const toll = this.#toll(from, to);
    if (toll !== 0) this.#code.get(Local.FUEL).i64(toll).op(W.i64Sub).set(Local.FUEL);
  }

  /** Goes from a block's end to another block; the code that follows is never reached. */
  #goTo(from: number, to: number): void {
    this.#payToll(from, to);
    if (this.#flow.irreducible) {
      this.#code.i32(to).set(Local.STATE).br(this.#labelDepth(Target.DISPATCH, true));
      return;
    }
    const depth = this.#depthOf(from, to);
    if (depth >= 0) this.#code.br(depth);
    else this.#tree(to);
  }

  #emitBlock(number: number): void {
    const block = this.#flow.blocks[number] as Block;
    this.#block = number;
    this.#uncounted = this.#fuel.ahead[number] as number;
    for (let pc = block.start; pc <= block.last; pc++) {
      const insn = this.#insn(pc);
      const entry = this.#context.code.entries[pc] as Opcode;
      if (pc === block.last && this.#isTerminator(entry)) {
        this.#terminate(number, block, insn, entry);
        return;
      }
      const done = this.#emitInsn(pc, insn, entry);
      if (!done) return;
      this.#uncounted++;
      if (isLdImm64(insn)) pc++;
    }
    this.#leaveTo(number, block);
  }

  #isTerminator({ meaning: { kind } }: Opcode): boolean {
    return kind === 'goto' || kind === 'branch' || kind === 'may-goto' || kind === 'exit';
  }

  /** Falls through to the next block. */
  #leaveTo(number: number, block: Block): void {
    if (block.next >= 0) {
      this.#goTo(number, block.next);
      return;
    }
    // Behind the last instruction there is nothing: a fault at the slot behind it.
    this.#block = number;
    this.#uncounted = (this.#fuel.ahead[number] as number) + (this.#fuel.cost[number] as number);
    this.#leave(this.#context.insns.length);
  }

  #terminate(number: number, block: Block, insn: Insn, entry: Opcode): void {
    const code = this.#code;
    const { meaning } = entry;
    if (meaning.kind === 'exit') {
      this.#storeFuel(this.#uncounted + 1);
      code.get(Local.R0);
      this.#return();
      return;
    }
    if (meaning.kind === 'goto' || block.taken === block.next) {
      this.#checkFuel(number, block);
      this.#goTo(number, block.taken);
      return;
    }
    if (meaning.kind === 'may-goto') code.get(Local.MAY_GOTO).op(W.i32Eqz);
    else if (meaning.kind === 'branch') pushCondition(code, insn, meaning);
    const backward = this.#isBackward(block);
    const direct = !backward && this.#toll(number, block.taken) === 0;
    const depth = direct ? this.#depthOf(number, block.taken) : -1;
    const behind = (): void => {
      if (meaning.kind === 'may-goto') code.get(Local.MAY_GOTO).i32(1).op(W.i32Sub).set(Local.MAY_GOTO);
      this.#leaveTo(number, block);
    };
    if (depth >= 0) {
      code.brIf(depth);
      behind();
      return;
    }
    this.#open(W.if, { target: Target.IF, loop: false });
    if (backward) this.#checkFuel(number, block);
    this.#then(
      () => this.#goTo(number, block.taken),
      () => {
        this.#close();
        behind();
      },
    );
  }

  /** A jump to the same or an earlier instruction: where fuel is looked at. */
  #isBackward(block: Block): boolean {
    return (this.#flow.blocks[block.taken] as Block).start <= block.last;
  }

  #checkFuel(number: number, block: Block): void {
    if (!this.#isBackward(block) || this.#isBounded(number)) return;
    this.#code
      .get(Local.FUEL)
      .i64(this.#uncounted + 1)
      .op(W.i64LtS);
    this.#leaveIf(block.last);
  }

  /** Hands over at an instruction if the value on the stack is not 0. */
  #leaveIf(pc: number): void {
    this.#noteExit(pc, this.#uncounted);
    if (this.#leavesTogether(this.#block)) {
      this.#code.i32(pc).set(Local.PC).brIf(this.#labelDepth(Target.LEAVE));
    } else {
      this.#code.brIf(this.#labelDepth(wayOut(pc)));
    }
  }

  /** Hands over at an instruction. */
  #leave(pc: number): void {
    this.#noteExit(pc, this.#uncounted);
    if (this.#leavesTogether(this.#block))
      this.#code.i32(pc).set(Local.PC).br(this.#labelDepth(Target.LEAVE));
    else this.#handOver(pc);
  }

  /** Hands over at an instruction if the value on the stack is not 0, right here where it is in a loop. */
  #leaveHereIf(pc: number): void {
    if (this.#leavesTogether(this.#block)) {
      this.#leaveIf(pc);
      return;
    }
    this.#open(W.if, { target: Target.IF, loop: false });
    this.#leave(pc);
    this.#close();
  }

  #noteExit(pc: number, uncounted: number): void {
    this.#exits.set(pc, { live: this.#live[pc] ?? 0, uncounted });
  }

  /** Writes the fuel that is left after so many instructions which the counter does not have. */
  #storeFuel(uncounted: number): void {
    this.#code.i32(0).get(Local.FUEL);
    if (uncounted !== 0) this.#code.i64(uncounted).op(W.i64Sub);
    this.#code.memory(W.i64Store, Control.FUEL);
  }

  /** Reads the fuel back after a call. */
  #loadFuel(uncounted: number): void {
    this.#code.i32(0).memory(W.i64Load, Control.FUEL);
    if (uncounted !== 0) this.#code.i64(uncounted).op(W.i64Add);
    this.#code.set(Local.FUEL);
  }

  // Instructions

  /** False if control does not get behind the instruction. */
  #emitInsn(pc: number, insn: Insn, entry: Opcode): boolean {
    const code = this.#code;
    const { meaning } = entry;
    switch (meaning.kind) {
      case 'alu':
        emitAlu(code, insn, meaning, () => this.#leaveIf(pc));
        return true;
      case 'movsx':
        emitMovsx(code, insn, meaning.bits, meaning.from);
        return true;
      case 'endian':
        emitEndian(code, insn, meaning);
        return true;
      case 'ld-imm64':
        this.#emitConstant(pc, insn);
        return true;
      case 'load':
      case 'load-acquire':
      case 'store':
      case 'store-release':
      case 'atomic':
        return this.#emitAccess(pc, insn, entry);
      case 'call':
        return this.#emitCall(pc, insn, meaning.target);
      default:
        // addr_space_cast, packet access: a fault.
        this.#leave(pc);
        return false;
    }
  }

  #emitConstant(pc: number, insn: Insn): void {
    const global = this.#context.globals.get(pc);
    if (global === undefined) {
      const high = BigInt(this.#insn(pc + 1).imm);
      this.#code.wide((high << 32n) | BigInt(insn.imm >>> 0));
    } else {
      this.#code.op(0x23).u32(global);
    }
    this.#code.set(registerLocal(insn.dst));
  }

  #emitAccess(pc: number, insn: Insn, entry: Opcode): boolean {
    const plan = this.#plan.accesses.get(pc) as AccessPlan;
    const { meaning } = entry;
    const reads = meaning.kind === 'load' || meaning.kind === 'load-acquire';
    const base = reads ? insn.src : insn.dst;
    switch (plan.kind) {
      case 'hand-over':
        this.#leave(pc);
        return false;
      case 'probe':
        this.#emitProbe(insn, entry, base);
        return true;
      case 'check':
        this.#emitCheck(pc, base, plan.group);
        break;
      default:
    }
    if (plan.kind === 'free' && this.#context.proved?.has(pc) === true)
      this.#marks.push(this.#code.length, pc);
    const place =
      plan.kind === 'stack'
        ? { local: Local.FRAME, wide: false, offset: plan.offset }
        : { local: registerLocal(base), wide: true, offset: insn.off };
    const misaligned = (): void => this.#leaveHereIf(pc);
    switch (meaning.kind) {
      case 'load':
        emitLoad(this.#code, place, insn, meaning.bytes, meaning.signed);
        return true;
      case 'store':
        emitStore(this.#code, place, insn, meaning.bytes, meaning.source);
        return true;
      default:
        emitAtomic(this.#code, place, insn, meaning, misaligned);
        return true;
    }
  }

  /** A load that gives 0 where it would fault. */
  #emitProbe(insn: Insn, entry: Opcode, base: number): void {
    const { meaning } = entry;
    if (meaning.kind !== 'load') return;
    const code = this.#code;
    pushRegister(code, base);
    code.i64(insn.off).op(W.i64Add).i32(meaning.bytes).i32(meaning.bytes).call(FunctionIndex.WIDEN_READ);
    code.op(W.drop).op(W.drop).op(W.if, VOID);
    emitLoad(
      code,
      { local: registerLocal(base), wide: true, offset: insn.off },
      insn,
      meaning.bytes,
      meaning.signed,
    );
    code.op(W.else).i64(0).set(registerLocal(insn.dst)).op(W.end);
  }

  /** Makes sure that all accesses of a group are allowed. */
  #emitCheck(pc: number, base: number, group: CheckGroup): void {
    const code = this.#code;
    const extent = group.high - group.low;
    const shift = group.low - group.bias;
    const widen = group.write ? FunctionIndex.WIDEN_WRITE : FunctionIndex.WIDEN_READ;
    const { cache } = group;
    pushRegister(code, base);
    if (shift !== 0) code.i64(shift).op(W.i64Add);
    if (cache === undefined) {
      if (extent <= INLINE_EXTENT) pushForbidden(code, extent, group.write);
      else code.i32(extent).i32(extent).call(widen).op(W.drop).op(W.drop).op(W.i32Eqz);
      this.#leaveHereIf(pc);
      return;
    }
    const low = Local.CACHES + 2 * cache.index;
    const places = low + 1;
    const seeded = cache.seed !== undefined;
    if (shift !== 0 && !seeded) code.tee(Local.ADDRESS);
    if (cache.seed?.growing === undefined) code.get(low).op(W.i64Sub);
    code.get(places).op(W.i64GeU);
    if (seeded) {
      this.#leaveIf(pc);
      return;
    }
    this.#open(W.if, { target: Target.IF, loop: false });
    if (shift !== 0) code.get(Local.ADDRESS);
    else pushRegister(code, base);
    code.i32(extent).i32(cache.extent).call(widen).set(places).set(low).op(W.i32Eqz);
    this.#leaveHereIf(pc);
    this.#close();
  }

  #isBounded(number: number): boolean {
    return this.#plan.bounded.has(number);
  }

  /** Looks up, before a loop begins, the memory that its accesses may touch. */
  #seedRanges(head: number): void {
    const code = this.#code;
    for (const { seed, index, extent, write } of this.#plan.caches) {
      if (seed?.head !== head) continue;
      const low = Local.CACHES + 2 * index;
      pushRegister(code, seed.register);
      code.i32(extent).call(write ? FunctionIndex.REGION_WRITE : FunctionIndex.REGION_READ);
      code.set(low + 1).set(low);
      if (seed.growing !== undefined) this.#seedGrowing(head, seed.register, seed.growing, low);
    }
  }

  /**
   * Turns the number of places into the first address behind them (0 if the loop does not begin inside the range), and
   * makes sure that the fuel lasts until the range ends.
   */
  #seedGrowing(head: number, register: number, distance: number, low: number): void {
    const code = this.#code;
    const places = low + 1;
    pushRegister(code, register);
    code.i64(distance).op(W.i64Add).tee(Local.ADDRESS).get(low).op(W.i64Sub).get(places).op(W.i64LtU);
    this.#open(W.if, { target: Target.IF, loop: false });
    code.get(low).get(places).op(W.i64Add).set(places);
    this.#uncounted = this.#fuel.ahead[head] as number;
    code.get(Local.FUEL).get(places).get(Local.ADDRESS).op(W.i64Sub).i64(1).op(W.i64Add);
    code
      .i64(this.#fuel.cost[head] as number)
      .op(W.i64Mul)
      .i64(this.#uncounted)
      .op(W.i64Add);
    code.op(W.i64LtS);
    this.#open(W.if, { target: Target.IF, loop: false });
    this.#handOver((this.#flow.blocks[head] as Block).start);
    this.#close();
    code.op(W.else).i64(0).set(places);
    this.#close();
  }

  #emitCall(pc: number, insn: Insn, target: 'helper' | 'local' | 'kfunc' | 'register'): boolean {
    switch (target) {
      case 'register':
        this.#leave(pc);
        return false;
      case 'local':
        this.#emitLocalCall(pc, insn);
        return true;
      default: {
        const recipe = this.#context.recipeOf(insn);
        if (recipe === undefined) this.#emitHelperCall(pc);
        else this.#emitInlined(pc, recipe);
        return true;
      }
    }
  }

  #emitLocalCall(pc: number, insn: Insn): void {
    const code = this.#code;
    code.get(Local.FRAME).i32(0).memory(W.i32Load, Control.DEEPEST).op(W.i32LeU);
    this.#leaveHereIf(pc);
    // The place of the call stands above the callee's frame, for the call stack of a fault.
    code.get(Local.FRAME).i32(this.#context.stride).op(W.i32Sub).tee(Local.I32).i32(pc).memory(W.i32Store, 0);
    this.#storeFuel(this.#uncounted + 1);
    this.#pushArguments();
    code
      .get(Local.I32)
      .call(this.#context.functions.get(callTarget(insn, pc)) as number)
      .set(Local.R0);
    this.#loadFuel(this.#uncounted + 1);
    this.#forgetRanges();
  }

  #emitHelperCall(pc: number): void {
    const code = this.#code;
    this.#storeFuel(this.#uncounted + 1);
    code.i32(pc).get(Local.FRAME);
    this.#pushArguments();
    code.call(FunctionIndex.CALL).set(Local.R0);
    code.i32(0).memory(W.i32Load, Control.TAIL_CALLED);
    this.#open(W.if, { target: Target.IF, loop: false });
    code.i32(0).i32(0).memory(W.i32Store, Control.TAIL_CALLED).get(Local.R0);
    this.#return();
    this.#close();
    this.#loadFuel(this.#uncounted + 1);
    this.#forgetRanges();
  }

  /** The helper's formula, and behind it its call for what the formula does not answer. */
  #emitInlined(pc: number, recipe: Recipe): void {
    const code = this.#code;
    this.#open(W.block, { target: Target.IF, loop: false });
    this.#open(W.block, { target: Target.IF, loop: false });
    emitRecipe(code, recipe, 0);
    code.set(Local.R0).br(1);
    this.#close();
    this.#emitHelperCall(pc);
    this.#close();
  }

  #pushArguments(): void {
    for (let register = 1; register <= 5; register++) this.#code.get(registerLocal(register));
  }

  /** A helper may have freed memory or changed its access. */
  #forgetRanges(): void {
    for (const cache of this.#plan.caches) {
      if (cache.seed === undefined) this.#code.i64(0).set(Local.CACHES + 2 * cache.index + 1);
    }
  }

  /** Returns from the function with what the interpreter makes of the rest of it, from the instruction at `pc` on. */
  #handOver(pc: number, reason: number = HandOver.INSTRUCTION): void {
    this.#noteExit(pc, this.#uncounted);
    this.#handOverTo(() => this.#code.i32(pc), this.#live[pc] ?? 0, reason);
  }

  #handOverTo(pushPc: () => void, live: number, reason: number = HandOver.INSTRUCTION): void {
    const code = this.#code;
    this.#storeFuel(0);
    code.i32(reason).i32(this.entry);
    pushPc();
    code.get(Local.FRAME).get(Local.MAY_GOTO);
    for (let register = 0; register < 10; register++) {
      if ((live >> register) & 1) code.get(registerLocal(register));
      else code.i64(0);
    }
    code.call(FunctionIndex.HAND_OVER);
    // The interpreter may have called helpers that freed memory.
    if (this.#repeated) this.#forgetRanges();
    this.#return();
  }
}
