import { type Btf } from '../btf/index.ts';
import { AttachType, Errno, ProgFlag, ProgType } from '../abi/index.ts';
import { type Insn } from '../isa/index.ts';
import { helperPrototypeFor } from './helper-prototypes.ts';
import { KnownStates } from './known-states.ts';
import { type VerifierLog } from './log.ts';
import { type BtfFunctionProto } from '../btf/index.ts';
import { type Register } from './register.ts';
import { type LoopVisits } from './components.ts';
import { FrameState, PathState, REGISTERS, FRAME_POINTER, SlotSet, StackSlot } from './state.ts';
import { Register as RegisterClass } from './register.ts';
import { RegType } from './reg-type.ts';
import { StackLiveness } from './stack-liveness.ts';
import { specialFieldsOf } from './special-fields.ts';
import {
  type AccessKind,
  type KfuncInfo,
  type KfuncObject,
  type ProgramLine,
  type SpecialField,
  type StructOpsTarget,
  type VerifierInput,
  type VerifierMap,
  type VerifierWarning,
} from './types.ts';

/** Ends the verification with an errno; its words are in the log already. */
export class Rejection extends Error {
  /** Negative. */
  readonly errno: number;

  constructor(errno: number) {
    super(`rejected with ${errno}`);
    this.name = 'Rejection';
    this.errno = errno;
  }
}

/** What is known about an instruction from all paths so far (struct bpf_insn_aux_data). */
export interface InsnFacts {
  prunePoint: boolean;
  jumpPoint: boolean;
  jumpTarget: boolean;
  forceCheckpoint: boolean;
  callsCallback: boolean;
  iterNext: boolean;
  seen: boolean;
  /** Loop that the instruction lies in (insn_aux_data.scc), 0 for none. */
  component: number;
  /** Type of the pointer that a load or store went through, with flags. */
  pointerType: number;
  /** Registers that some path from here may read, as a bit mask. */
  liveRegisters: number;
  /** Registers that going back over the instruction for precision concerns, as a bit mask; -1 for more than registers. */
  backtracked: number;
  /** ld_imm64: index into usedMaps; -1 for none. */
  mapIndex: number;
  mapOffset: number;
  /** ld_imm64 of a kernel variable. */
  variable: { type: number; memSize: number; btf: Btf | undefined; btfId: number } | undefined;
  /** Map of a helper call with one. */
  callMap: VerifierMap | undefined;
  /** True where paths bring different maps to the call (bpf_map_ptr_poisoned). */
  callMapVaries: boolean;
  /** bpf_tail_call: the index, as long as all paths bring the same constant; 'varies' once they do not. */
  tailCallIndex: bigint | 'varies' | undefined;
  /** bpf_loop: the callback, as long as all paths bring the same one with flags 0; 'varies' once they do not. */
  loopCallback: number | 'varies' | undefined;
  /** A call that is given a per-CPU object of the program's own. */
  takesPerCpuObject: boolean;
  /** Some path comes by where it may not sleep. */
  mayNotSleep: boolean;
  /** Call of a kfunc that is given, or gives, an object of the program's own. */
  kfuncObject: KfuncObject | undefined;
  /** Part of a pair of spill and fill around a call. */
  fastcallPattern: boolean;
  /** Call: pairs around it that are needless. */
  fastcallSpills: number;
}

/** struct bpf_subprog_arg_info: what a global function demands of an argument. */
export interface ArgumentInfo {
  readonly type: number;
  readonly memSize: number;
  readonly btfId: number;
}

export class Subprogram {
  start: number;
  end = 0;
  stackDepth = 0;
  hasTailCall = false;
  /** It, or something that it calls, may end in another program: the count of tail calls goes along. */
  tailCallReachable = false;
  /** Its frame lies in memory of the program's own, not on the stack of the kernel. */
  hasPrivateStack: boolean | undefined = undefined;
  hasLdAbs = false;
  isCallback = false;
  isAsyncCallback = false;
  isExceptionCallback = false;
  changesPacket = false;
  mightSleep = false;
  /** BTF id of its FUNC, 0 without func_info. */
  functionId = 0;
  name = '';
  /** BtfLinkage; -1 without func_info. */
  linkage = -1;
  unreliable = false;
  called = false;
  verified = false;
  args: ArgumentInfo[] | undefined = undefined;
  fastcallStackOffset = 0;
  keepFastcallStack = false;

