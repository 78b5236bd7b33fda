import { collectionTypeName, itemText, maximumOf, unitExponentOf, type TextState } from './item-text.ts';
import { GLOBAL, LOCAL, MAIN, readItems, type RawItem } from './items.ts';
import { LocalState } from './local-state.ts';
import { multiplierMessages } from './multiplier.ts';
import { buildReport, flagsOf, type FieldDraft, type ReportDraft } from './report-draft.ts';
import {
  REPORT_TYPES,
  type Collection,
  type DescriptorItem,
  type KernelMessage,
  type ParsedDescriptor,
  type Report,
  type ReportType,
} from './types.ts';
import { fullUsageName } from './usages.ts';

/** Longest descriptor that Linux takes from a device (HID_MAX_DESCRIPTOR_SIZE). */
export const MAX_DESCRIPTOR_SIZE = 4096;
/** Longest report on a real bus (HID_MAX_BUFFER_SIZE). */
export const MAX_BUFFER_SIZE = 16384;
/** Longest report through /dev/uhid (UHID_DATA_MAX). */
export const UHID_MAX_BUFFER_SIZE = 4096;

const MAX_USAGES = 12288;
const MAX_FIELDS = 256;
const MAX_IDS = 256;
const GLOBAL_STACK_SIZE = 4;
/** hid_warn_ratelimited: ten in five seconds. */
const RATE_LIMIT = 10;

/** How to read a descriptor. */
export interface ParseOptions {
  /** Longest report of the device's bus (ll_driver.max_buffer_size); 16384 unless told. */
  readonly maxBufferSize?: number;
}

interface GlobalState extends TextState {
  usagePage: number;
  logicalMinimum: number;
  logicalMaximum: number;
  physicalMinimum: number;
  physicalMaximum: number;
  unitExponent: number;
  unit: number;
  reportId: number;
  reportSize: number;
  reportCount: number;
}

