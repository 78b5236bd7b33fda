// Compares the verifier with a real kernel on random and mutated programs:
//   npm run fuzz:verifier -- [count] [seed] [--lab] [--log N] [--minutes N] [--words] [--lines]
// Without --lab this machine's kernel is asked (Linux and the right to call bpf(2) are needed), with it the lab's in QEMU.
// Programs are loaded and closed, never attached. Says 'skipped' and why where there is nobody to ask. --log is the log's
// level (1 unless told); --minutes ends it early. Differences in the verdict are printed always, in errno and last words
// (of what is refused) and in instructions and machine code (of what is accepted) with --words, in any line of the log with --lines too; --only syscall,struct_ops compares no other types, --at N the
// program of that number alone, as it is, --from N those from that number on, and --logs FOLDER keeps both logs of the last
// difference there. --part 1/2 compares every second program, 2/2 the others: a run for two
// processors. A running total comes every 30 seconds; totals by type at the end, and when a run is stopped (Ctrl-C). Ends with 1 if anything was accepted here that the kernel refuses, or less
// than 99.5 % of the verdicts agree.
import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFuzzedKernel } from './lib/fuzzed-kernel.mjs';
import { projectNode, requireNode, startNode } from './toolchain.mjs';

requireNode();
if (realpathSync(process.execPath) !== realpathSync(projectNode())) {
  // The rest reads TypeScript, which the project's own Node does.
  process.exit(await startNode('scripts/fuzz-verifier.mjs', process.argv.slice(2)));
}

const engine = (name) => import(`../src/main/engine/${name}`);
const { ProgType } = await engine('abi/index.ts');
const { KFUNC_TABLE } = await engine('kernel/builtin/kfunc-table.ts');
const { FuzzComparison, disagreementText, pattern } = await engine('verifier/testing/fuzz/compare.ts');
const { FuzzDoor } = await engine('verifier/testing/fuzz/door.ts');
const { FuzzStream } = await engine('verifier/testing/fuzz/stream.ts');

/** Milliseconds between running totals. */
const TELL_EVERY = 30_000;
/** Milliseconds after which a program is called slow. */
const SLOW = 20_000;

const words = process.argv.slice(2);
/** The word behind a word, which is then no count and no seed. */
function textOption(name) {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words.splice(at, 2)[1];
}
/** The number behind a word. */
function option(name, otherwise) {
  const text = textOption(name);
  return text === undefined ? otherwise : Number(text);
}
/** Program types behind a word, undefined for all. */
function typesOf(name) {
  const names = textOption(name)?.split(',');
  return names && new Set(names.map((type) => ProgType[type.toUpperCase()]));
}
const logLevel = option('--log', 1);
const minutes = option('--minutes', Infinity);
const only = typesOf('--only');
const at = option('--at', undefined);
const from = option('--from', 0);
const logFolder = textOption('--logs');
const [part, parts] = (textOption('--part') ?? '1/1').split('/').map(Number);
const numbers = words.filter((word) => /^\d+$/.test(word)).map(Number);
const [count = 20000, seed = 1] = numbers;
const inLab = words.includes('--lab');
const unknown = words.find((word) => !/^(?:\d+|--lab|--words|--lines)$/.test(word));
if (unknown !== undefined) {
  console.error(
    `fuzz:verifier: there is no '${unknown}'; the head of scripts/fuzz-verifier.mjs says what there is`,
  );
  process.exit(2);
}
/** Kinds of differences that are printed. */
const wanted = new Set(['verdict']);
if (words.includes('--words') || words.includes('--lines')) wanted.add('errno').add('words').add('code');
if (words.includes('--lines')) wanted.add('log');

function skip(reason) {
  console.log(`fuzz:verifier skipped: ${reason}`);
  process.exit(0);
}

const opened = await openFuzzedKernel(inLab);
if (typeof opened === 'string') skip(opened);
const { real, btf, own, hasHid, stop } = opened;

