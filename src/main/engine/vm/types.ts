/**
 * The interfaces at which the VM meets the kernel: what the kernel gives the VM to run, and what helpers see of a run.
 */
import { type Insn } from '../isa/instruction.ts';
import { type Recipe } from './recipe.ts';

/** A program whose map, BTF and variable references have been resolved to arena addresses: only calls are symbolic. */
export interface VmProgram {
  readonly name: string;
  /** The kernel's 8-byte tag as hex: key of the JIT's module cache. */
  readonly tag: string;
  /**
   * Main program first, subprograms behind it. ld_imm64 has src 0 (a constant) or PSEUDO_FUNC (a callback in this
   * program); calls: src 0 = helper id in imm, src 1 = pc-relative local call, src 2 = kfunc, imm = key in `kfuncs`.
   */
  readonly insns: readonly Insn[];
  /** Helpers by id. A missing one is a fault `bad-helper` at its call. */
  readonly helpers: ReadonlyMap<number, HelperFunction>;
  /** Kernel functions by the imm of their call. */
  readonly kfuncs: ReadonlyMap<number, HelperFunction>;
  /** Source lines by instruction index, sorted by insn. */
  readonly lines?: readonly SourceLine[];
  /** Stack bytes a frame may use; 512 unless told. */
  readonly stackSize?: number;
  /** Instructions whose memory access the verifier has proved to lie inside its object: the JIT leaves the check out. */
  readonly provedAccesses?: ReadonlySet<number>;
  /** Loads through untrusted BTF pointers (BPF_PROBE_MEM): where they would fault, they give 0 instead. */
  readonly probeLoads?: ReadonlySet<number>;
}

/** How to run a program: the interpreter is the reference, the JIT is fast; they agree in everything one can observe. */
export type EngineName = 'interpreter' | 'jit';

export interface RunOptions {
  readonly engine: EngineName;
  /** Instructions after which the run ends in a fault `out-of-fuel`, tested where loops close and functions begin. */
  readonly fuel?: number;
  /** Handed to every helper as HelperCall.runContext. */
  readonly runContext?: unknown;
  /** So many runs one after another, as BPF_PROG_TEST_RUN has it; the result is the last one's. 1 unless told. */
  readonly repeat?: number;
  /** Bytes that are put back before each of the repeated runs. */
  readonly restore?: { readonly address: bigint; readonly bytes: Uint8Array };
}

export interface RunResult {
  /** Unsigned 64-bit. */
  readonly r0: bigint;
  /** Instructions executed (ld_imm64 counts once), those of callbacks and tail-called programs included. */
  readonly instructions: number;
}

export interface SourceLine {
  readonly insn: number;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/**
 * A helper or kfunc. Arguments and result are unsigned 64-bit. It may touch memory through `call.memory` only,
 * so that the undo log sees every write, and must record an undo for any other state that it changes.
 */
export interface HelperFunction {
  (call: HelperCall, r1: bigint, r2: bigint, r3: bigint, r4: bigint, r5: bigint): HelperResult;
  /** The same as a formula, for compiled code that need not call. */
  readonly inline?: Recipe;
}

/** The value of R0, or something for the VM to do first. */
export type HelperResult = bigint | CallbackRequest | TailCallRequest;

/** Run a function of the running program, then ask `then` with its R0: bpf_loop, bpf_for_each_map_elem, timers. */
export interface CallbackRequest {
  readonly kind: 'callback';
  /** Address that ld_imm64 PSEUDO_FUNC gave. */
  readonly function: bigint;
  readonly args: readonly bigint[];
  readonly then: (r0: bigint) => HelperResult;
}

/** Replace the running program: bpf_tail_call. The context (R1) is kept; at most 33 in a row (MAX_TAIL_CALL_CNT). */
export interface TailCallRequest {
  readonly kind: 'tail-call';
  readonly program: VmProgram;
}

/** What a helper may see and do. */
export interface HelperCall {
  readonly memory: ProgramMemory;
  readonly program: VmProgram;
  /** Instruction index of the call. */
  readonly pc: number;
  /** How to take back a change outside memory; ignored where nothing records. */
  onUndo(undo: () => void): void;
  /** Ends the run with a fault at this call. */
  fault(kind: FaultKind, message: string, address?: bigint): never;
  /** Whatever the one who started the run handed in (the kernel keeps its task and context there). */
  readonly runContext: unknown;
}

/** Checked access to the arena on behalf of a program; out of bounds is a fault at the current instruction. */
export interface ProgramMemory {
  read(address: bigint, size: number): Uint8Array;
  write(address: bigint, bytes: Uint8Array): void;
  readU32(address: bigint): number;
  writeU32(address: bigint, value: number): void;
  readU64(address: bigint): bigint;
  writeU64(address: bigint, value: bigint): void;
}

export type FaultKind =
  | 'null-pointer'
  | 'out-of-bounds'
  | 'read-only'
  | 'unaligned'
  | 'stack-overflow'
  | 'call-depth'
  | 'out-of-fuel'
  | 'bad-helper'
  | 'bad-instruction'
  | 'helper';
