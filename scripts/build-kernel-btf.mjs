// Makes resources/kernels/VERSION.btf, the BTF of the simulated kernels, from the declarations in resources/kernels/src.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findClang, runClang } from './lib/clang.ts';
import { asVmlinux, keepEverything } from './lib/kernel-btf.ts';

const kernels = resolve(dirname(fileURLToPath(import.meta.url)), '../resources/kernels');
const VERSIONS = ['6.1', '6.6', '6.10', '6.12', '6.18'];

const clang = findClang();
const work = mkdtempSync(join(tmpdir(), 'kernel-btf-'));
try {
  for (const version of VERSIONS) {
    const [major, minor] = version.split('.').map(Number);
    const common = [
      '-target',
      'bpf',
      '-funsigned-char',
      `-DKERNEL=${major * 100 + minor}`,
      '-I',
      join(kernels, 'src'),
    ];
    const source = join(kernels, 'src/kernel.c');
    const roots = keepEverything(runClang(clang, [...common, '-E', '-P', source]));
    const unit = join(work, 'unit.c');
    writeFileSync(unit, `#include "kernel.c"\n${roots}`);
    const object = join(work, 'unit.o');
    const quiet = ['-Wno-incompatible-library-redeclaration', '-Wno-visibility', '-fno-builtin'];
    runClang(clang, [...common, '-g', '-O1', ...quiet, '-Werror', '-c', unit, '-o', object]);
    const blob = asVmlinux(readFileSync(object));
    writeFileSync(join(kernels, `${version}.btf`), blob);
    console.log(`${version}.btf: ${blob.length} bytes`);
  }
} finally {
  rmSync(work, { recursive: true });
}