  constructor(start: number) {
    this.start = start;
  }
}

export interface Kfunc {
  readonly id: number;
  readonly name: string;
  readonly proto: BtfFunctionProto;
  readonly info: KfuncInfo | undefined;
}

/** A branch to look at later. */
export interface Pending {
  readonly state: PathState;
  readonly insn: number;
  readonly previous: number;
  /** Where the log stood. */
  readonly logEnd: number;
}

/** Registers and slots that were equal when a jump refined one of them. */
export interface LinkedRegister {
  readonly frame: number;
  readonly isRegister: boolean;
  /** Register number or stack slot. */
  readonly index: number;
}

/** Step of the way since the last checkpoint (struct bpf_insn_hist_entry). */
export interface HistoryEntry {
  readonly insn: number;
  readonly previous: number;
  /** Stack slot that the instruction read or wrote: frame and slot. */
  stackFrame: number;
  stackSlot: number;
  sourceIsStack: boolean;
  destinationIsStack: boolean;
  linked: readonly LinkedRegister[] | undefined;
}

/** Everything one verification works on (struct bpf_verifier_env). */
export class Environment {
  readonly input: VerifierInput;
  readonly insns: readonly Insn[];
  readonly log: VerifierLog;
  readonly facts: InsnFacts[] = [];
  readonly privileged: boolean;
  readonly allowPointerLeaks: boolean;
  readonly allowUninitStack: boolean;
  readonly bypassSpeculation: boolean;
  readonly strictAlignment: boolean;
  readonly sleepable: boolean;
  subprograms: Subprogram[] = [];
  exceptionCallback = 0;
  readonly kfuncs = new Map<number, Kfunc>();
  usedMaps: VerifierMap[] = [];
  structOps: StructOpsTarget | undefined;
  /** Prototype and name of what the program attaches to (struct_ops member or traced function). */
  attachProto: BtfFunctionProto | undefined;
  attachName = '';
  helpers: ReadonlySet<number> = new Set();

  /** Where the kernel finds live slots by data flow. */
  readonly stackLiveness: StackLiveness | undefined;
  /** Where the kernel knows a program's loops beforehand. */
  loops: LoopVisits | undefined;
  current: PathState = new PathState();
  pending: Pending[] = [];
  explored: PathState[][] = [];
  insn = 0;
  previousInsn = -1;
  lastVisited = -1;
  /** The next instruction is printed with the whole state. */
  printWholeState = false;
  processed = 0;
  jumpsProcessed = 0;
  checkpointJumps = 0;
  checkpointInsns = 0;
  maxStatesPerInsn = 0;
  totalStates = 0;
  peakStates = 0;
  /** Checkpoints that are looked at, and those that are only kept for the ones behind them. */
  exploredStates = 0;
  retiredStates = 0;
  longestMarkReadWalk = 0;
  idCounter = 0;
  activations = 0;
  history: HistoryEntry[] = [];
  historyEntry: HistoryEntry | undefined;
  maxCtxOffset = 0;
  /** nr_cpu_ids of the simulated machine. */
  readonly possibleCpus: number;
  seenException = false;
  seenDirectWrite = false;
  /** Spills and fills that go once all calls are in place. */
  needlessSpills: ReadonlySet<number> = new Set();
  /** What finished checkpoints hold in the place of values that nobody reads. */
  readonly forgottenRegister: Register;
  readonly forgottenSlot: StackSlot;
  /** Registers and slots that changed since they were last printed. */
  scratchedRegisters = 0;
  readonly scratchedSlots = new SlotSet();
  previousLine: ProgramLine | undefined;
  /** Texts of instructions that were printed. */
  readonly printedInsns: string[] = [];
  insnLogEnd = -1;
  insnPrintLength = 0;
  readonly accesses = new Map<number, AccessKind | 'mixed'>();
  readonly knownStates: KnownStates | undefined;
  readonly warnings: VerifierWarning[] = [];
  failedAt: number | undefined;
  readonly #structFields = new Map<number, readonly SpecialField[]>();

