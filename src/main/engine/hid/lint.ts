import { GLOBAL, LOCAL, MAIN } from './items.ts';
import { effectiveMaximum } from './physical.ts';
import {
  REPORT_TYPES,
  type DescriptorItem,
  type Field,
  type ParsedDescriptor,
  type Report,
} from './types.ts';
import { fullUsageName, usageName, usagePageOf } from './usages.ts';

/** One remark about a descriptor. */
export interface LintFinding {
  /** `error`: Linux refuses it; `warning`: it will not do what it seems to say; `info`: Linux ignores it. */
  readonly level: 'error' | 'warning' | 'info';
  /** Stable name of the rule. */
  readonly rule: string;
  /** Byte offset of the item it is about. */
  readonly offset: number;
  readonly message: string;
}

type Say = (level: LintFinding['level'], rule: string, offset: number, message: string) => void;

/** Generic Desktop X … Rz. */
const FIRST_AXIS = 0x00010030;
const LAST_AXIS = 0x00010035;

/** uhid cannot carry longer reports, and few devices have them. */
const LONG_REPORT = 4095;

function lintKernel(parsed: ParsedDescriptor, say: Say): void {
  const last = parsed.errors.length - 1;
  parsed.errors.forEach(({ message, offset, level }, index) => {
    const isReason = level === 'error' || (index === last && !parsed.accepted);
    say(isReason ? 'error' : 'warning', 'kernel', offset, message);
  });
}

/** What a single item says that nobody will heed. */
function lintItem(item: DescriptorItem, say: Say): void {
  if (item.isLong || item.isTruncated) return;
  const text = item.text;
  if (item.type === 'reserved') say('info', 'reserved-item', item.offset, `${text}: Linux ignores it`);
  if (item.type !== 'local') return;
  if (item.tag >= LOCAL.DESIGNATOR_INDEX && item.tag <= LOCAL.STRING_MAXIMUM) {
    say('info', 'ignored-item', item.offset, `${text}: Linux ignores designators and strings`);
  } else if (item.tag > LOCAL.DELIMITER) {
    say('info', 'ignored-item', item.offset, `${text}: Linux ignores unknown local items`);
  }
}

interface Locals {
  items: DescriptorItem[];
  minimum: DescriptorItem | undefined;
  delimited: number;
}

/** Follows the local items from main item to main item. */
function lintLocals(parsed: ParsedDescriptor, say: Say): void {
  let locals: Locals = { items: [], minimum: undefined, delimited: 0 };
  for (const item of parsed.items) {
    lintItem(item, say);
    if (item.isLong || item.isTruncated) continue;
    if (item.type === 'local') {
      locals.items.push(item);
      takeLocal(locals, item, say);
    } else if (item.type === 'main') {
      const first = locals.items[0];
      if (locals.minimum !== undefined) {
        say(
          'warning',
          'usage-range',
          locals.minimum.offset,
          'Usage Minimum without a Usage Maximum is ignored',
        );
      }
      if (item.tag === MAIN.END_COLLECTION && first !== undefined) {
        say('info', 'dangling-local', first.offset, `${first.text} is lost: End Collection follows`);
      }
      locals = { items: [], minimum: undefined, delimited: 0 };
    }
  }
  const first = locals.items[0];
  if (first !== undefined) {
    say('info', 'dangling-local', first.offset, `${first.text} is lost: no main item follows`);
  }
}

function takeLocal(locals: Locals, item: DescriptorItem, say: Say): void {
  if (item.tag === LOCAL.DELIMITER && item.unsigned !== 0) {
    locals.delimited += 1;
    if (locals.delimited === 2) {
      say('info', 'delimiter', item.offset, 'Linux takes the first delimited set of usages only');
    }
  } else if (item.tag === LOCAL.USAGE_MINIMUM) {
    locals.minimum = item;
  } else if (item.tag === LOCAL.USAGE_MAXIMUM) {
    const minimum = locals.minimum;
    locals.minimum = undefined;
    if (minimum === undefined) {
      say('warning', 'usage-range', item.offset, 'Usage Maximum without a Usage Minimum starts at usage 0');
    } else if (minimum.unsigned > item.unsigned) {
      say('warning', 'usage-range', item.offset, 'Usage Maximum is below the Usage Minimum');
    } else if (
      minimum.size > 2 &&
      item.size > 2 &&
      usagePageOf(minimum.unsigned) !== usagePageOf(item.unsigned)
    ) {
      say('warning', 'usage-range', item.offset, 'Usage Minimum and Usage Maximum are on different pages');
    }
  }
}

