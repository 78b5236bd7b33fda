import { OPCODES } from '../isa/index.ts';
import {
  type Accelerator,
  type Arena,
  CODE_STRIDE,
  type Decoded,
  REGISTERS,
  type RunState,
  internalOp,
  WORK_BYTES,
  wasm,
} from '../vm/index.ts';
import { CELL_BYTES, fastInterpreterModule, operationNumber } from './fast-interpreter-module.ts';

type Runner = (place: number, fuel: number, answer: number) => number;

/** More fuel than this is handed over in portions: it is counted in 32 bits. */
const PORTION = 0x3fff_ffff;

const REGISTER_WORDS = 2 * REGISTERS;
/** In the work area: registers, then the fuel that is left, then programs. */
const ANSWER = 8 * REGISTERS;
const FIRST_IMAGE = 128;

/** Operations whose extra word is a place in the code. */
const JUMPS: ReadonlySet<number> = new Set(
  OPCODES.filter(({ meaning: { kind } }) => kind === 'goto' || kind === 'branch' || kind === 'may-goto').map(
    internalOp,
  ),
);

/** A program in the work area. */
interface Image {
  /** Offset in memory of its first instruction. */
  readonly code: number;
  /** It is gone once the area was used anew. */
  readonly generation: number;
}

/**
 * The interpreter's hot part as WebAssembly: a loop around one jump table, made from the opcode table. It reads the
 * program and keeps the registers in the work area of the arena's memory, out of the reach of programs.
 */
export class FastInterpreter implements Accelerator {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #images = new WeakMap<Decoded, Image>();
  #generation = 0;
  /** Offset in memory of what is not used yet. */
  #free: number;
  #run: Runner | undefined = undefined;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#words = new Int32Array(arena.memory.buffer, arena.workOffset, WORK_BYTES / 4);
    this.#free = arena.workOffset + FIRST_IMAGE;
  }

  advance(state: RunState): void {
    const image = this.#imageOf(state.decoded);
    if (image === undefined) return;
    const words = this.#words;
    const { registers, run } = state;
    for (let i = 0; i < REGISTER_WORDS; i++) words[i] = registers[i] as number;
    const fuel = Math.max(-1, Math.min(run.fuel, PORTION));
    const at = this.#runner()(image.code + 4 * state.at, fuel, this.#arena.workOffset + ANSWER);
    const executed = fuel - (words[ANSWER / 4] as number);
    for (let i = 0; i < REGISTER_WORDS; i++) registers[i] = words[i] as number;
    state.at = (at - image.code) / 4;
    run.fuel -= executed;
    run.instructions += executed;
  }

  #runner(): Runner {
    if (this.#run === undefined) {
      const { memory } = this.#arena;
      const { exports } = new wasm.Instance(new wasm.Module(fastInterpreterModule()), { env: { memory } });
      this.#run = exports['run'] as Runner;
    }
    return this.#run;
  }

  #imageOf(decoded: Decoded): Image | undefined {
    const known = this.#images.get(decoded);
    if (known?.generation === this.#generation) return known;
    const image = this.#write(decoded);
    if (image !== undefined) this.#images.set(decoded, image);
    return image;
  }

  /** Writes a program to the work area; undefined if it is too large. */
  #write({ code, constants }: Decoded): Image | undefined {
    const start = this.#arena.workOffset;
    const size = 4 * constants.length + 4 * code.length + CELL_BYTES;
    if (size > WORK_BYTES - FIRST_IMAGE) return undefined;
    if (this.#free + size > start + WORK_BYTES) {
      this.#free = start + FIRST_IMAGE;
      this.#generation++;
    }
    const first = this.#free + 4 * constants.length;
    const words = this.#words;
    words.set(constants, (this.#free - start) / 4);
    /** The address of a register or constant from its index in words. */
    const place = (index: number): number =>
      index < REGISTER_WORDS ? start + 4 * index : this.#free + 4 * (index - REGISTER_WORDS);
    let at = (first - start) / 4;
    for (let i = 0; i < code.length; i += CODE_STRIDE) {
      const number = operationNumber(code[i] as number);
      const extra = code[i + 3] as number;
      words[at++] = number;
      words[at++] = place(code[i + 1] as number);
      words[at++] = place(code[i + 2] as number);
      words[at++] = JUMPS.has(code[i] as number) ? first + 4 * extra : extra;
    }
    this.#free = first + 4 * code.length;
    return { code: first, generation: this.#generation };
  }
}