  constructor(input: VerifierInput, log: VerifierLog) {
    this.input = input;
    this.insns = input.insns;
    this.log = log;
    this.knownStates = input.keepStates === true ? new KnownStates() : undefined;
    this.privileged = input.capabilities.bpf;
    if (!input.profile.walksStates) this.stackLiveness = new StackLiveness(this);
    this.allowPointerLeaks = input.capabilities.perfmon;
    this.allowUninitStack = input.capabilities.perfmon;
    this.bypassSpeculation = input.capabilities.perfmon;
    this.strictAlignment =
      (input.progFlags & ProgFlag.STRICT_ALIGNMENT) !== 0 && (input.progFlags & ProgFlag.ANY_ALIGNMENT) === 0;
    this.possibleCpus = input.possibleCpus ?? 1;
    this.sleepable = (input.progFlags & ProgFlag.SLEEPABLE) !== 0;
    const forgotten = new RegisterClass();
    this.markNotInit(forgotten);
    this.forgottenRegister = forgotten.toShared();
    this.forgottenSlot = new StackSlot(this.forgottenRegister).toShared();
    for (let i = 0; i < input.insns.length; i++) this.facts.push(newFacts());
  }

  get testStateFrequency(): boolean {
    return this.privileged && (this.input.progFlags & ProgFlag.TEST_STATE_FREQ) !== 0;
  }

  get frame(): FrameState {
    return this.current.current;
  }

  get isMultiPath(): boolean {
    return this.pending.length > 0;
  }

  /** Objects held by the current frame. */
  get references(): FrameState['references'] {
    return this.frame.references;
  }

  /** A register of the current frame. */
  register(index: number): Register {
    return this.frame.register(index);
  }

  /** The frame that a stack pointer points into. */
  frameOf(pointer: Register): FrameState {
    return this.current.frame(pointer.frame);
  }

  insnAt(index: number): Insn {
    return this.insns[index] as Insn;
  }

  factsAt(index: number): InsnFacts {
    return this.facts[index] as InsnFacts;
  }

  /** Number of arguments of a helper, undefined where this program has no such helper. */
  helperArguments(id: number): number | undefined {
    return this.helpers.has(id) ? helperPrototypeFor(this.input.progType, id)?.args.length : undefined;
  }

  /** This program may call it. */
  allowsKfunc({ info }: Kfunc): boolean {
    return info?.allowed(this.input.progType, this.input.expectedAttachType) === true;
  }

  /** Number of arguments of a kfunc by the id of its FUNC, undefined where this program may not call it. */
  kfuncArguments(id: number): number | undefined {
    const kfunc = this.kfuncs.get(id);
    return kfunc !== undefined && this.allowsKfunc(kfunc) ? kfunc.proto.parameters.length : undefined;
  }

  say(text: string): void {
    this.log.write(text);
  }

  /** Says why and ends. `errno` is positive. */
  reject(errno: number, text?: string): never {
    if (text !== undefined) this.log.write(`${text}\n`);
    throw new Rejection(-errno);
  }

  /** A state that cannot be: the kernel answers EFAULT and warns. */
  bug(text: string): never {
    return this.reject(Errno.EFAULT, `verifier bug: ${text}`);
  }

  newId(): number {
    return ++this.idCounter;
  }

  /** In a sleepable program, or in a work item's callback. */
  get inSleepable(): boolean {
    return this.sleepable || this.current.inSleepable;
  }

  /** Where objects protected by RCU stay valid. */
  get inRcuSection(): boolean {
    return this.current.rcuLocks > 0 || this.current.lockOwner !== undefined || !this.inSleepable;
  }

  /** A fresh frame: R10 is its frame pointer, nothing else may be read. */
  newFrame(callsite: number, index: number, subprogram: number): FrameState {
    const frame = new FrameState(++this.activations, callsite, index, subprogram);
    frame.unlink();
    for (let i = 0; i < REGISTERS; i++) {
      const register = new RegisterClass();
      register.markNotInit(!this.privileged);
      frame.setRegister(i, register);
    }
    const pointer = frame.register(FRAME_POINTER);
    pointer.type = RegType.STACK;
    pointer.markKnownZero();
    pointer.frame = index;
    this.scratchAll();
    return frame;
  }

  markUnknown(register: Register): void {
    register.markUnknown(!this.privileged);
  }

