import { USAGE_PAGES } from './generated/usages.ts';

interface UsagePage {
  readonly id: number;
  readonly name: string;
  readonly prefix: string | undefined;
  readonly names: ReadonlyMap<number, string>;
  /** Ids by name in lower case; made with the first search. */
  ids: Map<string, number> | undefined;
}

const rows = new Map(USAGE_PAGES.map((row) => [row.id, row]));
const opened = new Map<number, UsagePage>();

function openPage(id: number): UsagePage | undefined {
  const known = opened.get(id);
  if (known !== undefined) return known;
  const row = rows.get(id);
  if (row === undefined) return undefined;
  const names = new Map<number, string>();
  for (const entry of row.usages === '' ? [] : row.usages.split('|')) {
    const colon = entry.indexOf(':');
    names.set(Number.parseInt(entry.slice(0, colon), 16), entry.slice(colon + 1));
  }
  const page: UsagePage = { id, name: row.name, prefix: row.prefix, names, ids: undefined };
  opened.set(id, page);
  return page;
}

/** Hexadecimal with at least `digits` digits, as usages are written. */
function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).padStart(digits, '0');
}

/** Page number of a 32-bit usage. */
export function usagePageOf(usage: number): number {
  return usage >>> 16;
}

/** Usage id within its page. */
export function usageIdOf(usage: number): number {
  return usage & 0xffff;
}

/** Joins page and id to a 32-bit usage. */
export function joinUsage(page: number, id: number): number {
  return (((page & 0xffff) << 16) | (id & 0xffff)) >>> 0;
}

/** Name of a usage page: `Generic Desktop`, `Vendor Defined ff0d`, `Reserved 0077` (HID Usage Tables, chapter 3). */
export function usagePageName(page: number): string {
  const known = rows.get(page);
  if (known !== undefined) return known.name;
  if (page === 0) return 'Undefined';
  return page >= 0xff00 && page <= 0xffff ? `Vendor Defined ${hex(page, 4)}` : `Reserved ${hex(page, 4)}`;
}

/** Name of a 32-bit usage (page in the high half) without its page: `X`, `Button 3`, `Vendor Usage 1`, `0x7f3`. */
export function usageName(usage: number): string {
  const page = usagePageOf(usage);
  const id = usageIdOf(usage);
  const known = openPage(page);
  const name = known?.names.get(id);
  if (name !== undefined) return name;
  if (known?.prefix !== undefined && id > 0) return `${known.prefix} ${id}`;
  if (page >= 0xff00) return `Vendor Usage 0x${hex(id, 2)}`;
  return id === 0 ? 'Undefined' : `0x${hex(id, 2)}`;
}

/** Page and usage: `Generic Desktop / X`. */
export function fullUsageName(usage: number): string {
  return `${usagePageName(usagePageOf(usage))} / ${usageName(usage)}`;
}

/** One entry of the usage tables, for editors and search. */
export interface UsageEntry {
  readonly usage: number;
  readonly name: string;
}

/** All pages of the usage tables, by number. */
export function usagePages(): { id: number; name: string }[] {
  return USAGE_PAGES.map((row) => ({ id: row.id, name: row.name }));
}

/** All named usages of a page; empty for unknown pages and for pages whose usages are only counted (buttons, ordinals). */
export function usagesOfPage(page: number): UsageEntry[] {
  const known = openPage(page);
  if (known === undefined) return [];
  return [...known.names].map(([id, name]) => ({ usage: joinUsage(page, id), name }));
}

const pageIds = new Map(USAGE_PAGES.map((row) => [row.name.toLowerCase(), row.id]));

/** Number of the page with that name, whatever its case. */
export function findUsagePage(name: string): number | undefined {
  return pageIds.get(name.toLowerCase());
}

/** Id of the usage with that name on a page, whatever its case; where several have it, the first. */
export function findUsageId(page: number, name: string): number | undefined {
  const known = openPage(page);
  if (known === undefined) return undefined;
  if (known.ids === undefined) {
    known.ids = new Map();
    for (const [id, own] of known.names) {
      const key = own.toLowerCase();
      if (!known.ids.has(key)) known.ids.set(key, id);
    }
  }
  return known.ids.get(name.toLowerCase());
}