let realDoor;
try {
  realDoor = new FuzzDoor(real, btf);
} catch (error) {
  await stop();
  skip(`this user may not use bpf(2) (${error.message}); run it as root`);
}
const comparison = new FuzzComparison(realDoor, new FuzzDoor(own.openTask({ name: 'fuzz' }), btf), logLevel);

const kfuncs = KFUNC_TABLE.map(([, name]) => name);
const stream = new FuzzStream(seed, { btf, hasHid, kfuncs });
const texts = new Map();
const percent = (part, whole) => `${whole === 0 ? '100.00' : ((100 * part) / whole).toFixed(2)} %`;

function summary(tally) {
  return (
    `${percent(tally.agree, tally.programs)} of ${tally.programs} verdicts agree ` +
    `(${tally.accepted} accepted, ${tally.refused} refused; ${tally.falseAccept} false accepts, ${tally.falseReject} false rejects); ` +
    `of the refused ${percent(tally.sameErrno, tally.refused)} with the same errno, ${percent(tally.sameWords, tally.refused)} with the same last words; ` +
    `of the accepted ${percent(tally.sameCode, tally.accepted)} with the same code; ` +
    `${percent(tally.sameLog, tally.programs)} of the logs at level ${logLevel} are alike line by line`
  );
}

function total() {
  return `fuzz:verifier on ${real.release}, seed ${seed}: ${summary(comparison.tally)}`;
}

/** Name of a ProgType. */
function typeName(type) {
  const found = Object.entries(ProgType).find(([, value]) => value === type);
  return found === undefined ? `type ${type}` : found[0].toLowerCase();
}

/** Compares one more program; prints how it differs. */
function step(index) {
  const program = stream.next();
  if (program === undefined) return;
  if (only !== undefined && !only.has(program.type)) return;
  if (at !== undefined ? at !== index : index < from || index % parts !== part - 1) return;
  const difference = comparison.compare(program);
  if (difference === undefined || !wanted.has(difference.kind)) return;
  // One of a kind is enough to read, but all are counted.
  const key = `${difference.kind} ${pattern(difference.real)} ${pattern(difference.own)}`;
  texts.set(key, (texts.get(key) ?? 0) + 1);
  if (texts.get(key) > 1) return;
  const shown = at === undefined ? comparison.shrink(difference) : difference;
  console.log(`program ${index} of seed ${seed}, ${disagreementText(shown)}`);
  if (logFolder === undefined) return;
  writeFileSync(join(logFolder, 'kernel.log'), shown.real.log.join('\n'));
  writeFileSync(join(logFolder, 'here.log'), shown.own.log.join('\n'));
}

/** Signals are heard only when the loop lets go. */
function letSignalsIn() {
  return new Promise((resolve) => setImmediate(resolve));
}

let stopped = '';
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (stopped = signal));
const end = performance.now() + minutes * 60_000;
let tellAt = performance.now() + TELL_EVERY;
for (let i = 0; i < count && performance.now() < end && stopped === ''; i++) {
  try {
    const before = performance.now();
    step(i);
    const seconds = Math.round((performance.now() - before) / 1000);
    if (seconds * 1000 > SLOW) console.log(`program ${i} of seed ${seed} took ${seconds} s`);
    await letSignalsIn();
  } catch (error) {
    // Ctrl-C ends the agent too, and often before it is heard of here.
    await letSignalsIn();
    if (stopped === '') throw error;
  }
  if (performance.now() < tellAt) continue;
  console.log(total());
  tellAt = performance.now() + TELL_EVERY;
}
if (stopped !== '') console.log(`fuzz:verifier stopped by ${stopped}; so far:`);
console.log(total());
for (const [type, tally] of comparison.tallies) console.log(`  ${typeName(type)}: ${summary(tally)}`);
await stop();
const { tally } = comparison;
process.exit(tally.falseAccept > 0 || tally.agree < 0.995 * tally.programs ? 1 : 0);
