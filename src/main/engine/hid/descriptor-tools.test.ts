import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { EngineError, fromHex, toHex } from '../base/index.ts';
import { sharedPath } from '../testing/shared.ts';
import {
  assembleDescriptor,
  bitMap,
  decodeReport,
  descriptorCArray,
  descriptorListing,
  descriptorSource,
  diffDescriptors,
  encodeDescriptor,
  encodeReport,
  fieldReader,
  lintDescriptor,
  parseDescriptor,
  type EditableItem,
} from './index.ts';

const MOUSE =
  '05010902a1010901a1000509190129031500250195037501810295017505810105010930093109381581257f750895038106c0c0';

function rules(hex: string): string[] {
  return lintDescriptor(parseDescriptor(fromHex(hex))).map(({ rule }) => rule);
}

describe('descriptor listing', () => {
  it('prints bytes, indented meaning and offset as hid-recorder does', () => {
    const lines = descriptorListing(parseDescriptor(fromHex('05010902a1018501a4b4c0')), '# ').split('\n');
    expect(lines).toEqual([
      '# 0x05, 0x01,                      // Usage Page (Generic Desktop)           0',
      '# 0x09, 0x02,                      // Usage (Mouse)                          2',
      '# 0xa1, 0x01,                      // Collection (Application)               4',
      '# 0x85, 0x01,                      //  Report ID (1)                         6',
      '# 0xa4,                            //  Push                                  8',
      '# 0xb4,                            //  Pop                                   9',
      '# 0xc0,                            // End Collection                         10',
      '',
    ]);
    expect(descriptorCArray(parseDescriptor(fromHex('c0')), 'x')).toContain('x[1] = {\n\t0xc0,');
  });
});

describe('descriptor text to edit', () => {
  it('is read back as the same bytes', () => {
    expect(descriptorSource(parseDescriptor(fromHex(MOUSE)))).toContain('    Usage Maximum (Button 3)\n');
    expect(toHex(assembleDescriptor(descriptorSource(parseDescriptor(fromHex(MOUSE)))))).toBe(MOUSE);
  });

  it('takes names, numbers, comments, fixed sizes and bare bytes', () => {
    const source = `
      Usage Page (Generic Desktop) // page
      usage (0x02)
      Collection (Application)
        Usage (Button: Button 2)   # four bytes
        Logical Maximum[2] (1)
        Physical Minimum (-200)
        75 01 95 01
        Input (Data,Var,Abs)
      End Collection`;
    expect(toHex(assembleDescriptor(source))).toBe('05010902a1010b020009002601003638ff750195018102c0');
  });

  it('names the line that makes no item', () => {
    expect(() => assembleDescriptor('Usage Page (Button)\nUsage (Foo)')).toThrow(
      "line 2: 'Usage (Foo)' has no value",
    );
    expect(() => assembleDescriptor('Report Size[1] (300)')).toThrow('300 does not fit into 1 bytes');
    expect(() => assembleDescriptor('Nonsense (1)')).toThrow('is neither an item');
  });
});

describe('descriptor diff', () => {
  it('shows what a fixup added and removed', () => {
    const after = MOUSE.replace('25017501', '25017501').replace('09380', '').replace('158125', '16018026ff');
    const before = parseDescriptor(fromHex(MOUSE));
    const lines = diffDescriptors(
      before,
      parseDescriptor(fromHex(MOUSE.replace('1581257f', '16018026ff7f'))),
    );
    expect(after).not.toBe(MOUSE);
    expect(lines.filter(({ kind }) => kind !== 'same').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'removed Logical Minimum (-127)',
      'removed Logical Maximum (127)',
      'added Logical Minimum (-32767)',
      'added Logical Maximum (32767)',
    ]);
    expect(lines.filter(({ kind }) => kind !== 'added').length).toBe(before.items.length);
  });

  it('gives both descriptors back from its lines', () => {
    const items = fc.array(fc.constantFrom('0501', '0902', 'a101', 'c0', '7501', '8102'), { maxLength: 30 });
    fc.assert(
      fc.property(items, items, (left, right) => {
        const lines = diffDescriptors(
          parseDescriptor(fromHex(left.join(''))),
          parseDescriptor(fromHex(right.join(''))),
        );
        const join = (skip: string): string =>
          lines
            .filter(({ kind }) => kind !== skip)
            .map(({ bytes }) => toHex(bytes))
            .join('');
        expect(join('added')).toBe(left.join(''));
        expect(join('removed')).toBe(right.join(''));
      }),
    );
  });
});

