// Asks a real kernel what it makes of programs that show how it rewrites and compiles them, and keeps the answer for the tests:
//   node scripts/record-code.mjs [--lab]
// Without --lab this machine's kernel is asked (root on Linux), with it the lab's in QEMU. Programs are loaded, never run.
import { realpathSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { openFuzzedKernel } from './lib/fuzzed-kernel.mjs';
import { projectNode, requireNode, startNode } from './toolchain.mjs';

requireNode();
if (realpathSync(process.execPath) !== realpathSync(projectNode())) {
  // The rest reads TypeScript, which the project's own Node does.
  process.exit(await startNode('scripts/record-code.mjs', process.argv.slice(2)));
}
const testing = '../src/main/engine/kernel/translation/testing';
const { REWRITTEN_PROGRAMS } = await import(`${testing}/rewritten-programs.ts`);
const { shownCode } = await import(`${testing}/shown-code.ts`);
const { FuzzDoor } = await import('../src/main/engine/verifier/testing/fuzz/door.ts');

const opened = await openFuzzedKernel(process.argv.includes('--lab'));
if (typeof opened === 'string') {
  console.log(`record-code skipped: ${opened}`);
  process.exit(0);
}
const { real, btf, profile, stop } = opened;
const door = new FuzzDoor(real, btf);
const programs = {};
for (const { title, program } of REWRITTEN_PROGRAMS) {
  const { code, errno, message } = door.load(program, 1);
  if (code === undefined) console.log(`${title}: refused with ${errno} '${message}'`);
  else programs[title] = shownCode(code);
}
const file = resolve(import.meta.dirname, testing, `linux-${profile.name}.json`);
const text = JSON.stringify({ release: real.release, programs });
writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'json' }));
console.log(`${Object.keys(programs).length} programs of ${real.release} in ${file}`);
await stop();
process.exit(0);
