import { EngineError } from '../base/index.ts';
import { type Insn, accessBytes, isLoad } from '../isa/index.ts';
import {
  type CallSite,
  type FaultPlace,
  type HelperResult,
  MAX_CALL_FRAMES,
  MAX_TAIL_CALLS,
  type Machine,
  type Run,
  RunState,
  TAIL_CALL_REFUSED,
  VmFault,
  type VmProgram,
  constantOf,
  finish,
  interpret,
  outOfFuel,
  wasm,
} from '../vm/index.ts';
import { COMMON_NAMES, commonModule } from './common.ts';
import { CONTROL_RANGE, Control, HandOver } from './control.ts';
import { type CompiledModule, ModuleCache, compile } from './module-cache.ts';
import { REPEAT, addressSlots, exportName, globalName, targetOf } from './translate.ts';

/** A compiled function: R1 … R5, and the frame pointer as an offset in memory. */
type Compiled = (r1: bigint, r2: bigint, r3: bigint, r4: bigint, r5: bigint, frame: number) => bigint;

interface Instance {
  readonly program: VmProgram;
  /** By first slot. */
  readonly functions: ReadonlyMap<number, Compiled>;
  /** What Jit.#programs is while only this program runs. */
  readonly programs: readonly VmProgram[];
  readonly marks: readonly number[];
}

/** The main function, running Control.LEFT times. */
interface Repeater {
  /** Bytes put back before each run. */
  readonly restored: number;
  readonly run: Compiled;
  readonly marks: readonly number[];
}

/** WebAssembly hands out i64 as signed. */
function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** The engine `jit` of one machine: compiles programs when they first run. */
export class Jit {
  readonly #machine: Machine;
  readonly #instances = new WeakMap<VmProgram, Instance | undefined>();
  readonly #repeaters = new WeakMap<VmProgram, Repeater>();
  readonly #modules = new ModuleCache();
  /** What all modules import. */
  #common: Readonly<Record<string, unknown>> | undefined = undefined;
  #run: Run | undefined = undefined;
  /** Programs of the running frames by call depth; deeper entries repeat the last. */
  #programs: readonly VmProgram[] = [];
  /** Which of the repeated runs the count of tail calls is of. */
  #countedRun = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Runs a function of a program; an Engine in the machine's sense. */
  run(run: Run, program: VmProgram, entry: number, args: readonly bigint[]): bigint {
    const instance = this.instance(program);
    if (instance === undefined) return interpret(run, program, entry, args);
    const repeats = run.repeat > 1 || run.restore !== undefined;
    const repeater = repeats ? this.#repeater(program, entry, run.restore?.size ?? 0) : undefined;
    if (repeats && repeater === undefined) return interpret(run, program, entry, args);
    const { bytes } = this.#machine.arena;
    const outer = { run: this.#run, programs: this.#programs };
    const control = outer.run === undefined ? undefined : bytes.slice(CONTROL_RANGE.start, CONTROL_RANGE.end);
    this.#run = run;
    this.#programs = instance.programs;
    this.#deepest = run.stack.topOf(MAX_CALL_FRAMES - 1);
    const before = run.fuel;
    this.#fuel = before;
    try {
      const r0 =
        repeater === undefined
          ? this.#call(instance, entry, args, run.stack.top)
          : this.#callRepeatedly(repeater, run, args);
      run.fuel = this.#fuel;
      run.instructions = before - run.fuel;
      return r0;
    } catch (error) {
      throw this.#explain(error, run, repeats);
    } finally {
      this.#run = outer.run;
      this.#programs = outer.programs;
      if (control !== undefined) bytes.set(control, CONTROL_RANGE.start);
    }
  }

  /** The compiled program; undefined for one that is interpreted. */
  instance(program: VmProgram): Instance | undefined {
    const known = this.#instances.get(program);
    if (known !== undefined || this.#instances.has(program)) return known;
    const instance = this.#instantiate(program);
    this.#instances.set(program, instance);
    return instance;
  }

  get #fuel(): number {
    const { view } = this.#machine.arena;
    return view.getInt32(Control.FUEL + 4, true) * 0x1_0000_0000 + view.getUint32(Control.FUEL, true);
  }

  set #fuel(value: number) {
    const { view } = this.#machine.arena;
    view.setUint32(Control.FUEL, value, true);
    view.setInt32(Control.FUEL + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  set #deepest(value: number) {
    this.#machine.arena.view.setUint32(Control.DEEPEST, value, true);
  }

  #instantiate(program: VmProgram): Instance | undefined {
    const { entries } = this.#machine.decoded(program);
    const compiled = this.#modules.of(program, entries);
    if (compiled === undefined) return undefined;
    const exports = this.#exportsOf(program, compiled);
    return {
      program,
      functions: new Map(entries.map((entry) => [entry, exports[exportName(entry)] as Compiled])),
      programs: new Array<VmProgram>(MAX_CALL_FRAMES).fill(program),
      marks: compiled.marks,
    };
  }

