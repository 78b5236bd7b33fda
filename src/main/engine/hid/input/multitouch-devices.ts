/** Behaviours of hid-multitouch (drivers/hid/hid-multitouch.c): quirks, classes and the devices that need one. */

/** MT_QUIRK_* bits. */
export const QUIRK = {
  NOT_SEEN_MEANS_UP: 1 << 0,
  SLOT_IS_CONTACTID: 1 << 1,
  CYPRESS: 1 << 2,
  SLOT_IS_CONTACTNUMBER: 1 << 3,
  ALWAYS_VALID: 1 << 4,
  VALID_IS_INRANGE: 1 << 5,
  VALID_IS_CONFIDENCE: 1 << 6,
  CONFIDENCE: 1 << 7,
  SLOT_IS_CONTACTID_MINUS_ONE: 1 << 8,
  NO_AREA: 1 << 9,
  IGNORE_DUPLICATES: 1 << 10,
  HOVERING: 1 << 11,
  CONTACT_CNT_ACCURATE: 1 << 12,
  FORCE_GET_FEATURE: 1 << 13,
  FIX_CONST_CONTACT_ID: 1 << 14,
  TOUCH_SIZE_SCALING: 1 << 15,
  STICKY_FINGERS: 1 << 16,
  ASUS_CUSTOM_UP: 1 << 17,
  WIN8_PTP_BUTTONS: 1 << 18,
  SEPARATE_APP_REPORT: 1 << 19,
  FORCE_MULTI_INPUT: 1 << 20,
  DISABLE_WAKEUP: 1 << 21,
  ORIENTATION_INVERT: 1 << 22,
} as const;

/** struct mt_class. */
export interface MultitouchClass {
  readonly name: string;
  readonly quirks: number;
  /** Signal to noise ratios, from which the fuzz of an axis is worked out; 0 = none. */
  readonly move: number;
  readonly width: number;
  readonly height: number;
  readonly pressure: number;
  /** 0 = as the device says. */
  readonly maxContacts: number;
  readonly isIndirect: boolean;
  readonly exportsAllInputs: boolean;
}

interface ClassExtras {
  move?: number;
  width?: number;
  height?: number;
  pressure?: number;
  maxContacts?: number;
  isIndirect?: boolean;
  exportsAllInputs?: boolean;
}

const Q = QUIRK;
const WIN8 =
  Q.ALWAYS_VALID |
  Q.IGNORE_DUPLICATES |
  Q.HOVERING |
  Q.CONTACT_CNT_ACCURATE |
  Q.STICKY_FINGERS |
  Q.WIN8_PTP_BUTTONS;
const all = { exportsAllInputs: true };

