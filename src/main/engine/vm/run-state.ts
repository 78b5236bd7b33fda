import { ARENA_HIGH, type ArenaRecorder } from './arena.ts';
import { explainAccess } from './access.ts';
import { type CallSite, type FaultPlace } from './fault.ts';
import {
  CODE_STRIDE,
  type Decoded,
  MAY_GOTO_LIMIT,
  MAY_GOTO_REGISTER,
  REGISTERS,
  type RegisterFile,
} from './predecode.ts';
import { type Run } from './run.ts';
import { MAX_CALL_FRAMES, MAX_TAIL_CALLS, TAIL_CALL_REFUSED } from './stack.ts';
import { type FaultKind, type HelperFunction, type HelperResult } from './types.ts';

/** A caller that waits. Never changed once made, so that the undo log can keep it. */
export interface WaitingFrame {
  readonly parent: WaitingFrame | undefined;
  readonly decoded: Decoded;
  /** First instruction of the waiting function. */
  readonly entry: number;
  /** Code index of its call. */
  readonly at: number;
  readonly registers: Int32Array;
  /** Set where a helper waits for its callback. */
  readonly then: CallbackContinuation | undefined;
}

type CallbackContinuation = (r0: bigint) => HelperResult;

/** All that a step can change besides memory. */
export interface Snapshot {
  readonly decoded: Decoded;
  readonly registers: Int32Array;
  readonly at: number;
  readonly entry: number;
  readonly depth: number;
  readonly tailCalls: number;
  readonly waiting: WaitingFrame | undefined;
  readonly done: boolean;
}

/** Stands in a register of which compiled code did not keep the value: no instruction reads it before it is written. */
const UNKNOWN_VALUE = 0x5eed_dead_5eed_deadn;

const REGISTER_WORDS = 2 * REGISTERS;

function takeRegisters(decoded: Decoded): RegisterFile {
  const pooled = decoded.pool.pop();
  if (pooled !== undefined) return pooled;
  const words = new Int32Array(REGISTER_WORDS + decoded.constants.length);
  words.set(decoded.constants, REGISTER_WORDS);
  return { words, wide: new BigUint64Array(words.buffer) };
}

/** The interpreter's machine state: registers, place in the code, and the frames that wait. */
export class RunState {
  readonly run: Run;
  decoded: Decoded;
  code: Int32Array;
  /** Pairs of words (low, high): R0 … R10, the may_goto counter, the program's constants. */
  registers: Int32Array<ArrayBuffer>;
  #file: RegisterFile;
  /** Code index of the instruction that is next, or that is being executed when something is called. */
  at: number;
  /** First instruction of the running function. */
  entry: number;
  depth = 0;
  waiting: WaitingFrame | undefined = undefined;
  done = false;

  /** Registers whose value is not known, as a mask: compiled code does not hand over dead ones. */
  #unknown = 0;
  /** Functions that wait outside this state (compiled ones). */
  #outside: readonly CallSite[] = [];

  /** A state before the first instruction of nothing: call `begin` or `resume`. */
  constructor(run: Run, decoded: Decoded, depth = 0) {
    this.run = run;
    this.decoded = decoded;
    this.code = decoded.code;
    this.#file = takeRegisters(decoded);
    this.registers = this.#file.words;
    this.entry = 0;
    this.at = 0;
    this.depth = depth;
    run.place = () => this.place();
  }

  /** Starts the function that begins at an instruction. */
  begin(entry: number, args: readonly bigint[], outside: readonly CallSite[] = []): this {
    this.#outside = outside;
    this.#begin(args);
    this.#enter(entry);
    return this;
  }

