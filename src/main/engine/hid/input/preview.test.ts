import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { EngineError, fromHex, toHex } from '../../base/index.ts';
import { sharedPath } from '../../testing/shared.ts';
import { HidBus } from '../device/bus.ts';
import { ScriptedTransport } from '../device/transport.ts';
import { UHID_MAX_BUFFER_SIZE } from '../parse.ts';
import { previewDevice } from './preview-device.ts';
import { eventCodeName } from './codes.ts';
import { InputPreview, type PreviewOptions } from './preview.ts';
import { type KernelRun, compareEvents, setupDifference } from '../testing/kernel-comparison.ts';

interface Row extends KernelRun {
  key?: string;
  sha?: string;
  hex?: string;
  reports?: string[];
  generic?: KernelRun;
}
interface Recorded extends KernelRun {
  rdesc_hex: string;
  reports: string[];
  ids: [string, string, string];
  generic?: KernelRun;
  real_ids?: KernelRun;
}

const LAB = { name: 'lab', bus: 3, vendor: 0x6666, product: 1, maxBufferSize: UHID_MAX_BUFFER_SIZE };

function rows<T>(path: string): T[] {
  const full = sharedPath(path);
  if (full === undefined) return [];
  return readFileSync(full, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

function previewOf(hex: string, options: PreviewOptions): InputPreview {
  return new InputPreview(fromHex(hex), { ...LAB, ...options });
}

interface Tally {
  total: number;
  wrong: string[];
}

function compareSetup(
  key: string,
  hex: string,
  run: KernelRun,
  options: PreviewOptions,
  tally: Tally,
): InputPreview {
  const preview = previewOf(hex, options);
  tally.total += 1;
  const difference = setupDifference(preview, run);
  if (difference !== undefined) tally.wrong.push(`${key}: ${difference}`);
  return preview;
}

function compareReports(
  key: string,
  preview: InputPreview,
  reports: string[],
  run: KernelRun,
  tally: Tally,
): void {
  const { compared, differences } = compareEvents(preview, reports, run);
  tally.total += compared;
  tally.wrong.push(...differences.map((difference) => `${key} ${difference}`));
}

const collection = new Map(
  rows<{ sha: string; hex: string }>('data/descriptors/descriptors.jsonl').map((row) => [row.sha, row.hex]),
);
const folder = sharedPath('data/input-events/events');

describe.skipIf(folder === undefined)(
  'input preview against a real kernel (needs ../shared/data/input-events)',
  () => {
    it.each(['descriptors', 'mutated', 'crafted'])(
      '%s: the same nodes, bits, ranges and messages',
      (name) => {
        const tally: Tally = { total: 0, wrong: [] };
        for (const row of rows<Row>(`data/input-events/${name}.jsonl`)) {
          const key = row.key ?? row.sha ?? '';
          const hex = row.hex ?? collection.get(row.sha ?? '') ?? '';
          compareSetup(key, hex, row, {}, tally);
          compareSetup(`${key} generic`, hex, row.generic ?? { ...row }, { genericOnly: true }, tally);
        }
        expect(tally.wrong).toEqual([]);
        expect(tally.total).toBeGreaterThan(60);
      },
    );

    it('the same events for the crafted and odd reports', () => {
      const tally: Tally = { total: 0, wrong: [] };
      for (const row of [
        ...rows<Row>('data/input-events/crafted.jsonl'),
        ...rows<Row>('data/input-events/odd-reports.jsonl'),
      ]) {
        const { key = '', hex = '', reports = [] } = row;
        compareReports(key, previewOf(hex, {}), reports, row, tally);
        compareReports(
          `${key} generic`,
          previewOf(hex, { genericOnly: true }),
          reports,
          { ...row, ...row.generic },
          tally,
        );
      }
      expect(tally.wrong).toEqual([]);
      expect(tally.total).toBeGreaterThan(1000);
    });

    const files = folder === undefined ? [] : readdirSync(folder);
    it.each(files)('%s: the same nodes and events for recorded reports', (file) => {
      const recorded = JSON.parse(readFileSync(join(folder!, file), 'utf8')) as Recorded;
      const tally: Tally = { total: 0, wrong: [] };
      const [bus, vendor, product] = recorded.ids.map((id) => Number.parseInt(id, 16));
      const runs: [string, KernelRun, PreviewOptions][] = [
        ['default', recorded, {}],
        ['generic', recorded.generic ?? recorded, { genericOnly: true }],
      ];
      if (recorded.real_ids)
        runs.push(['real ids', recorded.real_ids, { bus: bus!, vendor: vendor!, product: product! }]);
      for (const [name, run, options] of runs) {
        const preview = compareSetup(name, recorded.rdesc_hex, run, options, tally);
        compareReports(name, preview, recorded.reports, run, tally);
      }
      expect(tally.wrong).toEqual([]);
    });
  },
);

describe('input preview', () => {
  const MOUSE =
    '05010902a1010901a1000509190129031500250195037501810295017505810105010930093109381581257f750895038106c0c0';

  it('shows the nodes of a mouse and the events of its reports by name', () => {
    const preview = new InputPreview(fromHex(MOUSE), { name: 'Mouse' });
    expect([preview.driver, preview.kind, preview.nodes.length]).toEqual(['hid-generic', 'Mouse', 1]);
    const named = preview
      .report(fromHex('01020001'))
      .flatMap(({ events }) => events.map(([type, code, value]) => `${eventCodeName(type, code)} ${value}`));
    expect(named).toEqual([
      'MSC_SCAN 589825',
      'BTN_LEFT 1',
      'REL_X 2',
      'REL_WHEEL 1',
      'REL_WHEEL_HI_RES 120',
    ]);
    expect(preview.report(fromHex('01000000'))).toEqual([]);
  });

  it('has a finer wheel if the device lets itself be set to it', () => {
    const wheel =
      '05010902a1010901a1000938a102094815002501350145047502 9501a4b1020938158 1257f75089501350045008106b4c0c0c0'.replaceAll(
        ' ',
        '',
      );
    const plain = new InputPreview(fromHex(wheel));
    const fine = new InputPreview(fromHex(wheel), { access: (_, data) => data.length });
    const codes = (preview: InputPreview): number[] =>
      preview.report(fromHex('01')).flatMap(({ events }) => events.map(([, , value]) => value));
    expect([codes(plain), codes(fine)]).toEqual([[1, 120], [30]]);
  });

  it('sets a touch screen to touch screen reports, and one with buttons to those of a touchpad', () => {
    const screen = (buttons: string): string =>
      `050d0904a1018501 0922a102 0942150025017501950181020951257f7507810205010930260f277510810209318102c0 ${buttons} 050d8502095225 0a75089501b102c0`;
    const button = '05090901250175089501 8102';
    const modes = [screen(''), screen(button)].map((hex) =>
      previewOf(hex, LAB).featureWrites.map((bytes) => toHex(bytes)),
    );
    expect(modes).toEqual([['0202'], ['0203']]);
  });

  it('asks the device on the bus for its features', () => {
    const touch = [...collection.values()]
      .map(fromHex)
      .find((bytes) => new InputPreview(bytes).featureReads > 0);
    const transport = new ScriptedTransport();
    const identity = { bus: 3, vendor: 1, product: 2, name: 'Panel' };
    const device = new HidBus().add(identity, touch ?? fromHex(MOUSE), transport);
    const preview = previewDevice(device);
    expect(preview.nodes[0]?.name.startsWith('Panel')).toBe(true);
    expect(transport.traffic.filter(({ kind }) => kind === 'get').length).toBe(preview.featureReads);
  });

  it('ends contacts that a touch screen forgot, after 100 ms', () => {
    const touch =
      '050d0904a1010922a1020942150025017501950181029507810309511500250f75089501810205010930093126ff0f751095028102c0050d095425 0a7508950181020955b1020600ff09c5150026ff00750896000 1b102c0'.replaceAll(
        ' ',
        '',
      );
    const preview = new InputPreview(fromHex(touch));
    expect(preview.driver).toBe('hid-multitouch');
    expect(preview.report(fromHex('01036400c80001'), 0).length).toBe(1);
    const later = preview.report(fromHex('00036400c80000'), 200_000);
    const events = later.flatMap((packet) => packet.events);
    expect(events).toContainEqual([3, 57, -1]);
    expect(events).toContainEqual([1, 330, 0]);
  });

  it('takes any descriptor and any report without falling over', () => {
    const word = fc.tuple(
      fc.constantFrom(
        '05',
        '09',
        'a1',
        'c0',
        '75',
        '95',
        '81',
        '19',
        '29',
        '15',
        '25',
        '35',
        '45',
        '91',
        'b1',
        '85',
        '65',
        '55',
      ),
      fc.uint8Array({ minLength: 1, maxLength: 1 }),
    );
    const soup = fc
      .array(word, { maxLength: 60 })
      .map((words) => fromHex(words.map(([head, tail]) => head + toHex(tail)).join('')));
    const real = [...collection.values()].slice(0, 40).map(fromHex);
    const mutated = fc
      .tuple(
        fc.nat({ max: Math.max(0, real.length - 1) }),
        fc.array(fc.tuple(fc.nat({ max: 800 }), fc.nat({ max: 255 })), { maxLength: 5 }),
      )
      .map(([which, changes]) => {
        const bytes = (real[which] ?? fromHex(MOUSE)).slice();
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    const reports = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.oneof(soup, mutated), reports, fc.boolean(), (bytes, list, genericOnly) => {
        try {
          const preview = new InputPreview(bytes, {
            genericOnly,
            access: (_, data) => (data.fill(3), data.length),
          });
          for (const report of list) preview.report(report);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
