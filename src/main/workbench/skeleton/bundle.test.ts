import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { objectNameOf, parseObject } from '../../engine/elf/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { type BundleFile, makeBundle } from './bundle.ts';
import { tar } from './tar.ts';

function bundleOf(sample: string, name: string, fileName = 'driver.bpf.o'): BundleFile[] {
  const bytes = new Uint8Array(readFileSync(join(REPOSITORY, 'resources/samples', sample, 'driver.bpf.o')));
  const spec = parseObject(bytes, { name: objectNameOf(fileName) });
  return makeBundle({ spec, bytes, fileName }, name);
}

function textOf(files: readonly BundleFile[], path: string): string {
  const content = files.find((file) => file.path === path)?.content;
  return typeof content === 'string' ? content : '';
}

describe('export bundles', () => {
  it('holds all that a user of a driver needs', () => {
    const files = bundleOf('pen-fix', 'pen_fix');
    expect(files.map(({ path }) => path)).toEqual([
      'pen_fix.lskel.h',
      'pen_fix-loader.c',
      'Makefile',
      'README.md',
      '0010-6b1d__pen_fix.bpf.o',
      '99-pen_fix.rules',
      '99-pen_fix.hwdb',
    ]);
    expect(textOf(files, '99-pen_fix.hwdb')).toContain(
      'hid-bpf:hid:b0003g0001v00006B1Dp00000202\n HIDSMITH_PEN_FIX=1',
    );
    expect(textOf(files, '99-pen_fix.rules')).toContain(
      'RUN+="@PREFIX@/sbin/pen_fix-loader add $sys$devpath"',
    );
    expect(textOf(files, 'README.md')).toContain('- USB 6b1d:0202');
  });

  it('keeps a name that udev-hid-bpf takes already', () => {
    const paths = bundleOf('pen-fix', 'x', '0020-Larkfield__Slate-10.bpf.o').map(({ path }) => path);
    expect(paths).toContain('0020-Larkfield__Slate-10.bpf.o');
  });

  it('of other objects is a program that loads them', () => {
    expect(bundleOf('syscall-adder', 'adder').map(({ path }) => path)).toEqual([
      'adder.lskel.h',
      'adder-loader.c',
      'Makefile',
      'README.md',
      'adder.bpf.o',
    ]);
  });

  it.each([
    ['pen-fix', 'pen_fix'],
    ['dial-map', 'dial'],
    ['socket-count', 'sockets'],
  ])('of %s builds without a warning', (sample, name) => {
    const folder = mkdtempSync(join(tmpdir(), 'hidsmith-bundle-'));
    for (const { path, content } of bundleOf(sample, name)) writeFileSync(join(folder, path), content);
    execFileSync('make', ['CFLAGS=-Wall -Wextra -Wconversion -Werror'], { cwd: folder, stdio: 'pipe' });
    if (name === 'sockets') return;
    const installed = join(folder, 'root');
    execFileSync('make', ['install', `DESTDIR=${installed}`], { cwd: folder, stdio: 'pipe' });
    const rule = readFileSync(join(installed, `etc/udev/rules.d/99-${name}.rules`), 'utf8');
    expect(rule).toContain(`RUN+="/usr/local/sbin/${name}-loader add`);
  });

  it('is a tar archive that tar reads', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hidsmith-tar-'));
    const files = bundleOf('pen-fix', 'pen_fix');
    writeFileSync(join(folder, 'bundle.tar'), tar('pen_fix', files));
    execFileSync('tar', ['-xf', 'bundle.tar'], { cwd: folder });
    for (const { path, content } of files) {
      const read = readFileSync(join(folder, 'pen_fix', path));
      expect(read.equals(Buffer.from(content as string))).toBe(true);
    }
  });
});
