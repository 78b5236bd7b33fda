import { EngineError } from '../base/index.ts';
import { type Insn } from '../isa/index.ts';
import {
  type CallSite,
  type FaultPlace,
  type HelperFunction,
  type HelperResult,
  MAX_CALL_FRAMES,
  MAX_TAIL_CALLS,
  type Machine,
  type Run,
  RunState,
  TAIL_CALL_REFUSED,
  VmFault,
  type VmProgram,
  type WasmModule,
  constantOf,
  finish,
  interpret,
  outOfFuel,
  wasm,
} from '../vm/index.ts';
import { Control, HandOver } from './control.ts';
import { REPEAT, addressSlots, exportName, globalName, isAddress, translate } from './translate.ts';

/** A compiled function: R1 … R5, and the frame pointer as an offset in memory. */
type Compiled = (r1: bigint, r2: bigint, r3: bigint, r4: bigint, r5: bigint, frame: number) => bigint;

/** The main function `count` times, with `size` bytes copied before each. */
type Repeated = (
  ...args: [...Parameters<Compiled>, count: number, to: number, from: number, size: number]
) => bigint;

interface Instance {
  readonly program: VmProgram;
  /** By first slot. */
  readonly functions: ReadonlyMap<number, Compiled>;
  readonly repeat: Repeated;
}

interface CachedModule {
  readonly program: VmProgram;
  readonly module: WasmModule;
}

/** Above this many instructions a program is interpreted: a WebAssembly function may not have more than 7 MB. */
const LARGEST_PROGRAM = 100_000;

/** Modules kept for programs that are loaded again. */
const MODULES_KEPT = 256;

/** WebAssembly hands out i64 as signed. */
function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function sameSet(left: ReadonlySet<number> | undefined, right: ReadonlySet<number> | undefined): boolean {
  if (left === right) return true;
  return left?.size === right?.size && [...(left ?? [])].every((value) => right?.has(value));
}

/** Whether two programs have the same code but for addresses. */
function sameCode(left: VmProgram, right: VmProgram): boolean {
  if (left.insns.length !== right.insns.length || left.stackSize !== right.stackSize) return false;
  if (!sameSet(left.provedAccesses, right.provedAccesses) || !sameSet(left.probeLoads, right.probeLoads))
    return false;
  let address = -2;
  return left.insns.every((a, pc) => {
    const b = right.insns[pc] as Insn;
    if (a.code !== b.code || a.dst !== b.dst || a.src !== b.src || a.off !== b.off) return false;
    if (isAddress(left.insns, pc) && isAddress(right.insns, pc)) {
      address = pc;
      return a.src === 0 || a.imm === b.imm;
    }
    return address === pc - 1 || a.imm === b.imm;
  });
}

