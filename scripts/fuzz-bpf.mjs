// Compares bpf(2) with a real kernel's on random sequences of calls, good and bad:
//   npm run fuzz:bpf -- [count] [seed] [--lab] [--all]
// Without --lab this machine's kernel is asked (Linux and root are needed), and then nothing is attached, pinned or switched on;
// with it the lab's in QEMU is asked. Compared are results, the attribute written back and every buffer that the kernel fills.
// One difference of a kind is printed, with --all every one. Ends with 1 if there was any.
import { realpathSync } from 'node:fs';
import { openFuzzedKernel } from './lib/fuzzed-kernel.mjs';
import { projectNode, requireNode, startNode } from './toolchain.mjs';

requireNode();
if (realpathSync(process.execPath) !== realpathSync(projectNode())) {
  // The rest reads TypeScript, which the project's own Node does.
  process.exit(await startNode('scripts/fuzz-bpf.mjs', process.argv.slice(2)));
}

const calls = (name) => import(`../src/main/engine/kernel/testing/calls/${name}`);
const { compareCalls, differenceKind } = await calls('fuzz/compare.ts');
const { CallGenerator } = await calls('fuzz/generator.ts');
const { CallPlayer } = await calls('play.ts');
const { RealTarget, SimulatedTarget } = await calls('targets.ts');

/** Sequences between running totals. */
const TELL_EVERY = 500;

const words = process.argv.slice(2);
const [count = 5000, seed = 1] = words.filter((word) => /^\d+$/.test(word)).map(Number);
const inLab = words.includes('--lab');
const all = words.includes('--all');

function skip(reason) {
  console.log(`fuzz:bpf skipped: ${reason}`);
  process.exit(0);
}

const opened = await openFuzzedKernel(inLab);
if (typeof opened === 'string') skip(opened);
const { real, btf, own, profile, stop } = opened;
const player = (target) => new CallPlayer(target, profile.code, btf);
const realPlayer = player(new RealTarget(real));
const ownPlayer = player(new SimulatedTarget(own));
const generator = new CallGenerator(seed, inLab);
const kinds = new Map();
let steps = 0;
let differing = 0;

function total(sequences) {
  return `fuzz:bpf on ${real.release}, seed ${seed}: ${sequences} sequences of ${steps} calls, ${differing} answered differently (${kinds.size} kinds)`;
}

for (let i = 0; i < count; i++) {
  const section = generator.section(`sequence ${i}`);
  steps += section.split('\n').length - 2;
  const difference = compareCalls(section, realPlayer, ownPlayer);
  if (difference !== undefined) {
    differing++;
    const kind = differenceKind(difference);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (all || kinds.get(kind) === 1) {
      const { before, real: theirs, own: ours } = difference;
      console.log(`sequence ${i}:\n${before.join('\n')}\nLinux:     ${theirs}\nsimulated: ${ours}\n`);
    }
  }
  if ((i + 1) % TELL_EVERY === 0) console.log(total(i + 1));
}
for (const [kind, times] of [...kinds].sort((a, b) => b[1] - a[1])) console.log(`${times} × ${kind}`);
console.log(total(count));
await stop();
process.exit(differing === 0 ? 0 : 1);
