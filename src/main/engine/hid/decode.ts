import { EngineError, toHex } from '../base/index.ts';
import { elementsOf, type Element } from './elements.ts';
import { extractBits, signExtend, storeBits } from './bits.ts';
import {
  type FieldValue,
  type ParsedDescriptor,
  type Report,
  type ReportDecode,
  type ReportType,
} from './types.ts';
import { usageName } from './usages.ts';

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

function arrayUsage(element: Element, value: number): number | undefined {
  const { minimum, maximum, field } = element;
  return value < minimum || value > maximum ? undefined : field.usages[value - minimum];
}

/** Logical value of an element: signed if its minimum is negative. */
function valueOf(bytes: Uint8Array, element: Element): number {
  const raw = extractBits(bytes, element.bitOffset, element.valueBits);
  return element.isSigned ? signExtend(raw, element.valueBits) : raw;
}

function readElement(bytes: Uint8Array, element: Element): FieldValue {
  const { field, minimum, maximum, valueBits } = element;
  const raw = extractBits(bytes, element.bitOffset, valueBits);
  const value = element.isSigned ? signExtend(raw, valueBits) : raw;
  const isNull = element.hasRange && (value < minimum || value > maximum);
  const usage = field.isArray ? arrayUsage(element, value) : element.usage;
  const scale = isNull ? undefined : element.physical;
  let text: string;
  if (element.bitSize > 32) text = toHex(elementBytes(bytes, element), ' ');
  else if (field.isArray && usage !== undefined) text = (usage & 0xffff) === 0 ? '0' : usageName(usage);
  else text = String(value);
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
    physical: scale === undefined ? undefined : (value - scale.offset) * scale.scale + scale.base,
    unit: scale === undefined ? '' : field.unitName,
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
  const report = parsed.reports[type].get(numbered ? (bytes[0] ?? -1) : 0);
  if (report === undefined || bytes.length === 0) {
    let problem = `no ${type} report has the id ${reportId}`;
    if (bytes.length === 0) problem = 'empty';
    else if (parsed.reports[type].size === 0) problem = `the descriptor declares no ${type} report`;
    return { type, report: undefined, reportId, values: [], summary: '', problem };
  }
  const values = elementsOf(report).map((element) => readElement(bytes, element));
  let summary: string | undefined;
  return {
    type,
    report,
    reportId,
    values,
    // Made when asked for: views that show thousands of reports want it of the visible ones only.
    get summary(): string {
      summary ??= summarize(report, values);
      return summary;
    },
    problem: problemOf(report, bytes),
  };
}

/**
 * Reads one value of many reports fast: the function returned gives the logical value of the field with that key (FieldValue.key), or undefined
 * for reports that do not have it or end before it.
 */
export function fieldReader(
  parsed: ParsedDescriptor,
  key: string,
  type: ReportType = 'input',
): (bytes: Uint8Array) => number | undefined {
  const numbered = isNumbered(parsed, type);
  const byId = new Map<number, Element>();
  for (const [id, report] of parsed.reports[type]) {
    const element = elementsOf(report).find((candidate) => candidate.key === key);
    if (element !== undefined) byId.set(id, element);
  }
  return (bytes) => {
    const element = byId.get(numbered ? (bytes[0] ?? -1) : 0);
    if (element === undefined || element.bitOffset + element.bitSize > bytes.length * 8) return undefined;
    return valueOf(bytes, element);
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
