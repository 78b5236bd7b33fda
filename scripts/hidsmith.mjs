#!/usr/bin/env node
// The command `hidsmith`: makes sure of a fit Node and of the build, then runs out/main/cli.js.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  ensureBuilt,
  ensureInstalled,
  fail,
  forward,
  isFit,
  projectNode,
  requireNode,
  ROOT,
} from './toolchain.mjs';

// `npm run cli` runs in the checkout's folder; file names are meant from where the user is.
if (process.env.npm_lifecycle_event === 'cli' && process.env.INIT_CWD !== undefined) {
  process.chdir(process.env.INIT_CWD);
}
requireNode();
ensureInstalled();
if (!isFit()) {
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  process.exitCode = await forward(spawn(projectNode(), args, { stdio: 'inherit' }));
} else {
  ensureBuilt();
  const entry = join(ROOT, 'out/main/cli.js');
  if (!existsSync(entry)) fail('out/main/cli.js is missing: run "npm run build"');
  await import(pathToFileURL(entry).href);
}
