/** The words every file of this room speaks: items, fields, reports, decoded values. */

/** Kinds of report, in the order of the kernel's enum hid_report_type (input 0, output 1, feature 2). */
export type ReportType = 'input' | 'output' | 'feature';

/** Report types by the kernel's number (HID_INPUT_REPORT 0, HID_OUTPUT_REPORT 1, HID_FEATURE_REPORT 2). */
export const REPORT_TYPES: readonly ReportType[] = ['input', 'output', 'feature'];

/** Type bits of an item's prefix (HID 1.11, 6.2.2.2). */
export type ItemType = 'main' | 'global' | 'local' | 'reserved';

/** One item of a report descriptor, as it stands in the bytes. */
export interface DescriptorItem {
  /** Offset of the prefix byte in the descriptor. */
  readonly offset: number;
  /** The whole item: prefix and data (a view of the descriptor). Cut short if the descriptor ends inside it. */
  readonly bytes: Uint8Array;
  readonly type: ItemType;
  /** 0 … 15; of a long item its bLongItemTag. */
  readonly tag: number;
  readonly isLong: boolean;
  /** True if the descriptor ends inside this item. It is then the last one. */
  readonly isTruncated: boolean;
  /** Data bytes: 0, 1, 2 or 4, of a long item up to 255. */
  readonly size: number;
  /** The data read as unsigned little-endian number (0 without data, 0 for long items). */
  readonly unsigned: number;
  /** The data read as signed number. */
  readonly signed: number;
  /** How many collections are open around the item. An End Collection has the depth of its Collection. */
  readonly depth: number;
  /** What the item says, without indentation: `Usage Page (Generic Desktop)`, `Input (Data,Var,Abs)`. */
  readonly text: string;
}

/** One collection of the descriptor. */
export interface Collection {
  readonly index: number;
  /** 0 physical, 1 application, 2 logical, 3 report, 4 named array, 5 usage switch, 6 usage modifier. */
  readonly type: number;
  /** 32-bit usage, page in the high half; 0 if it has none. */
  readonly usage: number;
  readonly name: string;
  readonly level: number;
  readonly parent: number | undefined;
  /** Offset of the Collection item. */
  readonly offset: number;
}

/** Bits of an Input, Output or Feature item (HID 1.11, 6.2.2.5). */
export interface FieldFlags {
  readonly constant: boolean;
  readonly variable: boolean;
  readonly relative: boolean;
  readonly wrap: boolean;
  readonly nonLinear: boolean;
  readonly noPreferred: boolean;
  readonly nullState: boolean;
  readonly volatile: boolean;
  readonly bufferedBytes: boolean;
}

/** A run of consecutive usages of a field, as Usage or Usage Minimum/Maximum gave it. */
export interface UsageRange {
  readonly minimum: number;
  readonly maximum: number;
}

/**
 * What one Input, Output or Feature item declares: `count` elements of `size` bits.
 * Items without a usage (padding) are fields here too; the kernel only counts their bits (`isKernelField` false).
 */
export interface Field {
  /** Place in `Report.fields`. */
  readonly index: number;
  readonly type: ReportType;
  readonly reportId: number;
  /**
   * First bit counted from the first bit of the report as hidraw gives it: a report with an id byte has its first
   * field at bit 8. Bit n is bit (n & 7), counted from the least significant, of byte (n >> 3).
   */
  readonly bitOffset: number;
  /** The same without the id byte: the kernel's hid_field.report_offset. */
  readonly reportOffset: number;
  /** Bits per element. */
  readonly size: number;
  /** Number of elements. */
  readonly count: number;
  /** The data of the main item. */
  readonly flagBits: number;
  readonly flags: FieldFlags;
  /** Elements hold indexes of usages instead of one value per usage. */
  readonly isArray: boolean;
  readonly isConstant: boolean;
  /** True if it has usages: the kernel makes a struct hid_field only then. */
  readonly isKernelField: boolean;
  /**
   * Limits as the kernel keeps them, in signed 32 bits: an unsigned maximum of 0xffffffff is -1 (minimum not negative, maximum negative
   * means unsigned).
   */
  readonly logicalMinimum: number;
  readonly logicalMaximum: number;
  readonly physicalMinimum: number;
  readonly physicalMaximum: number;
  readonly unitExponent: number;
  readonly unit: number;
  /** Name of the unit with exponent applied, such as `cm`, `0.1 mm`; empty if none. */
  readonly unitName: string;
  /**
   * 32-bit usages (page in the high half): one per element of a variable field, or all that an array can name. At least
   * `count` of them, the last repeated if fewer are declared, as hid_add_field() does. Empty for padding.
   */
  readonly usages: readonly number[];
  /** The same as declared: single usages and ranges, without repetition. */
  readonly usageRanges: readonly UsageRange[];
  /** Indexes of the collections around it, outermost first. */
  readonly collectionPath: readonly number[];
  /** Usage of the innermost collection of that type around it, 0 if none (hid_field.application/physical/logical). */
  readonly application: number;
  readonly physical: number;
  readonly logical: number;
  /** Offset of the main item in the descriptor. */
  readonly offset: number;
  /** Stable name for comparing reports field by field; see FieldValue.key. */
  readonly key: string;
}

