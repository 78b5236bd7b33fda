import { EngineError } from '../../base/index.ts';
import { extractBits, signExtend } from '../bits.ts';
import { multiplierMessages, resolutionMultipliers } from '../multiplier.ts';
import { REPORT_TYPES, type Field, type ParsedDescriptor, type Report, type ReportType } from '../types.ts';
import { type InputDevice } from './input-device.ts';

/** More usages than any device has; a descriptor made to exhaust memory has millions. */
const MAX_USAGES = 400_000;

/** struct hid_usage: what one element or array value stands for, and the input code it is mapped to. */
export interface UsageState {
  readonly hid: number;
  readonly index: number;
  /** EV_* type and code it is mapped to; type 0 = not mapped. */
  type: number;
  code: number;
  hatMinimum: number;
  hatMaximum: number;
  hatDirection: number;
  multiplier: number;
  wheelAccumulated: number;
}

/** struct hid_input: an input node under construction and the reports that feed it. */
export interface HidInput {
  application: number;
  readonly device: InputDevice;
  report: ReportState | undefined;
  readonly reports: ReportState[];
  node: number;
}

/** struct hid_field with its current values. Flags and limits can be changed by drivers. */
export interface FieldState {
  readonly field: Field;
  readonly report: ReportState;
  flags: number;
  readonly usages: UsageState[];
  readonly value: Int32Array;
  readonly newValue: Int32Array;
  readonly priorities: Float64Array;
  readonly collection: number;
  slot: number;
  dpad: number;
  ignored: boolean;
  input: HidInput | undefined;
}

export interface ReportState {
  readonly report: Report;
  readonly type: ReportType;
  readonly id: number;
  readonly application: number;
  readonly fields: FieldState[];
  /** Fields and elements in the order in which events are made of them. */
  entries: { field: FieldState; index: number }[];
  tool: number;
  toolActive: boolean;
}

export const CONSTANT = 0x01;
export const VARIABLE = 0x02;
export const RELATIVE = 0x04;
export const NULL_STATE = 0x40;
export const BUFFERED_BYTE = 0x100;

/** Reports of a parsed descriptor with values, as the kernel holds them. */
export class HidState {
  readonly parsed: ParsedDescriptor;
  readonly reports: Readonly<Record<ReportType, readonly ReportState[]>>;

  constructor(parsed: ParsedDescriptor) {
    this.parsed = parsed;
    let total = 0;
    for (const type of REPORT_TYPES) {
      for (const report of parsed.reports[type].values()) {
        for (const field of report.fields) {
          const declared = field.usageRanges.reduce(
            (sum, { minimum, maximum }) => sum + maximum - minimum + 1,
            0,
          );
          if (field.isKernelField) total += Math.max(declared, field.count);
        }
      }
    }
    if (total > MAX_USAGES) {
      throw new EngineError(
        'unsupported',
        `the descriptor names ${total} usages; the preview of input events takes up to ${MAX_USAGES}`,
        { total },
      );
    }
    const make = (type: ReportType): ReportState[] =>
      [...parsed.reports[type].values()].map((report) => makeReport(report));
    this.reports = { input: make('input'), output: make('output'), feature: make('feature') };
    this.applyMultipliers();
  }

  /** hid_setup_resolution_multiplier() with the values the features hold. */
  applyMultipliers(): void {
    const multipliers = resolutionMultipliers(this.parsed, this.#featureValues());
    for (const report of this.reports.input) {
      for (const field of report.fields) {
        const multiplier = multipliers.get(field.field);
        if (multiplier === undefined) continue;
        // The kernel keeps it in an s8.
        for (const usage of field.usages) usage.multiplier = signExtend(multiplier, 8);
      }
    }
  }

  /** What the kernel says when it works out the multipliers with the values the features hold. */
  multiplierMessages(): string[] {
    return multiplierMessages(this.parsed, this.#featureValues()).map(({ message }) => message);
  }

  #featureValues(): (field: Field) => number {
    const values = new Map<Field, number>();
    for (const { fields } of this.reports.feature)
      for (const { field, value } of fields) values.set(field, value[0] ?? 0);
    return (field) => values.get(field) ?? 0;
  }

  find(type: ReportType, bytes: Uint8Array): ReportState | undefined {
    const reports = this.reports[type];
    const numbered = reports.some((report) => report.id > 0);
    const id = numbered ? (bytes[0] ?? -1) : 0;
    return reports.find((report) => report.id === id);
  }
}

function makeReport(report: Report): ReportState {
  const state: ReportState = {
    report,
    type: report.type,
    id: report.id,
    application: report.application,
    fields: [],
    entries: [],
    tool: 0,
    toolActive: false,
  };
  for (const field of report.fields) {
    if (!field.isKernelField) continue;
    const { usages } = field;
    state.fields.push({
      field,
      report: state,
      flags: field.flagBits,
      usages: usages.map((hid, index) => ({
        hid,
        index,
        type: 0,
        code: 0,
        hatMinimum: 0,
        hatMaximum: 0,
        hatDirection: 0,
        multiplier: 1,
        wheelAccumulated: 0,
      })),
      value: new Int32Array(usages.length),
      newValue: new Int32Array(usages.length),
      priorities: new Float64Array(usages.length),
      collection: field.collectionPath.at(-1) ?? 0,
      slot: 0,
      dpad: 0,
      ignored: false,
      input: undefined,
    });
  }
  return state;
}

/** hid_report_process_ordering(): elements by falling priority, in order of the descriptor where it is equal. */
export function orderReport(report: ReportState): void {
  const entries: { field: FieldState; index: number; priority: number }[] = [];
  for (const field of report.fields) {
    const elements = field.flags & VARIABLE ? field.field.count : 1;
    for (let index = 0; index < elements; index++) {
      entries.push({ field, index, priority: field.priorities[index] ?? 0 });
    }
  }
  report.entries = entries.sort((left, right) => right.priority - left.priority);
}

/** hid_array_value_is_valid(). */
export function isArrayValue({ field, usages }: FieldState, value: number): boolean {
  const minimum = field.logicalMinimum;
  return value >= minimum && value <= field.logicalMaximum && value - minimum < usages.length;
}

const KEYBOARD_ERROR_ROLLOVER = 0x00070001;

/** hid_input_fetch_field(): reads a field's elements into `newValue`. */
export function fetchField(state: FieldState, bytes: Uint8Array): void {
  const { field } = state;
  state.newValue.fill(0, 0, field.count);
  state.ignored = false;
  const bits = Math.min(32, field.size);
  for (let n = 0; n < field.count; n++) {
    const raw = extractBits(bytes, field.bitOffset + n * field.size, bits);
    // Sign extension goes by the declared size, of which only 32 bits were read.
    const value = field.logicalMinimum < 0 ? signExtend(raw, bits) : raw | 0;
    state.newValue[n] = value;
    if (state.flags & VARIABLE || !isArrayValue(state, value)) continue;
    if (state.usages[value - field.logicalMinimum]?.hid === KEYBOARD_ERROR_ROLLOVER) {
      state.ignored = true;
      return;
    }
  }
}
