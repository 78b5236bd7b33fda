// `npm run conformance -- [SUITE.json]`: every program of the bpf_conformance suite through the plugin, a process each, with
// both engines. The suite is ../shared/data/conformance/assembled.json unless told: [{name, mem, prog, result}], hex.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ROOT, ensureBuilt, ensureInstalled, fail, projectNode, requireNode } from './toolchain.mjs';

requireNode();
ensureInstalled();
ensureBuilt();
const path = process.argv[2] ?? join(ROOT, '../shared/data/conformance/assembled.json');
if (!existsSync(path)) fail(`${path} is missing: give the suite as an argument`, 2);
const suite = JSON.parse(readFileSync(path, 'utf8'));

/** One run of the plugin as the suite's runner does it. */
function plugin({ mem, prog }, engine) {
  const words = [...(mem === '' ? [] : [mem]), '--engine', engine];
  const child = spawn(projectNode(), [join(ROOT, 'scripts/hidsmith-conformance.mjs'), ...words]);
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (err += data));
  child.stdin.end(prog);
  return new Promise((done) => child.on('close', (status) => done({ status, out, err })));
}

const work = suite.flatMap((test) => ['interpreter', 'jit'].map((engine) => ({ test, engine })));
const passed = { interpreter: 0, jit: 0 };
async function worker() {
  for (let next = work.shift(); next !== undefined; next = work.shift()) {
    const { test, engine } = next;
    const { status, out, err } = await plugin(test, engine);
    const good =
      status === 0 && /^[0-9a-f]+\n$/.test(out) && BigInt(`0x${out.trim()}`) === BigInt(test.result);
    if (good) passed[engine]++;
    else
      console.log(
        `${test.name} (${engine}): expected ${test.result}, got ${out.trim()}${err.trim()}, status ${status}`,
      );
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, worker));
for (const [engine, count] of Object.entries(passed))
  console.log(`${engine}: ${count} of ${suite.length} passed`);
process.exit(passed.interpreter + passed.jit === 2 * suite.length ? 0 : 1);
