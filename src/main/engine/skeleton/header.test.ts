import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ObjectSpec } from '../elf/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { makeLightSkeleton, writeHeader } from './index.ts';
import { openObject, sampleObject, testObject, testObjects } from './testing/machine.ts';

const vectors = sharedPath('data/light-skeletons');
const SAMPLES = [
  'dial-map',
  'keypad-remap',
  'mouse-swap-buttons',
  'pen-fix',
  'socket-count',
  'syscall-adder',
];

function has(compiler: string): boolean {
  try {
    execFileSync(compiler, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Structures of the objects' sources that their globals have: as with bpftool's headers, the includer defines them. */
const PRELUDE = `struct lpt { int x, y; };
struct point { int x, y; };
enum colour { RED, GREEN = 5 };
union either { int a; unsigned long long b; };
enum libbpf_tristate { TRI_NO, TRI_YES, TRI_MODULE };
`;

/** Enough of the kernel's headers for a compiler to check a skeleton's kernel side without a kernel's source. */
const KERNEL_HEADERS: Readonly<Record<string, string>> = {
  types: `typedef unsigned char uint8_t, __u8; typedef unsigned short uint16_t, __u16; typedef unsigned int uint32_t, __u32;
typedef unsigned long long uint64_t, __u64; typedef unsigned long uintptr_t, size_t; typedef int __s32; typedef _Bool bool;
#define NULL ((void *)0)
`,
  errno: `#define E2BIG 7\n#define EINVAL 22\n#define ENOMEM 12\n#define ENOENT 2\n#define ENOSPC 28\n#define EOPNOTSUPP 95\n#define ESRCH 3\n`,
  fdtable: 'int close_fd(unsigned fd);\n',
  mm: '#define PAGE_SIZE 4096UL\nvoid *kvmalloc(unsigned long size, int flags); void kvfree(const void *);\n',
  mman: '#define PROT_READ 1\n#define PROT_WRITE 2\n',
  slab: '#define GFP_KERNEL 0\nvoid *kzalloc(unsigned long size, int flags); void kfree(const void *);\n',
  string:
    'void *memcpy(void *, const void *, unsigned long); void *memset(void *, int, unsigned long); unsigned long strlen(const char *); long strscpy(char *, const char *, unsigned long);\n',
  kernel:
    '#include <linux/stdarg.h>\nint snprintf(char *, unsigned long, const char *, ...); int vsnprintf(char *, unsigned long, const char *, va_list);\n',
  stdarg:
    'typedef __builtin_va_list va_list;\n#define va_start(v, l) __builtin_va_start(v, l)\n#define va_end(v) __builtin_va_end(v)\n',
  cpumask: 'unsigned int num_possible_cpus(void);\n',
  kconfig: '#define IS_BUILTIN(option) 1\n#define IS_MODULE(option) 0\n#define CONFIG_HZ 250\n',
  version: '#define LINUX_VERSION_CODE 0x60c75\n',
  bpf: `#include <linux/types.h>
#define BPF_MAP_TYPE_ARRAY 2
#define IS_ERR(pointer) ((unsigned long)(pointer) >= -4095UL)
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - __builtin_offsetof(type, member)))
union bpf_attr; struct bpf_map { int map_type; }; struct bpf_array { struct bpf_map map; char value[8]; };
int kern_sys_bpf(int command, union bpf_attr *attr, unsigned int size);
struct bpf_map *bpf_map_get(unsigned fd); void bpf_map_put(struct bpf_map *map);
`,
};

const objects: readonly (readonly [string, () => ObjectSpec])[] = [
  ...testObjects().map((name) => [name, () => testObject(name)] as const),
  ...SAMPLES.map((id) => [id, () => sampleObject(id)] as const),
  ...(vectors === undefined
    ? []
    : readdirSync(vectors).map(
        (name) => [name, () => openObject(join(vectors, name, `${name}.bpf.o`))] as const,
      )),
];
const STRICT = ['-Wall', '-Wextra', '-Wconversion', '-Werror', 'main.c'];
const CHECK = ['-fsyntax-only', ...STRICT];
/** With optimisation the compiler sees more: texts that are cut, variables that may have no value. */
const BUILD = ['-c', '-O2', '-o', '/dev/null', ...STRICT];

/** A program of the shape that users of bpftool's headers write. */
function program(spec: ObjectSpec): string {
  const isDriver = spec.maps.some(({ structOps }) => structOps?.typeName.startsWith('hid_bpf_ops') === true);
  return `${PRELUDE}#include "demo.lskel.h"
int main(void)
{
	struct demo *skel = demo__open();
	int err = skel ? demo__load(skel) : -1;
	if (!err)
		err = demo__attach(skel${isDriver ? ', 1' : ''});
	demo__detach(skel);
	demo__destroy(skel);
	skel = demo__open_and_load();
	return err < 0 || !skel;
}
`;
}

function folderWith(spec: ObjectSpec, standalone: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'hidsmith-header-'));
  const header = writeHeader(makeLightSkeleton(spec, 'demo'), spec.btf, { name: 'demo', standalone });
  writeFileSync(join(folder, 'demo.lskel.h'), header);
  writeFileSync(join(folder, 'main.c'), program(spec));
  return folder;
}

describe.skipIf(!has('gcc') || !has('g++'))('skeleton headers (needs gcc and g++)', () => {
  it.each(objects)('the standalone header of %s compiles as C11 and C++17 without a warning', (_, open) => {
    const cwd = folderWith(open(), true);
    execFileSync('gcc', ['-std=gnu11', ...BUILD], { cwd, stdio: 'pipe' });
    execFileSync('g++', ['-std=gnu++17', '-x', 'c++', ...CHECK], { cwd, stdio: 'pipe' });
  });

  it.each(objects)('the standalone header of %s compiles as a part of the kernel', (_, open) => {
    const spec = open();
    const cwd = folderWith(spec, true);
    mkdirSync(join(cwd, 'linux'));
    for (const [name, text] of Object.entries(KERNEL_HEADERS))
      writeFileSync(
        join(cwd, 'linux', `${name}.h`),
        `#ifndef FAKE_${name}\n#define FAKE_${name}\n${text}#endif\n`,
      );
    const flags = ['-std=gnu11', '-D__KERNEL__', '-nostdinc', '-I.', '-ffreestanding'];
    execFileSync('gcc', [...flags, ...CHECK], { cwd, stdio: 'pipe' });
  });

  it('lets two skeletons of both kinds into one file', () => {
    const spec = sampleObject('pen-fix');
    const folder = mkdtempSync(join(tmpdir(), 'hidsmith-header-'));
    for (const name of ['one', 'two']) {
      const text = writeHeader(makeLightSkeleton(spec, name), spec.btf, { name, standalone: true });
      writeFileSync(join(folder, `${name}.h`), text);
    }
    writeFileSync(
      join(folder, 'main.c'),
      '#include "one.h"\n#include "two.h"\nint main(void) { return 0; }\n',
    );
    execFileSync('gcc', ['-std=gnu11', ...CHECK], { cwd: folder, stdio: 'pipe' });
  });

  it('makes C names of what is none', () => {
    const spec = testObject('data_kinds');
    expect(writeHeader(makeLightSkeleton(spec, 'bad-name'), spec.btf)).toContain('struct bad_name *');
  });
});
