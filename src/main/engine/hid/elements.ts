import { effectiveMaximum, physicalScale, type PhysicalScale } from './physical.ts';
import { type Field, type Report } from './types.ts';
import { usageName } from './usages.ts';

/** One value's place in a report. */
export interface Element {
  readonly field: Field;
  readonly index: number;
  readonly key: string;
  readonly name: string;
  /** Usage of a variable element; undefined for arrays and padding. */
  readonly usage: number | undefined;
  readonly bitOffset: number;
  readonly bitSize: number;
  /** Bits that make the value: the low 32 of wider elements. */
  readonly valueBits: number;
  readonly isSigned: boolean;
  readonly minimum: number;
  readonly maximum: number;
  /** Values outside of minimum … maximum mean "no value". */
  readonly hasRange: boolean;
  /** physical = (value - minimum) * scale + base; undefined if the field has no unit and no physical range. */
  readonly physical: PhysicalScale | undefined;
}

const known = new WeakMap<Report, readonly Element[]>();

type Place = Pick<Element, 'field' | 'index' | 'key' | 'name' | 'usage' | 'bitOffset' | 'bitSize'>;

function complete(place: Place): Element {
  const { field } = place;
  const minimum = field.logicalMinimum;
  const maximum = effectiveMaximum(minimum, field.logicalMaximum);
  return {
    ...place,
    valueBits: Math.min(32, place.bitSize),
    isSigned: minimum < 0,
    minimum,
    maximum,
    hasRange: minimum < maximum && !field.isConstant,
    physical: field.isArray ? undefined : physicalScale(field),
  };
}

function usageKey(usage: number): string {
  return (usage >>> 0).toString(16).padStart(8, '0');
}

function arrayName(field: Field): string {
  const first = field.usageRanges[0];
  const last = field.usageRanges.at(-1);
  if (first === undefined || last === undefined) return 'Array';
  if (first.minimum === last.maximum) return usageName(first.minimum);
  return `${usageName(first.minimum)} … ${usageName(last.maximum)}`;
}

/** All values of a report in bit order, padding as one element per field. Worked out once per report. */
export function elementsOf(report: Report): readonly Element[] {
  const done = known.get(report);
  if (done !== undefined) return done;
  const elements: Element[] = [];
  const seen = new Map<string, number>();
  for (const field of report.fields) {
    if (field.size === 0 || field.count === 0) continue;
    if (!field.isKernelField) {
      const bitSize = field.size * field.count;
      const { bitOffset, key } = field;
      elements.push(
        complete({ field, index: 0, key, name: 'Padding', usage: undefined, bitOffset, bitSize }),
      );
      continue;
    }
    const name = field.isArray ? arrayName(field) : '';
    for (let index = 0; index < field.count; index++) {
      const bitOffset = field.bitOffset + index * field.size;
      const place = { field, index, bitOffset, bitSize: field.size };
      if (field.isArray) {
        elements.push(complete({ ...place, key: `${field.key}[${index}]`, name, usage: undefined }));
        continue;
      }
      const usage = field.usages[index] as number;
      const base = usageKey(usage);
      const ordinal = (seen.get(base) ?? 0) + 1;
      seen.set(base, ordinal);
      const key = ordinal === 1 ? base : `${base}#${ordinal}`;
      elements.push(complete({ ...place, key, name: usageName(usage), usage }));
    }
  }
  known.set(report, elements);
  return elements;
}