const CLASSES: Readonly<Record<string, readonly [quirks: number, extras?: ClassExtras]>> = {
  DEFAULT: [Q.ALWAYS_VALID | Q.CONTACT_CNT_ACCURATE],
  NSMU: [Q.NOT_SEEN_MEANS_UP],
  SERIAL: [Q.ALWAYS_VALID],
  CONFIDENCE: [Q.VALID_IS_CONFIDENCE],
  CONFIDENCE_CONTACT_ID: [Q.VALID_IS_CONFIDENCE | Q.SLOT_IS_CONTACTID],
  CONFIDENCE_MINUS_ONE: [Q.VALID_IS_CONFIDENCE | Q.SLOT_IS_CONTACTID_MINUS_ONE],
  DUAL_INRANGE_CONTACTID: [Q.VALID_IS_INRANGE | Q.SLOT_IS_CONTACTID, { maxContacts: 2 }],
  DUAL_INRANGE_CONTACTNUMBER: [Q.VALID_IS_INRANGE | Q.SLOT_IS_CONTACTNUMBER, { maxContacts: 2 }],
  INRANGE_CONTACTNUMBER: [Q.VALID_IS_INRANGE | Q.SLOT_IS_CONTACTNUMBER],
  WIN_8: [WIN8, all],
  EXPORT_ALL_INPUTS: [Q.ALWAYS_VALID | Q.CONTACT_CNT_ACCURATE, all],
  WIN_8_FORCE_MULTI_INPUT: [WIN8 | Q.FORCE_MULTI_INPUT, all],
  WIN_8_FORCE_MULTI_INPUT_NSMU: [(WIN8 & ~Q.ALWAYS_VALID) | Q.FORCE_MULTI_INPUT | Q.NOT_SEEN_MEANS_UP, all],
  WIN_8_DISABLE_WAKEUP: [WIN8 | Q.DISABLE_WAKEUP, all],
  WIN_8_NO_STICKY_FINGERS: [WIN8 & ~Q.STICKY_FINGERS, all],
  '3M': [
    Q.VALID_IS_CONFIDENCE | Q.SLOT_IS_CONTACTID | Q.TOUCH_SIZE_SCALING,
    { move: 2048, width: 128, height: 128, maxContacts: 60 },
  ],
  EGALAX: [Q.SLOT_IS_CONTACTID | Q.VALID_IS_INRANGE, { move: 4096, pressure: 32 }],
  EGALAX_SERIAL: [Q.SLOT_IS_CONTACTID | Q.ALWAYS_VALID, { move: 4096, pressure: 32 }],
  TOPSEED: [Q.ALWAYS_VALID, { isIndirect: true, maxContacts: 2 }],
  PANASONIC: [Q.NOT_SEEN_MEANS_UP, { maxContacts: 4 }],
  GENERALTOUCH_TWOFINGERS: [
    Q.NOT_SEEN_MEANS_UP | Q.VALID_IS_INRANGE | Q.SLOT_IS_CONTACTID,
    { maxContacts: 2 },
  ],
  GENERALTOUCH_PWT_TENFINGERS: [Q.NOT_SEEN_MEANS_UP | Q.SLOT_IS_CONTACTID],
  FLATFROG: [Q.NOT_SEEN_MEANS_UP | Q.NO_AREA, { move: 2048, maxContacts: 40 }],
  LG: [Q.ALWAYS_VALID | Q.FIX_CONST_CONTACT_ID | Q.IGNORE_DUPLICATES | Q.HOVERING | Q.CONTACT_CNT_ACCURATE],
  ASUS: [Q.ALWAYS_VALID | Q.CONTACT_CNT_ACCURATE | Q.ASUS_CUSTOM_UP],
  VTL: [Q.ALWAYS_VALID | Q.CONTACT_CNT_ACCURATE | Q.STICKY_FINGERS | Q.FORCE_GET_FEATURE],
  GOOGLE: [Q.ALWAYS_VALID | Q.CONTACT_CNT_ACCURATE | Q.SLOT_IS_CONTACTID | Q.HOVERING],
  RAZER_BLADE_STEALTH: [WIN8 & ~Q.STICKY_FINGERS],
  SMART_TECH: [Q.ALWAYS_VALID | Q.IGNORE_DUPLICATES | Q.CONTACT_CNT_ACCURATE | Q.SEPARATE_APP_REPORT],
};

/** Classes for which Confidence means a palm, on touch pads and touch screens. */
export const CONFIDENCE_CLASSES: ReadonlySet<string> = new Set([
  'WIN_8',
  'WIN_8_FORCE_MULTI_INPUT',
  'WIN_8_FORCE_MULTI_INPUT_NSMU',
  'WIN_8_DISABLE_WAKEUP',
]);

function makeClass(name: string): MultitouchClass {
  const [quirks, extras = {}] = CLASSES[name] ?? [0];
  return {
    name,
    quirks,
    move: extras.move ?? 0,
    width: extras.width ?? 0,
    height: extras.height ?? 0,
    pressure: extras.pressure ?? 0,
    maxContacts: extras.maxContacts ?? 0,
    isIndirect: extras.isIndirect ?? false,
    exportsAllInputs: extras.exportsAllInputs ?? false,
  };
}

/**
 * Devices with a class of their own: CLASS GROUP BUS VENDOR:PRODUCT,PRODUCT… Groups: m = multitouch, w = certified for Windows 8,
 * g = generic, * = any; buses: u = USB, b = Bluetooth, i = I2C, * = any. All numbers hexadecimal.
 */
