// How fast the verifier is: node scripts/bench-verifier.mjs. Processed instructions a second on a program of many branches
// (trial division) and on one long loop, and the time to load each sample driver. Best of several rounds.
// `npm run bench` runs it too.
// Ends with 1 if a bar was missed.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, projectNode, requireNode } from './toolchain.mjs';

requireNode();
if (realpathSync(process.execPath) !== realpathSync(projectNode())) {
  const again = spawnSync(projectNode(), [process.argv[1]], { stdio: 'inherit' });
  process.exit(again.status ?? 3);
}

const engine = (name) => import(`../src/main/engine/${name}`);
const { assemble } = await engine('isa/index.ts');
const { parseObject } = await engine('elf/index.ts');
const { loadObject } = await engine('loader/index.ts');
const { Kernel } = await engine('kernel/index.ts');
const { kernelProfile } = await engine('abi/index.ts');
const { Btf } = await engine('btf/index.ts');
const { HidBus, hidProfile } = await engine('hid/index.ts');
const { HidBpf } = await engine('hidbpf/index.ts');
const { verifyProgram } = await engine('verifier/index.ts');
const { fuzzInput } = await engine('verifier/testing/fuzz/input.ts');

const ROUNDS = 7;
/** Of the two programs: code that runs often is compiled again while it runs, which takes a dozen. */
const WARM_ROUNDS = 24;
/** Thousands of processed instructions a second, at least. */
const SPEED_BAR = 300;
/** Milliseconds for one driver, at most. */
const DRIVER_BAR = 20;
const BRANCHES = `r6 = 0
r1 = 2
r2 = 2
r3 = r2
r3 *= r2
if r3 > r1 goto pc+5
r4 = r1
r4 %= r2
if r4 == 0 goto pc+3
r2 += 1
goto pc-8
r6 += 1
r1 += 1
if r1 < 400 goto pc-12
r0 = 0
exit`;
const LOOP = `r6 = 1
r7 = 0
r6 ^= r7
r6 <<= 3
r6 += 1
r7 += 1
if r7 < 20000 goto pc-5
r0 = 0
exit`;

function speed(name, text) {
  const program = { type: 31, attachType: 0, flags: 16, insns: assemble(text), functions: [] };
  let best = 0;
  let processed = 0;
  for (let i = 0; i < WARM_ROUNDS; i++) {
    const start = performance.now();
    const { statistics, message } = verifyProgram(fuzzInput(program, 0));
    if (message !== '') throw new Error(`${name}: ${message}`);
    processed = statistics.processedInsns;
    best = Math.max(best, processed / (performance.now() - start));
  }
  console.log(
    `verifier ${name}: ${best.toFixed(0)} k instructions/s (${processed} processed; bar ${SPEED_BAR})`,
  );
  return best >= SPEED_BAR;
}

/** One load of a driver's object: relocation, BTF, maps and the verification of all its programs. */
function driverTime(folder) {
  const spec = parseObject(new Uint8Array(readFileSync(join(folder, 'driver.bpf.o'))), { name: 'driver' });
  const btf = Btf.parse(new Uint8Array(readFileSync(join(ROOT, 'resources/kernels/6.12.btf'))));
  const kernel = new Kernel({ profile: kernelProfile('6.12'), btf });
  new HidBpf(kernel, new HidBus(hidProfile('6.12')));
  let best = Infinity;
  for (let i = 0; i < ROUNDS; i++) {
    const task = kernel.openTask({ name: 'bench' });
    const start = performance.now();
    loadObject(spec, task, { kernelBtf: btf, kernelVersion: kernel.profile.versionCode, cpus: kernel.cpus });
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const met = [speed('branches', BRANCHES), speed('loop', LOOP)];
const samples = join(ROOT, 'resources/samples');
for (const name of readdirSync(samples)) {
  const time = driverTime(join(samples, name));
  console.log(`verifier driver ${name}: loaded in ${time.toFixed(1)} ms (bar ${DRIVER_BAR})`);
  met.push(time <= DRIVER_BAR);
}
process.exitCode = met.every(Boolean) ? 0 : 1;