describe('descriptor lint', () => {
  it('finds nothing wrong with a plain mouse', () => {
    expect(rules(MOUSE)).toEqual([]);
  });

  it.each([
    ['a logical range that does not fit', '05010902a101093015002600017508950181 02c0', ['logical-range']],
    ['missing padding', '05010902a10109301500250175019501 8102c0', ['padding']],
    ['a missing report count', '05010902a1010930150025017501 8102c0', ['empty-field']],
    ['unbalanced collections', '05010902a101', ['no-report', 'kernel']],
    ['logical minimum above maximum', '05010902a10109301505250175089501 8102c0', ['kernel']],
    ['Push without Pop', '05010902a101a40930150025017508950181 02c0', ['push']],
    ['more usages than elements', '05010902a101093009311500250175089501 8102c0', ['usage-count']],
    ['no usage page', '0930a10109301500250175089501 8102c0', ['usage-page']],
    ['no application collection', '05010930150025017508950181 02', ['no-application']],
    ['usages before End Collection', '05010902a101093015002501750895018102 0931c0', ['dangling-local']],
    [
      'a report id shared by two applications',
      '05010902a101850109301500250175089501 8102c00906a101 09318102c0',
      ['shared-id'],
    ],
    [
      'a mix of reports with and without id',
      '05010902a1010930150025017508950181028501093181 02c0',
      ['mixed-ids'],
    ],
    [
      'usages the wrong way round',
      '0509090 1a101190529011500250175089501 8102c0'.replaceAll(' ', ''),
      ['kernel', 'usage-range', 'usage-count'],
    ],
    ['a unit without a physical range', '05010902a1016511093015002501750895018102c0', ['physical-range']],
    ['designators', '05010902a101390109301500250175089501 8102c0', ['ignored-item']],
    ['a field wider than 32 bits', '05010902a1010930150025017540950181 02c0', ['wide-field']],
    ['a long report', '0600ff0901a1010901150026ff0075089600108102c0', ['long-report']],
  ])('finds %s', (_, hex, expected) => {
    expect(rules(hex)).toEqual(expected);
  });
});

describe('reports', () => {
  const parsed = parseDescriptor(fromHex(MOUSE));

  it('decodes field by field with stable keys, and encodes back', () => {
    const decode = decodeReport(parsed, fromHex('05fe0301'));
    expect(decode.summary).toBe('Button 1 1 | Button 2 0 | Button 3 1 | X -2 | Y 3 | Wheel 1');
    expect(decode.problem).toBeUndefined();
    expect(decode.values.map(({ key }) => key)).toEqual([
      '00090001',
      '00090002',
      '00090003',
      'pad@3',
      '00010030',
      '00010031',
      '00010038',
    ]);
    const bytes = encodeReport(decode.report!, { '00090002': 1, '00010030': -127 }, fromHex('05fe0301'));
    expect(toHex(bytes)).toBe('07810301');
    expect(() => encodeReport(decode.report!, { nothing: 1 })).toThrow(EngineError);
  });

  it('says what is wrong with the bytes', () => {
    expect(decodeReport(parsed, fromHex('05')).problem).toBe('too short: 1 of 4 bytes, the rest reads as 0');
    expect(decodeReport(parsed, fromHex('0500000099')).problem).toBe(
      'longer than declared: 5 bytes, 4 declared',
    );
    expect(decodeReport(parsed, new Uint8Array(0)).problem).toBe('empty');
    expect(decodeReport(parsed, fromHex('01'), 'feature').problem).toBe(
      'the descriptor declares no feature report',
    );
    const numbered = parseDescriptor(fromHex('05010902a101850109301581257f750895018106c0'));
    expect(decodeReport(numbered, fromHex('0205')).problem).toBe('no input report has the id 2');
  });

  it('names the keys of an array and leaves empty places out', () => {
    const keyboard = parseDescriptor(fromHex('05010906a101050719002aff00150026ff00750895038100c0'));
    const decode = decodeReport(keyboard, fromHex('041d00'));
    expect(decode.summary).toBe('Keyboard A + Keyboard Z');
    expect(decode.values.map(({ key }) => key)).toEqual([
      '00070000-000700ff[0]',
      '00070000-000700ff[1]',
      '00070000-000700ff[2]',
    ]);
  });

  it('gives physical values with units', () => {
    const pen = parseDescriptor(fromHex('050d0902a10105010930350046c800550d6511150026e803751095018102c0'));
    const [value] = decodeReport(pen, fromHex('f401')).values;
    expect([value?.value, value?.physical, value?.unit]).toEqual([500, 100, '0.01 mm']);
  });

  it('reads one field of many reports fast, and only where it is', () => {
    const wheel = fieldReader(parsed, '00010038');
    expect([
      wheel(fromHex('05fe03ff')),
      wheel(fromHex('05fe03')),
      fieldReader(parsed, 'nothing')(fromHex('05fe0301')),
    ]).toEqual([-1, undefined, undefined]);
  });

  it('maps every bit to its field', () => {
    expect([...bitMap(parsed.reports.input.get(0)!)].slice(0, 17)).toEqual([
      0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    ]);
    const numbered = parseDescriptor(fromHex('05010902a101850109301581257f750895018106c0'));
    expect([...bitMap(numbered.reports.input.get(1)!)]).toEqual([
      ...Array<number>(8).fill(-1),
      ...Array<number>(8).fill(0),
    ]);
  });

  it('reads back what it encodes', () => {
    const report = parsed.reports.input.get(0)!;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
        const values = Object.fromEntries(
          decodeReport(parsed, bytes).values.map(({ key, raw }) => [key, raw]),
        );
        expect(toHex(encodeReport(report, values))).toBe(toHex(bytes));
      }),
    );
  });
});

