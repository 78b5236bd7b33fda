import { assemble, type Insn, Op } from '../../engine/isa/index.ts';
import { createMachine, translate } from '../../engine/jit/index.ts';
import { Arena, Stepper, type VmProgram } from '../../engine/vm/index.ts';
import { median, timed } from './clock.ts';

/** Milliseconds until a program of so many instructions has run for the first time. */
export interface StartResult {
  readonly instructions: number;
  readonly milliseconds: number;
  /** Size of its WebAssembly module. */
  readonly bytes: number;
  readonly bar: number | undefined;
}

const SIZES: readonly (readonly [instructions: number, bar: number | undefined])[] = [
  [20, undefined],
  [100, 1],
  [1000, undefined],
  [4096, 20],
];
const BATCHES = 12;
const BATCH = 20;
const MEMORY = 64;

function program(name: string, insns: readonly Insn[]): VmProgram {
  return { name, tag: name, insns, helpers: new Map(), kfuncs: new Map() };
}

/** A program with branches and accesses, different for every number. */
function sample(size: number, salt: number): VmProgram {
  const lines: string[] = [];
  while (lines.length < size - 8) {
    const at = lines.length;
    lines.push(
      `r0 = ${salt + at}`,
      `r2 = *(u8 *)(r1 +${at % 60})`,
      'r0 += r2',
      `if r2 == ${at % 7} goto pc+3`,
      'r0 <<= 3',
      `*(u64 *)(r10 -${8 * (1 + (at % 60))}) = r0`,
      `*(u8 *)(r1 +${at % 60}) = r0`,
      'r0 *= r2',
    );
  }
  while (lines.length < size - 1) lines.push('r0 += 1');
  return program(`sample ${size}/${salt}`, assemble([...lines, 'exit'].join('\n')));
}

/** Translate, compile, instantiate and run programs that were not seen before. CPU time has coarse steps: batches. */
export function benchStarts(): StartResult[] {
  return SIZES.map(([instructions, bar]) => {
    const machine = createMachine(new Arena());
    const address = machine.arena.allocate(MEMORY, { label: 'memory' });
    const times = Array.from({ length: BATCHES }, (_, batch) => {
      const programs = Array.from({ length: BATCH }, (__, i) => sample(instructions, BATCH * batch + i));
      const { nanoseconds } = timed(() =>
        programs.forEach((item) => machine.run(item, [address], { engine: 'jit' })),
      );
      return nanoseconds / BATCH / 1e6;
    });
    const bytes = translate(sample(instructions, -1), [0])?.bytes.length ?? 0;
    return { instructions, milliseconds: median(times.slice(5)), bytes, bar };
  });
}

export interface SteppingResult {
  /** Million instructions a second with the undo log on. */
  readonly forward: number;
  /** Milliseconds for STEPS_BACK steps back. */
  readonly back: number;
}

export const STEPPING_BAR = { forward: 10, back: 200 } as const;
export const STEPS_BACK = 100_000;
const STEPS = 1_500_000;

/** A loop of arithmetic, a store and a load. */
function loop(): VmProgram {
  const body = 'r3 *= 17\nr3 *= r2\n*(u64 *)(r1 +0) = r3\nr5 = *(u32 *)(r1 +4)\nr0 += r5\nr2 -= 1';
  const insns = assemble(`r2 = 2000000\nagain:\n${body}\nif r2 != 0 goto again\nexit`);
  return program('loop', insns.concat({ code: Op.EXIT, dst: 0, src: 0, off: 0, imm: 0 }));
}

export function benchStepping(): SteppingResult {
  const machine = createMachine(new Arena());
  const address = machine.arena.allocate(MEMORY, { label: 'memory' });
  const rounds = Array.from({ length: 9 }, () => {
    const stepper = new Stepper(machine, loop(), [address]);
    const forward = (STEPS / timed(() => stepper.run(STEPS)).nanoseconds) * 1000;
    const back = timed(() => stepper.stepBack(STEPS_BACK)).nanoseconds / 1e6;
    stepper.dispose();
    return { forward, back };
  }).slice(2);
  return {
    forward: median(rounds.map((round) => round.forward)),
    back: median(rounds.map((round) => round.back)),
  };
}
