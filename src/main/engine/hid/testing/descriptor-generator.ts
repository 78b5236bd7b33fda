import { type Random } from '../../testing/random.ts';
import { encodeItem } from '../encode.ts';
import { ITEM_TYPES } from '../items.ts';
import { type ItemType } from '../types.ts';

/** Item prefixes without their size (HID 1.11, 6.2.2.4 to 6.2.2.8). */
const Tag = {
  INPUT: 0x80,
  OUTPUT: 0x90,
  FEATURE: 0xb0,
  COLLECTION: 0xa0,
  END_COLLECTION: 0xc0,
  USAGE_PAGE: 0x04,
  LOGICAL_MINIMUM: 0x14,
  LOGICAL_MAXIMUM: 0x24,
  PHYSICAL_MINIMUM: 0x34,
  PHYSICAL_MAXIMUM: 0x44,
  UNIT_EXPONENT: 0x54,
  UNIT: 0x64,
  REPORT_SIZE: 0x74,
  REPORT_ID: 0x84,
  REPORT_COUNT: 0x94,
  PUSH: 0xa4,
  POP: 0xb4,
  USAGE: 0x08,
  USAGE_MINIMUM: 0x18,
  USAGE_MAXIMUM: 0x28,
  DESIGNATOR_INDEX: 0x38,
  STRING_INDEX: 0x78,
  DELIMITER: 0xa8,
} as const;

/** Items that mean something else in four bytes. */
const ALONE: ReadonlySet<number> = new Set([Tag.USAGE, Tag.USAGE_MINIMUM, Tag.USAGE_MAXIMUM]);

const EDGES = [0, 1, -1, 2, 7, 8, 15, 100, 127, 128, -127, -128, 255, 256, 1023, 4095, 32767, 65535, -32768];
const UNITS = [0, 0x11, 0x12, 0x13, 0x14, 0x1001, 0x10010000, 0xf0e1, 0x01010000];
const PAGES = [
  1, 2, 5, 6, 7, 8, 9, 0xb, 0xc, 0xd, 0xe, 0x14, 0x20, 0x40, 0x59, 0x84, 0x85, 0xff00, 0xff0d, 0xff31,
];
/** Application collections by full usage, and the usages that are likely inside. */
const KINDS: readonly { readonly application: number; readonly page: number; readonly usages: number[] }[] = [
  { application: 0x10002, page: 1, usages: [0x30, 0x31, 0x38, 0x48, 0x90001, 0x90002, 0xc0238] },
  { application: 0x10006, page: 7, usages: [4, 5, 0xe0, 0xe1, 0x39, 0x53, 0x80001, 0x80002, 0x65, 0xff] },
  { application: 0x10007, page: 7, usages: [0x53, 0x54, 0x59, 0x62, 0x85] },
  {
    application: 0x10005,
    page: 1,
    usages: [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x39, 0x90001, 0x90009, 0x90, 0x93],
  },
  { application: 0x10004, page: 1, usages: [0x30, 0x31, 0x36, 0x37, 0x39, 0x200ba, 0x200bb, 0x90001] },
  { application: 0x10080, page: 1, usages: [0x81, 0x82, 0x83, 0x8d, 0xa0, 0xb5] },
  {
    application: 0xc0001,
    page: 0xc,
    usages: [0xe9, 0xea, 0xcd, 0x223, 0x30, 0x40, 0x6f, 0x238, 0x29d, 0xe0, 0x1],
  },
  {
    application: 0xd0001,
    page: 0xd,
    usages: [0x10030, 0x10031, 0x30, 0x32, 0x33, 0x3c, 0x3d, 0x3e, 0x41, 0x42, 0x44, 0x45, 0x46, 0x5a],
  },
  { application: 0xd0002, page: 0xd, usages: [0x10030, 0x10031, 0x30, 0x32, 0x42, 0x44, 0x5b, 0x3b] },
  {
    application: 0xd0004,
    page: 0xd,
    usages: [0x10030, 0x10031, 0x42, 0x47, 0x48, 0x49, 0x51, 0x54, 0x55, 0x56, 0x3f, 0x30],
  },
  {
    application: 0xd0005,
    page: 0xd,
    usages: [0x10030, 0x10031, 0x42, 0x47, 0x51, 0x54, 0x55, 0x56, 0x59, 0x90001, 0x30],
  },
  { application: 0x1000c, page: 1, usages: [0xc6, 0xc7] },
  { application: 0x10008, page: 1, usages: [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x90001] },
  { application: 0xd000e, page: 0xd, usages: [0x52, 0x57, 0x58] },
  { application: 0x840004, page: 0x84, usages: [0x30, 0x850065, 0x850044] },
  { application: 0xff000001, page: 0xff00, usages: [1, 2, 0x20, 0xff0d0032] },
];

