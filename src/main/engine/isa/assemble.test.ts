import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { EngineError, fromHex } from '../base/index.ts';
import { sharedPath } from '../testing/shared.ts';
import {
  type FieldRule,
  type Insn,
  OPCODES,
  type Opcode,
  PseudoSource,
  assemble,
  decodeInsns,
  disassemble,
  disassembleInsn,
  encodeInsns,
  ldImm64,
  printInsn,
} from './index.ts';

function field(rule: FieldRule, register: number, any: number): number {
  return rule === 'any' ? any : rule === 'register' ? register : rule;
}

/** An instruction of any row of the table, as its slots. */
const anyInsn: fc.Arbitrary<Insn[]> = fc
  .record({
    entry: fc.constantFrom(...OPCODES),
    dst: fc.integer({ min: 0, max: 10 }),
    src: fc.integer({ min: 0, max: 10 }),
    off: fc.integer({ min: -32768, max: 32767 }),
    imm: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    high: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  })
  .map(({ entry, dst, src, off, imm, high }) => build(entry, dst, src, off, imm, high));

function build(entry: Opcode, dst: number, src: number, off: number, imm: number, high: number): Insn[] {
  if (entry.name === 'ld_imm64') return ldImm64(dst, (BigInt(high) << 32n) | BigInt(imm >>> 0));
  const insn = {
    code: entry.code,
    dst: field(entry.dst, dst, dst),
    src: field(entry.src, src, src),
    // The text of a kfunc call does not have its offset.
    off: entry.name === 'call_kfunc' ? 0 : field(entry.off, 0, off),
    imm: field(entry.imm, 0, imm),
  };
  return [insn];
}