/** Push without Pop, and limits that are read otherwise than they are meant. */
function lintGlobals(parsed: ParsedDescriptor, say: Say): void {
  const pushes: DescriptorItem[] = [];
  let logicalMinimum = 0;
  let physicalMinimum = 0;
  for (const item of parsed.items) {
    if (item.type !== 'global' || item.isLong || item.isTruncated) continue;
    if (item.tag === GLOBAL.PUSH) pushes.push(item);
    else if (item.tag === GLOBAL.POP) pushes.pop();
    else if (item.tag === GLOBAL.LOGICAL_MINIMUM) logicalMinimum = item.signed;
    else if (item.tag === GLOBAL.PHYSICAL_MINIMUM) physicalMinimum = item.signed;
    else if (item.tag === GLOBAL.LOGICAL_MAXIMUM || item.tag === GLOBAL.PHYSICAL_MAXIMUM) {
      const minimum = item.tag === GLOBAL.LOGICAL_MAXIMUM ? logicalMinimum : physicalMinimum;
      if (minimum >= 0 && item.signed < 0) {
        say(
          'info',
          'unsigned-maximum',
          item.offset,
          `${item.bytes.length - 1} byte(s) of data read as ${item.unsigned} because the minimum is not negative; by HID 1.11 it is ${item.signed}`,
        );
      }
    } else if (item.tag === GLOBAL.UNIT && (item.unsigned & 15) > 4) {
      say('warning', 'unit', item.offset, `${item.text}: no such system of units`);
    }
  }
  for (const push of pushes) say('info', 'push', push.offset, 'Push without Pop');
}

function lintRange(field: Field, say: Say): void {
  const minimum = field.logicalMinimum;
  const maximum = effectiveMaximum(minimum, field.logicalMaximum);
  const bits = Math.min(32, field.size);
  const isSigned = minimum < 0;
  const lowest = isSigned ? -(2 ** (bits - 1)) : 0;
  const highest = isSigned ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  if (field.size > 0 && minimum <= maximum && (minimum < lowest || maximum > highest)) {
    say(
      'warning',
      'logical-range',
      field.offset,
      `the logical range ${minimum} … ${maximum} does not fit into ${field.size} bits`,
    );
  }
  const physicalMaximum = effectiveMaximum(field.physicalMinimum, field.physicalMaximum);
  if (field.physicalMinimum > physicalMaximum) {
    say(
      'warning',
      'physical-range',
      field.offset,
      `Physical Minimum ${field.physicalMinimum} is above Physical Maximum ${physicalMaximum}`,
    );
  }
  const axis = field.usages.find((usage) => usage >= FIRST_AXIS && usage <= LAST_AXIS);
  if (axis !== undefined && (field.unit & 15) !== 0 && field.physicalMinimum >= physicalMaximum) {
    say(
      'info',
      'physical-range',
      field.offset,
      `${usageName(axis)} has a unit but no physical range: Linux gives the axis no resolution`,
    );
  }
  if (field.isArray && field.isKernelField && !field.isConstant) {
    const named = field.usageRanges.reduce((sum, range) => sum + range.maximum - range.minimum + 1, 0);
    if (maximum - minimum + 1 > named) {
      say(
        'info',
        'array-range',
        field.offset,
        `the array can hold ${maximum - minimum + 1} values but names ${named} usages; the others are ignored`,
      );
    }
  }
}

