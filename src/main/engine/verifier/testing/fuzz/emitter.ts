/** What the generator's parts share: a random source, the instructions so far, and what each register holds. */
import { type Insn } from '../../../isa/index.ts';

/** Numbers with a seed of their own: the same seed gives the same sequence. */
export class Random {
  #state: number;
  /** The program is written without mistakes, as far as its author knows. */
  careful = false;

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 2654435761) ^ 0x9e37_79b9) >>> 0;
  }

  /** 0 … n - 1 */
  below(n: number): number {
    // xorshift: the low bits of a linear generator would repeat too soon.
    let x = this.#state || 1;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return Math.floor((this.#state / 0x1_0000_0000) * n);
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  /** As `once`, for mistakes: never in a program that is written with care. */
  slip(n: number): boolean {
    const happens = this.once(n);
    return happens && !this.careful;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** What the generator believes a register holds. */
export type Holding =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'number' }
  | { readonly kind: 'context' }
  | {
      readonly kind: 'memory';
      readonly size: number;
      readonly readOnly: boolean;
      readonly reference?: boolean;
    }
  | { readonly kind: 'packet'; readonly size: number }
  | { readonly kind: 'packet-end' }
  | { readonly kind: 'object' };

export const NOTHING: Holding = { kind: 'nothing' };
export const NUMBER: Holding = { kind: 'number' };

export const CONSTANTS = [
  0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 33, 48, 63, 64, 100, 127, 128, 255, 256, 511, 512, 4095, 4096,
  65535, 65536, 0x7fffffff, -1, -2, -7, -8, -16, -0x8000_0000, 0x40000000, -65536, 0x10000000, -127, -4096,
];

/** sched_cls, xdp, struct_ops, syscall. */
const LOCKING_TYPES: readonly number[] = [3, 6, 27, 31];
const SIZES = [0x18, 0x18, 0x00, 0x08, 0x10];
const BYTES: Readonly<Record<number, number>> = { 0x18: 8, 0x00: 4, 0x08: 2, 0x10: 1 };

/** Where a jump of a block that is still open has its instruction. */
export class Emitter {
  readonly random: Random;
  readonly insns: Insn[] = [];
  /** Of the function that is being written: R0 to R9. */
  holdings: Holding[] = [];
  /** Type of the program, and whether it may sleep: not every map suits them. */
  readonly type: number;
  readonly sleeps: boolean;
  /** Slots that were written, so that reads find something. */
  written = new Set<number>();

  constructor(random: Random, type: number, sleeps: boolean) {
    this.random = random;
    this.type = type;
    this.sleeps = sleeps;
  }

  /** The program may use maps with locks and timers. */
  get mayLock(): boolean {
    return LOCKING_TYPES.includes(this.type) || this.random.slip(60);
  }

  get at(): number {
    return this.insns.length;
  }

  emit(code: number, dst: number, src: number, off: number, imm: number): number {
    this.insns.push({ code, dst, src, off: (off << 16) >> 16, imm: imm | 0 });
    return this.insns.length - 1;
  }

  /** ld_imm64 */
  wide(dst: number, src: number, low: number, high: number): void {
    this.emit(0x18, dst, src, 0, low);
    this.emit(0, 0, 0, 0, high);
  }

  move(dst: number, src: number): void {
    this.emit(0xbf, dst, src, 0, 0);
  }

  set(dst: number, value: number): void {
    this.emit(0xb7, dst, 0, 0, value);
  }

  /** dst = fp + offset */
  framePointer(dst: number, offset: number): void {
    this.move(dst, 10);
    if (offset !== 0) this.emit(0x07, dst, 0, 0, offset);
  }

  call(helper: number): void {
    this.emit(0x85, 0, 0, 0, helper);
    for (let i = 0; i <= 5; i++) this.holdings[i] = NOTHING;
  }

  /** Makes the jump at `at` lead here. */
  land(at: number): void {
    const insn = this.insns[at] as Insn;
    insn.off = this.at - at - 1;
  }

  holds(register: number): Holding {
    return this.holdings[register] ?? NOTHING;
  }

  /** Registers of one kind; R0 … R9. */
  withKind<K extends Holding['kind']>(kind: K): number[] {
    const found: number[] = [];
    for (let i = 0; i < 10; i++) if (this.holds(i).kind === kind) found.push(i);
    return found;
  }

  /** A register with a number, most often; now and then any. */
  number(): number {
    if (this.random.slip(80)) return this.random.below(11);
    const numbers = this.withKind('number');
    if (numbers.length > 0) return this.random.pick(numbers);
    this.set(0, this.constant());
    this.holdings[0] = NUMBER;
    return 0;
  }

  /** A register that is worth nothing any more. */
  target(): number {
    const { random } = this;
    const free = [0, 6, 7, 8, 9].filter((i) => {
      const { kind } = this.holds(i);
      return kind === 'number' || kind === 'nothing';
    });
    return free.length === 0 || random.slip(40) ? random.below(10) : random.pick(free);
  }

  constant(): number {
    const { random } = this;
    return random.once(6) ? random.below(0x1_0000_0000) | 0 : random.pick(CONSTANTS);
  }

  /** Opcode bits of an access and its bytes. */
  size(): { readonly bits: number; readonly bytes: number } {
    const bits = this.random.pick(SIZES);
    return { bits, bytes: BYTES[bits] ?? 8 };
  }

  /** After two ways meet only what both hold is left. */
  meet(other: readonly Holding[]): void {
    this.holdings = this.holdings.map((holding, i) => {
      const there = other[i] ?? NOTHING;
      if (holding.kind === there.kind && JSON.stringify(holding) === JSON.stringify(there)) return holding;
      return NOTHING;
    });
  }
}
