import { viewOf } from '../base/index.ts';
import { elementsOf, type Element } from './elements.ts';
import { REPORT_TYPES, type Collection, type Field, type ParsedDescriptor, type Report } from './types.ts';
import { usageIdOf, usagePageOf } from './usages.ts';

const MAX_COLLECTIONS = 32;
const MAX_FIELDS = 64;
const MAX_REPORTS = 16;
const COLLECTION_SIZE = 5;
const FIELD_HEAD = 21;
const FIELD_SIZE = FIELD_HEAD + MAX_COLLECTIONS * COLLECTION_SIZE;
const REPORT_HEAD = 4;
const REPORT_SIZE = REPORT_HEAD + MAX_FIELDS * FIELD_SIZE;
const HEAD = 3;

/** sizeof(struct hid_rdesc_descriptor). */
export const PACKED_DESCRIPTOR_SIZE = HEAD + 3 * MAX_REPORTS * REPORT_SIZE;

const FIELD_VARIABLE = 0;
const FIELD_ARRAY = 1;
const FIELD_CONSTANT = 2;

/** One field as drivers see it: an element of a variable field, a whole array, or a run of padding. */
interface Packed {
  readonly field: Field;
  readonly start: number;
  readonly end: number;
  /** Undefined for padding. */
  readonly usages: readonly [first: number, last: number] | undefined;
}

function packedFields(report: Report): Packed[] {
  const out: Packed[] = [];
  const add = (element: Element): void => {
    const { field, bitOffset, bitSize, usage } = element;
    if (!field.isKernelField || field.isConstant) {
      if (element.index > 0) return;
      const start = field.bitOffset;
      out.push({ field, start, end: start + field.size * field.count, usages: undefined });
    } else if (field.isArray) {
      if (element.index > 0) return;
      const first = field.usageRanges[0]?.minimum ?? 0;
      const last = field.usageRanges.at(-1)?.maximum ?? 0;
      out.push({ field, start: bitOffset, end: bitOffset + field.size * field.count, usages: [first, last] });
    } else if (usage !== undefined) {
      out.push({ field, start: bitOffset, end: bitOffset + bitSize, usages: [usage, usage] });
    }
  };
  for (const element of elementsOf(report)) {
    if (out.length >= MAX_FIELDS) break;
    add(element);
  }
  return out;
}

/** Flags of struct hid_rdesc_field: relative, wrap, non-linear, no preferred state, null state, volatile, buffered bytes. */
function packedFlags({ flags, type }: Field): number {
  return (
    (flags.relative ? 0x01 : 0) |
    (flags.wrap ? 0x02 : 0) |
    (flags.nonLinear ? 0x04 : 0) |
    (flags.noPreferred ? 0x08 : 0) |
    (flags.nullState ? 0x10 : 0) |
    (flags.volatile && type !== 'input' ? 0x20 : 0) |
    (flags.bufferedBytes ? 0x40 : 0)
  );
}

function writeField(view: DataView, at: number, packed: Packed, collections: readonly Collection[]): void {
  const { field, usages } = packed;
  view.setUint16(at + 2, packed.start & 0xffff, true);
  view.setUint16(at + 4, packed.end & 0xffff, true);
  if (usages === undefined) {
    view.setUint8(at, FIELD_CONSTANT);
    return;
  }
  const [first, last] = usages;
  view.setUint8(at, field.isArray ? FIELD_ARRAY : FIELD_VARIABLE);
  const path = field.collectionPath.slice(0, MAX_COLLECTIONS);
  view.setUint8(at + 1, path.length);
  view.setUint16(at + 6, usagePageOf(first), true);
  view.setUint16(at + 8, usageIdOf(first), true);
  if (field.isArray) view.setUint16(at + 10, usageIdOf(last), true);
  view.setInt32(at + 12, field.logicalMinimum, true);
  view.setInt32(at + 16, field.logicalMaximum, true);
  view.setUint8(at + 20, packedFlags(field));
  path.forEach((index, i) => {
    const collection = collections[index];
    const place = at + FIELD_HEAD + i * COLLECTION_SIZE;
    view.setUint16(place, usagePageOf(collection?.usage ?? 0), true);
    view.setUint16(place + 2, usageIdOf(collection?.usage ?? 0), true);
    view.setUint8(place + 4, collection?.type ?? 0);
  });
}

/**
 * The descriptor as `struct hid_rdesc_descriptor`, which udev-hid-bpf writes into a driver's global HID_REPORT_DESCRIPTOR before probe():
 * up to 16 reports of each type, 64 fields of each report, 32 collections of each field; what is beyond is left out. Bits count from the
 * report's first byte, its id included.
 */
export function packDescriptor(parsed: ParsedDescriptor): Uint8Array {
  const bytes = new Uint8Array(PACKED_DESCRIPTOR_SIZE);
  const view = viewOf(bytes);
  REPORT_TYPES.forEach((type, kind) => {
    const reports = [...parsed.reports[type].values()].slice(0, MAX_REPORTS);
    view.setUint8(kind, reports.length);
    reports.forEach((report, index) => {
      const at = HEAD + (kind * MAX_REPORTS + index) * REPORT_SIZE;
      const fields = packedFields(report);
      view.setUint8(at, report.id);
      view.setUint16(at + 1, (report.bits + (report.hasIdByte ? 8 : 0)) & 0xffff, true);
      view.setUint8(at + 3, fields.length);
      fields.forEach((field, i) =>
        writeField(view, at + REPORT_HEAD + i * FIELD_SIZE, field, parsed.collections),
      );
    });
  });
  return bytes;
}
