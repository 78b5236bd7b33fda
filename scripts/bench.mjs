// `npm run bench`: the engine's compiled code against the same C compiled natively, as ratios of one run.
// Needs a C compiler (cc), clang with the BPF target, and llvm-objcopy or nothing: the object is read here.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, fail, projectNode, requireNode } from './toolchain.mjs';

requireNode();
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 23 || (major === 23 && minor < 9)) {
  // The engine is imported as TypeScript and CPU time is taken by thread: the project has a Node that can.
  const again = spawnSync(
    projectNode(),
    [import.meta.filename ?? process.argv[1], ...process.argv.slice(2)],
    {
      stdio: 'inherit',
    },
  );
  process.exit(again.status ?? 3);
}

const { Arena, Stepper } = await import('../src/main/engine/vm/index.ts');
const { decodeInsns } = await import('../src/main/engine/isa/index.ts');
const { createMachine, translate } = await import('../src/main/engine/jit/index.ts');

const ROUNDS = 7;
/** name, bytes of memory, bytes restored before each run, runs a round, the bar: ratio to native, or nanoseconds. */
const KERNELS = [
  { name: 'hash', size: 8, restore: 0, runs: 20_000, ratio: 1.2 },
  { name: 'primes', size: 8, restore: 0, runs: 20_000, ratio: 1.4 },
  { name: 'checksum', size: 4096, restore: 0, runs: 80_000, ratio: 1.8 },
  { name: 'parse', size: 64, restore: 0, runs: 800_000, ratio: 2.2 },
  { name: 'fixup', size: 64, restore: 64, runs: 6_000_000, nanoseconds: 15 },
];

function find(names, args, what) {
  const found = names.find((name) => spawnSync(name, args, { stdio: 'ignore' }).status === 0);
  return found ?? fail(`${what} is needed: none of ${names.join(', ')} works`, 2);
}

/** The bytes of a section of a little-endian 64-bit ELF file. */
function sectionOf(file, wanted) {
  const sections = Number(file.readBigUInt64LE(40));
  const header = (i) => {
    const at = sections + 64 * i;
    const offset = Number(file.readBigUInt64LE(at + 24));
    return { name: file.readUInt32LE(at), offset, size: Number(file.readBigUInt64LE(at + 32)) };
  };
  const names = header(file.readUInt16LE(62));
  for (let i = 0; i < file.readUInt16LE(60); i++) {
    const { name, offset, size } = header(i);
    const start = names.offset + name;
    const text = file.toString('latin1', start, file.indexOf(0, start));
    if (text === wanted) return file.subarray(offset, offset + size);
  }
  return fail(`no section ${wanted} in the object`);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function memoryOf(size) {
  return Uint8Array.from({ length: size }, (_, i) => (i === 0 ? 1 : i * 37 + 11));
}

const cc = find(['cc', 'gcc', 'clang'], ['--version'], 'a C compiler');
const clang = find(['clang', 'clang-19', 'clang-18', 'clang-17'], ['--print-targets'], 'clang');
const folder = mkdtempSync(join(tmpdir(), 'hidsmith-bench-'));

function build({ name }) {
  const source = join(ROOT, 'bench', `${name}.c`);
  const native = join(folder, name);
  execFileSync(cc, ['-O2', '-o', native, source, join(ROOT, 'bench/native.c')]);
  const object = join(folder, `${name}.o`);
  execFileSync(clang, ['-O2', '-target', 'bpf', '-mcpu=v3', '-c', '-o', object, source]);
  const insns = decodeInsns(new Uint8Array(sectionOf(readFileSync(object), '.text')));
  return { native, program: { name, tag: name, insns, helpers: new Map(), kfuncs: new Map() } };
}

/** CPU time of this thread in nanoseconds: what other processes do meanwhile does not count. */
function cpuTime() {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
}

function timed(action) {
  const start = cpuTime();
  const result = action();
  return { nanoseconds: cpuTime() - start, result };
}

function measure(kernel) {
  const { native, program } = build(kernel);
  const machine = createMachine(new Arena());
  const memory = memoryOf(kernel.size);
  const address = machine.arena.allocate(kernel.size, { label: 'memory' });
  machine.arena.write(address, memory);
  const options = kernel.restore > 0 ? { restore: { address, bytes: memory } } : {};
  const args = [address, BigInt(kernel.size)];
  const run = (engine, repeat) => machine.run(program, args, { engine, repeat, fuel: 1e15, ...options });
  // Warm up: the JavaScript engine optimises in the background.
  const first = run('jit', 1).r0;
  for (let i = 0; i < 5; i++) run('jit', kernel.runs);
  const share = Math.max(1, Math.floor(kernel.runs / 60));
  for (let i = 0; i < 3; i++) run('interpreter', share);
  const rounds = Array.from({ length: ROUNDS }, () => {
    const lines = execFileSync(native, [kernel.runs, 1, kernel.size, kernel.restore].map(String), {
      encoding: 'utf8',
    });
    const [result, time] = lines.split('\n');
    const jit = timed(() => run('jit', kernel.runs));
    const slow = timed(() => run('interpreter', share));
    return {
      result: BigInt(`0x${result}`),
      native: Number(time),
      jit: jit.nanoseconds / kernel.runs,
      interpreter: slow.nanoseconds / share,
      instructions: slow.result.instructions / share,
    };
  });
  if (kernel.restore === kernel.size && rounds[0].result !== first) fail(`${kernel.name}: results differ`, 1);
  return rounds;
}

function line(cells) {
  console.log(
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(10) : String(cell).padStart(12))).join(''),
  );
}