/** Reads a descriptor as hid_open_report() does, and goes on where the kernel gives up so that the rest can be shown. */
export class DescriptorParser {
  readonly #maxBits: number;
  readonly #scan: ((item: RawItem, parser: DescriptorParser) => void) | undefined;
  #global: GlobalState = {
    usagePage: 0,
    logicalMinimum: 0,
    logicalMaximum: 0,
    physicalMinimum: 0,
    physicalMaximum: 0,
    unitExponent: 0,
    unit: 0,
    reportId: 0,
    reportSize: 0,
    reportCount: 0,
  };
  readonly #globalStack: GlobalState[] = [];
  readonly local = new LocalState(MAX_USAGES);
  readonly #openCollections: number[] = [];
  readonly collections: Collection[] = [];
  readonly #drafts: Record<ReportType, Map<number, ReportDraft>> = {
    input: new Map(),
    output: new Map(),
    feature: new Map(),
  };
  readonly messages: KernelMessage[] = [];
  #refused = false;
  #limited = 0;

  /** With `scan` it reads as hid_scan_report(): main items go there and nothing is refused. */
  constructor(maxBufferSize: number, scan?: (item: RawItem, parser: DescriptorParser) => void) {
    this.#maxBits = (maxBufferSize - 1) * 8;
    this.#scan = scan;
  }

  get accepted(): boolean {
    return !this.#refused;
  }
  get global(): Readonly<GlobalState> {
    return this.#global;
  }
  get depth(): number {
    return this.#openCollections.length;
  }

  say(message: string, offset: number, level: KernelMessage['level'] = 'error'): void {
    if (!this.#refused) this.messages.push({ message, offset, level });
  }

  refuse(): void {
    this.#refused = true;
  }

  /** Takes one item; false if the kernel fails at it. */
  take(item: RawItem): boolean {
    switch (item.type) {
      case 'main':
        return this.#main(item);
      case 'global':
        return this.#globalItem(item);
      case 'local':
        return this.#localItem(item);
      case 'reserved':
        return true;
    }
  }

  #main(item: RawItem): boolean {
    this.local.concatenateLastUsagePage(this.#global.usagePage);
    let ok = true;
    if (this.#scan === undefined) ok = this.#mainItem(item);
    else this.#scan(item, this);
    this.local.reset();
    return ok;
  }

  #mainItem(item: RawItem): boolean {
    switch (item.tag) {
      case MAIN.COLLECTION:
        this.#openCollection(item);
        return true;
      case MAIN.END_COLLECTION:
        if (this.#openCollections.length === 0) {
          this.say('collection stack underflow', item.offset);
          return false;
        }
        this.#openCollections.pop();
        return true;
      case MAIN.INPUT:
        return this.#addField('input', item);
      case MAIN.OUTPUT:
        return this.#addField('output', item);
      case MAIN.FEATURE:
        return this.#addField('feature', item);
      default:
        if (this.#limited++ < RATE_LIMIT) {
          const word = item.tag >= 13 ? 'reserved' : 'unknown';
          this.say(`${word} main item tag 0x${item.tag.toString(16)}`, item.offset, 'warning');
        }
        return true;
    }
  }

  #openCollection(item: RawItem): void {
    const usage = this.local.first();
    const type = item.unsigned & 0xff;
    const level = this.#openCollections.length;
    const kind = collectionTypeName(type);
    this.collections.push({
      index: this.collections.length,
      type,
      usage,
      name: usage === 0 ? kind : `${kind} (${fullUsageName(usage)})`,
      level,
      parent: this.#openCollections.at(-1),
      offset: item.offset,
    });
    this.#openCollections.push(this.collections.length - 1);
  }

  /** hid_lookup_collection(): usage of the innermost open collection of that type. */
  #lookup(type: number): number {
    for (let i = this.#openCollections.length - 1; i >= 0; i--) {
      const collection = this.collections[this.#openCollections[i] as number] as Collection;
      if (collection.type === type) return collection.usage;
    }
    return 0;
  }

  /** hid_add_field(). A field the kernel refuses is kept all the same, unless the report would be too long. */
  #addField(type: ReportType, item: RawItem): boolean {
    const state = this.#global;
    const drafts = this.#drafts[type];
    let draft = drafts.get(state.reportId);
    if (draft === undefined) {
      draft = {
        type,
        id: state.reportId,
        bits: 0,
        kernelFields: 0,
        application: this.#lookup(1),
        fields: [],
      };
      drafts.set(state.reportId, draft);
    }
    const { logicalMinimum: minimum, logicalMaximum: maximum } = state;
    const rangeIsValid = minimum < 0 ? maximum >= minimum : maximum >>> 0 >= minimum >>> 0;
    const bits = state.reportSize * state.reportCount;
    if (rangeIsValid && draft.bits + bits > this.#maxBits) {
      this.say('report is too long', item.offset);
      return false;
    }
    if (draft.bits + bits > this.#maxBits) return false;
    const hasUsages = this.local.count > 0;
    const tooMany = hasUsages && draft.kernelFields === MAX_FIELDS;
    if (tooMany && rangeIsValid) this.say('too many fields in report', item.offset);
    if (hasUsages && !tooMany) draft.kernelFields += 1;
    draft.fields.push(this.#fieldDraft(item, draft.bits, hasUsages && !tooMany));
    draft.bits += bits;
    return rangeIsValid;
  }

  #fieldDraft(item: RawItem, reportOffset: number, isKernelField: boolean): FieldDraft {
    const state = this.#global;
    return {
      reportOffset,
      size: state.reportSize,
      count: state.reportCount,
      flagBits: item.unsigned,
      flags: flagsOf(item.unsigned),
      isKernelField,
      logicalMinimum: state.logicalMinimum,
      logicalMaximum: state.logicalMaximum,
      physicalMinimum: state.physicalMinimum,
      physicalMaximum: state.physicalMaximum,
      unitExponent: state.unitExponent,
      unit: state.unit,
      usageRanges: isKernelField ? this.local.ranges() : [],
      collectionPath: [...this.#openCollections],
      application: this.#lookup(1),
      physical: this.#lookup(0),
      logical: this.#lookup(2),
      offset: item.offset,
    };
  }

  #globalItem(item: RawItem): boolean {
    const state = this.#global;
    switch (item.tag) {
      case GLOBAL.USAGE_PAGE:
        state.usagePage = item.unsigned;
        return true;
      case GLOBAL.LOGICAL_MINIMUM:
        state.logicalMinimum = item.signed;
        return true;
      case GLOBAL.LOGICAL_MAXIMUM:
        state.logicalMaximum = maximumOf(item, state.logicalMinimum);
        return true;
      case GLOBAL.PHYSICAL_MINIMUM:
        state.physicalMinimum = item.signed;
        return true;
      case GLOBAL.PHYSICAL_MAXIMUM:
        state.physicalMaximum = maximumOf(item, state.physicalMinimum);
        return true;
      case GLOBAL.UNIT_EXPONENT:
        state.unitExponent = unitExponentOf(item.signed);
        return true;
      case GLOBAL.UNIT:
        state.unit = item.unsigned;
        return true;
      case GLOBAL.PUSH:
      case GLOBAL.POP:
        return this.#stackItem(item);
      default:
        return this.#limitedGlobal(item);
    }
  }

  #stackItem(item: RawItem): boolean {
    if (item.tag === GLOBAL.PUSH) {
      if (this.#globalStack.length === GLOBAL_STACK_SIZE) {
        this.say('global environment stack overflow', item.offset);
        return false;
      }
      this.#globalStack.push({ ...this.#global });
      return true;
    }
    const saved = this.#globalStack.pop();
    if (saved === undefined) {
      this.say('global environment stack underflow', item.offset);
      return false;
    }
    this.#global = saved;
    return true;
  }

  /** Globals with limits. What breaks them is not taken over, except in the scan, which does as the kernel does. */
  #limitedGlobal(item: RawItem): boolean {
    const state = this.#global;
    const value = item.unsigned;
    switch (item.tag) {
      case GLOBAL.REPORT_SIZE:
        if (value <= 256 || this.#scan !== undefined) state.reportSize = value;
        if (value <= 256) return true;
        this.say(`invalid report_size ${value | 0}`, item.offset);
        return false;
      case GLOBAL.REPORT_COUNT:
        if (value <= MAX_USAGES || this.#scan !== undefined) state.reportCount = value;
        if (value <= MAX_USAGES) return true;
        this.say(`invalid report_count ${value | 0}`, item.offset);
        return false;
      case GLOBAL.REPORT_ID:
        if (value > 0 && value < MAX_IDS) {
          state.reportId = value;
          return true;
        }
        this.say(`report_id ${value} is invalid`, item.offset);
        return false;
      default:
        this.say(`unknown global tag 0x${item.tag.toString(16)}`, item.offset);
        return false;
    }
  }

  #localItem(item: RawItem): boolean {
    const local = this.local;
    switch (item.tag) {
      case LOCAL.DELIMITER: {
        const problem = local.delimiter(item.unsigned !== 0);
        if (problem !== undefined) this.say(problem, item.offset);
        return problem === undefined;
      }
      case LOCAL.USAGE:
      case LOCAL.USAGE_MINIMUM:
      case LOCAL.USAGE_MAXIMUM: {
        if (local.ignoresUsages) return true;
        if (item.tag === LOCAL.USAGE_MINIMUM) {
          local.usageMinimum = item.unsigned;
          return true;
        }
        const page = this.#global.usagePage;
        if (item.tag === LOCAL.USAGE)
          return this.#usageResult(local.add(item.unsigned, item.size, page), item);
        const range = local.addRange(item.unsigned, item.size, page);
        // The scan runs before the device has a name and does not warn.
        if (range.clipped && this.#scan === undefined)
          this.say('ignoring exceeding usage max', item.offset, 'warning');
        return this.#usageResult(range.problem, item);
      }
      default:
        return true;
    }
  }

  #usageResult(problem: string | undefined, item: RawItem): boolean {
    if (problem !== undefined) this.say(problem, item.offset);
    return problem === undefined;
  }

  reports(): Record<ReportType, Map<number, Report>> {
    const out: Record<ReportType, Map<number, Report>> = {
      input: new Map(),
      output: new Map(),
      feature: new Map(),
    };
    for (const type of REPORT_TYPES) {
      const drafts = this.#drafts[type];
      const numbered = [...drafts.keys()].some((id) => id > 0);
      for (const [id, draft] of drafts) out[type].set(id, buildReport(draft, numbered));
    }
    return out;
  }
}

