import { resolve } from 'node:path';
import { serveWeb } from '../../src/main/shell/web.ts';
import { FakeWorkbench } from './workbench.ts';

// Serves the built renderer over the real web shell with invented data: HIDSMITH_E2E_SERVER=e2e/fake/server.ts.
// With HIDSMITH_FAKE=empty it starts without projects and sessions.
const shell = await serveWeb({
  workbench: new FakeWorkbench(process.env['HIDSMITH_FAKE'] === 'empty'),
  rendererFolder: resolve(import.meta.dirname, '../../out/renderer'),
});
process.stdout.write(`${shell.url}\n`);
process.on('SIGTERM', () => void shell.close().then(() => process.exit(0)));
