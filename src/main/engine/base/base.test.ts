import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  ByteReader,
  ByteWriter,
  cString,
  decodeUtf8,
  encodeUtf8,
  fromHex,
  join64,
  high32,
  low32,
  toCString,
  toHex,
  u64,
  within,
} from './index.ts';

describe('base', () => {
  it('decodes every text that it encodes, and agrees with the platform on arbitrary bytes', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => decodeUtf8(encodeUtf8(text)) === text));
    const encoder = new TextEncoder();
    const units = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes));
    fc.assert(fc.property(units, (text) => toHex(encodeUtf8(text)) === toHex(encoder.encode(text))));
    const long = `${'a'.repeat(5000)}ä${'b'.repeat(4096)}😀`;
    expect(decodeUtf8(encoder.encode(long))).toBe(long);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3 }),
        (bytes) =>
          decodeUtf8(bytes).replace(/\ufffd+/g, '?') === decoder.decode(bytes).replace(/\ufffd+/g, '?'),
      ),
    );
  });

  it('reads back what it writes', () => {
    const bytes = new ByteWriter().u8(1).u16(0x0203).u32(0x04050607).u64(-1n).align(4).finish();
    const reader = new ByteReader(bytes, 'test');
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.remaining]).toEqual([
      1,
      0x0203,
      0x04050607,
      0xffff_ffff_ffff_ffffn,
      1,
    ]);
  });

  it('keeps what it wrote when its buffer grows', () => {
    const chunk = Uint8Array.from({ length: 200 }, (_, i) => i);
    const writer = new ByteWriter().push(chunk).push(chunk);
    for (let i = 0; i < 1000; i++) writer.u32(i);
    const reader = new ByteReader(writer.finish(), 'test');
    expect([...reader.take(200), ...reader.take(200)]).toEqual([...chunk, ...chunk]);
    for (let i = 0; i < 1000; i++) expect(reader.u32()).toBe(i);
  });

  it('names what ended where when a reader runs out of bytes', () => {
    expect(() => within('section .BTF', () => new ByteReader(new Uint8Array(3), 'header').u32())).toThrow(
      'section .BTF: header ends at byte 3, 4 bytes needed at 0',
    );
  });

  it('turns bytes to hex and back, and tells the bad digit', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => toHex(fromHex(toHex(bytes, ' '))) === toHex(bytes)));
    expect(() => fromHex('0x05, zz')).toThrow("'z' is not a hex digit");
  });

  it('splits and joins 64-bit values', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        (value) => join64(low32(value), high32(value)) === u64(value),
      ),
    );
  });

  it('cuts C strings at their field and keeps the NUL', () => {
    expect(toHex(toCString('abcdef', 4))).toBe('61626300');
    expect(cString(toCString('abc'))).toBe('abc');
  });
});