/** One report: all fields of one type and id. */
export interface Report {
  readonly type: ReportType;
  /** 0 if the report has no id. */
  readonly id: number;
  /** True if its bytes start with an id byte (some report of this type has an id: hid_report_enum.numbered). */
  readonly hasIdByte: boolean;
  /** Data bits without the id byte (hid_report.size). */
  readonly bits: number;
  /** Length in bytes as the kernel's hid_report_len gives it: data rounded up, plus one for an id above 0. */
  readonly bytes: number;
  /** In bit order, padding included. */
  readonly fields: readonly Field[];
  /** Usage of the application collection of its first field. */
  readonly application: number;
}

/** What the kernel's log says while it reads a descriptor. */
export interface KernelMessage {
  /** The kernel's words, without device prefix. */
  readonly message: string;
  /** Byte offset of the item it is about (the end of the descriptor where it is about the end). */
  readonly offset: number;
  readonly level: 'error' | 'warning';
}

/** A report descriptor, read. */
export interface ParsedDescriptor {
  readonly bytes: Uint8Array;
  readonly items: readonly DescriptorItem[];
  readonly collections: readonly Collection[];
  /**
   * Reports by id, ids in order of appearance. If the descriptor is refused these are still the reports of what could be
   * read (the kernel has none then); items that the kernel stumbles over are left out.
   */
  readonly reports: Readonly<Record<ReportType, ReadonlyMap<number, Report>>>;
  /** True if a report of any type has an id above 0. */
  readonly usesReportIds: boolean;
  /** Whether the kernel takes it (hid_open_report returns 0). */
  readonly accepted: boolean;
  /** Kernel messages of hid_open_report, in order. Empty does not mean accepted: some refusals are silent but for the item. */
  readonly errors: readonly KernelMessage[];
  /** Largest `Report.bytes` over all types and ids; 0 without reports. HID-BPF rounds it up to 64 for its event buffer. */
  readonly maxReportBytes: number;
}

/** Value of one element of a field in one report. */
export interface FieldValue {
  /**
   * Stable within device and report: usage and, if it occurs again in the report, its ordinal (`00010030`, `000d0042#2`);
   * arrays have the key of their usage range and the element (`00070000-000700ff[3]`), padding `pad@BIT`.
   * The same key in the decode of a changed report or of a report under a changed descriptor means the same thing.
   */
  readonly key: string;
  /** Index of the field in `Report.fields`. */
  readonly fieldIndex: number;
  /** Which element of the field. */
  readonly element: number;
  /** The usage: of the element if variable, the chosen one if array (undefined if none is chosen or the value is out of range). */
  readonly usage: number | undefined;
  readonly name: string;
  readonly bitOffset: number;
  readonly bitSize: number;
  /** The low 32 bits, unsigned. */
  readonly raw: number;
  /** Logical value: signed if the logical minimum is negative. */
  readonly value: number;
  /** Value in units after physical range and exponent; undefined if the field declares none. */
  readonly physical: number | undefined;
  /** Unit of `physical`, such as `mm`. */
  readonly unit: string;
  /** Outside the logical range: "no value" if the field has a null state. */
  readonly isNull: boolean;
  readonly isConstant: boolean;
  readonly isArray: boolean;
  /** Value as text: number, name of the array's usage, or hex bytes of elements wider than 32 bits. */
  readonly text: string;
}

/** A report's bytes, read by a descriptor. */
export interface ReportDecode {
  readonly type: ReportType;
  /** Undefined if no report of that type has this id; then `values` is empty. */
  readonly report: Report | undefined;
  /** First byte if reports are numbered, else 0. */
  readonly reportId: number;
  readonly values: readonly FieldValue[];
  /** One line: `Tip Switch 1 | X 12195 | Y 300`, padding left out. */
  readonly summary: string;
  /** What is wrong with the bytes: unknown id, empty, too short (missing bits read as 0), longer than declared. */
  readonly problem: string | undefined;
}