function lintField(field: Field, say: Say): void {
  if (field.size === 0 || field.count === 0) {
    const what = field.size === 0 ? 'Report Size' : 'Report Count';
    say('warning', 'empty-field', field.offset, `${what} is missing or 0: the item has no bits`);
    return;
  }
  if (!field.isKernelField) {
    if (!field.isConstant) {
      say('info', 'no-usage', field.offset, 'data without a usage: Linux treats it as padding');
    }
    return;
  }
  const declared = field.usageRanges.reduce((sum, range) => sum + range.maximum - range.minimum + 1, 0);
  if (field.flags.variable && declared > field.count) {
    say(
      'warning',
      'usage-count',
      field.offset,
      `${declared} usages for ${field.count} elements: the last ones are lost`,
    );
  } else if (field.flags.variable && declared < field.count && declared > 1) {
    say(
      'info',
      'usage-count',
      field.offset,
      `${declared} usages for ${field.count} elements: the last one is repeated`,
    );
  }
  if (field.size > 32) {
    say('info', 'wide-field', field.offset, `Linux reads only the low 32 of ${field.size} bits`);
  }
  const first = field.usageRanges[0]?.minimum;
  if (first !== undefined && usagePageOf(first) === 0) {
    say('warning', 'usage-page', field.offset, `${usageName(first)}: no Usage Page is set`);
  }
  if (field.application === 0 && field.type === 'input' && !field.isConstant) {
    say(
      'warning',
      'no-application',
      field.offset,
      'outside of an application collection: Linux makes no input of it',
    );
  }
  if (!field.isConstant) lintRange(field, say);
}

function lintReport(parsed: ParsedDescriptor, report: Report, say: Say): void {
  const last = report.fields.at(-1);
  const offset = last?.offset ?? 0;
  const name = `${report.type} report${report.id > 0 ? ` ${report.id}` : ''}`;
  if (report.bits % 8 !== 0) {
    say(
      'warning',
      'padding',
      offset,
      `${name} ends inside a byte: ${8 - (report.bits % 8)} bits of padding are missing`,
    );
  }
  if (report.bytes > LONG_REPORT) {
    say(
      'warning',
      'long-report',
      offset,
      `${name} has ${report.bytes} bytes; /dev/uhid carries 4095 at most`,
    );
  }
  if (report.id === 0 && report.hasIdByte) {
    say(
      'warning',
      'mixed-ids',
      report.fields[0]?.offset ?? 0,
      `${name} has no report id but others have: nothing can send it`,
    );
  }
  const applications = new Map<number, number>();
  for (const field of report.fields) {
    const top = parsed.collections[field.collectionPath[0] ?? -1];
    if (top !== undefined && !applications.has(top.index)) applications.set(top.index, field.offset);
  }
  const [, second] = [...applications];
  if (second !== undefined) {
    const [index, at] = second;
    const collection = parsed.collections[index];
    say(
      'warning',
      'shared-id',
      at,
      `${name} goes on in a second top-level collection (${collection?.name ?? ''}): both share its bytes`,
    );
  }
  lintRepeated(report, name, say);
}

/** The same usage twice in one collection: programs see only one of them. */
function lintRepeated(report: Report, name: string, say: Say): void {
  const seen = new Set<string>();
  for (const field of report.fields) {
    if (!field.isKernelField || field.isArray || field.isConstant || field.type !== 'input') continue;
    for (const { minimum, maximum } of field.usageRanges) {
      if (minimum !== maximum || usagePageOf(minimum) >= 0xff00) continue;
      const usage = minimum;
      const key = `${field.collectionPath.at(-1) ?? -1}/${usage}`;
      if (seen.has(key)) {
        say(
          'info',
          'repeated-usage',
          field.offset,
          `${fullUsageName(usage)} stands twice in one collection of ${name}`,
        );
      }
      seen.add(key);
    }
  }
}

/**
 * Everything about a descriptor that its author should know: what Linux refuses, misreads or ignores, what does not fit together. In order of
 * offsets.
 */
export function lintDescriptor(parsed: ParsedDescriptor): LintFinding[] {
  const findings: LintFinding[] = [];
  const say: Say = (level, rule, offset, message) => findings.push({ level, rule, offset, message });
  lintKernel(parsed, say);
  lintLocals(parsed, say);
  lintGlobals(parsed, say);
  for (const type of REPORT_TYPES) {
    for (const report of parsed.reports[type].values()) {
      lintReport(parsed, report, say);
      for (const field of report.fields) lintField(field, say);
    }
  }
  const total = REPORT_TYPES.reduce((sum, type) => sum + parsed.reports[type].size, 0);
  if (total === 0) say('warning', 'no-report', 0, 'the descriptor declares no report');
  return findings.sort((left, right) => left.offset - right.offset);
}