  /**
   * Goes on in the middle of a function that compiled code has begun.
   * @param registers R0 … R9; those that are not in the mask `live` do not matter
   */
  resume(
    place: { readonly entry: number; readonly pc: number; readonly live: number; readonly mayGoto: number },
    registers: readonly bigint[],
    outside: readonly CallSite[],
  ): this {
    const { words } = this.#file;
    this.#unknown = ~place.live & 0x3ff;
    registers.forEach((value, register) => {
      this.setValue(register, (this.#unknown >> register) & 1 ? UNKNOWN_VALUE : value);
    });
    words[20] = this.run.stack.topOf(this.depth);
    words[21] = ARENA_HIGH;
    words[2 * MAY_GOTO_REGISTER] = place.mayGoto;
    words[2 * MAY_GOTO_REGISTER + 1] = 0;
    this.entry = place.entry;
    this.at = place.pc * CODE_STRIDE;
    this.#outside = outside;
    return this;
  }

  get pc(): number {
    return this.at / CODE_STRIDE;
  }

  get recorder(): ArenaRecorder | undefined {
    return this.run.machine.arena.recorder;
  }

  /** Unsigned value of a register. */
  value(register: number): bigint {
    return this.#file.wide[register] as bigint;
  }

  setValue(register: number, value: bigint): void {
    this.#file.wide[register] = value;
  }

  /** Gives the register file back; the state must not be used any more. */
  release(): void {
    this.decoded.pool.push(this.#file);
  }

  /** Starts a function: registers zeroed but for the arguments, R10 at its frame, the frame zeroed. */
  #begin(args: readonly bigint[]): void {
    const { registers: r, depth } = this;
    r.fill(0, 0, REGISTER_WORDS);
    for (let i = 0; i < args.length; i++) this.setValue(i + 1, args[i] as bigint);
    this.#beginFrame(r, depth);
  }

  #beginFrame(r: Int32Array, depth: number): void {
    r[20] = this.run.stack.topOf(depth);
    r[21] = ARENA_HIGH;
    r[2 * MAY_GOTO_REGISTER] = MAY_GOTO_LIMIT;
    this.run.stack.clear(depth);
  }

  #push(then: CallbackContinuation | undefined): void {
    if (this.depth + 1 >= MAX_CALL_FRAMES) {
      this.fault('call-depth', `more than ${MAX_CALL_FRAMES} functions wait for one another`);
    }
    this.waiting = {
      parent: this.waiting,
      decoded: this.decoded,
      entry: this.entry,
      at: this.at,
      registers: this.registers.slice(0, REGISTER_WORDS),
      then,
    };
    this.depth++;
  }

