import { existsSync, chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Compiler,
  compile,
  type CompileOptions,
  findCompiler,
  installHelp,
  type SourceFile,
} from './index.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hidsmith-compiler-test-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const search = await findCompiler();
const real = search.found ? search.compiler : undefined;

/** A PATH folder with programs that say what they are told to. */
function fakePath(name: string, programs: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [program, script] of Object.entries(programs)) {
    writeFileSync(join(path, program), `#!/bin/sh\n${script}\n`);
    chmodSync(join(path, program), 0o755);
  }
  return path;
}
const clang = (version: string, targets: string): string =>
  `if [ "$1" = --version ]; then echo "clang version ${version} (x)"; else printf '  Registered Targets:\\n${targets}'; fi`;
const WITH_BPF = '    bpf    - BPF (host endian)\\n    x86    - X\\n';
const WITHOUT_BPF = '    x86    - 32-bit X86\\n';

describe('the search for a compiler', () => {
  const from = (path: string, extra = {}): ReturnType<typeof findCompiler> =>
    findCompiler({
      environment: { PATH: path },
      platform: 'linux',
      bundled: false,
      osRelease: 'ID=debian\n',
      ...extra,
    });

  it('takes plain clang first, then the newest version', async () => {
    const both = fakePath('both', {
      clang: clang('16.0.6', WITH_BPF),
      'clang-19': clang('19.1.7', WITH_BPF),
    });
    expect(await from(both)).toMatchObject({ found: true, compiler: { version: '16.0.6', kind: 'clang' } });
    const versions = fakePath('versions', {
      'clang-14': clang('14.0.6', WITH_BPF),
      'clang-19': clang('19.1.7', WITH_BPF),
    });
    expect(await from(versions)).toMatchObject({
      compiler: { label: `clang 19.1.7 (${join(versions, 'clang-19')})` },
    });
  });

  it('passes over one without the BPF target, and over what is no clang', async () => {
    const path = fakePath('mixed', {
      clang: clang('17.0.0', WITHOUT_BPF),
      'clang-21': 'echo "gcc (Debian) 12"',
      'clang-18': clang('18.1.8', WITH_BPF),
    });
    expect(await from(path)).toMatchObject({ compiler: { version: '18.1.8' } });
  });

  it('says how to get one where there is none, and what was tried', async () => {
    expect(await from(fakePath('empty', {}))).toEqual({
      found: false,
      help: 'No clang found. Install it with: sudo apt install clang',
      tried: [],
    });
    const apple = fakePath('apple', { clang: clang('17.0.0', WITHOUT_BPF) });
    expect(await from(apple, { platform: 'darwin' })).toEqual({
      found: false,
      help: "No compiler with the BPF target: Apple's clang has none. Install LLVM with: brew install llvm",
      tried: [`${join(apple, 'clang')} (clang 17.0.0) was built without the BPF target`],
    });
  });

  it('finds the clang inside zig', async () => {
    const path = fakePath('zig', { zig: '[ "$1" = cc ] && echo "clang version 19.1.0"' });
    expect(await from(path)).toMatchObject({ compiler: { kind: 'zig', version: '19.1.0' } });
  });

  it("keeps to the user's choice, by path or name, and says what is wrong with it", async () => {
    const path = fakePath('choice', { clang: clang('19.1.7', WITH_BPF), mine: clang('20.1.0', WITH_BPF) });
    expect(await from(path, { path: join(path, 'mine') })).toMatchObject({ compiler: { version: '20.1.0' } });
    expect(await from(path, { path: 'mine' })).toMatchObject({ compiler: { version: '20.1.0' } });
    const missing = await from(path, { path: '/nowhere/clang' });
    expect(missing).toMatchObject({ found: false });
    expect(missing.found ? '' : missing.help).toContain('/nowhere/clang: there is no such program');
  });

  it.each([
    ['ID=ubuntu\nID_LIKE=debian', 'apt install clang'],
    ['ID="fedora"', 'dnf install clang'],
    ['ID=manjaro\nID_LIKE=arch', 'pacman -S clang'],
    ['ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"', 'zypper install clang'],
    ['', "your system's package"],
  ])('knows the command of %j', (osRelease, command) => {
    expect(installHelp('linux', osRelease)).toContain(command);
  });
});

