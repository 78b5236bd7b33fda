// `npm run bench`: the table of `hidsmith bench`, then reports through a driver, the simulated kernel,
// the verifier and light skeletons.
// Ends with 1 if a bar was missed.
import { spawnSync } from 'node:child_process';
import { projectNode, requireNode, runNode } from './toolchain.mjs';

requireNode();
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 23 || (major === 23 && minor < 9)) {
  // The engine is imported as TypeScript and CPU time is taken by thread: the project has a Node that can.
  const again = spawnSync(projectNode(), process.argv.slice(1), { stdio: 'inherit' });
  process.exit(again.status ?? 3);
}
const status = runNode('scripts/hidsmith.mjs', ['bench']);
if (status > 1) process.exit(status);
const { benchReplay } = await import('./bench/replay.mjs');
console.log('\nreports through a driver with one event hook');
const replayed = await benchReplay();
const { benchKernel } = await import('./bench/kernel.mjs');
console.log('\nthe simulated kernel');
let missed = benchKernel() + (replayed ? 0 : 1);
console.log('\nthe verifier');
if (runNode('scripts/bench-verifier.mjs') !== 0) missed++;
const { findCompiler } = await import('../src/main/host/compiler/index.ts');
const { benchSkeleton } = await import('./bench/skeleton.mjs');
console.log('\nlight skeletons');
const { compiler } = await findCompiler();
if (!benchSkeleton(compiler.path)) missed++;
process.exitCode = missed > 0 ? 1 : status;
