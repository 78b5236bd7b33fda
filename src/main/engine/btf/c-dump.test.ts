import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/index.ts';
import { objectNameOf, parseObject } from '../elf/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { Btf, BtfBuilder, BtfKind, CPrinter, dumpC } from './index.ts';

describe('types as C', () => {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { encoding: 1 });
  const char = b.int('char', 1, { encoding: 1 });
  const foo = b.struct('foo', 16, [
    { name: 'a', type: int, bitOffset: 0, bitfieldSize: 3 },
    { name: 'b', type: int, bitOffset: 5, bitfieldSize: 4 },
    { name: 'c', type: char, bitOffset: 64 },
  ]);
  const pointer = b.pointer(foo);
  const constant = b.modifier(BtfKind.CONST, char);
  const text = b.pointer(constant);
  const matrix = b.array(b.array(int, int, 3), int, 2);
  const proto = b.functionProto(int, [
    { name: 'p', type: pointer },
    { name: '', type: 0 },
  ]);
  const callback = b.pointer(proto);
  const callbacks = b.array(callback, int, 4);
  const nothing = b.pointer(b.functionProto(0, []));
  const volatilePointer = b.modifier(BtfKind.VOLATILE, text);
  const arrayPointer = b.pointer(matrix);
  const alias = b.typedef('alias_t', b.union('', 4, [{ name: 'x', type: int, bitOffset: 0 }]));
  b.enum('color', [{ name: 'RED', value: -1n }], { signed: true });
  const btf = Btf.parse(b.finish());
  const printer = new CPrinter(btf);

  it.each<[number, string]>([
    [int, 'int x'],
    [text, 'const char *x'],
    [matrix, 'int x[2][3]'],
    [callback, 'int (*x)(struct foo *p, ...)'],
    [callbacks, 'int (*x[4])(struct foo *p, ...)'],
    [nothing, 'void (*x)(void)'],
    [volatilePointer, 'const char * volatile x'],
    [arrayPointer, 'int (*x)[2][3]'],
    [alias, 'alias_t x'],
  ])('declares type %i', (id, declaration) => {
    expect(printer.declare(id, 'x')).toBe(declaration);
  });

  it('leaves modifiers out when told', () => {
    expect(printer.declare(volatilePointer, 'x', { stripModifiers: true })).toBe('char *x');
  });

  it('defines a struct with its holes', () => {
    expect(printer.define(foo)).toBe(
      'struct foo {\n\tint a: 3;\n\tchar: 2;\n\tint b: 4;\n\tlong: 0;\n\tchar c;\n\tlong: 0;\n}',
    );
  });

  it('puts each type behind what it needs', () => {
    const dumped = dumpC(btf);
    expect(dumped).toContain('typedef union {\n\tint x;\n} alias_t;\n\n');
    expect(dumped).toContain('enum color {\n\tRED = -1,\n};\n\n');
  });
});

const cases = sharedPath('data/hid-bpf/cases');
const vmlinux = sharedPath('data/btf/vmlinux-6.12.117.btf');
const clang = ['/usr/bin/clang-19', '/usr/bin/clang'].find((path) => existsSync(path));

/** Compiles a header alone and gives the sizes that the compiler sees. */
function compile(header: string, checks: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'hidsmith-btf-'));
  try {
    const source = join(folder, 'types.c');
    writeFileSync(source, `typedef _Bool bool_;\n${header}\n${checks}\n`);
    execFileSync(clang!, ['-target', 'x86_64-linux-gnu', '-fsyntax-only', '-w', '-ferror-limit=5', source], {
      stdio: 'pipe',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Names that occur once: a repeated one was renamed in the dump. */
function layoutChecks(btf: Btf): string {
  const seen = new Map<string, number>();
  const structs: string[] = [];
  for (const type of btf.types()) {
    if (type.kind !== BtfKind.STRUCT || type.name === '') continue;
    seen.set(type.name, (seen.get(type.name) ?? 0) + 1);
    const size = `_Static_assert(sizeof(struct ${type.name}) == ${type.size}, "size");`;
    const offsets = type.members
      .filter((member) => member.name !== '' && member.bitfieldSize === 0)
      .map(
        (member) =>
          `_Static_assert(__builtin_offsetof(struct ${type.name}, ${member.name}) == ${member.bitOffset / 8}, "${member.name}");`,
      );
    structs.push([type.name, size, ...offsets].join('\n'));
  }
  return structs
    .filter((text) => seen.get(text.slice(0, text.indexOf('\n'))) === 1)
    .map((text) => text.slice(text.indexOf('\n') + 1))
    .join('\n');
}

describe.skipIf(cases === undefined || vmlinux === undefined || clang === undefined)(
  'a dump as a header (needs ../shared/data and clang)',
  () => {
    it('compiles, and the compiler lays a driver’s types out as BTF says', () => {
      const { btf } = parseObject(new Uint8Array(readFileSync(join(cases!, 'case10-maps/driver.bpf.o'))), {
        name: objectNameOf('driver.bpf.o'),
      });
      compile(dumpC(btf!), layoutChecks(btf!));
    });

    it('compiles for all of a kernel, with every struct’s size and offsets', () => {
      const btf = Btf.parse(new Uint8Array(readFileSync(vmlinux!)));
      compile(dumpC(btf), layoutChecks(btf));
    }, 60_000);
  },
);

describe.skipIf(cases === undefined)('damaged BTF as C (needs ../shared/data/hid-bpf)', () => {
  it('is printed or refused, and quickly', () => {
    const { btf } = parseObject(new Uint8Array(readFileSync(join(cases!, 'case10-maps/driver.bpf.o'))), {
      name: 'driver',
    });
    const { bytes } = btf!;
    const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = bytes.slice();
        for (const [at, value] of changes) damaged[at] = value;
        const start = performance.now();
        try {
          dumpC(Btf.parse(damaged));
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
        }
        expect(performance.now() - start).toBeLessThan(1000);
      }),
      { numRuns: 150, endOnFailure: true },
    );
  });
});
