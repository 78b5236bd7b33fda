import { type Arena } from './arena.ts';
import { type CallSite, type VmFault } from './fault.ts';
import { CODE_STRIDE } from './predecode.ts';
import { type RunState, type WaitingFrame } from './run-state.ts';
import { type VmProgram } from './types.ts';

/** 32-bit words of R0 … R10. */
const WORDS = 22;

/** Memory that a run had to do with. */
export interface TracedRegion {
  /** The allocation's label; `stack` for a frame of the stack. */
  readonly label: string;
  readonly address: bigint;
  readonly size: number;
  /** Call depth of a stack frame. */
  readonly depth?: number;
}

/** Bytes that were about to change while step `step` was executed. */
export interface TracedWrite {
  readonly step: number;
  readonly address: bigint;
  readonly before: Uint8Array;
}

interface Place {
  readonly from: number;
  readonly program: VmProgram;
  readonly entry: number;
  readonly waiting: WaitingFrame | undefined;
}

/**
 * One run of a program, instruction by instruction: registers before each of them and all bytes that it changed. Moment `n`
 * is when `n` instructions are done, so `steps` is the end.
 */
export class RunTrace {
  readonly program: VmProgram;
  /** R0 at the end, unsigned; undefined where the run faulted. */
  result: bigint | undefined = undefined;
  fault: VmFault | undefined = undefined;
  /** True if the run went on for more instructions than are kept. */
  truncated = false;
  /** In the order in which they were first touched. */
  regions: readonly TracedRegion[] = [];
  readonly writes: TracedWrite[] = [];
  readonly #places: Place[] = [];
  #kept: ReadonlyMap<TracedRegion, Uint8Array> = new Map();
  #registers = new Int32Array(WORDS * 256);
  #pcs = new Uint32Array(256);
  #depths = new Uint8Array(256);
  #moments = 0;

  constructor(program: VmProgram) {
    this.program = program;
  }

  /** Instructions executed, as far as they are kept. */
  get steps(): number {
    return Math.max(0, this.#moments - 1);
  }

  /** The moment that is being filled: writes that come now belong to the step that leads to it. */
  get moments(): number {
    return this.#moments;
  }

  /** Notes the state before an instruction, or at the end. */
  note(state: RunState): void {
    const at = this.#moments;
    if (at === this.#pcs.length) this.#grow();
    this.#registers.set(state.registers.subarray(0, WORDS), at * WORDS);
    this.#pcs[at] = state.pc;
    this.#depths[at] = state.depth;
    const { program } = state.decoded;
    const { entry, waiting } = state;
    const last = this.#places.at(-1);
    if (last?.program !== program || last.entry !== entry || last.waiting !== waiting)
      this.#places.push({ from: at, program, entry, waiting });
    this.#moments++;
  }

  #grow(): void {
    const old = { registers: this.#registers, pcs: this.#pcs, depths: this.#depths };
    const length = this.#pcs.length * 2;
    this.#registers = new Int32Array(WORDS * length);
    this.#pcs = new Uint32Array(length);
    this.#depths = new Uint8Array(length);
    this.#registers.set(old.registers);
    this.#pcs.set(old.pcs);
    this.#depths.set(old.depths);
  }

  /** Keeps what is in the regions at the end; earlier moments are found by taking back the writes. */
  keep(arena: Arena, regions: readonly TracedRegion[]): void {
    this.regions = regions;
    this.#kept = new Map(
      regions.map((region) => {
        const offset = arena.offsetOf(region.address);
        return [region, arena.bytes.slice(offset, offset + region.size)] as const;
      }),
    );
  }

  /** The instruction that is next at a moment; at the end the last one. */
  pcAt(moment: number): number {
    return this.#pcs[moment] ?? 0;
  }

  /** Functions that wait at a moment: 0 in the main function. */
  depthAt(moment: number): number {
    return this.#depths[moment] ?? 0;
  }

  programAt(moment: number): VmProgram {
    return this.#placeAt(moment).program;
  }

  /** R0 … R10 at a moment, unsigned. */
  registersAt(moment: number): bigint[] {
    const words = this.#registers;
    return Array.from({ length: WORDS / 2 }, (_, register) => {
      const at = moment * WORDS + 2 * register;
      return (BigInt((words[at + 1] ?? 0) >>> 0) << 32n) | BigInt((words[at] ?? 0) >>> 0);
    });
  }

  /** The running functions at a moment, the innermost first. */
  callStackAt(moment: number): CallSite[] {
    const { program, entry, waiting } = this.#placeAt(moment);
    const sites: CallSite[] = [{ program, entry, pc: this.pcAt(moment) }];
    for (let frame = waiting; frame !== undefined; frame = frame.parent)
      sites.push({ program: frame.decoded.program, entry: frame.entry, pc: frame.at / CODE_STRIDE });
    return sites;
  }

  /** The bytes of a region (of `regions`) at a moment. */
  bytesAt(region: TracedRegion, moment: number): Uint8Array {
    const bytes = this.#kept.get(region)?.slice() ?? new Uint8Array();
    for (let i = this.writes.length - 1; i >= 0; i--) {
      const { step, address, before } = this.writes[i] as TracedWrite;
      if (step < moment) break;
      const start = Number(address - region.address);
      const from = Math.max(0, -start);
      const to = Math.min(before.length, bytes.length - start);
      if (from < to) bytes.set(before.subarray(from, to), start + from);
    }
    return bytes;
  }

  /** The function that the run began with, by its first instruction. */
  get entry(): number {
    return this.#places[0]?.entry ?? 0;
  }

  /** Programs that ran, in order: more than one behind tail calls. */
  get programs(): VmProgram[] {
    return [...new Set(this.#places.map(({ program }) => program))];
  }

  /** How often each instruction of a program was executed. */
  countsOf(program: VmProgram): Uint32Array {
    const counts = new Uint32Array(program.insns.length);
    this.#places.forEach((place, i) => {
      if (place.program !== program) return;
      const end = Math.min(this.steps, this.#places[i + 1]?.from ?? this.steps);
      for (let step = place.from; step < end; step++) {
        const pc = this.pcAt(step);
        counts[pc] = (counts[pc] ?? 0) + 1;
      }
    });
    return counts;
  }

  #placeAt(moment: number): Place {
    const places = this.#places;
    let [low, high] = [0, places.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((places[middle] as Place).from <= moment) low = middle;
      else high = middle - 1;
    }
    return places[low] as Place;
  }
}
