import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readElf } from '../../engine/elf/elf-file.ts';
import { decodeInsns } from '../../engine/isa/index.ts';
import { createMachine } from '../../engine/jit/index.ts';
import { Arena, type EngineName, type RunResult, type VmProgram } from '../../engine/vm/index.ts';
import { HostError, compile, compileNative, findCompiler, runNative } from '../../host/compiler/index.ts';
import { median, timed } from './clock.ts';

/** A C function that is compiled for this machine and for BPF: `u64 run(void *memory, u64 length)`. */
interface BenchKernel {
  readonly name: string;
  /** Bytes of memory, and how many of them are put back before each run. */
  readonly size: number;
  readonly restored: number;
  /** Runs of a round. */
  readonly runs: number;
  /** What compiled code may take: so many times native, or so many nanoseconds a run. */
  readonly bar: { readonly ratio: number } | { readonly nanoseconds: number };
}

const KERNELS: readonly BenchKernel[] = [
  { name: 'hash', size: 8, restored: 0, runs: 20_000, bar: { ratio: 1.2 } },
  { name: 'primes', size: 8, restored: 0, runs: 20_000, bar: { ratio: 1.4 } },
  { name: 'checksum', size: 4096, restored: 0, runs: 80_000, bar: { ratio: 1.8 } },
  { name: 'parse', size: 64, restored: 0, runs: 800_000, bar: { ratio: 2.2 } },
  { name: 'fixup', size: 64, restored: 64, runs: 6_000_000, bar: { nanoseconds: 15 } },
];

const ROUNDS = 7;
/** The interpreter makes so many times fewer runs. */
const INTERPRETER_SHARE = 60;

/** A row of the table; times in nanoseconds a run. */
export interface KernelResult {
  readonly name: string;
  readonly native: number;
  readonly jit: number;
  readonly ratio: number;
  readonly bar: BenchKernel['bar'];
  readonly met: boolean;
  /** Million instructions a second. */
  readonly interpreter: number;
}

/** The interpreter's bar, in million instructions a second. */
export const INTERPRETER_BAR = 100;

function memoryOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i === 0 ? 1 : i * 37 + 11));
}

/** The kernel as a program of the VM, from its source compiled for BPF. */
async function bpfProgram(folder: string, name: string): Promise<VmProgram> {
  const search = await findCompiler();
  if (!search.found) throw new HostError('not-found', search.help, search.tried);
  const main = `${name}.c`;
  const files = [{ path: main, text: await readFile(join(folder, main), 'utf8') }];
  const { object, output } = await compile({ compiler: search.compiler, files, main, includeDirs: [] });
  if (object === undefined) throw new HostError('io', `${main} does not compile for BPF: ${output}`);
  const text = readElf(object).sections.find((section) => section.name === '.text');
  if (text === undefined) throw new HostError('io', `${main}: no code in the object`);
  return {
    name,
    tag: `bench ${name}`,
    insns: decodeInsns(text.bytes),
    helpers: new Map(),
    kfuncs: new Map(),
  };
}

interface Round {
  readonly native: number;
  readonly jit: number;
  readonly interpreter: number;
}

/** Native and compiled code take turns, so that both see the same machine. */
async function measure(kernel: BenchKernel, program: VmProgram, native: string): Promise<KernelResult> {
  const { size, restored, runs } = kernel;
  const arena = new Arena();
  const machine = createMachine(arena);
  const bytes = memoryOf(size);
  const address = arena.allocate(size, { label: 'memory' });
  arena.write(address, bytes);
  const restore = restored > 0 ? { restore: { address, bytes: bytes.subarray(0, restored) } } : {};
  const run = (engine: EngineName, repeat: number): RunResult =>
    machine.run(program, [address, BigInt(size)], { engine, repeat, fuel: 1e15, ...restore });
  const share = Math.max(1, Math.floor(runs / INTERPRETER_SHARE));
  // The JavaScript engine optimises in the background.
  for (let i = 0; i < 5; i++) run('jit', runs);
  for (let i = 0; i < 3; i++) run('interpreter', share);
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const [result, time] = (await runNative(native, [runs, 1, size, restored].map(String))).split('\n');
    const jit = timed(() => run('jit', runs));
    const slow = timed(() => run('interpreter', share));
    if (restored === size && BigInt(`0x${result ?? ''}`) !== jit.result.r0) {
      throw new HostError('io', `${kernel.name}: compiled and native code give different results`);
    }
    rounds.push({
      native: Number(time),
      jit: jit.nanoseconds / runs,
      interpreter: (slow.result.instructions / slow.nanoseconds) * 1000,
    });
  }
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const ratio = of((round) => round.jit / round.native);
  const jit = of((round) => round.jit);
  const { name, bar } = kernel;
  const met = 'ratio' in bar ? ratio <= bar.ratio : jit <= bar.nanoseconds;
  return {
    name,
    native: of((round) => round.native),
    jit,
    ratio,
    bar,
    met,
    interpreter: of((round) => round.interpreter),
  };
}

/**
 * Measures the C files of a folder, one after another.
 * @throws HostError `not-found` where a compiler is missing, `io` where one says no
 */
export async function benchKernels(folder: string, done: (result: KernelResult) => void): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'hidsmith-bench-'));
  try {
    for (const kernel of KERNELS) {
      const native = join(work, kernel.name);
      await compileNative([join(folder, `${kernel.name}.c`), join(folder, 'native.c')], native);
      done(await measure(kernel, await bpfProgram(folder, kernel.name), native));
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
