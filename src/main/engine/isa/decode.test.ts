import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { EngineError, fromHex, toHex } from '../base/index.ts';
import { OPCODES, checkInsns, decodeInsns, encodeInsns, imm64Of, ldImm64, opcodeOf } from './index.ts';

function check(hex: string): void {
  checkInsns(decodeInsns(fromHex(hex)));
}
const EXIT = '9500000000000000';

describe('decoding', () => {
  it('splits and joins the fields of every byte sequence', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const whole = bytes.subarray(0, bytes.length - (bytes.length % 8));
        expect(toHex(encodeInsns(decodeInsns(whole)))).toBe(toHex(whole));
      }),
    );
    expect(() => decodeInsns(new Uint8Array(7))).toThrow('a program of 7 bytes');
  });

  it('keeps 64-bit constants', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        (value) => imm64Of(...ldImm64(1, value)) === value,
      ),
    );
  });

  it('has a unique name for every row, and finds each row by its own fields', () => {
    expect(new Set(OPCODES.map((entry) => entry.name)).size).toBe(OPCODES.length);
    for (const entry of OPCODES) {
      const field = (rule: string | number): number => (typeof rule === 'number' ? rule : 0);
      const found = opcodeOf({
        code: entry.code,
        dst: field(entry.dst),
        src: field(entry.src),
        off: field(entry.off),
        imm: field(entry.imm),
      });
      expect(found?.name).toBe(entry.name);
    }
  });

  it('never throws anything but a parse error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 160 }), (bytes) => {
        try {
          checkInsns(decodeInsns(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
          expect((error as EngineError).code).toBe('parse');
        }
      }),
    );
  });

  it.each([
    ['ff00000000000000', 'instruction 0: unknown opcode 0xff'],
    ['b700010001000000' + EXIT, 'instruction 0: mov64_imm: reserved field off is 1, must be 0'],
    ['bf0b000000000000', 'instruction 0: mov64_reg: register r11 does not exist'],
    ['1800000001000000', 'instruction 0: ld_imm64 lacks its second slot'],
    ['18000000010000000100000000000000', 'instruction 1: the second slot of ld_imm64'],
    ['1870000001000000000000000000000095' + '00000000000000', 'unknown pseudo source 7'],
    ['0500050000000000' + EXIT, 'instruction 0: jumps to 6, outside the program of 2'],
    [
      '05000100000000001800000001000000' + '0000000000000000' + EXIT,
      'jumps into the middle of the ld_imm64 at 1',
    ],
    ['db10000002000000', 'instruction 0: unknown opcode 0xdb'],
    ['', 'needs at least one instruction'],
  ])('says what is wrong with %s', (hex, message) => {
    expect(() => check(hex)).toThrow(message);
  });
});