const DEVICES = `
3M m u 0596:0500,0502,0506
EXPORT_ALL_INPUTS m u 1130:3101
WIN_8_DISABLE_WAKEUP w u 0b05:183d
ASUS w u 0b05:184a
SERIAL m u 03eb:2118
NSMU m u 2453:0100
DUAL_INRANGE_CONTACTNUMBER m u 2087:0a01,0f01
NSMU m u 2247:0001
NSMU m u 24b8:0020,0040
NSMU m u 1ff7:0013
EXPORT_ALL_INPUTS m u 0eef:0001
EGALAX m u 0eef:480d,480e,720c,726b,72a1,72fa,7302,c002
EGALAX_SERIAL m u 0eef:7207,7224,722a,725e,7262,72aa,7349,73f7,a001,c000
EGALAX * u 0eef:72c4,72d0
WIN_8_FORCE_MULTI_INPUT w i 04f3:313a,3148
WIN_8_FORCE_MULTI_INPUT_NSMU w i 04f3:32ae
SERIAL m u 03fc:05d8
FLATFROG m u 25b5:0002
SERIAL m u 10c4:81b9
GENERALTOUCH_TWOFINGERS m u 0dfc:0003,0101
GENERALTOUCH_PWT_TENFINGERS m u 0dfc:0100,0102,0106,010a,e100
NSMU m b 25b6:0002
WIN_8_FORCE_MULTI_INPUT_NSMU * i 27c6:01e8,01e9
NSMU m u 1aad:000f
DUAL_INRANGE_CONTACTID m u 22ed:1010
VTL w i 347d:7853
VTL w i 35cc:0104
NSMU m u 222a:0001
LG * u 1fd2:6007
LG g i 1fd2:7010
WIN_8_FORCE_MULTI_INPUT w u 17ef:60a3,60a4,60b5
WIN_8_FORCE_MULTI_INPUT_NSMU w u 17ef:60fe,61ae
NSMU w b 046d:bb00
WIN_8_FORCE_MULTI_INPUT_NSMU w u 046d:c548
CONFIDENCE_MINUS_ONE m u 0486:0185,0186
CONFIDENCE_MINUS_ONE m u 062a:7100
NSMU m u 0603:0600
NSMU w i 1b96:1b05
PANASONIC m u 04da:1044,104d
INRANGE_CONTACTNUMBER m u 093a:8001,8002,8003
DUAL_INRANGE_CONTACTID m u 2087:0703
CONFIDENCE_CONTACT_ID m u 0408:3001
RAZER_BLADE_STEALTH w i 06cb:8323
SMART_TECH m u 0b8c:0092
CONFIDENCE m u 0483:3261
WIN_8_FORCE_MULTI_INPUT w i 06cb:cd7e,cddc,ce08,ce09
TOPSEED m u 1784:0016
NSMU m u 1e5e:0313
NSMU m u 227d:0709,0a19
VTL m u 0306:ff3f
WIN_8_NO_STICKY_FINGERS w * 0416:c168
NSMU m u 0fb8:1109
NSMU m u 2505:0220
NSMU m u 1477:1006,1007,100e,1021,1022,1023,1024,1025,1026
GOOGLE * * 18d1:5028
GOOGLE w u 18d1:5030`;

const GROUPS: Readonly<Record<string, number>> = { g: 1, m: 2, w: 4 };
const BUSES: Readonly<Record<string, number>> = { u: 0x03, b: 0x05, i: 0x18 };

/** What decides which driver takes a device (struct hid_device_id). */
export interface DeviceMatch {
  readonly bus: number;
  readonly group: number;
  readonly vendor: number;
  readonly product: number;
}

/** The class a device gets; undefined if hid-multitouch does not take it. `isGeneric`: by a rule for all vendors. */
export function multitouchClass(
  device: DeviceMatch,
): { class: MultitouchClass; isGeneric: boolean } | undefined {
  for (const line of DEVICES.trim().split('\n')) {
    const [name = '', group = '', bus = '', ids = ''] = line.split(' ');
    const [vendor = '', products = ''] = ids.split(':');
    if (Number.parseInt(vendor, 16) !== device.vendor) continue;
    if (group !== '*' && GROUPS[group] !== device.group) continue;
    if (bus !== '*' && BUSES[bus] !== device.bus) continue;
    if (!products.split(',').some((product) => Number.parseInt(product, 16) === device.product)) continue;
    return { class: makeClass(name), isGeneric: false };
  }
  if (device.group === GROUPS['m']) return { class: makeClass('DEFAULT'), isGeneric: true };
  if (device.group === GROUPS['w']) return { class: makeClass('WIN_8'), isGeneric: true };
  return undefined;
}
