// Compares the verifier with the running kernel on random and mutated programs: npm run fuzz:verifier -- [count] [seed]
// Needs Linux, gcc and the right to call bpf(2); says 'skipped' and why where one is missing. Programs are loaded and
// closed, never attached. Ends with 1 if the verifier accepted anything that the kernel refuses.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { Btf } = await import('../src/main/engine/btf/index.ts');
const { encodeInsns, printInsn } = await import('../src/main/engine/isa/index.ts');
const { verifyProgram, verifierProfile } = await import('../src/main/engine/verifier/index.ts');
const { oldstyleInput, plainInput, readOldstyle } =
  await import('../src/main/engine/verifier/testing/oldstyle.ts');
const { ProgramGenerator } = await import('../src/main/engine/verifier/testing/program-generator.ts');

function skip(reason) {
  console.log(`fuzz:verifier skipped: ${reason}`);
  process.exit(0);
}

if (process.platform !== 'linux') skip('there is no Linux kernel to ask');
const folder = mkdtempSync(join(tmpdir(), 'hidsmith-verifier-'));
const binary = join(folder, 'agent');
const compiled = spawnSync('gcc', ['-O1', '-o', binary, join(root, 'scripts/verifier-agent.c')], {
  encoding: 'utf8',
});
if (compiled.status !== 0)
  skip(`the agent could not be compiled (${compiled.error?.message ?? compiled.stderr})`);

const agent = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] });
let received = Buffer.alloc(0);
let wake = () => {};
agent.stdout.on('data', (data) => {
  received = Buffer.concat([received, data]);
  wake();
});

async function take(count) {
  while (received.length < count) await new Promise((done) => (wake = done));
  const bytes = received.subarray(0, count);
  received = received.subarray(count);
  return bytes;
}

/** The kernel's verdict: errno and the last line of its log before the statistics. */
async function ask(input) {
  const head = Buffer.alloc(20);
  const fields = [input.progType, input.expectedAttachType, input.progFlags, 1, input.insns.length];
  fields.forEach((value, i) => head.writeUInt32LE(value >>> 0, i * 4));
  agent.stdin.write(Buffer.concat([head, encodeInsns(input.insns)]));
  const reply = await take(8);
  const log = (await take(reply.readUInt32LE(4))).toString();
  const lines = log.trimEnd().split('\n');
  return {
    errno: reply.readInt32LE(0),
    message: lines.filter((line) => !line.startsWith('processed ')).at(-1) ?? '',
  };
}

const count = Number(process.argv[2] ?? 20000);
const seed = Number(process.argv[3] ?? 1);
const version = /^\d+\.\d+/.exec(release())?.[0] ?? '6.18';
const settings = { profile: verifierProfile(version), possibleCpus: cpus().length };
const corpusPath = [process.env['HIDSMITH_SHARED'], join(root, '../shared'), join(root, '../../shared')]
  .filter((path) => path !== undefined)
  .map((path) => join(path, 'data/verifier/oldstyle.jsonl'))
  .find((path) => existsSync(path));
const corpus = corpusPath === undefined ? [] : readOldstyle(corpusPath);
const kernelBtf = existsSync('/sys/kernel/btf/vmlinux')
  ? Btf.parse(new Uint8Array(readFileSync('/sys/kernel/btf/vmlinux')))
  : undefined;

const trivial = plainInput(
  {
    type: 1,
    attachType: 0,
    flags: 0,
    insns: [
      { code: 0xb7, dst: 0, src: 0, off: 0, imm: 0 },
      { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
    ],
  },
  1,
  kernelBtf,
);
const first = await ask(trivial);
if (first.errno !== 0) {
  agent.kill();
  skip(`this user may not load programs (errno ${-first.errno}); run it as root`);
}

/** kfuncs and kernel variables depend on the kernel's build: they are left out. */
function isComparable(insns) {
  return !insns.some(
    (insn) => (insn.code === 0x18 && insn.src >= 3) || (insn.code === 0x85 && insn.src === 2),
  );
}

const generator = new ProgramGenerator(seed);
const tally = {
  programs: 0,
  accepted: 0,
  agree: 0,
  falseAccept: 0,
  falseReject: 0,
  refused: 0,
  sameWords: 0,
};
for (let i = 0; i < count; i++) {
  let input;
  if (corpus.length > 0 && generator.below(3) === 0) {
    const base = oldstyleInput(generator.pick(corpus), 1, kernelBtf);
    input = { ...base, insns: generator.mutate(base.insns) };
  } else input = plainInput(generator.program(), 1, kernelBtf);
  if (!isComparable(input.insns)) continue;
  input = { ...input, ...settings };
  const kernel = await ask(input);
  const own = verifyProgram(input);
  tally.programs += 1;
  tally[kernel.errno === 0 ? 'accepted' : 'refused'] += 1;
  if ((kernel.errno === 0) === (own.errno === 0)) {
    tally.agree += 1;
    if (kernel.errno !== 0 && kernel.message === own.message) tally.sameWords += 1;
    continue;
  }
  tally[own.errno === 0 ? 'falseAccept' : 'falseReject'] += 1;
  console.log(
    `program ${i} of seed ${seed} (type ${input.progType}): kernel ${kernel.errno} '${kernel.message}', here ${own.errno} '${own.message}'`,
  );
  console.log(input.insns.map((insn, at) => `  ${at}: ${printInsn(insn, input.insns[at + 1])}`).join('\n'));
}
agent.kill();
const share = ((100 * tally.agree) / tally.programs).toFixed(2);
console.log(`fuzz:verifier on ${release()}: ${share} % of ${tally.programs} verdicts agree`, tally);
process.exit(tally.falseAccept > 0 || tally.agree < 0.995 * tally.programs ? 1 : 0);
