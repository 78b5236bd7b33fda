import { GLOBAL, MAIN, readItems } from './items.ts';
import { DescriptorParser, MAX_BUFFER_SIZE } from './parse.ts';
import { type KernelMessage } from './types.ts';

/** Device groups (linux/hid.h): what the first look at a descriptor makes of the device; drivers are matched by them. */
export const HID_GROUP_ANY = 0x0000;
export const HID_GROUP_GENERIC = 0x0001;
export const HID_GROUP_MULTITOUCH = 0x0002;
export const HID_GROUP_SENSOR_HUB = 0x0003;
export const HID_GROUP_MULTITOUCH_WIN_8 = 0x0004;
export const HID_GROUP_RMI = 0x0100;
export const HID_GROUP_WACOM = 0x0101;
export const HID_GROUP_VIVALDI = 0x0105;

const VENDOR_WACOM = 0x056a;
const VENDOR_SYNAPTICS = 0x06cb;
const VENDOR_MICROSOFT = 0x045e;
const PRODUCT_MS_POWER_COVER = 0x07da;

const PAGE_DESKTOP = 0x01;
const PAGE_SENSOR = 0x20;
const PAGE_MICROSOFT = 0xff00;
const PAGE_GOOGLE = 0xff18;
const GD_POINTER = 0x00010001;
const DG_CONTACTID = 0x000d0051;
const WIN_8_BLOB = 0xff0000c5;
const WIN_8_STATUS = 0xff0000c6;

/** What hid_scan_report() found. */
export interface ScanResult {
  readonly group: number;
  /** What the kernel's log says in this first pass. */
  readonly messages: readonly KernelMessage[];
}

/**
 * The kernel's first look at a descriptor, before a driver is chosen (hid-core.c, hid_scan_report): errors are ignored, the
 * group is worked out. Vendor and product matter for a few devices.
 */
export function scanDescriptor(descriptor: Uint8Array, vendor = 0, product = 0): ScanResult {
  let group = HID_GROUP_GENERIC;
  let isWindows8 = false;
  let hasPointer = false;
  let hasVendorPage = false;

  const parser = new DescriptorParser(MAX_BUFFER_SIZE, (item, { global, local }) => {
    if (item.tag === MAIN.COLLECTION) {
      const page = global.usagePage & 0xffff;
      if (page === PAGE_SENSOR && (item.unsigned & 0xff) === 0) group = HID_GROUP_SENSOR_HUB;
      const isPowerCover = vendor === VENDOR_MICROSOFT && product === PRODUCT_MS_POWER_COVER;
      if (isPowerCover && group === HID_GROUP_MULTITOUCH) group = HID_GROUP_GENERIC;
      if (page === PAGE_DESKTOP && local.includes(GD_POINTER)) hasPointer = true;
      if (page >= PAGE_MICROSOFT) hasVendorPage = true;
      if (page === PAGE_GOOGLE && local.includes(((PAGE_GOOGLE << 16) | 1) >>> 0)) group = HID_GROUP_VIVALDI;
    } else if (item.tag === MAIN.INPUT) {
      if ((item.unsigned & 1) === 0 && local.includes(DG_CONTACTID)) group = HID_GROUP_MULTITOUCH;
    } else if (item.tag === MAIN.FEATURE && global.reportSize === 8) {
      if (global.reportCount === 256 && local.includes(WIN_8_BLOB)) isWindows8 = true;
      if (global.reportCount === 1 && local.includes(WIN_8_STATUS)) isWindows8 = true;
    }
  });
  for (const item of readItems(descriptor)) {
    if (item.isTruncated) break;
    // Here a long item with the tag of a short one works as one. It has the value 0, unless it is as long as a short one:
    // then its value is part of an address of the kernel's, and nobody can tell what it does.
    const isUnknown = item.type === 'global' && item.tag > GLOBAL.POP;
    if (!item.isLong || ![1, 2, 4].includes(item.size) || isUnknown) parser.take(item);
  }
  if (isWindows8 && group === HID_GROUP_MULTITOUCH) group = HID_GROUP_MULTITOUCH_WIN_8;
  if (vendor === VENDOR_WACOM) group = HID_GROUP_WACOM;
  if (vendor === VENDOR_SYNAPTICS && group === HID_GROUP_GENERIC && hasVendorPage && hasPointer) {
    group = HID_GROUP_RMI;
  }
  return { group, messages: parser.messages };
}
