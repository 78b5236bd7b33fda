// Builds the objects of the test drivers (src/main/workbench/testing/drivers/*/driver.bpf.c) as drivers are built by their authors, and
// those of testing/refused, each of one source and hid.h.
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDriver, buildSource, findClang } from './lib/clang.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const drivers = join(root, 'src/main/workbench/testing/drivers');
const clang = findClang();
const wanted = process.argv.slice(2);

for (const name of readdirSync(drivers).sort()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  buildDriver(clang, join(root, 'resources'), join(drivers, name));
  console.log(`${name}: built`);
}

const refused = join(root, 'src/main/workbench/testing/refused');
for (const file of readdirSync(refused).sort()) {
  if (!file.endsWith('.bpf.c') || (wanted.length > 0 && !wanted.includes('refused'))) continue;
  buildSource(clang, refused, file);
}