/** The engine `jit` of one machine: compiles programs when they first run. */
export class Jit {
  readonly #machine: Machine;
  readonly #pages: number;
  readonly #instances = new WeakMap<VmProgram, Instance>();
  /** By program tag; the oldest goes first. */
  readonly #modules = new Map<string, CachedModule[]>();
  #modulesKept = 0;
  #run: Run | undefined = undefined;
  /** Programs of the running frames by call depth; deeper entries repeat the last. */
  #programs: VmProgram[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#pages = machine.arena.bytes.length / 65536;
  }

  /** Runs a function of a program; an Engine in the machine's sense. */
  run(run: Run, program: VmProgram, entry: number, args: readonly bigint[]): bigint {
    if (program.insns.length > LARGEST_PROGRAM) {
      return interpret(run, program, entry, args);
    }
    const instance = this.instance(program);
    const outer = { run: this.#run, programs: this.#programs, deepest: this.#deepest, fuel: this.#fuel };
    this.#run = run;
    this.#programs = new Array<VmProgram>(MAX_CALL_FRAMES).fill(program);
    this.#deepest = run.stack.topOf(MAX_CALL_FRAMES - 1);
    const before = run.fuel;
    this.#fuel = before;
    try {
      const r0 = this.#callRepeatedly(run, instance, entry, args);
      run.fuel = this.#fuel;
      run.instructions = before - run.fuel;
      return r0;
    } catch (error) {
      throw this.#explain(error, run);
    } finally {
      this.#run = outer.run;
      this.#programs = outer.programs;
      this.#deepest = outer.deepest;
      this.#fuel = outer.fuel;
    }
  }

  /** The compiled program. */
  instance(program: VmProgram): Instance {
    let instance = this.#instances.get(program);
    if (instance === undefined) {
      instance = this.#instantiate(program);
      this.#instances.set(program, instance);
    }
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

  get #deepest(): number {
    return this.#machine.arena.view.getUint32(Control.DEEPEST, true);
  }

  set #deepest(value: number) {
    this.#machine.arena.view.setUint32(Control.DEEPEST, value, true);
  }

  #module(program: VmProgram, entries: readonly number[]): WasmModule {
    const known = this.#modules.get(program.tag)?.find((cached) => sameCode(cached.program, program));
    if (known !== undefined) return known.module;
    const module = new wasm.Module(translate(program, entries, this.#pages));
    if (this.#modulesKept >= MODULES_KEPT) {
      this.#modules.clear();
      this.#modulesKept = 0;
    }
    const list = this.#modules.get(program.tag);
    if (list === undefined) this.#modules.set(program.tag, [{ program, module }]);
    else list.push({ program, module });
    this.#modulesKept++;
    return module;
  }

  #instantiate(program: VmProgram): Instance {
    const machine = this.#machine;
    const { entries } = machine.decoded(program);
    const env: Record<string, unknown> = {
      memory: machine.arena.memory,
      call: this.#helperCaller(program),
      handOver: (
        reason: number,
        pc: number,
        live: number,
        frame: number,
        mayGoto: number,
        ...registers: bigint[]
      ): bigint => this.#handOver(program, { reason, pc, live, frame: frame >>> 0, mayGoto }, registers),
    };
    env['findRegion'] = (address: bigint, write: number): number =>
      this.#findRegion(unsigned(address), write === 1);
    for (const pc of addressSlots(program.insns)) {
      env[globalName(pc)] = constantOf(program, pc, (entry) => machine.codeAddress(program, entry));
    }
    const { exports } = new wasm.Instance(this.#module(program, entries), { env });
    const functions = new Map(entries.map((entry) => [entry, exports[exportName(entry)] as Compiled]));
    return { program, functions, repeat: exports[REPEAT] as Repeated };
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

  #callRepeatedly(run: Run, instance: Instance, entry: number, args: readonly bigint[]): bigint {
    const { repeat, restore } = run;
    if (repeat === 1 && restore === undefined) return this.#call(instance, entry, args, run.stack.top);
    if (entry !== 0) throw new EngineError('usage', 'only the main function can be repeated');
    const [r1 = 0n, r2 = 0n, r3 = 0n, r4 = 0n, r5 = 0n] = args;
    const { to = 0, from = 0, size = 0 } = restore ?? {};
    return unsigned(instance.repeat(r1, r2, r3, r4, r5, run.stack.top, repeat, to, from, size));
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
    const targets = program.insns.map((insn): HelperFunction | undefined => {
      if (insn.code !== 0x85) return undefined;
      return insn.src === 0 ? program.helpers.get(insn.imm) : program.kfuncs.get(insn.imm);
    });
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
      const r0 = this.#call(this.instance(at.program), entry, result.args, frame);
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
    if (decoded.stackSize === run.stack.frameSize) {
      r0 = this.#call(this.instance(target), 0, context, at.frame);
    } else {
      run.fuel = this.#fuel;
      r0 = finish(new RunState(run, decoded, depth).begin(0, context, this.#callers(at.frame)));
      this.#fuel = run.fuel;
    }
    this.#programs = before;
    this.#machine.arena.view.setInt32(Control.TAIL_CALLED, 1, true);
    return r0;
  }

  /** A trap of WebAssembly can only come from an access that the verifier is said to have proved. */
  #explain(error: unknown, run: Run): unknown {
    if (!(error instanceof wasm.RuntimeError)) return error;
    const place = { program: run.mainProgram, pc: run.pc, registers: [], callStack: [] };
    return new VmFault(
      'out-of-bounds',
      `an access said to be proved left the arena (${error.message})`,
      place,
    );
  }
}
