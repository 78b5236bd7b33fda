import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { encodeUtf8, EngineError, fromHex, toHex } from '../base/index.ts';
import { decodeReport, parseDescriptor } from '../hid/index.ts';
import { sharedPath } from '../testing/shared.ts';
import {
  detectFormat,
  EventLog,
  parseRecording,
  RecordingParser,
  writeRecording,
  type Recording,
} from './index.ts';

const DESCRIPTOR = '05 01 09 02 a1 01 09 30 15 81 25 7f 75 08 95 01 81 06 c0';

/** What two recordings must have in common to be the same. */
function content(recording: Recording): unknown {
  const { events } = recording;
  return {
    devices: recording.devices.map((device) => ({ ...device, descriptor: toHex(device.descriptor) })),
    notes: recording.notes.map(({ text, eventIndex }) => ({ text, eventIndex })),
    events: Array.from({ length: events.length }, (_, i) => [
      events.timeMicroseconds(i),
      events.device(i),
      toHex(events.bytes(i)),
      events.isDropped(i),
      events.before(i) && toHex(events.before(i)!),
    ]),
  };
}

describe('hid-recorder text', () => {
  it('reads headers, events and bytes before HID-BPF of several devices', () => {
    const recording = parseRecording(
      [
        '# a comment',
        'D: 0',
        `R: 19 ${DESCRIPTOR}`,
        'N: Mouse  of two words ',
        'P: usb-1/input0',
        'I: 3 46d c077',
        'D: 1',
        `R: 19 ${DESCRIPTOR} `,
        'N: Other',
        'I: 0005 046d 0xb00c',
        'E: 0.050004 1 7f ',
        'D:0',
        'B: 000001.000001 1 01',
        'E: 000001.000002 1 ff',
        'B: 000002.000000 1 02',
        'X: something new',
        'E: 3.5 2 0 1',
      ].join('\r\n'),
    );
    expect(recording.problems).toEqual([]);
    expect(content(recording)).toEqual({
      devices: [
        {
          index: 0,
          descriptor: DESCRIPTOR.replaceAll(' ', ''),
          name: 'Mouse  of two words',
          phys: 'usb-1/input0',
          bus: 3,
          vendor: 0x46d,
          product: 0xc077,
          eventCount: 2,
        },
        {
          index: 1,
          descriptor: DESCRIPTOR.replaceAll(' ', ''),
          name: 'Other',
          phys: '',
          bus: 5,
          vendor: 0x46d,
          product: 0xb00c,
          eventCount: 1,
        },
      ],
      notes: [
        { text: '# a comment', eventIndex: 0 },
        { text: 'X: something new', eventIndex: 2 },
      ],
      events: [
        [50004, 1, '7f', false, undefined],
        [1000002, 0, 'ff', false, '01'],
        [3500000, 0, '0001', false, '02'],
      ],
    });
  });

  it('keeps a report that was dropped on its way to hidraw', () => {
    const text = `R: 19 ${DESCRIPTOR}\nB: 1.0 1 01\nB: 2.0 1 02\nE: 2.0 1 03\nB: 3.0 1 04\n`;
    const { events, problems } = parseRecording(text);
    expect(problems).toEqual([]);
    expect([0, 1, 2].map((i) => events.isDropped(i))).toEqual([true, false, true]);
    expect([0, 1, 2].map((i) => toHex(events.deviceBytes(i)))).toEqual(['01', '02', '04']);
    expect(content(parseRecording(writeRecording(parseRecording(text))))).toEqual(
      content(parseRecording(text)),
    );
  });

  it('names the line and the word that it cannot read and keeps everything else', () => {
    const recording = parseRecording(
      [
        `R: 19 ${DESCRIPTOR}`,
        'E: x 1 00',
        'E: 1.0 zz',
        'E: 1.0 1 0g',
        'E: 1.0 3 01 02',
        'E: 1.0 1 123',
        'I: 3',
        'D: -1',
        'E: 2.0 1 01',
      ].join('\n'),
    );
    expect(recording.problems).toEqual([
      { line: 2, message: 'E: needs a time (seconds.microseconds) at column 4; the event is left out' },
      { line: 3, message: 'E: needs a byte count at column 8; the event is left out' },
      { line: 4, message: "E: '0g' at column 10 is not a hex byte; the event is left out" },
      { line: 5, message: 'E: announces 3 bytes, 2 follow; these 2 are taken' },
      { line: 6, message: "E: '123' at column 10 is not a hex byte; the event is left out" },
      { line: 7, message: 'I: needs bus, vendor and product in hex; the line is left out' },
      { line: 8, message: 'D: needs the number of a device, such as "D: 0"; the line is left out' },
    ]);
    expect(recording.events.length).toBe(2);
  });

  it('names a line that holds more than a report can', () => {
    const { problems, events } = parseRecording(`E: 1.0 70000 ${'00 '.repeat(70_000)}\nE: 2.0 1 01`);
    expect(problems.map(({ message }) => message)).toEqual([
      'E: more than 65536 bytes are no report; the event is left out',
    ]);
    expect(events.length).toBe(1);
  });

  it('joins a descriptor that a mail has wrapped over several lines', () => {
    const words = DESCRIPTOR.split(' ');
    const text = `R: 19 ${words.slice(0, 7).join(' ')}\n${words.slice(7, 12).join(' ')}\n  ${words.slice(12).join(' ')}\nN: x\n`;
    const recording = parseRecording(text);
    expect(toHex(recording.devices[0]!.descriptor, ' ')).toBe(DESCRIPTOR);
    expect(recording.problems).toEqual([]);
    expect(parseRecording(`R: 20 ${DESCRIPTOR}\n\n\nN: x\n`).problems).toEqual([
      { line: 1, message: 'R: announces 20 bytes, 19 follow; these 19 are taken' },
    ]);
  });

  it('keeps a name with a line break on its line', () => {
    const recording = parseRecording(`R: 19 ${DESCRIPTOR}\nN: x\n`);
    const devices = recording.devices.map((device) => ({ ...device, name: 'a\r\nE: 0.0 1 00' }));
    const again = parseRecording(writeRecording({ ...recording, devices }));
    expect([again.events.length, again.devices[0]!.name]).toEqual([0, 'a E: 0.0 1 00']);
  });

  it('reads text with a byte order mark', () => {
    const { devices, notes } = parseRecording(`\ufeffR: 19 ${DESCRIPTOR}\nE: 0.0 1 01\n`);
    expect([devices[0]!.descriptor.length, devices[0]!.eventCount, notes.length]).toEqual([19, 1, 0]);
  });

  it('keeps both parts when recordings with different descriptors are put together', () => {
    const recording = parseRecording(`R: 19 ${DESCRIPTOR}\nE: 0.0 1 01\nR: 2 05 01\nE: 0.0 1 02\n`);
    expect(recording.devices.map(({ index, eventCount }) => [index, eventCount])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(recording.problems.map(({ line }) => line)).toEqual([3]);
  });

  it('gives the same whatever the size of the chunks', () => {
    const text = encodeUtf8(
      `# a\nR: 19 ${DESCRIPTOR}\nN: Ä\nE: 0.0 1 01\r\nB: 0.1 1 02\nE: 0.1 1 03\nfree text\nE: 0.2 1 04`,
    );
    const whole = content(parseRecording(text, 'hid-recorder'));
    for (let size = 1; size < text.length; size++) {
      const parser = new RecordingParser('hid-recorder');
      for (let at = 0; at < text.length; at += size) parser.push(text.subarray(at, at + size));
      expect(content(parser.finish())).toEqual(whole);
    }
  });

  it('writes what it reads back as the same', () => {
    const bytes = fc.uint8Array({ maxLength: 20 });
    const event = fc.record({
      time: fc.integer({ min: 0, max: 1e12 }),
      device: fc.integer({ min: 0, max: 2 }),
      bytes,
      before: fc.option(bytes, { nil: undefined }),
      dropped: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event), (list) => {
        const events = new EventLog();
        const counts = [0, 0, 0];
        for (const { time, device, bytes: own, before, dropped } of list) {
          if (dropped && before) events.appendDropped(time, device, 0, before);
          else events.append(time, device, 0, own, before);
          counts[device]! += 1;
        }
        const devices = counts.map((eventCount, index) => ({
          index,
          descriptor: fromHex(DESCRIPTOR),
          name: `device ${index}`,
          phys: '',
          bus: 3,
          vendor: 1,
          product: index,
          eventCount,
        }));
        const recording: Recording = { format: 'hid-recorder', devices, events, notes: [], problems: [] };
        expect(content(parseRecording(writeRecording(recording)))).toEqual(content(recording));
      }),
      { numRuns: 50 },
    );
  });
});

