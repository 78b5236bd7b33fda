import {
  type DescriptorLine,
  type FieldLayout,
  type FieldValue,
  type ReportLayout,
  type ReportRow,
  type ReportView,
} from '../../src/preload/contract/index.ts';

/** A pen whose barrel button a driver mends: plausible reports for the interface, not the engine's truth. */
const FIELDS: readonly [name: string, offset: number, size: number, minimum: number, maximum: number][] = [
  ['Tip Switch', 8, 1, 0, 1],
  ['Barrel Switch', 9, 1, 0, 1],
  ['Secondary Barrel Switch', 10, 1, 0, 1],
  ['In Range', 12, 1, 0, 1],
  ['X', 16, 16, 0, 32767],
  ['Y', 32, 16, 0, 32767],
  ['Tip Pressure', 48, 16, 0, 8191],
  ['X Tilt', 64, 8, -60, 60],
  ['Y Tilt', 72, 8, -60, 60],
];
const SIZE = 10;

export const PEN_LAYOUT: ReportLayout = {
  type: 'input',
  id: 8,
  title: 'report 8 · Digitizer / Pen',
  size: SIZE,
  fields: [
    layout('id', 'Report ID', 0, 8, 0, 255, 7, true),
    ...FIELDS.map(([name, offset, size, low, high], i) =>
      layout(`8/${offset}`, name, offset, size, low, high, i % 8, false),
    ),
    layout('pad', 'padding', 13, 3, 0, 0, 0, true),
  ],
};

function layout(
  key: string,
  name: string,
  bitOffset: number,
  bitSize: number,
  logicalMinimum: number,
  logicalMaximum: number,
  hue: number,
  constant: boolean,
): FieldLayout {
  return { key, name, hue, bitOffset, bitSize, count: 1, logicalMinimum, logicalMaximum, constant };
}

const STEP = 5000;

export function before(index: number): Uint8Array {
  const tip = Math.sin(index / 41) > 0 ? 1 : 0;
  const barrel = index % 16 < 3 ? 1 : 0;
  const x = Math.round(12_000 + 8000 * Math.sin(index / 33));
  const y = Math.round(8000 + 5000 * Math.cos(index / 47));
  const pressure = Math.round(Math.max(0, Math.sin(index / 41)) * 8000);
  const bytes = new Uint8Array(SIZE);
  bytes.set([8, tip | (barrel << 4) | 0x80, x & 255, x >> 8, y & 255, y >> 8, pressure & 255, pressure >> 8]);
  bytes.set([(256 - 12) & 255, 4], 8);
  return bytes;
}

export function verdictOf(index: number, replay: boolean): ReportRow['verdict'] {
  if (!replay) return 'pass';
  if (index % 487 === 60) return 'dropped';
  return index % 16 < 3 ? 'changed' : 'pass';
}

function after(index: number): Uint8Array {
  const bytes = before(index).slice();
  if (verdictOf(index, true) === 'changed') {
    bytes[1] = ((bytes[1] ?? 0) & ~0x10) | 0x04;
    bytes[8] = 12;
  }
  return bytes;
}

function valueOf(bytes: Uint8Array, offset: number, size: number): string {
  const at = offset >> 3;
  if (size === 1) return String(((bytes[at] ?? 0) >> (offset & 7)) & 1);
  if (size === 8) return String(((bytes[at] ?? 0) << 24) >> 24);
  return String((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
}

export function rowOf(index: number, replay: boolean): ReportRow {
  const bytes = replay ? after(index) : before(index);
  const summary = FIELDS.slice(0, 7)
    .filter(([, , size]) => size > 1)
    .map(([name, offset, size]) => `${name} ${valueOf(bytes, offset, size)}`)
    .join(' · ');
  const tip = valueOf(bytes, 8, 1);
  return {
    index,
    time: index * STEP,
    delta: index === 0 ? 0 : STEP,
    device: 0,
    reportId: 8,
    size: SIZE,
    verdict: verdictOf(index, replay),
    summary: `Tip Switch ${tip} · ${summary}`,
  };
}

export function reportOf(index: number, replay: boolean): ReportView {
  const row = rowOf(index, replay);
  const dropped = row.verdict === 'dropped';
  const fields: FieldValue[] = FIELDS.map(([name, offset, size], i) => {
    const old = valueOf(before(index), offset, size);
    const now = valueOf(after(index), offset, size);
    const base = { key: `8/${offset}`, name, hue: i % 8, bitOffset: offset, bitSize: size, before: old };
    if (!replay || dropped) return { ...base, changed: false };
    return { ...base, after: now, changed: now !== old };
  });
  return {
    row,
    title: PEN_LAYOUT.title,
    before: before(index),
    after: replay && !dropped ? [after(index)] : [],
    fields,
    layoutBefore: PEN_LAYOUT,
    input: { driver: 'hid-generic', before: [], ...(replay ? { after: [] } : {}) },
    notes: dropped ? ['pen_event returned -1: the report was dropped and no reader saw it.'] : [],
  };
}

const ITEMS: readonly [bytes: string, indent: number, text: string, change?: 'removed' | 'added'][] = [
  ['05 0d', 0, 'Usage Page (Digitizers)'],
  ['09 02', 0, 'Usage (Pen)'],
  ['a1 01', 0, 'Collection (Application)'],
  ['85 08', 1, 'Report ID (8)'],
  ['09 20', 1, 'Usage (Stylus)'],
  ['a1 00', 1, 'Collection (Physical)'],
  ['09 42', 2, 'Usage (Tip Switch)'],
  ['09 44', 2, 'Usage (Barrel Switch)'],
  ['09 32', 2, 'Usage (In Range)', 'removed'],
  ['09 5a', 2, 'Usage (Secondary Barrel Switch)', 'added'],
  ['15 00', 2, 'Logical Minimum (0)'],
  ['25 01', 2, 'Logical Maximum (1)'],
  ['75 01', 2, 'Report Size (1)'],
  ['95 03', 2, 'Report Count (3)'],
  ['81 02', 2, 'Input (Data,Var,Abs)'],
  ['05 01', 2, 'Usage Page (Generic Desktop)'],
  ['09 30', 2, 'Usage (X)'],
  ['75 10', 2, 'Report Size (16)'],
  ['95 01', 2, 'Report Count (1)'],
  ['26 ff 7f', 2, 'Logical Maximum (32767)'],
  ['81 02', 2, 'Input (Data,Var,Abs)'],
  ['09 31', 2, 'Usage (Y)'],
  ['81 02', 2, 'Input (Data,Var,Abs)'],
  ['c0', 1, 'End Collection'],
  ['c0', 0, 'End Collection'],
];

export function descriptorLines(fixed: boolean): readonly DescriptorLine[] {
  let offset = 0;
  const lines: DescriptorLine[] = [];
  for (const [hex, indent, text, change] of ITEMS) {
    if (change === 'added' && !fixed) continue;
    const bytes = Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16));
    lines.push({ offset, bytes, indent, text, change: fixed ? (change ?? 'same') : 'same' });
    if (change !== 'added') offset += bytes.length;
  }
  return lines;
}
