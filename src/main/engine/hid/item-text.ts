import { GLOBAL, LOCAL, MAIN, type RawItem } from './items.ts';
import { unitItemText } from './units.ts';
import { joinUsage, usageName, usagePageName, usagePageOf } from './usages.ts';

const COLLECTIONS = [
  'Physical',
  'Application',
  'Logical',
  'Report',
  'Named Array',
  'Usage Switch',
  'Usage Modifier',
];

/** Name of a collection type (HID 1.11, 6.2.2.6). */
export function collectionTypeName(type: number): string {
  return (
    COLLECTIONS[type] ?? (type >= 0x80 ? `Vendor 0x${type.toString(16)}` : `Reserved 0x${type.toString(16)}`)
  );
}

/** Flags of an Input, Output or Feature item as hid-recorder writes them: `Data,Var,Abs`. */
export function mainFlagsText(data: number, isInput: boolean): string {
  const words = [data & 1 ? 'Cnst' : 'Data', data & 2 ? 'Var' : 'Arr', data & 4 ? 'Rel' : 'Abs'];
  if (data & 0x08) words.push('Wrap');
  if (data & 0x10) words.push('NonLin');
  if (data & 0x20) words.push('NoPref');
  if (data & 0x40) words.push('Null');
  if (data & 0x80 && !isInput) words.push('Vol');
  if (data & 0x100) words.push('Buff');
  return words.join(',');
}

function mainText(item: RawItem): string {
  switch (item.tag) {
    case MAIN.INPUT:
      return `Input (${mainFlagsText(item.unsigned, true)})`;
    case MAIN.OUTPUT:
      return `Output (${mainFlagsText(item.unsigned, false)})`;
    case MAIN.FEATURE:
      return `Feature (${mainFlagsText(item.unsigned, false)})`;
    case MAIN.COLLECTION:
      return `Collection (${collectionTypeName(item.unsigned & 0xff)})`;
    case MAIN.END_COLLECTION:
      return 'End Collection';
    default:
      return `Unknown main item 0x${item.tag.toString(16)} (${item.unsigned})`;
  }
}

/**
 * The exponent an Unit Exponent item stands for: many devices give a nibble, so 0 … 15 are read as 4-bit signed
 * (hid_parser_global).
 */
export function unitExponentOf(signed: number): number {
  return (signed & ~15) === 0 ? (signed << 28) >> 28 : signed;
}

/**
 * Logical and physical maximum are unsigned if the minimum is not negative (hid_parser_global); the kernel keeps them in
 * a signed 32-bit number.
 */
export function maximumOf(item: RawItem, minimum: number): number {
  return minimum < 0 ? item.signed : item.unsigned | 0;
}

/** The globals that the text of later items depends on. */
export interface TextState {
  readonly usagePage: number;
  readonly logicalMinimum: number;
  readonly physicalMinimum: number;
}

function globalText(item: RawItem, state: TextState): string {
  switch (item.tag) {
    case GLOBAL.USAGE_PAGE:
      return `Usage Page (${usagePageName(item.unsigned & 0xffff)})`;
    case GLOBAL.LOGICAL_MINIMUM:
      return `Logical Minimum (${item.signed})`;
    case GLOBAL.LOGICAL_MAXIMUM:
      return `Logical Maximum (${maximumOf(item, state.logicalMinimum)})`;
    case GLOBAL.PHYSICAL_MINIMUM:
      return `Physical Minimum (${item.signed})`;
    case GLOBAL.PHYSICAL_MAXIMUM:
      return `Physical Maximum (${maximumOf(item, state.physicalMinimum)})`;
    case GLOBAL.UNIT_EXPONENT:
      return `Unit Exponent (${unitExponentOf(item.signed)})`;
    case GLOBAL.UNIT:
      return `Unit (${unitItemText(item.unsigned)})`;
    case GLOBAL.REPORT_SIZE:
      return `Report Size (${item.unsigned})`;
    case GLOBAL.REPORT_ID:
      return `Report ID (${item.unsigned})`;
    case GLOBAL.REPORT_COUNT:
      return `Report Count (${item.unsigned})`;
    case GLOBAL.PUSH:
      return 'Push';
    case GLOBAL.POP:
      return 'Pop';
    default:
      return `Unknown global item 0x${item.tag.toString(16)} (${item.unsigned})`;
  }
}

function localUsageText(item: RawItem, state: TextState): string {
  if (item.size <= 2) return usageName(joinUsage(state.usagePage, item.unsigned));
  const page = usagePageName(usagePageOf(item.unsigned));
  return `${page}: ${usageName(item.unsigned)}`;
}

function localText(item: RawItem, state: TextState): string {
  switch (item.tag) {
    case LOCAL.USAGE:
      return `Usage (${localUsageText(item, state)})`;
    case LOCAL.USAGE_MINIMUM:
      return `Usage Minimum (${localUsageText(item, state)})`;
    case LOCAL.USAGE_MAXIMUM:
      return `Usage Maximum (${localUsageText(item, state)})`;
    case LOCAL.DESIGNATOR_INDEX:
      return `Designator Index (${item.unsigned})`;
    case LOCAL.DESIGNATOR_MINIMUM:
      return `Designator Minimum (${item.unsigned})`;
    case LOCAL.DESIGNATOR_MAXIMUM:
      return `Designator Maximum (${item.unsigned})`;
    case LOCAL.STRING_INDEX:
      return `String Index (${item.unsigned})`;
    case LOCAL.STRING_MINIMUM:
      return `String Minimum (${item.unsigned})`;
    case LOCAL.STRING_MAXIMUM:
      return `String Maximum (${item.unsigned})`;
    case LOCAL.DELIMITER:
      return `Delimiter (${item.unsigned === 0 ? 'Close' : 'Open'})`;
    default:
      return `Unknown local item 0x${item.tag.toString(16)} (${item.unsigned})`;
  }
}

/** What an item says, as hid-recorder writes it, without indentation. */
export function itemText(item: RawItem, state: TextState): string {
  if (item.isTruncated)
    return `Truncated item (${item.bytes.length} of ${item.isLong ? 3 + item.size : 1 + item.size} bytes)`;
  if (item.isLong) return `Long item 0x${item.tag.toString(16)} (${item.size} bytes)`;
  switch (item.type) {
    case 'main':
      return mainText(item);
    case 'global':
      return globalText(item, state);
    case 'local':
      return localText(item, state);
    case 'reserved':
      return `Reserved item 0x${item.tag.toString(16)} (${item.unsigned})`;
  }
}
