// `npm run dev:web`: the web shell with hot reload of the renderer, without Electron.
import { join } from 'node:path';
import { ensureInstalled, projectEnvironment, requireNode, ROOT, startNode } from './toolchain.mjs';

requireNode();
ensureInstalled();
const env = projectEnvironment({ ELECTRON_EXEC_PATH: join(ROOT, 'scripts/web-shell.mjs') });
process.exitCode = await startNode('node_modules/electron-vite/bin/electron-vite.js', ['dev', '--watch'], {
  env,
});
