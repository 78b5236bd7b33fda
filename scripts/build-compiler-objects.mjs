// Builds test drivers with other versions of clang than the one that the committed objects are made with, into
// src/main/workbench/testing/compilers/clang-*: `node scripts/build-compiler-objects.mjs`. Versions that are not installed are
// named and left as they are. llvm-strip-19 takes the DWARF out, which no loader reads.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { buildDriver } from './lib/clang.ts';

const root = resolve(import.meta.dirname, '..');
const testing = join(root, 'src/main/workbench/testing');
const COMPILERS = ['clang-14', 'clang-15', 'clang-16'];
/** Drivers with all kinds of sections, references between functions and maps, callbacks, and relocations against kernel types. */
const DRIVERS = ['data-windows', 'tail-calls', 'traced-chain', 'work-item'];

for (const clang of COMPILERS) {
  if (spawnSync(clang, ['--version']).status !== 0) {
    console.log(`${clang} is not installed: its objects stay as they are`);
    continue;
  }
  for (const name of DRIVERS) {
    const work = mkdtempSync(join(tmpdir(), 'hidsmith-compilers-'));
    copyFileSync(join(testing, 'drivers', name, 'driver.bpf.c'), join(work, 'driver.bpf.c'));
    buildDriver(clang, join(root, 'resources'), work);
    const object = join(testing, 'compilers', clang, name, 'driver.bpf.o');
    mkdirSync(dirname(object), { recursive: true });
    const strip = spawnSync('llvm-strip-19', ['-g', join(work, 'driver.bpf.o'), '-o', object]);
    if (strip.status !== 0) throw new Error('llvm-strip-19 does not run: install llvm-19');
    rmSync(work, { recursive: true });
    console.log(`${clang} ${name}: built`);
  }
}
