import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/index.ts';
import { objectNameOf, parseObject } from '../elf/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { Btf, checkBtf } from './index.ts';

const cases = sharedPath('data/hid-bpf/cases');
const rejects = sharedPath('data/hid-bpf/rejects');

function btfOf(path: string): Uint8Array {
  const spec = parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });
  return spec.btf!.bytes;
}

describe.skipIf(cases === undefined || rejects === undefined)(
  'BPF_BTF_LOAD’s check (needs ../shared/data/hid-bpf)',
  () => {
    it('takes the BTF of every driver that Linux loads', () => {
      for (const name of readdirSync(cases!)) {
        const { errno, log } = checkBtf(btfOf(join(cases!, name, 'driver.bpf.o')), { log: true });
        expect(`${name}: ${errno} ${errno === 0 ? '' : log.slice(-200)}`).toBe(`${name}: 0 `);
      }
    });

    it('refuses what Linux refuses, with its errno and its last lines', () => {
      const results = readdirSync(rejects!).map((name) => ({
        name,
        ...(JSON.parse(readFileSync(join(rejects!, name, 'result.json'), 'utf8')) as {
          stage: string;
          errno: number;
          log: string[];
        }),
      }));
      for (const { name, stage, errno, log } of results) {
        const result = checkBtf(btfOf(join(rejects!, name, 'driver.bpf.o')), { log: true });
        expect([name, result.errno]).toEqual([name, stage === 'btf' ? errno : 0]);
        if (stage === 'btf') expect(result.log.trimEnd().split('\n').slice(-3)).toEqual(log);
      }
      expect(results.some((result) => result.stage === 'btf')).toBe(true);
    });

    it('never throws, and what it takes Btf.parse can read', () => {
      const bytes = btfOf(join(cases!, 'case10-maps/driver.bpf.o'));
      const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }));
      let accepted = 0;
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
          const damaged = bytes.slice();
          for (const [at, value] of changes) damaged[at] = value;
          const start = performance.now();
          const { errno } = checkBtf(damaged, { log: true });
          if (errno === 0) {
            accepted++;
            Btf.parse(damaged);
          } else {
            try {
              for (const type of Btf.parse(damaged).types()) expect(type.id).toBeGreaterThanOrEqual(0);
            } catch (error) {
              if (!(error instanceof EngineError)) throw error;
            }
          }
          expect(performance.now() - start).toBeLessThan(1000);
        }),
        { numRuns: 1500 },
      );
      expect(accepted).toBeGreaterThan(0);
    });

    it('refuses every cut', () => {
      const bytes = btfOf(join(cases!, 'case10-maps/driver.bpf.o'));
      fc.assert(
        fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
          expect(checkBtf(bytes.slice(0, length)).errno).toBeLessThan(0);
        }),
        { numRuns: 300 },
      );
    });
  },
);

/** BTF by hand: types as u32 words, strings as text. */
function btf(
  types: readonly number[],
  strings: string,
  change: (view: DataView) => void = () => undefined,
): Uint8Array {
  const text = `\0${strings}\0`;
  const bytes = new Uint8Array(24 + 4 * types.length + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0001eb9f, true);
  view.setUint32(4, 24, true);
  view.setUint32(12, 4 * types.length, true);
  view.setUint32(16, 4 * types.length, true);
  view.setUint32(20, text.length, true);
  types.forEach((word, i) => view.setUint32(24 + 4 * i, word >>> 0, true));
  for (let i = 0; i < text.length; i++) bytes[24 + 4 * types.length + i] = text.charCodeAt(i);
  change(view);
  return bytes;
}

describe('the kernel’s words for bad BTF', () => {
  const INT = [1, 0x0100_0000, 4, 0x0100_0020];
  const last = (bytes: Uint8Array): [number, string] => {
    const { errno, log } = checkBtf(bytes, { log: true });
    return [errno, log.trimEnd().split('\n').at(-1)!];
  };

  it('prints header and types when all is well', () => {
    expect(checkBtf(btf(INT, 'int'), { log: true })).toEqual({
      errno: 0,
      log:
        'magic: 0xeb9f\nversion: 1\nflags: 0x0\nhdr_len: 24\ntype_off: 0\ntype_len: 16\nstr_off: 16\nstr_len: 5\n' +
        'btf_total_size: 45\n[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n',
    });
  });

  it.each<[string, Uint8Array, number, string]>([
    ['a wrong magic', btf(INT, 'int', (view) => view.setUint16(0, 1, true)), -22, 'Invalid magic'],
    ['a later version', btf(INT, 'int', (view) => view.setUint8(2, 2)), -524, 'Unsupported version'],
    ['flags', btf(INT, 'int', (view) => view.setUint8(3, 2)), -524, 'Unsupported flags'],
    ['no types', btf([], 'int'), -22, 'No type found'],
    ['a gap', btf(INT, 'int', (view) => view.setUint32(20, 4, true)), -22, 'Unsupported section found'],
    ['an unknown kind', btf([1, 0x1400_0000, 4], 'int'), -22, '[1] Invalid kind:20'],
    ['half a type', btf([1, 0x0100_0000, 4], 'int'), -22, '[1] INT int meta_left:0 meta_needed:4'],
    ['a pointer to itself', btf([0, 0x0200_0000, 1], ''), -17, '[1] PTR (anon) type_id=1 Loop detected'],
    [
      'a modifier loop',
      btf([0, 0x0a00_0000, 2, 0, 0x0a00_0000, 1], ''),
      -17,
      '[1] CONST (anon) type_id=2 Loop detected',
    ],
    [
      'a struct that holds itself',
      btf([1, 0x0400_0001, 4, 1, 1, 0], 's'),
      -17,
      '[1] STRUCT s size=4 vlen=1 Loop detected',
    ],
    [
      'a member past the end',
      btf([...INT, 5, 0x0400_0001, 4, 5, 1, 8], 'int\0s'),
      -22,
      '\ts type_id=1 bits_offset=8 Member exceeds struct_size',
    ],
    ['a bad name', btf([1, 0x0400_0000, 0], 'a b'), -22, '[1] STRUCT a b size=0 vlen=0 Invalid name'],
    [
      'a function with a nameless argument',
      btf([...INT, 0, 0x0d00_0001, 0, 0, 1, 5, 0x0c00_0000, 2], 'int\0f'),
      -22,
      '[3] FUNC f type_id=2 Invalid arg#1',
    ],
    [
      'extern linkage',
      btf([...INT, 5, 0x0e00_0000, 1, 2], 'int\0v'),
      -22,
      '[2] VAR v type_id=1 linkage=2 Linkage not supported',
    ],
  ])('refuses %s', (_what, bytes, errno, line) => {
    const [gotErrno, gotLine] = last(bytes);
    expect(gotLine).toBe(line);
    expect(gotErrno).toBe(errno);
  });
});