/** After the last item: what hid_open_report() checks when it has arrived at the end. */
function finish(parser: DescriptorParser, descriptor: Uint8Array): void {
  if (parser.depth > 0) {
    parser.say('unbalanced collection at end of report description', descriptor.length);
    parser.refuse();
  } else if (parser.local.delimiterDepth > 0) {
    parser.say('unbalanced delimiter at end of report description', descriptor.length);
    parser.refuse();
  }
}

function takeItem(parser: DescriptorParser, item: RawItem, length: number): void {
  if (item.isTruncated) {
    parser.say(`item fetching failed at offset ${item.offset}/${length}`, item.offset);
    parser.refuse();
  } else if (item.isLong) {
    parser.say('unexpected long global item', item.offset);
    parser.refuse();
  } else if (!parser.take(item)) {
    const type = ['main', 'global', 'local', 'reserved'].indexOf(item.type);
    parser.say(`item 0 ${item.size} ${type} ${item.tag} parsing failed`, item.offset);
    parser.refuse();
  }
}

/**
 * Reads a report descriptor with the rules, limits and messages of Linux (drivers/hid/hid-core.c, hid_open_report).
 * Never throws: what the kernel refuses has `accepted` false, its messages in `errors`, and as much of the rest as can be read.
 */
export function parseDescriptor(descriptor: Uint8Array, options: ParseOptions = {}): ParsedDescriptor {
  const parser = new DescriptorParser(options.maxBufferSize ?? MAX_BUFFER_SIZE);
  if (descriptor.length > MAX_DESCRIPTOR_SIZE) {
    parser.say(`weird size of report descriptor (${descriptor.length})`, MAX_DESCRIPTOR_SIZE);
    parser.refuse();
  }
  if (descriptor.length === 0) {
    parser.say('item fetching failed at offset 0/0', 0);
    parser.refuse();
  }
  const items: DescriptorItem[] = [];
  for (const item of readItems(descriptor)) {
    const closes =
      item.type === 'main' && !item.isLong && item.tag === MAIN.END_COLLECTION && parser.depth > 0;
    items.push({
      ...item,
      depth: closes ? parser.depth - 1 : parser.depth,
      text: itemText(item, parser.global),
    });
    if (item.offset < MAX_DESCRIPTOR_SIZE) takeItem(parser, item, descriptor.length);
  }
  if (parser.accepted) finish(parser, descriptor);
  const reports = parser.reports();
  const all = REPORT_TYPES.flatMap((type) => [...reports[type].values()]);
  const parsed: ParsedDescriptor = {
    bytes: descriptor,
    items,
    collections: parser.collections,
    reports,
    usesReportIds: all.some((report) => report.id > 0),
    accepted: parser.accepted,
    errors: parser.messages,
    maxReportBytes: all.reduce((most, report) => Math.max(most, report.bytes), 0),
  };
  if (parser.accepted) parser.messages.push(...multiplierMessages(parsed, () => 0));
  return parsed;
}
