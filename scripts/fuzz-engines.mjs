// `npm run fuzz:engines -- N [SEED]`: N random programs and N random loops in the interpreter, the fast interpreter and the
// JIT, which must agree on everything one can observe. A disagreement is printed with the smallest program that shows it.
import { fail, requireNode, runNode } from './toolchain.mjs';

requireNode();
const [count = '100000', seed] = process.argv.slice(2);
for (const value of [count, seed ?? '0']) {
  if (!/^-?\d+$/.test(value)) fail(`'${value}' is no number: npm run fuzz:engines -- N [SEED]`, 2);
}
const environment = { HIDSMITH_RUNS: count, ...(seed === undefined ? {} : { HIDSMITH_SEED: seed }) };
const files = ['src/main/engine/jit/differential.test.ts'];
process.exitCode = runNode('node_modules/vitest/vitest.mjs', ['run', ...files], { env: environment });
