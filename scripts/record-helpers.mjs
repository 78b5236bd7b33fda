// Asks a real kernel which helpers each type of program may call, and keeps the answer for the tests:
//   node scripts/record-helpers.mjs [--lab]
// Without --lab this machine's kernel is asked (root on Linux), with it the lab's in QEMU. Programs are loaded, never run.
import { realpathSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openFuzzedKernel } from './lib/fuzzed-kernel.mjs';
import { projectNode, requireNode, startNode } from './toolchain.mjs';

requireNode();
if (realpathSync(process.execPath) !== realpathSync(projectNode())) {
  // The rest reads TypeScript, which the project's own Node does.
  process.exit(await startNode('scripts/record-helpers.mjs', process.argv.slice(2)));
}
const engine = (name) => import(`../src/main/engine/${name}`);
const { HELPER_NAMES, ProgFlag, ProgType } = await engine('abi/index.ts');
const { assemble } = await engine('isa/index.ts');
const { FuzzDoor } = await engine('verifier/testing/fuzz/door.ts');

/** Attach types that make a difference; 0 for all other types. */
const ATTACH_TYPES = {
  CGROUP_SKB: [0, 1],
  CGROUP_SOCK: [2, 12, 13, 34],
  CGROUP_SOCK_ADDR: [8, 9, 10, 11, 14, 15, 19, 20, 29, 30, 31, 32],
  CGROUP_SOCKOPT: [21, 22],
  SK_LOOKUP: [36],
};
/** Types that are told apart by what they attach to, and those that no kernel here has. */
const LEFT_OUT = ['UNSPEC', 'TRACING', 'EXT', 'LSM', 'STRUCT_OPS', 'LIRC_MODE2', 'NETFILTER'];

const opened = await openFuzzedKernel(process.argv.includes('--lab'));
if (typeof opened === 'string') {
  console.log(`record-helpers skipped: ${opened}`);
  process.exit(0);
}
const { real, btf, stop } = opened;
const door = new FuzzDoor(real, btf);
const lines = [];
for (const [name, type] of Object.entries(ProgType)) {
  if (LEFT_OUT.includes(name)) continue;
  const flags = name === 'SYSCALL' ? ProgFlag.SLEEPABLE : 0;
  for (const attachType of ATTACH_TYPES[name] ?? [0]) {
    const helpers = [];
    for (let id = 1; id < HELPER_NAMES.length; id++) {
      const insns = assemble(`call unknown#${id}\nr0 = 0\nexit`);
      const { message } = door.load({ type, attachType, flags, insns, functions: [] }, 1);
      if (!/^(program of this type cannot use|invalid func)/.test(message)) helpers.push(id);
    }
    lines.push(`  ${JSON.stringify({ type, attachType, helpers })}`);
  }
}
const version = /^\d+\.\d+/.exec(real.release)[0];
const file = resolve(import.meta.dirname, `../src/main/engine/abi/testing/helpers-${version}.json`);
writeFileSync(file, `[\n${lines.join(',\n')}\n]\n`);
console.log(`${file}: ${lines.length} kinds of programs on ${real.release}`);
await stop();