describe('hostile descriptors', () => {
  it('never make anything throw, and end soon', () => {
    const item = fc.constantFrom(
      '05',
      '09',
      'a1',
      'c0',
      '75',
      '95',
      '81',
      '19',
      '29',
      '2a',
      '1b',
      '2b',
      'a4',
      'b4',
      '85',
      'fe',
      '27',
      '15',
      '91',
      'b1',
      'a9',
    );
    const word = fc.tuple(item, fc.uint8Array({ maxLength: 4 })).map(([head, tail]) => head + toHex(tail));
    const soup = fc.array(word, { maxLength: 200 }).map((words) => fromHex(words.join('')));
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 500 }), soup),
        fc.uint8Array({ maxLength: 40 }),
        (bytes, report) => {
          const parsed = parseDescriptor(bytes);
          lintDescriptor(parsed);
          for (const type of ['input', 'output', 'feature'] as const) decodeReport(parsed, report, type);
          expect(toHex(assembleDescriptor(descriptorSource(parsed)))).toBe(toHex(bytes));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('stays fast when every byte asks for the most usages and fields', () => {
    const words: string[] = ['7501', '95ff'];
    while (words.join('').length < 2 * 4090) words.push('1b000001002bffff01008102');
    const start = performance.now();
    const parsed = parseDescriptor(fromHex(words.join('').slice(0, 8192)));
    lintDescriptor(parsed);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

const path = sharedPath('data/descriptors/descriptors.jsonl');
describe.skipIf(path === undefined)('real descriptors (needs ../shared/data/descriptors)', () => {
  const hexes =
    path === undefined
      ? []
      : readFileSync(path, 'utf8')
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { hex: string }).hex);

  it('decode random reports, and encoding the values gives the bytes back', () => {
    fc.assert(
      fc.property(fc.nat({ max: 238 }), fc.uint8Array({ minLength: 64, maxLength: 64 }), (which, noise) => {
        const parsed = parseDescriptor(fromHex(hexes[which] ?? ''));
        for (const report of [...parsed.reports.input.values()].slice(0, 4)) {
          const size = Math.ceil(report.bits / 8) + (report.hasIdByte ? 1 : 0);
          const bytes = Uint8Array.from({ length: size }, (_, i) => noise[i % 64]!);
          if (report.hasIdByte) bytes[0] = report.id;
          const decode = decodeReport(parsed, bytes);
          if (size === 0) continue;
          expect(decode.problem).toBeUndefined();
          const narrow = decode.values.filter(({ bitSize }) => bitSize <= 32);
          const values = Object.fromEntries(narrow.map(({ key, raw }) => [key, raw]));
          const blank = bytes.map((byte, i) => (i === 0 ? byte : byte ^ 0xff));
          for (const { bitOffset, bitSize } of decode.values.filter((value) => value.bitSize > 32)) {
            for (let bit = bitOffset; bit < bitOffset + bitSize; bit++) blank[bit >> 3]! ^= 1 << (bit & 7);
          }
          const tail = report.bits % 8;
          const encoded = encodeReport(report, values, blank);
          if (tail !== 0)
            encoded[size - 1] =
              (encoded[size - 1]! & ((1 << tail) - 1)) | (bytes[size - 1]! & ~((1 << tail) - 1));
          if (!report.hasIdByte) expect(toHex(encoded.subarray(1))).toBe(toHex(bytes.subarray(1)));
          else expect(toHex(encoded)).toBe(toHex(bytes));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('all decode, and every way to encode them gives the same bytes', () => {
    expect(hexes.length).toBe(239);
    for (const hex of hexes) {
      const parsed = parseDescriptor(fromHex(hex));
      const items = parsed.items.map((item): EditableItem | Uint8Array =>
        item.isLong || item.isTruncated
          ? item.bytes
          : { type: item.type, tag: item.tag, value: item.unsigned, size: item.size },
      );
      expect(toHex(encodeDescriptor(items))).toBe(hex);
      expect(toHex(assembleDescriptor(descriptorSource(parsed)))).toBe(hex);
      expect(parsed.items.every(({ text }) => !text.includes('undefined'))).toBe(true);
      lintDescriptor(parsed);
    }
  });
});