let missed = 0;
function verdict(good) {
  if (!good) missed++;
  return good ? 'ok' : 'MISSED';
}

line(['kernel', 'native ns', 'JIT ns', 'ratio', 'bar', '', 'interp. M/s', '']);
for (const kernel of KERNELS) {
  const rounds = measure(kernel);
  const of = (pick) => median(rounds.map(pick));
  const ratio = of((round) => round.jit / round.native);
  const speed = of((round) => (round.instructions / round.interpreter) * 1000);
  const jit = of((round) => round.jit);
  const good = kernel.ratio === undefined ? jit <= kernel.nanoseconds : ratio <= kernel.ratio;
  const bar = kernel.ratio === undefined ? `${kernel.nanoseconds} ns` : kernel.ratio.toFixed(1);
  const cells = [kernel.name, of((round) => round.native).toFixed(1), jit.toFixed(1), ratio.toFixed(2), bar];
  line([...cells, verdict(good), speed.toFixed(0), verdict(speed >= 100)]);
}

/** A program of about so many instructions with branches and accesses, different for every number. */
function sample(size, salt) {
  const insns = [];
  const add = (code, dst, src, off, imm) => insns.push({ code, dst, src, off, imm });
  while (insns.length < size - 8) {
    add(0xb7, 0, 0, 0, salt + insns.length);
    add(0x71, 2, 1, insns.length % 60, 0);
    add(0x0f, 0, 2, 0, 0);
    add(0x15, 2, 0, 3, insns.length % 7);
    add(0x67, 0, 0, 0, 3);
    add(0x7b, 10, 0, -8 * (1 + (insns.length % 60)), 0);
    add(0x73, 1, 0, insns.length % 60, 0);
    add(0xaf, 0, 2, 0, 0);
  }
  while (insns.length < size - 1) add(0x07, 0, 0, 0, 1);
  add(0x95, 0, 0, 0, 0);
  return { name: `sample${salt}`, tag: `sample${salt}`, insns, helpers: new Map(), kfuncs: new Map() };
}

console.log('\ntranslate, compile, instantiate and first run (warm, median of 7 batches of 20 programs)');
for (const [size, bar] of [
  [20, undefined],
  [100, 1],
  [1000, undefined],
  [4096, 20],
]) {
  const machine = createMachine(new Arena());
  const address = machine.arena.allocate(64, { label: 'memory' });
  // CPU time comes in coarse steps: take a batch of programs at a time.
  const batch = (from) => {
    const programs = Array.from({ length: 20 }, (_, i) => sample(size, (from + i) * 5));
    return timed(() => programs.forEach((program) => machine.run(program, [address], { engine: 'jit' })));
  };
  const times = Array.from({ length: 12 }, (_, i) => batch(20 * i).nanoseconds / 20 / 1e6).slice(5);
  const bytes = translate(sample(size, 1), [0]).bytes.length;
  const time = median(times);
  const judged = bar === undefined ? '' : `bar ${bar} ms: ${verdict(time <= bar)}`;
  console.log(
    `${String(size).padStart(6)} instructions ${time.toFixed(2).padStart(8)} ms ${String(bytes).padStart(8)} bytes  ${judged}`,
  );
}

console.log('\nstepping with the undo log');
{
  const machine = createMachine(new Arena());
  const address = machine.arena.allocate(64, { label: 'memory' });
  const { program } = build(KERNELS[0]);
  const speeds = [];
  const backs = [];
  for (let i = 0; i < 7; i++) {
    const stepper = new Stepper(machine, program, [address, 64n]);
    const forward = timed(() => stepper.run());
    speeds.push((stepper.steps / forward.nanoseconds) * 1000);
    const again = new Stepper(machine, sampleLoop(), [address]);
    again.run(1_500_000);
    speeds.push((1_500_000 / timed(() => again.run(1_500_000)).nanoseconds) * 1000);
    backs.push(timed(() => again.stepBack(100_000)).nanoseconds / 1e6);
    stepper.dispose();
    again.dispose();
  }
  const speed = median(speeds.slice(4));
  const back = median(backs.slice(2));
  console.log(`forward ${speed.toFixed(1)} M instructions/s  bar 10: ${verdict(speed >= 10)}`);
  console.log(`100,000 steps back ${back.toFixed(1)} ms  bar 200 ms: ${verdict(back <= 200)}`);
}

function sampleLoop() {
  const i = (code, dst, src, off, imm) => ({ code, dst, src, off, imm });
  const insns = [
    i(0xb7, 2, 0, 0, 2_000_000),
    i(0x27, 3, 0, 0, 17),
    i(0xaf, 3, 2, 0, 0),
    i(0x7b, 1, 3, 0, 0),
    i(0x61, 5, 1, 4, 0),
    i(0x0f, 0, 5, 0, 0),
    i(0x17, 2, 0, 0, 1),
    i(0x55, 2, 0, -7, 0),
    i(0x95, 0, 0, 0, 0),
  ];
  return { name: 'loop', tag: 'loop', insns, helpers: new Map(), kfuncs: new Map() };
}

rmSync(folder, { recursive: true, force: true });
const { benchReplay } = await import('./bench/replay.mjs');
console.log('\nReports through a driver with one event hook');
if (!(await benchReplay())) missed++;
const { benchKernel } = await import('./bench/kernel.mjs');
console.log('\nThe simulated kernel');
missed += benchKernel();
const { benchSkeleton } = await import('./bench/skeleton.mjs');
console.log('\nLight skeletons');
if (!benchSkeleton(clang)) missed++;
console.log(missed === 0 ? '\nall bars met' : `\n${missed} bars missed (on this machine, now)`);
process.exit(missed === 0 ? 0 : 1);