const DRIVER = `typedef unsigned long long u64;
#include "part/helper.h"
#define SEC(name) __attribute__((section(name), used))
SEC("socket") int first(void *context) { return helper((int)(u64)context + 3); }
char LICENSE[] SEC("license") = "GPL";
`;
const HELPER = '#pragma once\nstatic inline int helper(int x) { return x * 2; }\n';

describe.skipIf(real === undefined)('compiling (skipped where no clang is installed)', () => {
  const build = (
    files: readonly SourceFile[],
    extra: Partial<CompileOptions> = {},
  ): ReturnType<typeof compile> =>
    compile({ compiler: real as Compiler, files, main: 'driver.bpf.c', includeDirs: [], ...extra });
  const files = (driver: string, helper = HELPER): SourceFile[] => [
    { path: 'driver.bpf.c', text: driver },
    { path: 'part/helper.h', text: helper },
  ];

  it('makes a BPF object, the same bytes every time, without a trace of where it was made', async () => {
    const [first, second] = await Promise.all([build(files(DRIVER)), build(files(DRIVER))]);
    expect(first).toMatchObject({ ok: true, diagnostics: [], output: '' });
    const object = first.object as Uint8Array;
    // ELF, 64-bit, little-endian; machine 247 is BPF.
    expect([...object.subarray(0, 6)]).toEqual([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
    expect(new DataView(object.buffer).getUint16(18, true)).toBe(247);
    expect(second.object).toEqual(object);
    const text = Buffer.from(object).toString('latin1');
    expect(text).toContain('.BTF.ext');
    expect(text).toContain('./part/helper.h');
    expect(text).not.toContain('hidsmith-build');
  });

  it('gives errors, warnings and their notes by line, in the main file and in included ones', async () => {
    const driver = DRIVER.replace('helper((', 'nothing + helper(1, 2) + helper((').replace(
      'int first',
      'int x; int first',
    );
    const bad = HELPER.replace('x * 2', 'x * 2;\n  int unused').replace('return', 'return\n');
    const result = await build(files(driver, `${bad}#warning careful\n`));
    expect(result.ok).toBe(false);
    expect(result.object).toBeUndefined();
    const short = result.diagnostics.map(({ severity, file, line, message }) => [
      severity,
      file,
      line,
      message,
    ]);
    expect(short).toContainEqual(['warning', 'part/helper.h', 5, expect.stringContaining('careful')]);
    expect(short).toContainEqual(['error', 'driver.bpf.c', 4, "use of undeclared identifier 'nothing'"]);
    const at = short.findIndex(([, , , message]) => String(message).startsWith('too many arguments'));
    expect(short[at]?.slice(0, 3)).toEqual(['error', 'driver.bpf.c', 4]);
    expect(short[at + 1]).toEqual(['note', 'part/helper.h', 2, "'helper' declared here"]);
    expect(result.diagnostics.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true);
  });

  it("gives the BPF backend's errors their line and no addresses", async () => {
    const driver = `extern int many(int, int, int, int, int, int);
int f(void) { return many(1, 2, 3, 4, 5, 6); }
`;
    const { ok, diagnostics } = await build(files(driver));
    expect(ok).toBe(false);
    expect(diagnostics[0]).toMatchObject({ severity: 'error', file: 'driver.bpf.c', line: 2 });
    expect(diagnostics[0]?.message).toContain('too many arguments');
    expect(diagnostics[0]?.message).not.toMatch(/^0x/);
  });

  it('names a missing header and a bad flag', async () => {
    const missing = await build(files('#include "vanished.h"\n'));
    expect(missing.diagnostics).toEqual([
      {
        severity: 'error',
        file: 'driver.bpf.c',
        line: 1,
        column: 10,
        message: "'vanished.h' file not found",
      },
    ]);
    const flag = await build(files(DRIVER), { flags: ['-frobnicate'] });
    expect(flag.diagnostics).toEqual([
      {
        severity: 'error',
        file: 'driver.bpf.c',
        line: 1,
        column: 1,
        message: "unknown argument: '-frobnicate'",
      },
    ]);
  });

  it('finds headers in the include folders, and names them include/…', async () => {
    const includes = join(folder, 'include');
    mkdirSync(includes, { recursive: true });
    writeFileSync(join(includes, 'shared.h'), '#warning shared\n#define VALUE 7\n');
    const driver = `#include <shared.h>\n${DRIVER.replace('helper((', 'VALUE + ((')}`;
    const result = await build(files(driver), { includeDirs: [includes] });
    expect(result.ok).toBe(true);
    expect(result.diagnostics).toMatchObject([{ severity: 'warning', file: 'include/shared.h', line: 1 }]);
    expect(Buffer.from(result.object as Uint8Array).toString('latin1')).not.toContain(folder);
  });

  it("compiles a driver against the application's own headers", async () => {
    const includes = join(import.meta.dirname, '../../../../resources/include');
    expect(existsSync(includes)).toBe(true);
    const driver = `#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include <bpf/bpf_tracing.h>
SEC(HID_BPF_DEVICE_EVENT) int BPF_PROG(swap, struct hid_bpf_ctx *hctx)
{
	__u8 *data = hid_bpf_get_data(hctx, 0, 8);
	if (data) data[1] ^= 3;
	return 0;
}
HID_BPF_OPS(mouse) = { .hid_device_event = (void *)swap };
char _license[] SEC("license") = "GPL";
`;
    const result = await build(files(driver), { includeDirs: [includes] });
    expect(result.diagnostics).toEqual([]);
    expect(result.ok).toBe(true);
  });

  it('does not leave the project: bad paths are refused', async () => {
    for (const path of [
      '../x.c',
      '/etc/x.c',
      'a/../../x.c',
      'a\\b.c',
      'C:x.c',
      '',
      'a//b.c',
      './a.c',
      '-o.c',
      'a\0.c',
    ]) {
      await expect(build([{ path, text: '' }], { main: path })).rejects.toMatchObject({
        code: 'unsupported',
      });
    }
    await expect(build(files(DRIVER), { main: 'other.c' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is ended by a timeout and by a cancel, with all it started, and leaves nothing behind', async () => {
    const marker = `hidsmith-build-`;
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith(marker));
    const slow = join(fakePath('slow', { clang: 'sleep 60 & wait' }), 'clang');
    const compiler: Compiler = { kind: 'clang', path: slow, version: '0', label: 'slow' };
    const from = performance.now();
    await expect(build(files(DRIVER), { compiler, timeout: 200 })).rejects.toThrow(
      /did not finish within 0\.2 s/,
    );
    const controller = new AbortController();
    const cancelled = build(files(DRIVER), { compiler, signal: controller.signal });
    setTimeout(() => {
      controller.abort();
    }, 100);
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    await expect(build(files(DRIVER), { signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(performance.now() - from).toBeLessThan(20_000);
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith(marker) && !before.includes(name));
    expect(left).toEqual([]);
  });

  it('says so when the compiler dies without a word, or is gone', async () => {
    const dying = join(fakePath('dying', { clang: 'kill -9 $$' }), 'clang');
    const compiler: Compiler = { kind: 'clang', path: dying, version: '0', label: 'dying' };
    const { diagnostics } = await build(files(DRIVER), { compiler });
    expect(diagnostics).toMatchObject([
      { severity: 'error', message: 'the compiler failed (it was killed)' },
    ]);
    const gone = { ...compiler, path: join(folder, 'gone') };
    await expect(build(files(DRIVER), { compiler: gone })).rejects.toMatchObject({ code: 'io' });
  });
});
