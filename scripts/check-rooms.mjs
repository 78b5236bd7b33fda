// Holds the import table of docs/architecture.md: which room may import which.
// A failing line names the rooms the file may use, so that the message teaches the rule.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Room → rooms and packages it may import. `node:*` stands for Node's own modules. */
const TABLE = {
  'engine/base': [],
  'engine/testing': ['node:*'],
  'engine/abi': ['engine/base'],
  'engine/isa': ['engine/base'],
  'engine/btf': ['engine/base'],
  'engine/hid': ['engine/base'],
  'engine/recording': ['engine/base', 'engine/hid'],
  'engine/elf': ['engine/base', 'engine/abi', 'engine/isa', 'engine/btf'],
  'engine/loader': ['engine/base', 'engine/abi', 'engine/isa', 'engine/btf', 'engine/elf'],
  'engine/verifier': ['engine/base', 'engine/abi', 'engine/isa', 'engine/btf'],
  'engine/vm': ['engine/base', 'engine/isa'],
  'engine/jit': ['engine/base', 'engine/isa', 'engine/vm'],
  'engine/kernel': [
    'engine/base',
    'engine/abi',
    'engine/isa',
    'engine/btf',
    'engine/verifier',
    'engine/vm',
    'engine/jit',
  ],
  'engine/hidbpf': ['engine/base', 'engine/abi', 'engine/btf', 'engine/vm', 'engine/hid', 'engine/kernel'],
  'engine/skeleton': ['engine/base', 'engine/abi', 'engine/isa', 'engine/btf', 'engine/elf', 'engine/loader'],
  'host/errors': [],
  'host/compiler': ['engine/*', 'host/errors', 'node:*'],
  'host/bridge': ['engine/*', 'host/errors', 'node:*', 'node-hid'],
  'host/real-kernel': ['engine/*', 'host/bridge', 'host/errors', 'node:*'],
  'host/store': ['engine/*', 'host/errors', 'node:*', 'better-sqlite3'],
  workbench: ['engine/*', 'host/*', 'contract', 'node:*', 'valibot'],
  shell: ['workbench', 'contract', 'node:*'],
  cli: ['workbench', 'shell', 'node:*', 'contract'],
  main: ['host/*', 'workbench', 'shell', 'cli', 'node:*'],
  contract: [],
  preload: ['contract', 'electron'],
  renderer: [
    'contract',
    'svelte',
    'svelte/*',
    '@codemirror/*',
    '@lezer/*',
    '@lucide/svelte/*',
    'bits-ui',
    'paneforge',
    'uplot',
    'uplot/*',
    'virtua/svelte',
  ],
};
/** Packages that one file alone may import: file → package. */
const ONE_DOOR = { 'src/main/shell/electron.ts': ['electron'], 'src/main/shell/web.ts': ['ws'] };
/** What tests may import besides their room's own list. */
const TEST_EXTRA = ['vitest', 'fast-check', 'node:*', 'engine/*', 'host/*', 'contract', 'workbench'];

function roomOf(path) {
  const parts = path.split('/');
  if (path.startsWith('src/main/engine/')) return `engine/${parts[3]}`;
  if (path.startsWith('src/main/host/')) return `host/${parts[3].replace(/\.ts$/, '')}`;
  if (path.startsWith('src/main/')) return parts.length === 3 ? 'main' : parts[2];
  if (path.startsWith('src/preload/contract/')) return 'contract';
  if (path.startsWith('src/preload/')) return 'preload';
  if (path.startsWith('src/renderer/')) return 'renderer';
  return undefined;
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.(ts|svelte)$/.test(entry.name)) yield path;
  }
}

function allowed(list, target) {
  return list.some((rule) => (rule.endsWith('*') ? target.startsWith(rule.slice(0, -1)) : rule === target));
}

const IMPORT = new RegExp(
  [
    String.raw`(?:^|\n)\s*(?:import|export)\s(?:[^'"\n;]|\n)*?from\s*['"]([^'"\n]+)['"]`,
    String.raw`(?:^|\n)\s*import\s*['"]([^'"\n]+)['"]`,
    String.raw`\bimport\(\s*['"]([^'"\n]+)['"]\s*\)`,
  ].join('|'),
  'g',
);

const problems = [];
let files = 0;
for (const file of sources(join(root, 'src'))) {
  const path = relative(root, file);
  const room = roomOf(path);
  const rule = TABLE[room];
  files += 1;
  if (rule === undefined) {
    problems.push(
      `${path}: lies in no known room. Add the room to the table in scripts/check-rooms.mjs and docs/architecture.md.`,
    );
    continue;
  }
  const list = [...rule, ...(ONE_DOOR[path] ?? [])];
  if (/\.test\.ts$|\/testing\//.test(path)) list.push(...TEST_EXTRA);
  for (const match of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3];
    const target = specifier.startsWith('.')
      ? roomOf(relative(root, resolve(dirname(file), specifier)))
      : specifier;
    if (target === undefined) {
      if (/resources\//.test(specifier)) continue;
      problems.push(`${path}: imports '${specifier}', which lies outside src.`);
    } else if (target !== room && !allowed(list, target)) {
      problems.push(
        `${path}: room '${room}' may not import '${target}' (${specifier}). It may import: ${list.join(', ') || 'nothing'}. See docs/architecture.md.`,
      );
    }
  }
}
for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0
    ? `rooms: ${files} files keep the import table`
    : `rooms: ${problems.length} imports break the table`,
);
process.exit(problems.length === 0 ? 0 : 1);
