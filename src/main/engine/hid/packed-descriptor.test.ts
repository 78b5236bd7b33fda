import { describe, expect, it } from 'vitest';
import { fromHex, viewOf } from '../base/index.ts';
import { PACKED_DESCRIPTOR_SIZE, packDescriptor, parseDescriptor } from './index.ts';

const FIELD = 181;
const REPORT = 4 + 64 * FIELD;

/** Field `index` of the first input report, as the C struct reads it. */
function fieldAt(bytes: Uint8Array, index: number): unknown {
  const view = viewOf(bytes);
  const at = 3 + 4 + index * FIELD;
  return {
    type: view.getUint8(at),
    bits: [view.getUint16(at + 2, true), view.getUint16(at + 4, true)],
    usage: [view.getUint16(at + 6, true), view.getUint16(at + 8, true), view.getUint16(at + 10, true)],
    range: [view.getInt32(at + 12, true), view.getInt32(at + 16, true)],
    flags: view.getUint8(at + 20),
    collections: Array.from({ length: view.getUint8(at + 1) }, (_, i) => [
      view.getUint16(at + 21 + 5 * i, true),
      view.getUint16(at + 23 + 5 * i, true),
      view.getUint8(at + 25 + 5 * i),
    ]),
  };
}

describe('struct hid_rdesc_descriptor', () => {
  it('has the size that the C header gives it', () => {
    expect(PACKED_DESCRIPTOR_SIZE).toBe(3 + 48 * REPORT);
    expect(packDescriptor(parseDescriptor(new Uint8Array(0))).every((byte) => byte === 0)).toBe(true);
  });

  it('holds every element of a variable field, arrays and padding as one, with bits behind the report id', () => {
    const hex =
      '05010906a1018503050719e029e1150025017501950281029506810375089502150026ff0005071900 2aff008100c005010902a10185030930158125 7f750895018106c0'.replaceAll(
        ' ',
        '',
      );
    const bytes = packDescriptor(parseDescriptor(fromHex(hex)));
    expect([...bytes.subarray(0, 7)]).toEqual([1, 0, 0, 3, 40, 0, 5]);
    const keyboard = [[1, 6, 1]];
    expect([0, 1, 2, 3, 4].map((index) => fieldAt(bytes, index))).toEqual([
      { type: 0, bits: [8, 9], usage: [7, 0xe0, 0], range: [0, 1], flags: 0, collections: keyboard },
      { type: 0, bits: [9, 10], usage: [7, 0xe1, 0], range: [0, 1], flags: 0, collections: keyboard },
      { type: 2, bits: [10, 16], usage: [0, 0, 0], range: [0, 0], flags: 0, collections: [] },
      { type: 1, bits: [16, 32], usage: [7, 0, 0xff], range: [0, 255], flags: 0, collections: keyboard },
      {
        type: 0,
        bits: [32, 40],
        usage: [1, 0x30, 0],
        range: [-127, 127],
        flags: 1,
        collections: [[1, 2, 1]],
      },
    ]);
  });
});