  #enter(entry: number): void {
    this.entry = entry;
    this.at = entry * CODE_STRIDE;
  }

  /** Call of the function at a code index of the same program; R1 … R5 are handed on. True: a function was entered. */
  callLocal(target: number): true {
    this.#push(undefined);
    const { registers: r } = this;
    r[0] = 0;
    r[1] = 0;
    r.fill(0, 12, 20);
    this.#beginFrame(r, this.depth);
    this.#enter(target / CODE_STRIDE);
    return true;
  }

  /** Call of a helper or kfunc at the current instruction. True if it entered a function: a callback, another program. */
  callHelper(helper: HelperFunction | undefined, what: string): boolean {
    if (helper === undefined) this.fault('bad-helper', `${this.decoded.program.name} has no ${what}`);
    const { run } = this;
    run.program = this.decoded.program;
    run.pc = this.at / CODE_STRIDE;
    return this.#answer(
      helper(run, this.value(1), this.value(2), this.value(3), this.value(4), this.value(5)),
    );
  }

  /** callx: the register holds a function's address, or a helper's number. */
  callRegister(register: number): boolean {
    const target = this.value(register);
    const { program } = this.decoded;
    const entry = this.run.machine.entryAt(program, target);
    if (entry !== undefined) return this.callLocal(entry * CODE_STRIDE);
    return this.callHelper(program.helpers.get(Number(target)), `function or helper ${target}`);
  }

  /** What a helper wants: its result is R0, or a function runs first, or another program takes over. */
  #answer(result: HelperResult): boolean {
    if (typeof result === 'bigint') {
      this.setValue(0, result);
      this.at += CODE_STRIDE;
      return false;
    }
    if (result.kind === 'callback') {
      const entry = this.run.entryOf(result, this.decoded.program);
      this.#push(result.then);
      this.#begin(result.args);
      this.#enter(entry);
      return true;
    }
    if (this.run.tailCalls >= MAX_TAIL_CALLS) return this.#answer(TAIL_CALL_REFUSED);
    this.run.tailCalls++;
    this.#tailCall(this.run.machine.decoded(result.program));
    return true;
  }

  #tailCall(decoded: Decoded): void {
    if (decoded.stackSize > this.run.stack.frameSize) {
      this.fault('stack-overflow', `tail call to ${decoded.program.name}: its frames are larger`);
    }
    const context = this.value(1);
    this.#use(decoded);
    this.#begin([context]);
    this.#enter(0);
  }

  /** Switches to another program's code and constants. */
  #use(decoded: Decoded): void {
    if (decoded === this.decoded) return;
    this.release();
    this.decoded = decoded;
    this.code = decoded.code;
    this.#file = takeRegisters(decoded);
    this.registers = this.#file.words;
  }

  /** The exit instruction: `done` if it was the outermost function's. True if a helper at once started another callback. */
  return(): boolean {
    const frame = this.waiting;
    if (frame === undefined) {
      this.done = true;
      return false;
    }
    const low = this.registers[0] as number;
    const high = this.registers[1] as number;
    this.#use(frame.decoded);
    this.registers.set(frame.registers);
    this.waiting = frame.parent;
    this.depth--;
    this.entry = frame.entry;
    this.at = frame.at;
    if (frame.then === undefined) {
      this.registers[0] = low;
      this.registers[1] = high;
      this.at += CODE_STRIDE;
      return false;
    }
    this.run.program = frame.decoded.program;
    this.run.pc = frame.at / CODE_STRIDE;
    return this.#answer(frame.then((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)));
  }

  snapshot(): Snapshot {
    const { decoded, at, entry, depth, waiting, done } = this;
    const { tailCalls } = this.run;
    return {
      decoded,
      at,
      entry,
      depth,
      tailCalls,
      waiting,
      done,
      registers: this.registers.slice(0, REGISTER_WORDS),
    };
  }

  restore(snapshot: Snapshot): void {
    this.#use(snapshot.decoded);
    this.registers.set(snapshot.registers);
    this.at = snapshot.at;
    this.entry = snapshot.entry;
    this.depth = snapshot.depth;
    this.run.tailCalls = snapshot.tailCalls;
    this.waiting = snapshot.waiting;
    this.done = snapshot.done;
  }

  /** The running functions, the innermost first. */
  callStack(): CallSite[] {
    const sites: CallSite[] = [{ program: this.decoded.program, entry: this.entry, pc: this.pc }];
    for (let frame = this.waiting; frame !== undefined; frame = frame.parent) {
      sites.push({ program: frame.decoded.program, entry: frame.entry, pc: frame.at / CODE_STRIDE });
    }
    sites.push(...this.#outside);
    return sites;
  }

  place(): FaultPlace {
    const registers = Array.from({ length: 11 }, (_, register) => {
      const value = this.value(register);
      return (this.#unknown >> register) & 1 && value === UNKNOWN_VALUE ? undefined : value;
    });
    return { program: this.decoded.program, pc: this.pc, registers, callStack: this.callStack() };
  }

  fault(kind: FaultKind, what: string, address?: bigint): never {
    return this.run.fault(kind, what, address);
  }

  /** The fault of an access at register + offset that the shadow forbids. */
  accessFault(register: number, offset: number, size: number, write: boolean): never {
    const address = BigInt.asUintN(64, this.value(register) + BigInt(offset));
    const { kind, what } = explainAccess(this.run.machine.arena, address, size, write);
    return this.fault(kind, what, address);
  }

  /** As accessFault, but returns where the kernel answers a bad load with 0 (VmProgram.probeLoads). */
  badLoad(register: number, offset: number, size: number): void {
    if (this.decoded.program.probeLoads?.has(this.pc)) return;
    this.accessFault(register, offset, size, false);
  }
}