describe('other formats', () => {
  it('reads usbhid-dump text', () => {
    const recording = parseRecording(
      [
        '001:006:001:DESCRIPTOR         1444582516.121264',
        ' 05 01 09 02 A1 01 C0',
        '',
        '001:006:000:STREAM             1444582517.100000',
        ' 02 00',
        ' FF',
        '',
        '001:006:001:STREAM             1444582517.200001',
        ' 01',
        '',
      ].join('\n'),
    );
    expect(recording.format).toBe('usbhid-dump');
    expect(recording.problems).toEqual([]);
    expect(content(recording)).toMatchObject({
      devices: [
        { name: 'USB device 001:006 interface 1', descriptor: '05010902a101c0', eventCount: 1 },
        { name: 'USB device 001:006 interface 0', eventCount: 1 },
      ],
      events: [
        [0, 1, '0200ff', false, undefined],
        [100001, 0, '01', false, undefined],
      ],
    });
  });

  it.each([
    ['binary', fromHex(DESCRIPTOR)],
    ['hex with blanks', DESCRIPTOR],
    ['hex in one word', DESCRIPTOR.replaceAll(' ', '')],
    [
      'a C array',
      `static const uint8_t rdesc[] = {\n 0x05, 0x01, // Usage Page\n /* mouse */ 0x09, 2,\n${DESCRIPTOR.slice(
        12,
      )
        .split(' ')
        .map((byte) => `0x${byte}`)
        .join(',')}};`,
    ],
    [
      'hexdump -C',
      '00000000  05 01 09 02 a1 01 09 30  15 81 25 7f 75 08 95 01  |.......0..%.u...|\n00000010  81 06 c0                                          |...|\n00000013\n',
    ],
    [
      'xxd',
      '00000000: 0501 0902 a101 0930 1581 257f 7508 9501  .......0..%.u...\n00000010: 8106 c0                                  ...\n',
    ],
  ])('reads a bare descriptor as %s', (_, source) => {
    const recording = parseRecording(source);
    expect(toHex(recording.devices[0]!.descriptor, ' ')).toBe(DESCRIPTOR);
  });

  it('refuses what is nothing of the kind with one line', () => {
    expect(() => parseRecording('hello world\n')).toThrow(EngineError);
    expect(() => parseRecording('')).toThrow('neither hid-recorder text');
    expect(() => parseRecording('N: only a name\n')).toThrow(
      'no report descriptor and no event found in 1 lines',
    );
    expect(detectFormat(encodeUtf8('E: 0.0 1 01'))).toBe('hid-recorder');
  });

  it('never throws anything but EngineError, whatever the bytes', () => {
    const line = fc.constantFrom(
      'R: 3 05 01',
      'E: 1.5 2 0a',
      'B: 0.1 1 00',
      'D: 1',
      'I: 3 4 5',
      'N:',
      'E:',
      'R:',
      ':',
      '001:002:003:STREAM 1.5',
    );
    const soup = fc
      .array(fc.oneof(line, fc.string({ unit: 'binary' })), { maxLength: 8 })
      .map((parts) => encodeUtf8(parts.join('\n')));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), soup), (bytes) => {
        try {
          parseRecording(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

const folder = sharedPath('data/recordings');
describe.skipIf(folder === undefined)('real recordings (needs ../shared/data/recordings)', () => {
  const files = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.hid'));

  it.each(files)(
    '%s: every line arrives, every event decodes or says why not, and the export reads back the same',
    (name) => {
      const bytes = readFileSync(join(folder!, name));
      const recording = parseRecording(bytes);
      const lines = bytes.toString().split(/\r?\n/);
      const eventLines = lines.filter((line) => line.startsWith('E:')).length;
      const lost = recording.problems.filter(({ message }) => message.endsWith('left out')).length;
      expect(recording.events.length + lost).toBe(eventLines);
      expect(recording.problems).toEqual([]);
      const free = lines.filter((line) => line.trim() !== '' && !/^[DRNPIE]:/.test(line));
      expect(recording.notes.map(({ text }) => text)).toEqual(free);
      expect(content(parseRecording(writeRecording(recording)))).toEqual(content(recording));
      const parsed = recording.devices.map(({ descriptor }) => parseDescriptor(descriptor));
      for (let i = 0; i < recording.events.length; i++) {
        const decode = decodeReport(parsed[recording.events.device(i)]!, recording.events.bytes(i));
        expect(decode.values.length > 0 || decode.problem !== undefined).toBe(true);
      }
    },
  );
});