  #repeater(program: VmProgram, entry: number, restored: number): Compiled | undefined {
    if (entry !== 0) throw new EngineError('usage', 'only the main function can be repeated');
    const known = this.#repeaters.get(program);
    if (known?.restored === restored) return known.run;
    const { entries } = this.#machine.decoded(program);
    // Not kept among the modules: programs are seldom repeated.
    const compiled = compile(program, entries, restored);
    if (compiled === undefined) return undefined;
    const exports = this.#exportsOf(program, compiled);
    const run = exports[REPEAT] as Compiled;
    this.#repeaters.set(program, { restored, run, marks: compiled.marks });
    return run;
  }

  #exportsOf(program: VmProgram, { module, exits }: CompiledModule): Readonly<Record<string, unknown>> {
    const machine = this.#machine;
    const env: Record<string, unknown> = {
      ...(this.#common ??= this.#shared()),
      call: this.#helperCaller(program),
      handOver: (
        reason: number,
        entry: number,
        pc: number,
        frame: number,
        mayGoto: number,
        ...registers: bigint[]
      ): bigint => {
        const { live = 0, uncounted = 0 } = exits.get(entry)?.get(pc) ?? {};
        this.#fuel -= uncounted;
        return this.#handOver(program, { reason, pc, live, frame: frame >>> 0, mayGoto }, registers);
      },
    };
    for (const pc of addressSlots(program.insns)) {
      env[globalName(pc)] = constantOf(program, pc, (entry) => machine.codeAddress(program, entry));
    }
    return new wasm.Instance(module, { env }).exports;
  }

  /** The memory, and the functions that look around in it. */
  #shared(): Readonly<Record<string, unknown>> {
    const { memory } = this.#machine.arena;
    const findRegion = (address: bigint, write: number): number =>
      this.#findRegion(unsigned(address), write === 1);
    const { exports } = new wasm.Instance(new wasm.Module(commonModule()), { env: { memory, findRegion } });
    return { memory, ...Object.fromEntries(COMMON_NAMES.map((name) => [name, exports[name]])) };
  }

  #call({ functions }: Instance, entry: number, args: readonly bigint[], frame: number): bigint {
    const [r1 = 0n, r2 = 0n, r3 = 0n, r4 = 0n, r5 = 0n] = args;
    const compiled = functions.get(entry) as Compiled;
    return unsigned(compiled(r1, r2, r3, r4, r5, frame));
  }

  /** Tells compiled code of the allocation around an address; 0 if it is not all of one kind. */
  #findRegion(address: bigint, write: boolean): number {
    const { arena } = this.#machine;
    const region = arena.regionAt(address);
    if (region === undefined || region.label === 'stack' || (write && region.access === 'ro')) return 0;
    arena.view.setBigUint64(Control.REGION, region.address, true);
    arena.view.setBigUint64(Control.REGION + 8, BigInt(region.size), true);
    return 1;
  }

  #callRepeatedly(repeater: Compiled, run: Run, args: readonly bigint[]): bigint {
    const { to = 0, from = 0 } = run.restore ?? {};
    const { view } = this.#machine.arena;
    view.setUint32(Control.TO, to, true);
    view.setUint32(Control.FROM, from, true);
    view.setUint32(Control.LEFT, run.repeat, true);
    for (let i = 0; i < 5; i++) view.setBigUint64(Control.ARGUMENTS + 8 * i, args[i] ?? 0n, true);
    return unsigned(repeater(0n, 0n, 0n, 0n, 0n, run.stack.top));
  }

  /** Tail calls are counted anew in every repeated run. */
  #countTailCalls(run: Run): void {
    if (run.repeat === 1) return;
    const left = this.#machine.arena.view.getUint32(Control.LEFT, true);
    if (left !== this.#countedRun) run.tailCalls = 0;
    this.#countedRun = left;
  }

  #current(): Run {
    return this.#run as Run;
  }

  #depthOf(frame: number): number {
    const { stack } = this.#current();
    return (stack.top - frame) / stack.stride;
  }

  /** The functions that wait above the one whose frame is given. */
  #callers(frame: number): CallSite[] {
    const { stack } = this.#current();
    const sites: CallSite[] = [];
    for (let depth = this.#depthOf(frame); depth > 0; depth--) {
      const pc = this.#machine.arena.view.getInt32(stack.topOf(depth), true);
      sites.push(this.#site(depth - 1, pc));
    }
    return sites;
  }

  #site(depth: number, pc: number): CallSite {
    const program = this.#programs[depth] as VmProgram;
    return { program, pc, entry: this.#entryOf(program, pc) };
  }

  /** First instruction of the function that an instruction belongs to, as the verifier sees functions. */
  #entryOf(program: VmProgram, pc: number): number {
    let found = 0;
    for (const entry of this.#machine.decoded(program).entries) if (entry <= pc) found = entry;
    return found;
  }

  /** The rest of a function in the interpreter. */
  #handOver(
    program: VmProgram,
    place: { reason: number; pc: number; live: number; frame: number; mayGoto: number },
    registers: readonly bigint[],
  ): bigint {
    const run = this.#current();
    const before = run.place;
    run.fuel = this.#fuel;
    const { reason, pc, live, frame, mayGoto } = place;
    const state = new RunState(run, this.#machine.decoded(program), this.#depthOf(frame));
    const entry = this.#entryOf(program, pc);
    state.resume({ entry, pc, live, mayGoto }, registers, this.#callers(frame));
    if (reason === HandOver.OUT_OF_FUEL) {
      state.release();
      outOfFuel(state);
    }
    const r0 = finish(state);
    run.place = before;
    this.#fuel = run.fuel;
    return r0;
  }

  /** What `call` does in a program's module: finds the helper or kfunc of the call and does what it asks for. */
  #helperCaller(program: VmProgram) {
    const targets = program.insns.map((insn) => targetOf(program, insn));
    return (
      pc: number,
      frame: number,
      r1: bigint,
      r2: bigint,
      r3: bigint,
      r4: bigint,
      r5: bigint,
    ): bigint => {
      const run = this.#current();
      const helper = targets[pc];
      const at = { program, pc, frame: frame >>> 0, args: [r1, r2, r3, r4, r5] };
      run.program = program;
      run.pc = pc;
      run.place = () => this.#placeOf(at);
      if (helper === undefined) {
        const { src, imm } = program.insns[pc] as Insn;
        return run.fault('bad-helper', `${program.name} has no ${src === 0 ? 'helper' : 'kfunc'} ${imm}`);
      }
      const result = helper(run, unsigned(r1), unsigned(r2), unsigned(r3), unsigned(r4), unsigned(r5));
      return typeof result === 'bigint' ? result : this.#answer(run, at, result);
    };
  }

  #placeOf(at: { program: VmProgram; pc: number; frame: number; args: readonly bigint[] }): FaultPlace {
    const unknown = undefined;
    const args = at.args.map(unsigned);
    const top = this.#machine.arena.base + BigInt(at.frame);
    return {
      program: at.program,
      pc: at.pc,
      registers: [unknown, ...args, unknown, unknown, unknown, unknown, top],
      callStack: [
        { program: at.program, pc: at.pc, entry: this.#entryOf(at.program, at.pc) },
        ...this.#callers(at.frame),
      ],
    };
  }

  /** Does what a helper asks for until it gives a result. */
  #answer(
    run: Run,
    at: { program: VmProgram; pc: number; frame: number; args: readonly bigint[] },
    first: HelperResult,
  ): bigint {
    let result = first;
    while (typeof result !== 'bigint') {
      if (result.kind === 'tail-call') {
        this.#countTailCalls(run);
        if (run.tailCalls >= MAX_TAIL_CALLS) return TAIL_CALL_REFUSED;
        return this.#tailCall(run, at, result.program);
      }
      const entry = run.entryOf(result, at.program);
      const depth = this.#depthOf(at.frame) + 1;
      if (depth >= MAX_CALL_FRAMES) {
        run.fault('call-depth', `more than ${MAX_CALL_FRAMES} functions wait for one another`);
      }
      const frame = run.stack.topOf(depth);
      this.#machine.arena.view.setInt32(frame, at.pc, true);
      const place = run.place;
      // It is compiled: it is running.
      const r0 = this.#call(this.instance(at.program) as Instance, entry, result.args, frame);
      run.place = place;
      run.program = at.program;
      run.pc = at.pc;
      result = result.then(r0);
    }
    return result;
  }

  /** Another program takes the frame; its result is that of the function. */
  #tailCall(
    run: Run,
    at: { readonly frame: number; readonly args: readonly bigint[] },
    target: VmProgram,
  ): bigint {
    const decoded = this.#machine.decoded(target);
    const depth = this.#depthOf(at.frame);
    if (decoded.stackSize > run.stack.frameSize) {
      run.fault('stack-overflow', `tail call to ${target.name}: its frames are larger`);
    }
    run.tailCalls++;
    const before = this.#programs;
    this.#programs = before.map((program, i) => (i < depth ? program : target));
    const context = [at.args[0] as bigint];
    let r0: bigint;
    const instance = this.instance(target);
    if (instance !== undefined && decoded.stackSize === run.stack.frameSize) {
      r0 = this.#call(instance, 0, context, at.frame);
    } else {
      run.fuel = this.#fuel;
      r0 = finish(new RunState(run, decoded, depth).begin(0, context, this.#callers(at.frame)));
      this.#fuel = run.fuel;
    }
    this.#programs = before;
    this.#machine.arena.view.setInt32(Control.TAIL_CALLED, 1, true);
    return r0;
  }

  /**
   * A trap of WebAssembly can only come from an access that the verifier is said to have proved. The registers are lost by
   * then; the stack trace tells where in the module it was.
   */
  #explain(error: unknown, run: Run, repeated: boolean): unknown {
    if (!(error instanceof wasm.RuntimeError)) return error;
    const program = this.#programs[MAX_CALL_FRAMES - 1] ?? run.mainProgram;
    const again = repeated && program === run.mainProgram;
    const { marks = [] } = (again ? this.#repeaters : this.#instances).get(program) ?? {};
    const pc = markedAt(marks, trapOffset(error)) ?? run.pc;
    const insn = program.insns[pc] as Insn;
    const base = isLoad(insn) ? insn.src : insn.dst;
    return new VmFault(
      'out-of-bounds',
      `${isLoad(insn) ? 'read' : 'write'} of ${accessBytes(insn.code)} bytes through r${base}: said to be proved, but outside the arena`,
      { program, pc, registers: [], callStack: [{ program, pc, entry: this.#entryOf(program, pc) }] },
    );
  }
}

/** Offset in its module at which a trap came up, as the stack trace has it; 0 if it does not say. */
function trapOffset({ stack = '' }: Error): number {
  return Number(/wasm-function\[\d+\]:(0x[0-9a-f]+)/.exec(stack)?.[1] ?? 0);
}

/** The slot of the last mark at or before an offset. */
function markedAt(marks: readonly number[], offset: number): number | undefined {
  let found: number | undefined;
  for (let i = 0; i < marks.length && (marks[i] as number) <= offset; i += 2) found = marks[i + 1];
  return found;
}
