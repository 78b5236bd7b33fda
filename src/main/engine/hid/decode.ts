import { EngineError } from '../base/index.ts';
import { elementsOf, type Element } from './elements.ts';
import { extractBits, signExtend, storeBits } from './bits.ts';
import {
  type Field,
  type FieldValue,
  type ParsedDescriptor,
  type Report,
  type ReportDecode,
  type ReportType,
} from './types.ts';
import { usageName } from './usages.ts';
import { effectiveMaximum, physicalValue } from './physical.ts';
import { toHex } from '../base/index.ts';

/** True if reports of this type start with an id byte (hid_report_enum.numbered). */
export function isNumbered(parsed: ParsedDescriptor, type: ReportType): boolean {
  for (const id of parsed.reports[type].keys()) if (id > 0) return true;
  return false;
}

/** The report that bytes belong to (hid_get_report): by the first byte if reports of this type are numbered, else the one with id 0. */
export function findReport(
  parsed: ParsedDescriptor,
  bytes: Uint8Array,
  type: ReportType = 'input',
): Report | undefined {
  return parsed.reports[type].get(isNumbered(parsed, type) ? (bytes[0] ?? -1) : 0);
}

function elementBytes(bytes: Uint8Array, element: Element): Uint8Array {
  const out = new Uint8Array(Math.ceil(element.bitSize / 8));
  for (let i = 0; i < out.length; i++) {
    out[i] = extractBits(bytes, element.bitOffset + 8 * i, Math.min(8, element.bitSize - 8 * i));
  }
  return out;
}

function arrayUsage(field: Field, value: number): number | undefined {
  const index = value - field.logicalMinimum;
  if (value < field.logicalMinimum || value > field.logicalMaximum) return undefined;
  return field.usages[index];
}

function readElement(bytes: Uint8Array, element: Element): FieldValue {
  const { field } = element;
  const bits = Math.min(32, element.bitSize);
  const raw = extractBits(bytes, element.bitOffset, bits);
  const value = field.logicalMinimum < 0 ? signExtend(raw, bits) : raw;
  const minimum = field.logicalMinimum;
  const maximum = effectiveMaximum(minimum, field.logicalMaximum);
  const hasRange = minimum < maximum && !field.isConstant;
  const isNull = hasRange && (value < minimum || value > maximum);
  const usage = field.isArray ? arrayUsage(field, value) : element.usage;
  const physical = field.isArray || isNull ? undefined : physicalValue(field, value);
  let text = String(value);
  if (element.bitSize > 32) text = toHex(elementBytes(bytes, element), ' ');
  else if (field.isArray && usage !== undefined) text = (usage & 0xffff) === 0 ? '0' : usageName(usage);
  return {
    key: element.key,
    fieldIndex: field.index,
    element: element.index,
    usage,
    name: element.name,
    bitOffset: element.bitOffset,
    bitSize: element.bitSize,
    raw,
    value,
    physical,
    unit: physical === undefined ? '' : field.unitName,
    isNull,
    isConstant: field.isConstant,
    isArray: field.isArray,
    text,
  };
}

/** One line of what a report says; padding and empty array places are left out. */
function summarize(report: Report, values: readonly FieldValue[]): string {
  const parts: string[] = [];
  let array: { fieldIndex: number; names: string[] } | undefined;
  const flush = (): void => {
    if (array !== undefined) parts.push(array.names.length === 0 ? '–' : array.names.join(' + '));
    array = undefined;
  };
  for (const value of values) {
    if (array !== undefined && array.fieldIndex !== value.fieldIndex) flush();
    const field = report.fields[value.fieldIndex];
    if (field?.isKernelField !== true || value.isConstant) continue;
    if (!value.isArray) {
      parts.push(`${value.name} ${value.text}`);
      continue;
    }
    array ??= { fieldIndex: value.fieldIndex, names: [] };
    if (value.usage !== undefined && (value.usage & 0xffff) !== 0) array.names.push(value.text);
  }
  flush();
  return parts.join(' | ');
}

function problemOf(report: Report, bytes: Uint8Array): string | undefined {
  const needed = Math.ceil(report.bits / 8) + (report.hasIdByte ? 1 : 0);
  if (bytes.length < needed) return `too short: ${bytes.length} of ${needed} bytes, the rest reads as 0`;
  if (bytes.length > needed) return `longer than declared: ${bytes.length} bytes, ${needed} declared`;
  return undefined;
}

/**
 * Reads a report's bytes (as hidraw gives them, id byte first if there are ids) field by field. Never throws: what does not fit the
 * descriptor is told in `problem`.
 */
export function decodeReport(
  parsed: ParsedDescriptor,
  bytes: Uint8Array,
  type: ReportType = 'input',
): ReportDecode {
  const numbered = isNumbered(parsed, type);
  const reportId = numbered ? (bytes[0] ?? 0) : 0;
  const report = findReport(parsed, bytes, type);
  if (report === undefined || bytes.length === 0) {
    let problem = `no ${type} report has the id ${reportId}`;
    if (bytes.length === 0) problem = 'empty';
    else if (parsed.reports[type].size === 0) problem = `the descriptor declares no ${type} report`;
    return { type, report: undefined, reportId, values: [], summary: '', problem };
  }
  const values = elementsOf(report).map((element) => readElement(bytes, element));
  return {
    type,
    report,
    reportId,
    values,
    summary: summarize(report, values),
    problem: problemOf(report, bytes),
  };
}

/**
 * Makes a report's bytes: those of `base` (zeros without one), its id byte, and `values` by FieldValue.key written over them; of an
 * element wider than 32 bits the low 32. Values are cut to their bits. Throws `usage` for a key the report does not have.
 */
export function encodeReport(
  report: Report,
  values: Readonly<Record<string, number>>,
  base?: Uint8Array,
): Uint8Array {
  const size = Math.ceil(report.bits / 8) + (report.hasIdByte ? 1 : 0);
  const bytes = new Uint8Array(Math.max(size, base?.length ?? 0));
  if (base !== undefined) bytes.set(base);
  if (report.hasIdByte) bytes[0] = report.id;
  const elements = new Map(elementsOf(report).map((element) => [element.key, element]));
  for (const [key, value] of Object.entries(values)) {
    const element = elements.get(key);
    if (element === undefined) {
      throw new EngineError('usage', `${report.type} report ${report.id} has no field '${key}'`, { key });
    }
    storeBits(bytes, element.bitOffset, Math.min(32, element.bitSize), value);
  }
  return bytes;
}

/** For every bit of the report (id byte included) the index of its field in `report.fields`; -1 for the id byte and bits behind the last field. */
export function bitMap(report: Report): Int16Array {
  const start = report.hasIdByte ? 8 : 0;
  const map = new Int16Array(Math.ceil((start + report.bits) / 8) * 8).fill(-1);
  for (const field of report.fields) {
    map.fill(field.index, field.bitOffset, field.bitOffset + field.size * field.count);
  }
  return map;
}
