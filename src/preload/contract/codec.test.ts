import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, type TextCodec } from './index.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const text: TextCodec = {
  encode: (value) => encoder.encode(value),
  decode: (bytes) => decoder.decode(bytes),
};

const value = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'grapheme' }),
    fc.bigInt(),
    fc.uint8Array(),
    fc.array(fc.nat()).map((items) => Uint32Array.from(items)),
    fc.array(fc.integer()).map((items) => Float64Array.from(items)),
  ),
  tree: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('$b', '$n', '$o', '__proto__')),
      tie('tree'),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
  ),
})).tree;

describe('message codec', () => {
  it('gives back every message that it encodes', () => {
    fc.assert(
      fc.property(value, (message) => {
        expect(decodeMessage(encodeMessage(message, text), text)).toEqual(message);
      }),
    );
  });

  it('answers garbage with an Error and nothing worse', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          decodeMessage(bytes, text);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
