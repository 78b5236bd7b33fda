import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { objectNameOf, parseObject } from '../elf/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { makeLightSkeleton, writeHeader } from './index.ts';

const vectors = sharedPath('data/light-skeletons');

function has(compiler: string): boolean {
  try {
    execFileSync(compiler, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Types that bpftool's headers too leave to the includer. */
const PRELUDE = `#include <stdint.h>
typedef uint8_t u8; typedef uint16_t u16; typedef uint32_t u32; typedef uint64_t u64;
typedef uint8_t __u8; typedef uint16_t __u16; typedef uint32_t __u32; typedef uint64_t __u64;
struct lpt { int x, y; };
`;

function open(name: string): ReturnType<typeof parseObject> {
  const path = join(vectors!, name, `${name}.bpf.o`);
  return parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });
}

describe.skipIf(vectors === undefined || !has('gcc'))(
  'skeleton headers (needs ../shared/data/light-skeletons and gcc)',
  () => {
    const names = vectors === undefined ? [] : readdirSync(vectors).filter((name) => /^g\d/.test(name));

    it.each(names)('the standalone header of %s compiles as C11 and C++17 without a warning', (name) => {
      const spec = open(name);
      const header = writeHeader(makeLightSkeleton(spec), spec.btf, { name: 'demo', standalone: true });
      const folder = mkdtempSync(join(tmpdir(), 'hidsmith-header-'));
      writeFileSync(join(folder, 'demo.lskel.h'), header);
      writeFileSync(
        join(folder, 'main.c'),
        `${PRELUDE}#include "demo.lskel.h"\nint main(void) { struct demo *d = demo__open_and_load(); int r = d ? demo__attach(d) : 1; demo__destroy(d); return r; }\n`,
      );
      const strict = ['-fsyntax-only', '-Wall', '-Wextra', '-Wconversion', '-Werror', 'main.c'];
      execFileSync('gcc', ['-std=gnu11', ...strict], { cwd: folder, stdio: 'pipe' });
      execFileSync('g++', ['-std=gnu++17', '-x', 'c++', ...strict], { cwd: folder, stdio: 'pipe' });
      expect(header).toContain('demo__open_and_load');
    });

    it('makes C names of what is none', () => {
      const spec = open('g00_nobtf');
      expect(writeHeader(makeLightSkeleton(spec), spec.btf, { name: 'bad-name' })).toContain(
        'struct bad_name *',
      );
    });
  },
);
