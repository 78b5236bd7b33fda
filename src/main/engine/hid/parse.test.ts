import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../base/index.ts';
import { sharedPath } from '../testing/shared.ts';
import {
  parseDescriptor,
  scanDescriptor,
  UHID_MAX_BUFFER_SIZE,
  type Field,
  type ParsedDescriptor,
} from './index.ts';

interface Row {
  sha?: string;
  key?: string;
  hex?: string;
  result?: string;
  messages: string[];
  generic?: { messages: string[] };
  fields?: KernelReport[];
}
interface KernelField {
  offset: number;
  size: number;
  count: number;
  usages: number;
  lmin?: number;
  lmax?: number;
  pmin?: number;
  pmax?: number;
  exp?: number;
  flags: string[];
}
interface KernelReport {
  type: string;
  id: number;
  fields: KernelField[];
}

function readRows<T>(path: string | undefined): T[] {
  if (path === undefined || !existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

const folder = 'data/input-events';
const collection = new Map(
  readRows<{ sha: string; hex: string }>(sharedPath('data/descriptors/descriptors.jsonl')).map((row) => [
    row.sha,
    row.hex,
  ]),
);
const rows = ['descriptors', 'mutated', 'crafted']
  .flatMap((name) => readRows<Row>(sharedPath(`${folder}/${name}.jsonl`)))
  .map((row) => ({
    ...row,
    key: row.key ?? row.sha ?? '',
    hex: row.hex ?? collection.get(row.sha ?? '') ?? '',
  }));
const fields = readRows<{ key: string; reports: KernelReport[] }>(sharedPath(`${folder}/fields.jsonl`));
for (const row of rows) if (row.fields) fields.push({ key: row.key, reports: row.fields });

/** Messages of the read descriptor alone: not those of drivers. */
const DRIVER_MESSAGES = /^(failed to fetch feature|No inputs registered|lab: Invalid code|failed to report)/;

function parse(hex: string): ParsedDescriptor {
  return parseDescriptor(fromHex(hex), { maxBufferSize: UHID_MAX_BUFFER_SIZE });
}

/** The kernel prints a range if it is one, read as unsigned unless the minimum is negative. */
function hasRange(minimum: number, maximum: number): boolean {
  return minimum < 0 ? minimum < maximum : minimum < maximum >>> 0;
}

function kernelView(field: Field): KernelField {
  const flags = [
    ...(field.flags.constant ? ['Constant'] : []),
    field.flags.variable ? 'Variable' : 'Array',
    field.flags.relative ? 'Relative' : 'Absolute',
    ...(field.flags.wrap ? ['Wrap'] : []),
    ...(field.flags.nonLinear ? ['NonLinear'] : []),
    ...(field.flags.noPreferred ? ['NoPreferredState'] : []),
    ...(field.flags.nullState ? ['NullState'] : []),
    ...(field.flags.volatile ? ['Volatile'] : []),
    ...(field.flags.bufferedBytes ? ['BufferedByte'] : []),
  ];
  return {
    usages: field.usages.length,
    ...(hasRange(field.logicalMinimum, field.logicalMaximum)
      ? { lmin: field.logicalMinimum, lmax: field.logicalMaximum }
      : {}),
    ...(hasRange(field.physicalMinimum, field.physicalMaximum)
      ? { pmin: field.physicalMinimum, pmax: field.physicalMaximum }
      : {}),
    ...(field.unitExponent !== 0 ? { exp: field.unitExponent } : {}),
    size: field.size,
    count: field.count,
    offset: field.reportOffset,
    flags,
  };
}

describe.skipIf(rows.length === 0)(
  'descriptors seen by a real kernel (needs ../shared/data/input-events)',
  () => {
    it('accepts and refuses what Linux 6.12 does', () => {
      const wrong = rows.filter(
        (row) => parse(row.hex).accepted !== ((row.result ?? 'accepted') === 'accepted'),
      );
      expect(wrong.map((row) => row.key)).toEqual([]);
    });

    it('says what the kernel log says, first in the scan and then when opening', () => {
      const wrong: unknown[] = [];
      for (const row of rows) {
        const scan = scanDescriptor(fromHex(row.hex)).messages.map(({ message }) => `scan: ${message}`);
        const own = [...scan, ...parse(row.hex).errors.map(({ message }) => message)];
        const real = row.messages.filter((message) => !DRIVER_MESSAGES.test(message));
        if (JSON.stringify(own) !== JSON.stringify(real)) wrong.push({ key: row.key, own, real });
      }
      expect(wrong).toEqual([]);
    });

    it('finds the same fields at the same bits', () => {
      const hexes = new Map(rows.map((row) => [row.key, row.hex]));
      const wrong: unknown[] = [];
      for (const { key, reports } of fields) {
        const parsed = parse(hexes.get(key) ?? '');
        const own = (['input', 'output', 'feature'] as const).flatMap((type) =>
          [...parsed.reports[type].values()].map((report) => ({
            type,
            id: report.id,
            fields: report.fields.filter((field) => field.isKernelField).map(kernelView),
          })),
        );
        const view = parsed.accepted ? own.filter((report) => report.fields.length > 0) : [];
        const real = reports.filter((report) => report.fields.length > 0);
        if (sorted(view) !== sorted(real)) wrong.push({ key, ...firstDifference(view, real) });
      }
      expect(wrong).toEqual([]);
    });
  },
);

function firstDifference(own: KernelReport[], real: KernelReport[]): object {
  for (let i = 0; i < Math.max(own.length, real.length); i++) {
    const ownFields = own[i]?.fields ?? [];
    const realFields = real[i]?.fields ?? [];
    for (let j = 0; j < Math.max(ownFields.length, realFields.length); j++) {
      if (JSON.stringify(ownFields[j]) !== JSON.stringify(realFields[j])) {
        return { report: own[i]?.id, own: ownFields[j], real: realFields[j] };
      }
    }
  }
  return { own: own.map(({ type, id }) => ({ type, id })), real: real.map(({ type, id }) => ({ type, id })) };
}

/** Compares without regard to the order of properties or reports. */
function sorted(reports: KernelReport[]): string {
  const plain = reports.map((report) => ({
    type: report.type,
    id: report.id,
    fields: report.fields.map((field) =>
      Object.fromEntries(Object.entries(field).sort(([left], [right]) => (left < right ? -1 : 1))),
    ),
  }));
  return JSON.stringify(plain.sort((a, b) => (a.type + String(a.id) < b.type + String(b.id) ? -1 : 1)));
}
