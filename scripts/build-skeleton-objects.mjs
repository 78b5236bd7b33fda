// Builds the objects that light skeletons are tested with, and records what bpftool makes of them.
//
// `node scripts/build-skeleton-objects.mjs`: needs clang-19 (CLANG) and bpftool 7.5 or newer (BPFTOOL). expected.json holds SHA-256
// sums of the loader program and of its data, of objects for which bpftool works and puts nothing of this machine in.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findClang, runClang } from './lib/clang.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const include = join(root, 'resources/include');
const folder = join(root, 'src/main/engine/skeleton/testing/objects');
const bpftool = process.env.BPFTOOL ?? 'bpftool';
/** The data holds values of the machine that bpftool ran on: configuration, number of CPUs. */
const MACHINE_DATA = new Set(['configuration', 'map_types']);

const FLAGS = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Werror', '-nostdinc', `-I${include}`];
const PREFIXES = [`-ffile-prefix-map=${include}=include`, `-ffile-prefix-map=${folder}=.`];

function build(clang, source) {
  const object = source.replace(/\.c$/, '.o');
  const where = ['-fdebug-compilation-dir=.', ...PREFIXES];
  runClang(clang, [...FLAGS, ...where, '-c', join(folder, source), '-o', join(folder, object)]);
  return object;
}

/** The bytes of a string literal in the header that bpftool writes. */
function literal(header, name) {
  const text = header.split(`${name}[]`)[1]?.split('"')[1] ?? '';
  const bytes = [...text.matchAll(/\\x([0-9a-f]{2})|\\0/g)].map(([, hex]) => parseInt(hex ?? '0', 16));
  return createHash('sha256').update(Uint8Array.from(bytes)).digest('hex');
}

const clang = findClang();
const expected = {};
for (const source of readdirSync(folder).filter((file) => file.endsWith('.bpf.c'))) {
  const object = build(clang, source);
  const name = basename(source, '.bpf.c');
  const args = ['gen', 'skeleton', '-L', join(folder, object), 'name', name];
  const run = spawnSync(bpftool, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  console.log(
    `${name}: ${run.status === 0 ? 'as bpftool makes it' : `bpftool: ${run.stderr.trim() || run.signal}`}`,
  );
  if (run.status !== 0) continue;
  const insns = literal(run.stdout, 'opts_insn');
  expected[name] = MACHINE_DATA.has(name) ? { insns } : { insns, data: literal(run.stdout, 'opts_data') };
}
// Their stack is too small for more than 32 programs: the kernel refuses what they write.
delete expected.many_programs;
writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`);
