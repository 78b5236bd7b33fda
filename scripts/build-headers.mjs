// Makes the generated parts of resources/include: vmlinux.h from the simulated kernels' BTF, the helper prototypes, the HID usages.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readBtf } from './lib/btf-blob.ts';
import { helperDefinitions, reportMacros, usageConstants, vmlinuxHeader } from './lib/headers.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const include = join(root, 'resources/include');
const kernel = (version) => readBtf(readFileSync(join(root, `resources/kernels/${version}.btf`)));

writeFileSync(join(include, 'vmlinux.h'), vmlinuxHeader(kernel('6.18'), kernel('6.6')));
const helpers = readFileSync(join(root, 'scripts/data/bpf-helpers.tsv'), 'utf8');
writeFileSync(join(include, 'bpf/bpf_helper_defs.h'), helperDefinitions(helpers));

const shared =
  process.env.HIDSMITH_SHARED ?? [join(root, '../shared'), join(root, '../../shared')].find(existsSync);
const tables = shared && join(shared, 'data/hid/HidUsageTables.json');
if (tables && existsSync(tables)) {
  const { UsagePages } = JSON.parse(readFileSync(tables, 'utf8'));
  const file = join(include, 'hid_report_helpers.h');
  writeFileSync(file, reportMacros(readFileSync(file, 'utf8'), UsagePages));
  writeFileSync(join(include, 'hid_usages.h'), usageConstants(UsagePages));
} else {
  console.log('no HidUsageTables.json at hand: the usages stay as they are');
}
