import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../base/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { parseDescriptor, scanDescriptor, UHID_MAX_BUFFER_SIZE, type ParsedDescriptor } from './index.ts';
import { type KernelReport, fieldsDifference } from './testing/kernel-comparison.ts';

interface Row {
  sha?: string;
  key?: string;
  hex?: string;
  result?: string;
  messages: string[];
  generic?: { messages: string[] };
  fields?: KernelReport[];
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
        const difference = fieldsDifference(parse(hexes.get(key) ?? ''), reports);
        if (difference !== undefined) wrong.push(`${key}: ${difference}`);
      }
      expect(wrong).toEqual([]);
    });
  },
);