describe('assembler and disassembler', () => {
  it('every instruction of the table survives the way to text and back', () => {
    fc.assert(
      fc.property(anyInsn, (insns) => {
        const text = disassembleInsn(insns[0]!, insns[1]);
        expect(assemble(text)).toEqual(insns);
        expect(assemble(`12: ${printInsn(insns[0]!, insns[1])} ; R1=ctx()`)).toEqual(insns);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['7912000000000000', '(79) r2 = *(u64 *)(r1 +0)'],
    ['bf a1 0000 00000000', '(bf) r1 = r10'],
    ['07010000f0ffffff', '(07) r1 += -16'],
    ['8500000071000000', '(85) call bpf_probe_read_kernel#113'],
    ['850000002c010000', '(85) call unknown#300'],
    ['85100000fdffffff', '(85) call pc-3'],
    ['8520000039300000', '(85) call hid_bpf_get_data#12345'],
    ['1500010000000000', '(15) if r0 == 0x0 goto pc+1'],
    ['a6050600ffffffff', '(a6) if w5 < 0xffffffff goto pc+6'],
    ['7d21feff00000000', '(7d) if r1 s>= r2 goto pc-2'],
    ['06000000f0ffffff', '(06) gotol pc-16'],
    ['e500030000000000', '(e5) may_goto pc+3'],
    ['9500000000000000', '(95) exit'],
    ['8101fcff00000000', '(81) r1 = *(s32 *)(r0 -4)'],
    ['620afcff07000000', '(62) *(u32 *)(r10 -4) = 7'],
    ['db21080000000000', '(db) lock *(u64 *)(r1 +8) += r2'],
    ['c321080051000000', '(c3) r2 = atomic_fetch_and((u32 *)(r1 +8), r2)'],
    ['db210800f1000000', '(db) r0 = atomic64_cmpxchg((u64 *)(r1 +8), r0, r2)'],
    ['c3210000e1000000', '(c3) r2 = atomic_xchg((u32 *)(r1 +0), r2)'],
    ['d321000000010000', '(d3) r1 = load_acquire((u8 *)(r2 +0))'],
    ['cb21020010010000', '(cb) store_release((u16 *)(r1 +2), r2)'],
    ['dc01000010000000', '(dc) r1 = be16 r1'],
    ['d401000040000000', '(d4) r1 = le64 r1'],
    ['d701000020000000', '(d7) r1 = bswap32 r1'],
    ['8701000000000000', '(87) r1 = -r1'],
    ['8401000000000000', '(84) w1 = -w1'],
    ['3f21010000000000', '(3f) r1 s/= r2'],
    ['9401010003000000', '(94) w1 s%= 3'],
    ['bf21200000000000', '(bf) r1 = (s32)r2'],
    ['bc21080000000000', '(bc) w1 = (s8)w2'],
    ['bf21010001000000', '(bf) r1 = addr_space_cast(r2, 0, 1)'],
    ['3000000005000000', '(30) r0 = *(u8 *)skb[5]'],
    ['4820000003000000', '(48) r0 = *(u16 *)skb[r2 + 3]'],
    ['ff00000000000000', '(ff) r0 (null) r0'],
    ['c300000002000000', 'BUG_c3'],
    ['a100000000000000', 'BUG_ldx_a1'],
    ['9a00000000000000', 'BUG_st_9a'],
    ['0000000000000000', 'BUG_ld_00'],
  ])('prints %s as the kernel does: %s', (hex, text) => {
    const names = {
      helper: (id: number) => (id === 113 ? 'bpf_probe_read_kernel' : undefined),
      kfunc: () => 'hid_bpf_get_data',
    };
    expect(printInsn(decodeInsns(fromHex(hex))[0]!, undefined, names)).toBe(text);
  });

  it('prints 64-bit constants over both slots', () => {
    const insns = ldImm64(3, 0xffff8881043d2800n);
    expect(disassemble(insns)).toEqual([{ pc: 0, insn: insns[0], text: 'r3 = 0xffff8881043d2800' }]);
    expect(printInsn(insns[0], insns[1], { constant: () => 'map[id:5]' })).toBe('(18) r3 = map[id:5]');
  });

  it('assembles labels, pseudo constants and comments', () => {
    const insns = assemble(`
      r1 = map_fd 3           ; the map
      r2 = map_value 4+16
      r3 = func callback
      if r1 == 0 goto out     // nothing to do
      call callback
    out:
      exit
    callback:
      r0 = 5 ll
      exit`);
    expect(insns[0]).toMatchObject({ src: PseudoSource.MAP_FD, imm: 3 });
    expect(insns.slice(2, 4).map((insn) => insn.imm)).toEqual([4, 16]);
    expect(insns[4]).toMatchObject({ src: PseudoSource.FUNC, imm: 4 });
    expect(insns[6]).toMatchObject({ off: 1, imm: 0 });
    expect(insns[7]).toMatchObject({ src: PseudoSource.CALL, imm: 1 });
    expect(insns[9]).toMatchObject({ code: 0x18, imm: 5 });
  });

  it.each([
    ['exit\nr1 = r11', 'line 2: register r11 does not exist'],
    ['r1 = w2', 'line 1: r1 and w2 have different widths'],
    ['r1 += 4294967296', 'line 1: 4294967296 does not fit'],
    ['goto nowhere', 'line 1: no label nowhere'],
    ['a:\na:', 'line 2: label a is there twice'],
    ['mov r1, r2', "line 1: 'mov r1, r2' is no instruction"],
    ['r1 = *(u64 *)(r2 +40000)', 'line 1: +40000 does not fit'],
  ])('says what is wrong with %s', (source, message) => {
    expect(() => assemble(source)).toThrow(message);
  });

  it('throws nothing but parse errors, whatever the text', () => {
    const words = fc.constantFrom(
      ...[
        'r1',
        'w2',
        'r99',
        '=',
        '+=',
        '(u64 *)',
        '*(u32 *)',
        '(r1 +0)',
        'goto',
        'pc+1',
        'if',
        '0x',
        '-1',
        'call',
      ],
      ...[
        'exit',
        'lock',
        ':',
        'x:',
        'func',
        'll',
        'atomic_xchg(',
        'call #',
        '99999999999999999999',
        '\n',
        ';',
      ],
    );
    const text = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.array(words, { maxLength: 12 }).map((list) => list.join(' ')),
    );
    fc.assert(
      fc.property(text, (source) => {
        try {
          assemble(source);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
          expect((error as EngineError).code).toBe('parse');
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('prints every byte sequence without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
        expect(printInsn(decodeInsns(bytes)[0]!)).not.toBe('');
      }),
    );
  });

  const path = sharedPath('data/conformance/assembled.json');
  it.skipIf(path === undefined)('all conformance programs survive the round trip (needs ../shared)', () => {
    const cases = JSON.parse(readFileSync(path!, 'utf8')) as { prog: string }[];
    for (const { prog } of cases) {
      const insns = decodeInsns(fromHex(prog));
      const text = disassemble(insns).map((line) => line.text);
      expect(encodeInsns(assemble(text.join('\n')))).toEqual(encodeInsns(insns));
    }
  });
});
