import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseObject } from '../src/main/engine/elf/index.ts';
import { HidBus } from '../src/main/engine/hid/index.ts';
import { HidBpf } from '../src/main/engine/hidbpf/index.ts';
import { testKernel } from '../src/main/engine/kernel/testing/harness.ts';
import { loadObject } from '../src/main/engine/loader/index.ts';
import { REPOSITORY, sharedPath } from '../src/main/engine/testing/shared.ts';

const drivers = sharedPath('data/hid-bpf');
const include = resolve(REPOSITORY, 'resources/include');
const names = resolve(REPOSITORY, 'scripts/fixtures/common-headers');
const clang = ['clang-19', 'clang'].find((name) => {
  const probe = spawnSync(name, ['--print-targets'], { encoding: 'utf8' });
  return probe.status === 0 && /\bbpf\b/.test(probe.stdout);
});
/** Drivers that declare a kernel struct themselves, which the common vmlinux.h has already. */
const OWN_TYPES = ['case22-timer'];
const work = mkdtempSync(join(tmpdir(), 'headers-drivers-'));
afterAll(() => rmSync(work, { recursive: true }));

const sources =
  drivers === undefined
    ? []
    : ['cases', 'syscall'].flatMap((kind) =>
        readdirSync(join(drivers, kind))
          .filter((name) => name.startsWith('case') || name.startsWith('sys'))
          .map((name): [string, string] => [name, join(drivers, kind, name, 'driver.bpf.c')]),
      );

/** Compiles with these folders of headers and nothing that the system has. */
function compile(name: string, source: string, folders: readonly string[]): Uint8Array {
  const object = join(work, `${name}.bpf.o`);
  const args = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-Wno-macro-redefined', '-nostdinc'];
  const run = spawnSync(
    clang ?? '',
    [...args, ...folders.map((folder) => `-I${folder}`), '-c', source, '-o', object],
    { encoding: 'utf8' },
  );
  expect(`${run.stderr}${run.status ?? ''}`).toBe('0');
  return new Uint8Array(readFileSync(object));
}

/** Names of the programs that the simulated kernel took. */
function loaded(bytes: Uint8Array): string[] {
  const kernel = testKernel();
  new HidBpf(kernel, new HidBus());
  const spec = parseObject(bytes, { name: 'driver' });
  const options = { kernelBtf: kernel.btf, kernelVersion: kernel.profile.versionCode };
  return [...loadObject(spec, kernel.openTask(), options).programFds.keys()];
}

describe.skipIf(clang === undefined || drivers === undefined)(
  'the shared drivers (needs clang with bpf and ../shared/data/hid-bpf)',
  () => {
    test.each(sources)(
      '%s: the same programs load with its own header and with the common ones',
      (name, source) => {
        const own = loaded(compile(`${name}-own`, source, [join(drivers ?? '', 'include')]));
        expect(own.length).toBeGreaterThan(0);
        if (OWN_TYPES.includes(name)) return;
        expect(loaded(compile(`${name}-common`, source, [names, include]))).toEqual(own);
      },
    );
  },
);
