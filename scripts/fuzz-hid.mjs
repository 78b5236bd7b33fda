// Compares what Linux makes of random and mutated report descriptors and of random reports (the verdict, its words, its
// fields, input nodes and events) with what the simulation makes of them:
//   npm run fuzz:hid -- [count] [seed] [reports]
// The lab's kernel is asked, in QEMU; says 'skipped' and why where it cannot be. Differences are printed as they are found,
// and a running total after each hundred descriptors. Ends with 1 if anything differs.
import { realpathSync } from 'node:fs';
import { projectNode, requireNode, startNode } from './toolchain.mjs';

requireNode();
if (realpathSync(process.execPath) !== realpathSync(projectNode())) {
  // The rest reads TypeScript, which the project's own Node does.
  process.exit(await startNode('scripts/fuzz-hid.mjs', process.argv.slice(2)));
}
const { bootLab, labMissing } = await import('../src/main/host/real-kernel/testing/lab.ts');
const { fuzzHid, knownDescriptors } = await import('../src/main/host/real-kernel/testing/hid-fuzz.ts');

const [count = 1000, seed = 1, reportsPerDevice = 10] = process.argv.slice(2).map(Number);
const missing = labMissing();
if (missing !== undefined) {
  console.log(`fuzz:hid skipped: ${missing}`);
  process.exit(0);
}
/** Differences that are printed. */
const SHOWN = 50;
const guest = await bootLab({ limit: 7200 });
try {
  let shown = 0;
  const tell = ({ devices, refused, reports, differences }) => {
    for (const { mode, descriptor, what } of differences.slice(shown, SHOWN))
      console.log(`${mode}: ${what}\n    ${descriptor}`);
    shown = differences.length;
    console.log(
      `${devices} descriptors (${refused} refused by Linux), ${reports} reports, ${differences.length} differences`,
    );
  };
  const known = knownDescriptors();
  const { differences } = fuzzHid(guest, { count, seed, reportsPerDevice, known, onProgress: tell });
  if (differences.length > 0) process.exitCode = 1;
} finally {
  await guest.stop();
}
