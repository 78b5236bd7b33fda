// `node scripts/setup.mjs`: everything that `npm test` needs on this machine. Prints what is missing and why.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, requireNode } from './toolchain.mjs';

function inPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Debian packages that tests need, how to see that they are there, and what is skipped without them. */
const PACKAGES = [
  {
    name: 'chromium',
    present: () =>
      [
        process.env.HIDSMITH_CHROMIUM,
        '/usr/bin/chromium',
        '/usr/bin/chromium-browser',
        '/usr/bin/google-chrome',
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      ].some((path) => path && existsSync(path)),
    skips: 'the tests in a browser',
  },
  {
    name: 'clang-19',
    present: () => ['clang', ...Array.from({ length: 9 }, (_, i) => `clang-${22 - i}`)].some(inPath),
    skips: 'the tests that compile',
  },
  {
    name: 'lld-19',
    present: () => ['ld.lld-19', 'lld-19'].some(inPath),
    skips: "the test that the real kernel's agent is built from its source",
  },
];

/** What `npm run test:kernel` needs besides. */
export const KERNEL_PACKAGES = [
  {
    name: 'qemu-system-x86',
    present: () => inPath('qemu-system-x86_64'),
    skips: 'the tests on a real kernel',
  },
  {
    name: 'busybox-static',
    present: () => existsSync('/usr/bin/busybox'),
    skips: 'the tests on a real kernel',
  },
  { name: 'cpio', present: () => inPath('cpio'), skips: 'the tests on a real kernel' },
  { name: 'gcc', present: () => inPath('gcc'), skips: 'the tests that run light skeletons on a real kernel' },
  {
    name: 'libc6-dev',
    present: () => existsSync('/usr/include/stdio.h'),
    skips: 'the tests that run light skeletons on a real kernel',
  },
  {
    name: 'libbpf-dev',
    present: () => existsSync('/usr/include/bpf/skel_internal.h'),
    skips: "the tests that run light skeletons with libbpf's header",
  },
];

/** Installs what can be installed; returns the packages that are still missing. */
export function setUp(packages = PACKAGES) {
  requireNode();
  ensureInstalled();
  const missing = () => packages.filter(({ present }) => !present());
  const names = missing().map(({ name }) => name);
  if (names.length > 0 && process.getuid?.() === 0 && inPath('apt-get')) {
    process.stderr.write(`hidsmith: installing ${names.join(' ')} …\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args) =>
      spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 2], env }).status;
    const install = () => apt('install', '-y', '--no-install-recommends', ...names);
    // The list of packages may be older than the packages.
    if (install() !== 0) {
      apt('update');
      install();
    }
  }
  const left = missing();
  for (const { name, skips } of left) {
    process.stderr.write(
      `hidsmith: ${name} is missing, so ${skips} are skipped (Debian: sudo apt install ${name})\n`,
    );
  }
  return left.map(({ name }) => name);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) setUp();
