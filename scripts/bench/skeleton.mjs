// The skeleton section of `npm run bench`: from the bytes of an object of 5,000 instructions to its loader, data and header.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runClang } from '../lib/clang.ts';
import { ROOT } from '../toolchain.mjs';

const { objectNameOf, parseObject } = await import('../../src/main/engine/elf/index.ts');
const { makeLightSkeleton, writeHeader } = await import('../../src/main/engine/skeleton/index.ts');

const INSTRUCTIONS = 5000;
const BAR = 50;
const PROGRAMS = 4;

/** Four programs with maps, globals and arithmetic that the compiler cannot fold. */
function source() {
  const step = (i) =>
    `\tx = (x ^ ${i * 7 + 1}) * ${i * 2 + 3} + table[(x >> ${i % 13}) & 63];\n\ttable[${i % 64}] = x;\n`;
  const program = (n, steps) =>
    `SEC("socket")\nint program${n}(struct __sk_buff *skb)\n{\n\t__u64 x = skb->len + ${n};\n${Array.from({ length: steps }, (_, i) => step(i + n)).join('')}\treturn x;\n}\n`;
  const text = (steps) =>
    `#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n__u64 table[64];\n${Array.from({ length: PROGRAMS }, (_, n) => program(n, steps)).join('')}char _license[] SEC("license") = "GPL";\n`;
  return text;
}

function build(clang, folder) {
  const text = source();
  const path = join(folder, 'big.bpf.c');
  const object = join(folder, 'big.bpf.o');
  const flags = [
    '-O2',
    '-g',
    '-target',
    'bpf',
    '-mcpu=v3',
    '-nostdinc',
    `-I${join(ROOT, 'resources/include')}`,
  ];
  for (let steps = 60; ; steps += 10) {
    writeFileSync(path, text(steps));
    runClang(clang, [...flags, '-c', path, '-o', object]);
    const spec = parseObject(new Uint8Array(readFileSync(object)), { name: 'big' });
    const count = spec.programs.reduce((sum, { insns }) => sum + insns.length, 0);
    if (count >= INSTRUCTIONS) return { bytes: new Uint8Array(readFileSync(object)), count };
  }
}

/** Milliseconds of one core: what other programs do meanwhile does not count. */
function exportOnce(bytes) {
  const start = process.threadCpuUsage();
  const spec = parseObject(bytes, { name: objectNameOf('big.bpf.o') });
  const header = writeHeader(makeLightSkeleton(spec, 'big'), spec.btf, { standalone: true });
  const { user, system } = process.threadCpuUsage(start);
  return { time: (user + system) / 1000, size: header.length };
}

/** Prints the section; false if the bar is missed. */
export function benchSkeleton(clang) {
  const folder = mkdtempSync(join(tmpdir(), 'hidsmith-bench-'));
  const { bytes, count } = build(clang, folder);
  rmSync(folder, { recursive: true });
  const times = Array.from({ length: 9 }, () => exportOnce(bytes));
  const [first] = times;
  const median = times.map(({ time }) => time).sort((left, right) => left - right)[4];
  console.log(
    `export of ${count} instructions  ${median.toFixed(1)} ms of one core, the first ${first.time.toFixed(1)} ms; header of ${Math.round(first.size / 1024)} KiB (bar: ${BAR} ms)`,
  );
  return median <= BAR;
}
