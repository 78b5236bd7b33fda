import {
  type FieldValue as DecodedValue,
  type ParsedDescriptor,
  type Report,
  type ReportDecode,
  decodeReport,
  findReport,
  fullUsageName,
} from '../../engine/hid/index.ts';
import { bytesEqual } from '../../engine/base/index.ts';
import {
  type FieldLayout,
  type FieldValue,
  type InputEventsView,
  type ReportLayout,
  type ReportRow,
  type ReportView,
} from '../../../preload/contract/index.ts';

const HUES = 8;

/** One report as it was stored: what came in, what went out. */
export interface ReportPair {
  readonly row: ReportRow;
  readonly before: Uint8Array;
  readonly after: readonly Uint8Array[];
  readonly input: InputEventsView;
  /** Undefined where no driver was in between. */
  readonly fixed?: ParsedDescriptor;
}

/** Bytes of a report of this layout, id byte included. */
function bytesOf(report: Report): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(report.bits / 8) + (report.hasIdByte ? 1 : 0));
  if (report.hasIdByte) bytes[0] = report.id;
  return bytes;
}

/** Colours: every field that carries data gets the next hue, elements of an array share one. */
function huesOf(values: readonly DecodedValue[]): Map<string, number> {
  const hues = new Map<string, number>();
  let next = -1;
  let lastArray = -1;
  for (const value of values) {
    if (value.isConstant) continue;
    if (!value.isArray || value.fieldIndex !== lastArray) next++;
    lastArray = value.isArray ? value.fieldIndex : -1;
    hues.set(value.key, next % HUES);
  }
  return hues;
}

/** The layout of one report for the bit map. */
export function layoutOf(parsed: ParsedDescriptor, report: Report): ReportLayout {
  const decode = decodeReport(parsed, bytesOf(report), report.type);
  const hues = huesOf(decode.values);
  const fields: FieldLayout[] = decode.values.map((value) => {
    const field = report.fields[value.fieldIndex];
    return {
      key: value.key,
      name: value.name,
      hue: hues.get(value.key) ?? 0,
      bitOffset: value.bitOffset,
      bitSize: value.bitSize,
      count: 1,
      logicalMinimum: field?.logicalMinimum ?? 0,
      logicalMaximum: field?.logicalMaximum ?? 0,
      constant: value.isConstant,
    };
  });
  return { type: report.type, id: report.id, title: titleOf(report), size: bytesOf(report).length, fields };
}

/** `report 8 · Digitizer / Pen`, without the number where reports have none. */
function titleOf(report: Report): string {
  const usage = report.application === 0 ? report.type : fullUsageName(report.application);
  return report.hasIdByte ? `report ${report.id} · ${usage}` : usage;
}

/** All reports of a descriptor: input first, then output and feature. */
export function layoutsOf(parsed: ParsedDescriptor): ReportLayout[] {
  return (['input', 'output', 'feature'] as const).flatMap((type) =>
    [...parsed.reports[type].values()].map((report) => layoutOf(parsed, report)),
  );
}

/** Value as the decode pane shows it: the logical value, with its unit where there is one. */
function valueText(value: DecodedValue): string {
  if (value.isNull && !value.isArray) return `${value.text} (no value)`;
  if (value.physical === undefined || value.unit === '') return value.text;
  return `${value.text} (${Number(value.physical.toPrecision(6))} ${value.unit})`;
}

function mergeFields(before: ReportDecode, after: ReportDecode | undefined): FieldValue[] {
  const hues = huesOf(before.values);
  const late = after === undefined ? hues : huesOf(after.values);
  const rows = new Map<string, FieldValue>();
  for (const value of before.values) {
    if (value.isConstant) continue;
    rows.set(value.key, {
      key: value.key,
      name: value.name,
      hue: hues.get(value.key) ?? 0,
      bitOffset: value.bitOffset,
      bitSize: value.bitSize,
      before: valueText(value),
      changed: after !== undefined,
    });
  }
  for (const value of after?.values ?? []) {
    if (value.isConstant) continue;
    const known = rows.get(value.key);
    const text = valueText(value);
    rows.set(value.key, {
      key: value.key,
      name: value.name,
      hue: known?.hue ?? late.get(value.key) ?? 0,
      bitOffset: value.bitOffset,
      bitSize: value.bitSize,
      ...(known?.before === undefined ? {} : { before: known.before }),
      after: text,
      changed: known?.before !== text,
    });
  }
  return [...rows.values()].sort((left, right) => left.bitOffset - right.bitOffset);
}

/** Everything that the panes show of one report. */
export function reportView(original: ParsedDescriptor, pair: ReportPair): ReportView {
  const before = decodeReport(original, pair.before);
  const [first] = pair.after;
  const fixed = pair.fixed ?? original;
  const after = pair.fixed === undefined || first === undefined ? undefined : decodeReport(fixed, first);
  const report = findReport(original, pair.before);
  const reportAfter = first === undefined ? undefined : findReport(fixed, first);
  const notes: string[] = [];
  if (before.problem !== undefined) notes.push(`before: ${before.problem}`);
  if (after?.problem !== undefined) notes.push(`after: ${after.problem}`);
  if (pair.row.verdict === 'dropped') notes.push('dropped: no reader of hidraw got it');
  if (pair.after.length > 1) notes.push(`${pair.after.length} reports came out for this one`);
  const layoutBefore = report === undefined ? undefined : layoutOf(original, report);
  const layoutAfter = reportAfter === undefined ? undefined : layoutOf(fixed, reportAfter);
  return {
    row: pair.row,
    title: layoutBefore?.title ?? layoutAfter?.title ?? 'unknown report',
    before: pair.before,
    after: pair.after,
    fields: mergeFields(before, after),
    ...(layoutBefore === undefined ? {} : { layoutBefore }),
    ...(layoutAfter === undefined || fixed === original ? {} : { layoutAfter }),
    input: pair.input,
    notes,
  };
}

/** 'pass', 'changed' or 'dropped' by comparing what went in with what came out. */
export function verdictOf(before: Uint8Array, after: readonly Uint8Array[]): 'pass' | 'changed' | 'dropped' {
  const [first] = after;
  if (first === undefined) return 'dropped';
  return after.length === 1 && bytesEqual(before, first) ? 'pass' : 'changed';
}
