import { type Collection, type Field, type KernelMessage, type ParsedDescriptor } from './types.ts';

const RESOLUTION_MULTIPLIER = 0x00010048;
const COLLECTION_LOGICAL = 2;

/** A field may name the multiplier for many elements; so many are looked at. */
const MAX_PER_FIELD = 64;

/** How often a field names the Resolution Multiplier, elements filled up with the last usage included. */
function occurrences(field: Field): number {
  let count = 0;
  let declared = 0;
  for (const { minimum, maximum } of field.usageRanges) {
    declared += maximum - minimum + 1;
    if (minimum <= RESOLUTION_MULTIPLIER && RESOLUTION_MULTIPLIER <= maximum) count += 1;
  }
  if (field.usageRanges.at(-1)?.maximum === RESOLUTION_MULTIPLIER)
    count += Math.max(0, field.count - declared);
  return Math.min(count, MAX_PER_FIELD);
}

/** Features that set a Resolution Multiplier (HID Usage Tables 4.3.1), once per usage as the kernel meets them. */
function multiplierFields(parsed: ParsedDescriptor): Field[] {
  const out: Field[] = [];
  for (const report of parsed.reports.feature.values()) {
    for (const field of report.fields) {
      if (!field.isKernelField || field.count < 1) continue;
      for (let i = occurrences(field); i > 0; i--) out.push(field);
    }
  }
  return out;
}

interface Multiplier {
  readonly value: number;
  readonly messages: readonly string[];
}

/** Effective multiplier of a feature field that holds `value` (hid_calculate_multiplier: integer division). */
function calculate(field: Field, value: number): Multiplier {
  const { logicalMinimum: lmin, logicalMaximum: lmax } = field;
  if (lmax === lmin) return { value: 1, messages: [] };
  const messages: string[] = [];
  const physical = field.physicalMaximum - field.physicalMinimum;
  const effective = (Math.trunc((value - lmin) / (lmax - lmin)) * physical + field.physicalMinimum) | 0;
  if (field.unitExponent !== 0) {
    messages.push(`unsupported Resolution Multiplier unit exponent ${field.unitExponent}`);
  }
  if (effective === 0 || effective > 255 || effective < -255) {
    messages.push(`unsupported Resolution Multiplier ${effective}`);
    return { value: 1, messages };
  }
  return { value: effective, messages };
}

/** What the kernel's log says about multipliers, given the values the features hold (hid_setup_resolution_multiplier). */
export function multiplierMessages(
  parsed: ParsedDescriptor,
  featureValue: (field: Field) => number,
): KernelMessage[] {
  return multiplierFields(parsed).flatMap((field) =>
    calculate(field, featureValue(field)).messages.map((message) => ({
      message,
      offset: field.offset,
      level: 'warning' as const,
    })),
  );
}

/** Index of the logical collection a multiplier reigns over: the next one outwards, or the outermost collection. */
function multiplierCollection(collections: readonly Collection[], field: Field): Collection | undefined {
  let collection = collections[field.collectionPath.at(-1) ?? 0];
  while (collection?.parent !== undefined && collection.type !== COLLECTION_LOGICAL) {
    collection = collections[collection.parent];
  }
  return collection;
}

/**
 * Resolution multiplier of every input field that has one other than 1, given the values the features hold
 * (hid_apply_multiplier, with its rule that a field directly below the outermost collection is not reached).
 */
export function resolutionMultipliers(
  parsed: ParsedDescriptor,
  featureValue: (field: Field) => number,
): Map<Field, number> {
  const out = new Map<Field, number>();
  for (const multiplier of multiplierFields(parsed)) {
    const reign = multiplierCollection(parsed.collections, multiplier);
    const effective = calculate(multiplier, featureValue(multiplier)).value;
    for (const report of parsed.reports.input.values()) {
      for (const field of report.fields) {
        let collection = parsed.collections[field.collectionPath.at(-1) ?? 0];
        while (collection?.parent !== undefined && collection !== reign) {
          collection = parsed.collections[collection.parent];
        }
        if (collection?.parent !== undefined) out.set(field, effective);
      }
    }
  }
  return out;
}
