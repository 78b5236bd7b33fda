// Runs every generator of committed files, in the order they depend on each other. Same input, same compiler: same files.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const scripts = [
  'build-kernel-btf.mjs',
  'build-headers.mjs',
  'generate-usages.mjs',
  'build-samples.mjs',
  'build-icon.mjs',
  'build-agent.mjs',
  'generate-verifier-pages.mjs',
];
for (const script of scripts) {
  const run = spawnSync(process.execPath, [join(here, script)], { stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
