// `npm test`: sets up, checks, runs all tests and ends with one line: N passed, N failed, N skipped.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { buildIfStale, projectEnvironment, projectNode, ROOT } from './toolchain.mjs';

const CLOSING = /^(\d+) passed, (\d+) failed, (\d+) skipped$/;
const total = { passed: 0, failed: 0, skipped: 0 };

function count({ passed = 0, failed = 0, skipped = 0 }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

/** Runs a tool of node_modules with its output shown; resolves with its exit status and its lines. */
function tool(script, ...args) {
  const child = spawn(projectNode(), [join(ROOT, 'node_modules', script), ...args], {
    cwd: ROOT,
    env: projectEnvironment({ FORCE_COLOR: '0', CI: process.env.CI ?? '1' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (part) => {
    text += part;
    process.stdout.write(part);
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (status) => done({ status: status ?? 1, lines: text.split('\n') }));
  });
}

function title(text) {
  process.stdout.write(`\n== ${text}\n`);
}

/** A check counts as one test. */
async function check(name, script, ...args) {
  title(name);
  const from = Date.now();
  const { status } = await tool(script, ...args);
  count(status === 0 ? { passed: 1 } : { failed: 1 });
  process.stdout.write(
    `${name}: ${status === 0 ? 'passed' : 'FAILED'} (${((Date.now() - from) / 1000).toFixed(1)} s)\n`,
  );
  return status === 0;
}

async function unitTests() {
  title('unit tests');
  const { status, lines } = await tool('vitest/vitest.mjs', 'run');
  const closing = lines.map((line) => CLOSING.exec(line)).findLast((match) => match !== null);
  const [, passed = 0, failed = 0, skipped = 0] = closing?.map(Number) ?? [];
  // A run that ended badly has failed, whatever it counted.
  count({ passed, failed: status === 0 ? failed : Math.max(failed, 1), skipped });
}

/** The build counts as one test, like a check. */
async function build() {
  title('build');
  const from = Date.now();
  try {
    buildIfStale();
    count({ passed: 1 });
    process.stdout.write(`build: passed (${((Date.now() - from) / 1000).toFixed(1)} s)\n`);
    return true;
  } catch (error) {
    process.stdout.write(`build: FAILED: ${error.message}\n`);
    count({ failed: 1 });
    return false;
  }
}

async function browserTests(missing) {
  title('tests in the browser');
  const specs = readdirSync(join(ROOT, 'e2e'), { recursive: true }).filter((name) =>
    /\.spec\.ts$/.test(name),
  );
  if (missing.includes('chromium')) {
    process.stdout.write(`skipped: ${specs.length} files, because chromium is missing\n`);
    count({ skipped: specs.length });
    return;
  }
  const results = join(ROOT, 'test-results/e2e.json');
  rmSync(results, { force: true });
  const { status } = await tool('@playwright/test/cli.js', 'test', '--pass-with-no-tests');
  const stats = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')).stats : {};
  const { expected = 0, flaky = 0, unexpected = 0, skipped = 0 } = stats;
  count({ passed: expected + flaky, failed: status === 0 ? unexpected : Math.max(unexpected, 1), skipped });
}

const from = Date.now();
const missing = setUp();
const setUpTime = Date.now() - from;

await check('rooms', '../scripts/check-rooms.mjs');
await check('types of the engine', 'typescript/bin/tsc', '-p', 'tsconfig.engine.json');
await check('types', 'typescript/bin/tsc', '-p', 'tsconfig.node.json');
await check(
  'types of the renderer',
  'svelte-check/bin/svelte-check',
  '--tsconfig',
  './tsconfig.web.json',
  '--fail-on-warnings',
);
await check('eslint', 'eslint/bin/eslint.js', '.', '--cache', '--max-warnings', '0');
await check('prettier', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
const built = await build();
await unitTests();
if (built) await browserTests(missing);

process.stdout.write(
  `\nset-up ${(setUpTime / 1000).toFixed(1)} s, all ${((Date.now() - from) / 1000).toFixed(1)} s\n`,
);
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