  markNotInit(register: Register): void {
    register.markNotInit(!this.privileged);
  }

  /** A pointer that must not be used any more: unknown number for root, unreadable else. */
  invalidate(register: Register): void {
    if (this.allowPointerLeaks) this.markUnknown(register);
    else this.markNotInit(register);
  }

  scratchRegister(index: number): void {
    this.scratchedRegisters |= 1 << index;
  }

  scratchSlot(index: number): void {
    this.scratchedSlots.add(index);
  }

  scratchAll(): void {
    this.scratchedRegisters = -1;
    this.scratchedSlots.fill();
  }

  scratchNone(): void {
    this.scratchedRegisters = 0;
    this.scratchedSlots.clear();
  }

  get isScratched(): boolean {
    return this.scratchedRegisters !== 0 || !this.scratchedSlots.isEmpty;
  }

  /** Notes a branch for later. The state is a copy of the current one. `tooMany`: see pushState(). */
  push(insn: number, previous: number, tooMany: number = Errno.EFAULT): PathState {
    const state = this.current.clone();
    this.pushState(state, insn, previous, { tooMany });
    if (state.parent !== undefined) state.parent.branches += 1;
    return state;
  }

  /**
   * Notes a state for later (push_stack). What waits is limited; past that `tooMany` is the errno, which depends on who
   * asks where `branchLimitIsTooBig` does not say E2BIG for all.
   */
  pushState(
    state: PathState,
    insn: number,
    previous: number,
    { tooMany = Errno.EFAULT, suffix = '' }: { readonly tooMany?: number; readonly suffix?: string } = {},
  ): void {
    this.pending.push({ state, insn, previous, logEnd: this.log.end });
    if (this.pending.length <= 8192) return;
    const errno = this.input.profile.branchLimitIsTooBig ? Errno.E2BIG : tooMany;
    this.reject(errno, `The sequence of ${this.pending.length} jumps is too complex${suffix}.`);
  }

  /** Special fields of an object that the program allocates. */
  fieldsOfStruct(btf: Btf | undefined, id: number): readonly SpecialField[] {
    if (btf === undefined || btf === this.input.kernelBtf) return [];
    let fields = this.#structFields.get(id);
    if (fields === undefined) {
      fields = specialFieldsOf(btf, id, this.input.kernelBtf);
      this.#structFields.set(id, fields);
    }
    return fields;
  }

  /** The subprogram that begins at an instruction, or -1. */
  findSubprogram(insn: number): number {
    return this.subprograms.findIndex((subprogram) => subprogram.start === insn);
  }

  subprogram(index: number): Subprogram {
    return this.subprograms[index] as Subprogram;
  }

  isGlobal(index: number): boolean {
    return this.subprograms[index]?.linkage === 1;
  }

  /** The subprogram that an instruction belongs to. */
  containing(insn: number): Subprogram {
    let found = this.subprogram(0);
    for (const subprogram of this.subprograms) {
      if (subprogram.start > insn) break;
      found = subprogram;
    }
    return found;
  }

  get isTracing(): boolean {
    return this.input.progType === ProgType.TRACING;
  }

  get isIterator(): boolean {
    return this.isTracing && this.input.expectedAttachType === AttachType.TRACE_ITER;
  }

  /** Notes what a memory access goes through, for the JIT. */
  noteAccess(kind: AccessKind): void {
    const known = this.accesses.get(this.insn);
    if (known === undefined) this.accesses.set(this.insn, kind);
    else if (known !== kind) this.accesses.set(this.insn, 'mixed');
  }
}

function newFacts(): InsnFacts {
  return {
    prunePoint: false,
    jumpPoint: false,
    jumpTarget: false,
    forceCheckpoint: false,
    callsCallback: false,
    iterNext: false,
    seen: false,
    component: 0,
    pointerType: 0,
    liveRegisters: 0,
    backtracked: -1,
    mapIndex: -1,
    mapOffset: 0,
    variable: undefined,
    callMap: undefined,
    callMapVaries: false,
    tailCallIndex: undefined,
    loopCallback: undefined,
    takesPerCpuObject: false,
    mayNotSleep: false,
    kfuncObject: undefined,
    fastcallPattern: false,
    fastcallSpills: 0,
  };
}