/** Makes report descriptors: sensible ones with all items in use, and ones with mistakes. */
export class DescriptorGenerator {
  readonly #random: Random;
  #bytes: number[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** A descriptor of one to three applications. */
  make(): Uint8Array {
    this.#bytes = [];
    const numbered = this.#random(2) === 0;
    const applications = 1 + this.#random(3);
    for (let at = 0; at < applications; at++) this.#application(numbered ? at + 1 : 0);
    return Uint8Array.from(this.#bytes);
  }

  /** A known descriptor with a few bytes or items changed. */
  mutate(known: Uint8Array): Uint8Array {
    const bytes = [...known];
    for (let changes = 1 + this.#random(3); changes > 0; changes--) {
      const at = this.#random(bytes.length + 1);
      const action = this.#random(5);
      if (action === 0) bytes.splice(at, 1);
      else if (action === 1) bytes.splice(at, 0, this.#random(256));
      else if (action === 2) bytes.splice(at, 2);
      else if (at < bytes.length)
        bytes[at] = action === 3 ? this.#random(256) : (bytes[at] as number) ^ (1 << this.#random(8));
    }
    return Uint8Array.from(bytes);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)] as T;
  }

  #chance(oneIn: number): boolean {
    return this.#random(oneIn) === 0;
  }

  /** An item by its prefix without size, in the fewest bytes, now and then in more. */
  #item(prefix: number, value?: number): void {
    const item = { type: ITEM_TYPES[(prefix >> 2) & 3] as ItemType, tag: prefix >> 4, value: value ?? 0 };
    const size = value === undefined ? 0 : this.#chance(12) && !ALONE.has(prefix) ? 4 : undefined;
    this.#bytes.push(...encodeItem(size === undefined ? item : { ...item, size }));
  }

  #application(id: number): void {
    const { application, page, usages } = this.#pick(KINDS);
    this.#item(Tag.USAGE_PAGE, application >>> 16);
    this.#item(Tag.USAGE, application & 0xffff);
    this.#item(Tag.COLLECTION, this.#chance(20) ? this.#random(8) : 1);
    if (id > 0 && !this.#chance(30)) this.#item(Tag.REPORT_ID, this.#chance(40) ? this.#random(300) : id);
    this.#item(Tag.USAGE_PAGE, page);
    const inner = this.#chance(3);
    const touch = usages.includes(0x51);
    for (let parts = 1 + this.#random(touch ? 2 : 4); parts > 0; parts--) {
      if (inner || touch) {
        this.#item(Tag.USAGE, touch && !this.#chance(10) ? 0x22 : this.#pick([1, 0x20, 0x22, 0x02, 0x39]));
        this.#item(Tag.COLLECTION, touch && !this.#chance(10) ? 2 : this.#random(7));
      }
      for (let fields = 1 + this.#random(touch ? 6 : 4); fields > 0; fields--) this.#field(page, usages);
      if (inner || touch) this.#item(Tag.END_COLLECTION);
    }
    if (!this.#chance(60)) this.#item(Tag.END_COLLECTION);
    if (this.#chance(80)) this.#item(Tag.END_COLLECTION);
  }

  #globals(page: number, isSmall: boolean): void {
    if (this.#chance(25)) this.#item(Tag.PUSH);
    if (this.#chance(25)) this.#item(Tag.POP);
    if (this.#chance(15)) this.#item(Tag.USAGE_PAGE, this.#pick(PAGES));
    else if (this.#chance(4)) this.#item(Tag.USAGE_PAGE, page);
    const edge = (): number => (this.#chance(60) ? this.#random(2 ** 31) : this.#pick(EDGES));
    if (isSmall) {
      this.#item(Tag.LOGICAL_MINIMUM, 0);
      this.#item(Tag.LOGICAL_MAXIMUM, 1);
    } else {
      const minimum = this.#chance(3) ? edge() : 0;
      const maximum = this.#chance(10) ? edge() : minimum + 1 + Math.abs(edge());
      this.#item(Tag.LOGICAL_MINIMUM, minimum);
      this.#item(Tag.LOGICAL_MAXIMUM, maximum);
    }
    if (this.#chance(4)) {
      this.#item(Tag.PHYSICAL_MINIMUM, this.#chance(2) ? 0 : edge());
      this.#item(Tag.PHYSICAL_MAXIMUM, Math.abs(edge()) + (this.#chance(2) ? 360 : 0));
      if (this.#chance(2)) this.#item(Tag.UNIT, this.#pick(UNITS));
      if (this.#chance(2)) this.#item(Tag.UNIT_EXPONENT, this.#random(20) - 2);
    }
  }

  #field(page: number, usages: readonly number[]): void {
    const isSmall = this.#chance(2);
    const isArray = !isSmall && this.#chance(4);
    this.#globals(page, isSmall);
    const sizes = isSmall ? [1, 1, 1, 2, 8] : [8, 8, 8, 16, 16, 12, 4, 10, 24, 32, 7, 3];
    this.#item(Tag.REPORT_SIZE, this.#chance(80) ? this.#random(300) : this.#pick(sizes));
    this.#item(Tag.REPORT_COUNT, this.#chance(80) ? this.#random(2000) : 1 + this.#random(isSmall ? 8 : 4));
    this.#locals(usages, isArray);
    const flags = (isArray ? 0 : 2) | (this.#chance(4) ? 4 : 0) | (this.#chance(10) ? this.#random(512) : 0);
    const main = this.#chance(8) ? this.#pick([Tag.OUTPUT, Tag.FEATURE]) : Tag.INPUT;
    this.#item(main, this.#chance(8) ? flags | 1 : flags);
  }

  #locals(usages: readonly number[], isArray: boolean): void {
    const one = (): number => (this.#chance(15) ? this.#random(0x300) : this.#pick(usages));
    if (isArray || this.#chance(4)) {
      const first = this.#chance(3) ? 0 : one();
      const page = first > 0xffff ? first & ~0xffff : 0;
      this.#item(Tag.USAGE_MINIMUM, first);
      const last = (first & 0xffff) + this.#random(this.#chance(20) ? 13000 : 20);
      this.#item(Tag.USAGE_MAXIMUM, this.#chance(40) ? one() : (page | last) >>> 0);
    } else {
      for (let count = this.#random(4) + (this.#chance(8) ? 0 : 1); count > 0; count--)
        this.#item(Tag.USAGE, one());
    }
    if (this.#chance(40)) this.#delimited(one);
    if (this.#chance(40)) this.#item(this.#pick([Tag.DESIGNATOR_INDEX, Tag.STRING_INDEX]), this.#random(9));
    if (this.#chance(150)) this.#bytes.push(0xfe, 2, this.#random(256), 1, 2);
    if (this.#chance(150)) this.#bytes.push(0xfc | this.#random(3));
  }

  #delimited(usage: () => number): void {
    this.#item(Tag.DELIMITER, 1);
    this.#item(Tag.USAGE, usage());
    if (!this.#chance(4)) this.#item(Tag.USAGE, usage());
    if (!this.#chance(10)) this.#item(Tag.DELIMITER, 0);
  }
}

/** Reports for a descriptor of which each kind of input report has so many bytes: a few changes from one to the next, all in range of a byte. */
export function makeReports(
  sizes: readonly { readonly id: number; readonly hasIdByte: boolean; readonly bytes: number }[],
  random: Random,
  count: number,
): Uint8Array[] {
  if (sizes.length === 0) return [];
  const last = sizes.map(({ id, hasIdByte, bytes }) => {
    const report = new Uint8Array(bytes + (hasIdByte ? 1 : 0));
    if (hasIdByte) report[0] = id;
    return report;
  });
  return Array.from({ length: count }, () => {
    const which = random(sizes.length);
    const report = last[which] as Uint8Array;
    const from = sizes[which]?.hasIdByte === true ? 1 : 0;
    for (let changes = 1 + random(4); changes > 0 && report.length > from; changes--) {
      const at = from + random(report.length - from);
      report[at] = random(3) === 0 ? random(256) : random(4) === 0 ? 0 : random(9);
    }
    const length = random(25) === 0 ? random(report.length + 3) : report.length;
    const sent = new Uint8Array(length);
    sent.set(report.subarray(0, length));
    return sent;
  });
}
