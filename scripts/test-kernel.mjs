// `npm run test:kernel`: sets up, boots a real kernel with HID-BPF in QEMU and runs the tests that need one. Ends with one
// line: N passed, N failed, N skipped. Where there is no such kernel it says why and skips.
import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { KERNEL_PACKAGES, setUp } from './setup.mjs';
import { buildIfStale, projectNode, ROOT, runNode } from './toolchain.mjs';

setUp(KERNEL_PACKAGES);
if (realpathSync(process.execPath) !== realpathSync(projectNode())) {
  // The rest reads TypeScript, which the project's own Node does.
  process.exit(runNode('scripts/test-kernel.mjs', process.argv.slice(2)));
}
const { labMissing } = await import('../src/main/host/real-kernel/testing/lab.ts');
const why = labMissing();
if (why !== undefined) {
  const files = ['src', 'scripts'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true }).filter((name) => name.endsWith('.kernel.test.ts')),
  );
  process.stdout.write(`skipped: ${files.length} files, because ${why}\n`);
  process.stdout.write(`0 passed, 0 failed, ${files.length} skipped\n`);
  process.exit(0);
}
// Commands run in the guest from the bundle.
buildIfStale();
const vitest = join('node_modules', 'vitest/vitest.mjs');
process.exit(runNode(vitest, ['run', '--config', 'vitest.kernel.config.ts', ...process.argv.slice(2)]));
