// `node scripts/record-calls.mjs [--simulated]`: plays the list of bpf(2) calls on the lab's kernel in QEMU and on the simulated one and writes both
// transcripts beside the list. With --simulated the real one stays as it is. Prints the steps whose answers differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { projectNode, runNode } from './toolchain.mjs';

if (process.execPath !== projectNode())
  process.exit(runNode('scripts/record-calls.mjs', process.argv.slice(2)));
const { CALL_FILES, playReal, playSimulated, readCalls, stepsOf } =
  await import('../src/main/engine/kernel/testing/calls/list.ts');
const { Btf } = await import('../src/main/engine/btf/index.ts');

const sections = readCalls();
const simulated = playSimulated(sections);
writeFileSync(CALL_FILES.simulated, simulated);
if (!process.argv.includes('--simulated')) {
  const { bootLab, labMissing } = await import('../src/main/host/real-kernel/testing/lab.ts');
  const why = labMissing();
  if (why !== undefined) {
    process.stderr.write(`the real kernel was not asked: ${why}\n`);
    process.exit(1);
  }
  const guest = await bootLab();
  try {
    writeFileSync(CALL_FILES.linux, playReal(sections, guest.kernel, Btf.parse(guest.kernelBtf())));
  } finally {
    await guest.stop();
  }
}
const [here, linux] = [simulated, readFileSync(CALL_FILES.linux, 'utf8')].map(stepsOf);
const differing = here.filter((step, index) => step !== linux[index]);
for (const [index, step] of here.entries()) {
  if (step !== linux[index]) process.stdout.write(`simulated: ${step}\nLinux:     ${linux[index]}\n\n`);
}
process.stdout.write(`${here.length} lines, ${differing.length} differ\n`);
