import { type Field, type FieldFlags, type Report, type ReportType, type UsageRange } from './types.ts';
import { unitText } from './units.ts';

/** A field as the parser meets it, before it is known whether the report starts with an id byte. */
export type FieldDraft = Omit<
  Field,
  'index' | 'type' | 'reportId' | 'bitOffset' | 'isArray' | 'isConstant' | 'unitName' | 'key' | 'usages'
>;

/** A report under construction. */
export interface ReportDraft {
  readonly type: ReportType;
  readonly id: number;
  bits: number;
  kernelFields: number;
  readonly application: number;
  readonly fields: FieldDraft[];
}

/** Bits of an Input, Output or Feature item by name. */
export function flagsOf(data: number): FieldFlags {
  return {
    constant: (data & 0x01) !== 0,
    variable: (data & 0x02) !== 0,
    relative: (data & 0x04) !== 0,
    wrap: (data & 0x08) !== 0,
    nonLinear: (data & 0x10) !== 0,
    noPreferred: (data & 0x20) !== 0,
    nullState: (data & 0x40) !== 0,
    volatile: (data & 0x80) !== 0,
    bufferedBytes: (data & 0x100) !== 0,
  };
}

function hex8(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

/** Key of a usage or usage range; elements append their own part (see FieldValue.key). */
function rangeKey(ranges: readonly UsageRange[]): string {
  const first = ranges[0];
  const last = ranges.at(-1);
  if (first === undefined || last === undefined) return 'pad';
  return first.minimum === last.maximum
    ? hex8(first.minimum)
    : `${hex8(first.minimum)}-${hex8(last.maximum)}`;
}

/** All usages, at least one per element: too few are filled up with the last, as hid_add_field() does. */
function expandUsages(ranges: readonly UsageRange[], elements: number): number[] {
  const out: number[] = [];
  for (const { minimum, maximum } of ranges) {
    for (let usage = minimum; usage <= maximum; usage++) out.push(usage);
  }
  const last = out.at(-1);
  if (last !== undefined) while (out.length < elements) out.push(last);
  return out;
}

/** More usages than that are listed only when asked for: a hostile descriptor of 4 KiB can declare millions. */
const MAX_EAGER_USAGES = 1024;

function withLateUsages(field: Omit<Field, 'usages'>): Field {
  let usages: readonly number[] | undefined;
  return {
    ...field,
    get usages(): readonly number[] {
      usages ??= expandUsages(field.usageRanges, field.count);
      return usages;
    },
  };
}

/** Gives the fields their places, keys and ids. `numbered`: reports of this type start with an id byte. */
export function buildReport(draft: ReportDraft, numbered: boolean): Report {
  const start = numbered ? 8 : 0;
  const seen = new Map<string, number>();
  const fields = draft.fields.map((field, index): Field => {
    const base = field.isKernelField ? rangeKey(field.usageRanges) : `pad@${field.reportOffset}`;
    const ordinal = (seen.get(base) ?? 0) + 1;
    seen.set(base, ordinal);
    const declared = field.usageRanges.reduce((sum, range) => sum + range.maximum - range.minimum + 1, 0);
    const made = {
      ...field,
      index,
      type: draft.type,
      reportId: draft.id,
      bitOffset: field.reportOffset + start,
      isArray: field.isKernelField && !field.flags.variable,
      isConstant: field.flags.constant,
      unitName: unitText(field.unit, field.unitExponent),
      key: ordinal === 1 ? base : `${base}#${ordinal}`,
    };
    if (!field.isKernelField) return { ...made, usages: [] };
    if (Math.max(declared, field.count) > MAX_EAGER_USAGES) return withLateUsages(made);
    return { ...made, usages: expandUsages(field.usageRanges, field.count) };
  });
  return {
    type: draft.type,
    id: draft.id,
    hasIdByte: numbered,
    bits: draft.bits,
    bytes: Math.ceil(draft.bits / 8) + (draft.id > 0 ? 1 : 0),
    fields,
    application: draft.application,
  };
}
