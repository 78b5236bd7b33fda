import { usagePageOf } from '../usages.ts';
import { codeOf, EV } from './codes.ts';
import { type DriverMapping } from './mapping.ts';
import { QUIRK_X_INVERT, QUIRK_Y_INVERT } from './quirks.ts';
import { type InputDevice } from './input-device.ts';
import { QUIRK, type MultitouchClass } from './multitouch-devices.ts';
import { asusKey, touchMapping } from './multitouch-mapping.ts';
import { newApplication, read, readFlag, type Application, type Contact } from './multitouch-state.ts';
import { INPUT_MT_DROP_UNUSED, INPUT_MT_POINTER } from './slots.ts';
import {
  CONSTANT,
  VARIABLE,
  type FieldState,
  type HidInput,
  type HidState,
  type ReportState,
  type UsageState,
} from './state.ts';
import * as U from './usages.ts';

const DEFAULT_MAX_CONTACTS = 10;
const MAX_MAX_CONTACTS = 250;
const BUTTON_TYPE_CLICKPAD = 0;
/** After so many microseconds without a report the time stamp starts anew. */
const MAX_TIMESTAMP_INTERVAL = 1_000_000;
/** Contacts that a Windows 8 device forgot to release end after this time. */
const STICKY_FINGERS_MICROSECONDS = 100_000;
const GROUP_MULTITOUCH_WIN_8 = 4;

/** Values of the features that the driver sets (enum latency_mode, MT_INPUTMODE_*). */
const LATENCY_NORMAL = 0;
const INPUTMODE_TOUCHSCREEN = 2;
const INPUTMODE_TOUCHPAD = 3;

const TOOL_FINGER = 0;
const TOOL_PALM = 2;
const TOOL_DIAL = 0x0a;

const POSITION_X = codeOf('ABS_MT_POSITION_X');
const POSITION_Y = codeOf('ABS_MT_POSITION_Y');
const TOOL_X = codeOf('ABS_MT_TOOL_X');
const TOOL_Y = codeOf('ABS_MT_TOOL_Y');
const DISTANCE = codeOf('ABS_MT_DISTANCE');
const ORIENTATION = codeOf('ABS_MT_ORIENTATION');
const PRESSURE = codeOf('ABS_MT_PRESSURE');
const TOUCH_MAJOR = codeOf('ABS_MT_TOUCH_MAJOR');
const TOUCH_MINOR = codeOf('ABS_MT_TOUCH_MINOR');
const BTN_LEFT = codeOf('BTN_LEFT');
const BTN_STYLUS = codeOf('BTN_STYLUS');
const MSC_TIMESTAMP = codeOf('MSC_TIMESTAMP');
const PROP_BUTTONPAD = codeOf('INPUT_PROP_BUTTONPAD');

interface ReportData {
  readonly application: Application;
  readonly isMultitouch: boolean;
}

/** What the driver needs from the device. */
export interface MultitouchHost {
  readonly state: HidState;
  readonly group: number;
  readonly name: string;
  quirks: number;
  say(message: string): void;
  /** Reads a feature report into its fields; false if the device does not answer. */
  readFeature(report: ReportState): boolean;
  /** Asks the device for a feature report and throws the answer away. */
  pollFeature(report: ReportState): void;
  /** Sends a feature report with the values of its fields; false if the device refuses. */
  writeFeature(report: ReportState): boolean;
}

/** The driver hid-multitouch for one device. */
export class MultitouchDriver {
  readonly #host: MultitouchHost;
  readonly #class: MultitouchClass;
  readonly #serialMaybe: boolean;
  readonly #applications: Application[] = [];
  readonly #reports = new Map<ReportState, ReportData>();
  readonly #active = new Set<number>();
  #maxContacts = 0;
  #isButtonPad = false;
  #releaseAt: number | undefined;

  constructor(host: MultitouchHost, mtClass: MultitouchClass, isGeneric: boolean) {
    this.#host = host;
    this.#class = mtClass;
    this.#serialMaybe = isGeneric;
    if (mtClass.quirks & QUIRK.FIX_CONST_CONTACT_ID) this.#fixConstantContactIds();
  }

  #fixConstantContactIds(): void {
    for (const report of this.#host.state.reports.input) {
      for (const field of report.fields) {
        if (field.usages[0]?.hid !== U.DG_CONTACTID || !(field.flags & CONSTANT)) continue;
        field.flags = (field.flags & ~CONSTANT) | VARIABLE;
      }
    }
  }

  #application(report: ReportState): Application {
    const separate = (this.#class.quirks & QUIRK.SEPARATE_APP_REPORT) !== 0;
    const known = this.#applications.find(
      (app) => app.application === report.application && (!separate || app.reportId === report.id),
    );
    if (known !== undefined) return known;
    const added = newApplication(report, this.#class.quirks);
    this.#applications.push(added);
    return added;
  }

  #data(report: ReportState): ReportData {
    const known = this.#reports.get(report);
    if (known !== undefined) return known;
    const isWindows8 = this.#host.group === GROUP_MULTITOUCH_WIN_8;
    const isMultitouch = report.fields.some(
      (field) =>
        (field.flags & VARIABLE) !== 0 &&
        (field.field.logical === U.DG_FINGER || !isWindows8) &&
        field.usages.slice(0, field.field.count).some((usage) => usage.hid === U.DG_CONTACTID),
    );
    const data = { application: this.#application(report), isMultitouch };
    this.#reports.set(report, data);
    return data;
  }

  /** mt_feature_mapping(). */
  featureMapping(field: FieldState, usage: UsageState): void {
    const host = this.#host;
    const fetch = (): void => {
      if (!host.readFeature(field.report)) host.say(`failed to fetch feature ${field.report.id}`);
    };
    switch (usage.hid) {
      case U.DG_CONTACTMAX:
        fetch();
        this.#maxContacts = (field.value[0] ?? 0) & 0xff;
        if (this.#maxContacts === 0 && field.field.logicalMaximum <= MAX_MAX_CONTACTS) {
          this.#maxContacts = field.field.logicalMaximum & 0xff;
        }
        if (this.#class.maxContacts !== 0) this.#maxContacts = this.#class.maxContacts;
        break;
      case U.DG_BUTTONTYPE:
        if (usage.index >= field.field.count) {
          host.say('HID_DG_BUTTONTYPE out of range');
          break;
        }
        fetch();
        if (field.value[usage.index] === BUTTON_TYPE_CLICKPAD) this.#isButtonPad = true;
        break;
      case U.WIN8_BLOB:
        if (usage.index === 0) fetch();
        break;
    }
  }

  /** mt_set_modes(), once the device has its inputs: touch reports, and all of them. */
  setModes(): void {
    const host = this.#host;
    const isTouchpad = this.#applications.some((application) => application.isTouchpad);
    let hasInputMode = false;
    /** mt_need_to_apply_feature(). */
    const needs = ({ field, report, value }: FieldState, usage: UsageState): boolean => {
      const set = (mode: number): true => {
        value[usage.index] = mode;
        return true;
      };
      switch (usage.hid) {
        case U.DG_INPUTMODE:
          // Some panels declare two and ignore what is set with the second one there.
          if (hasInputMode) return false;
          if (this.#class.quirks & QUIRK.FORCE_GET_FEATURE) host.pollFeature(report);
          hasInputMode = true;
          return set(isTouchpad ? INPUTMODE_TOUCHPAD : INPUTMODE_TOUCHSCREEN);
        case U.DG_CONTACTMAX: {
          const most = Math.min(field.logicalMaximum, this.#class.maxContacts);
          return this.#class.maxContacts !== 0 && value[usage.index] !== most && set(most);
        }
        case U.DG_LATENCYMODE:
          return set(LATENCY_NORMAL);
        case U.DG_SURFACESWITCH:
        case U.DG_BUTTONSWITCH:
          return set(1);
        default:
          return false;
      }
    };
    for (const report of host.state.reports.feature) {
      let isChanged = false;
      for (const field of report.fields) {
        if (field.field.count < 1) continue;
        for (const usage of field.usages) isChanged = needs(field, usage) || isChanged;
      }
      if (isChanged) host.writeFeature(report);
    }
  }

  /** mt_input_mapping() and mt_input_mapped(). */
  mapping(field: FieldState, usage: UsageState, input: HidInput): DriverMapping {
    const data = this.#data(field.report);
    const { application, physical } = field.field;
    const isKnown =
      this.#class.exportsAllInputs ||
      application === U.DG_TOUCHSCREEN ||
      application === U.DG_PEN ||
      application === U.DG_TOUCHPAD ||
      application === U.GD_KEYBOARD ||
      application === U.GD_SYSTEM_CONTROL ||
      application === U.CP_CONSUMER_CONTROL ||
      application === U.GD_WIRELESS_RADIO_CTLS ||
      application === U.GD_SYSTEM_MULTIAXIS;
    const isAsus =
      application === U.VD_ASUS_CUSTOM_MEDIA_KEYS && (data.application.quirks & QUIRK.ASUS_CUSTOM_UP) !== 0;
    if (!isKnown && !isAsus) return 'ignore';
    if (isAsus && usagePageOf(usage.hid) === U.PAGE.CUSTOM) return asusKey(field, usage, input);
    if (data.isMultitouch) {
      return touchMapping({
        field,
        usage,
        input,
        app: data.application,
        mtClass: this.#class,
        say: (message) => this.#host.say(message),
      });
    }
    // Some touch screens declare their stylus as a touch screen.
    if (physical === U.DG_STYLUS) input.application = U.DG_STYLUS;
    return undefined;
  }

  /** mt_input_configured(). False if the kernel refuses the device. */
  configured(input: HidInput): boolean {
    for (const report of input.reports) {
      const data = this.#data(report);
      if (data.isMultitouch && !this.#touchConfigured(input, data.application)) return false;
    }
    const { device } = input;
    switch (input.application) {
      case U.GD_KEYBOARD:
      case U.GD_KEYPAD:
      case U.GD_MOUSE:
      case U.DG_TOUCHPAD:
      case U.GD_SYSTEM_CONTROL:
      case U.CP_CONSUMER_CONTROL:
      case U.GD_WIRELESS_RADIO_CTLS:
      case U.GD_SYSTEM_MULTIAXIS:
      case U.DG_PEN:
        break;
      case U.DG_TOUCHSCREEN:
        device.name = this.#host.name;
        break;
      case U.VD_ASUS_CUSTOM_MEDIA_KEYS:
        device.name = `${this.#host.name} Custom Media Keys`;
        break;
      case U.DG_STYLUS:
        device.bits(EV.KEY)[BTN_STYLUS] = 1;
        break;
      default:
        device.name = `${this.#host.name} UNKNOWN`;
    }
    return true;
  }

  #touchConfigured(input: HidInput, app: Application): boolean {
    if (this.#maxContacts === 0) this.#maxContacts = DEFAULT_MAX_CONTACTS;
    if (app.contactCount === undefined) app.quirks &= ~QUIRK.CONTACT_CNT_ACCURATE;
    if (this.#serialMaybe && app.contacts.length === 1) {
      app.quirks |= QUIRK.ALWAYS_VALID;
      app.quirks &= ~(
        QUIRK.NOT_SEEN_MEANS_UP |
        QUIRK.VALID_IS_INRANGE |
        QUIRK.VALID_IS_CONFIDENCE |
        QUIRK.CONTACT_CNT_ACCURATE
      );
    }
    if (this.#class.isIndirect) app.flags |= INPUT_MT_POINTER;
    if (app.quirks & QUIRK.NOT_SEEN_MEANS_UP) app.flags |= INPUT_MT_DROP_UNUSED;
    if (app.flags & INPUT_MT_POINTER && app.buttons === 1) this.#isButtonPad = true;
    if (this.#isButtonPad) input.device.properties[PROP_BUTTONPAD] = 1;
    const isAccepted = input.device.initSlots(this.#maxContacts, app.flags);
    app.flags = 0;
    return isAccepted;
  }

  /** True if the driver makes the events of this report itself (mt_event). */
  owns(report: ReportState): boolean {
    return this.#data(report).isMultitouch;
  }

  /** mt_report(): after the fields hold the report's values. */
  report(report: ReportState, timeMicroseconds: number): void {
    const data = this.#data(report);
    const device = report.fields[0]?.input?.device;
    if (device === undefined) return;
    if (data.isMultitouch) this.#touchReport(report, data.application, device, timeMicroseconds);
    else device.sync();
  }

  #touchReport(report: ReportState, app: Application, device: InputDevice, now: number): void {
    const scanTime = read(app.scanTime, 0);
    app.timestamp = this.#timestamp(app, scanTime, now);
    if (app.contactCount !== undefined) {
      const count = read(app.contactCount, 0);
      // A button alone comes with a count of 0; a further packet of the same frame too, but with the same scan time.
      const isButtonPacket =
        (app.quirks & QUIRK.WIN8_PTP_BUTTONS) !== 0 &&
        app.received === 0 &&
        app.previousScanTime !== scanTime;
      if (count >= 0 && (isButtonPacket || count !== 0)) app.expected = count & 0xff;
    }
    app.previousScanTime = scanTime;
    const isFirst = app.received === 0;
    for (const contact of app.contacts) {
      if (this.#processContact(app, contact, device)) app.received = (app.received + 1) & 0xff;
    }
    for (const field of report.fields) {
      if (!(field.flags & VARIABLE)) continue;
      for (let n = 0; n < field.field.count; n++) {
        this.#otherEvent(app, device, field.usages[n] as UsageState, field.value[n] as number, isFirst);
      }
    }
    if (app.received >= app.expected) this.#syncFrame(app, device);
    if (app.quirks & QUIRK.STICKY_FINGERS) {
      this.#releaseAt = this.#active.size > 0 ? now + STICKY_FINGERS_MICROSECONDS : undefined;
    }
  }

  /** mt_compute_timestamp(): scan time counts in 100 µs. */
  #timestamp(app: Application, scanTime: number, now: number): number {
    let delta = scanTime - app.previousScanTime;
    const pause = now - app.lastReportMicroseconds;
    app.lastReportMicroseconds = now;
    if (delta < 0) delta += app.scanTimeMaximum;
    return pause > MAX_TIMESTAMP_INTERVAL ? 0 : (app.timestamp + delta * 100) | 0;
  }

  #slotOf(app: Application, contact: Contact, device: InputDevice): number {
    const id = read(contact.id, 0);
    if (app.quirks & QUIRK.SLOT_IS_CONTACTID) return id;
    if (app.quirks & QUIRK.CYPRESS) return id !== 0 || app.received === 0 ? id : -1;
    if (app.quirks & QUIRK.SLOT_IS_CONTACTNUMBER) return app.received;
    if (app.quirks & QUIRK.SLOT_IS_CONTACTID_MINUS_ONE) return id - 1;
    return device.slots?.byKey(id) ?? -1;
  }

  /** mt_process_slot(): false if the contact does not count. */
  #processContact(app: Application, contact: Contact, device: InputDevice): boolean {
    const { quirks } = app;
    if (quirks & QUIRK.CONTACT_CNT_ACCURATE && app.received >= app.expected) return false;
    if (!(quirks & QUIRK.ALWAYS_VALID)) {
      let isValid = true;
      if (quirks & QUIRK.VALID_IS_INRANGE) isValid = readFlag(contact.inRange, false);
      if (quirks & QUIRK.NOT_SEEN_MEANS_UP) isValid = readFlag(contact.tip, false);
      if (quirks & QUIRK.VALID_IS_CONFIDENCE) isValid = readFlag(contact.confidence, true);
      if (!isValid) return true;
    }
    const slot = this.#slotOf(app, contact, device);
    if (slot < 0 || slot >= this.#maxContacts) return true;
    const { slots } = device;
    if (slots === undefined) return true;
    if (quirks & QUIRK.IGNORE_DUPLICATES && slots.isActive(slot) && slots.isUsed(slot)) return false;

    const isSure = (quirks & QUIRK.CONFIDENCE) === 0 || readFlag(contact.confidence, true);
    const isNear = (quirks & QUIRK.HOVERING) !== 0 && readFlag(contact.inRange, false);
    let isActive = readFlag(contact.tip, false) || isNear;
    let tool = TOOL_FINGER;
    if (app.application === U.GD_SYSTEM_MULTIAXIS) tool = TOOL_DIAL;
    else if (!isSure) {
      tool = TOOL_PALM;
      if (!isActive && slots.isActive(slot)) {
        // Readers must learn that it was a palm before it goes away.
        isActive = true;
        app.pendingPalms.add(slot);
      }
    }
    slots.report(slot, tool, isActive);
    if (isActive) {
      this.#contactEvents(app, contact, device);
      this.#active.add(slot);
    } else {
      this.#active.delete(slot);
    }
    return true;
  }

  #contactEvents(app: Application, contact: Contact, device: InputDevice): void {
    const width = read(contact.w, 0);
    const height = read(contact.h, 0);
    let major = Math.max(width, height);
    let minor = Math.min(width, height);
    let orientation = width > height ? 1 : 0;
    if (contact.a !== undefined) {
      const maximum = device.abs.get(ORIENTATION)?.maximum ?? 0;
      let azimuth = read(contact.a, 0);
      if (azimuth > maximum * 2) azimuth -= maximum * 4;
      orientation = app.quirks & QUIRK.ORIENTATION_INVERT ? azimuth : -azimuth;
    }
    if (app.quirks & QUIRK.TOUCH_SIZE_SCALING) {
      major >>= 1;
      minor >>= 1;
    }
    const flip = (quirk: number, code: number, value: number): number =>
      this.#host.quirks & quirk ? (device.abs.get(code)?.maximum ?? 0) - value : value;
    device.event(EV.ABS, POSITION_X, flip(QUIRK_X_INVERT, POSITION_X, read(contact.x, 0)));
    device.event(EV.ABS, POSITION_Y, flip(QUIRK_Y_INVERT, POSITION_Y, read(contact.y, 0)));
    device.event(EV.ABS, TOOL_X, flip(QUIRK_X_INVERT, POSITION_X, read(contact.cx, 0)));
    device.event(EV.ABS, TOOL_Y, flip(QUIRK_Y_INVERT, POSITION_Y, read(contact.cy, 0)));
    device.event(EV.ABS, DISTANCE, readFlag(contact.tip, false) ? 0 : 1);
    device.event(EV.ABS, ORIENTATION, orientation === 0 ? 0 : orientation);
    device.event(EV.ABS, PRESSURE, read(contact.p, 0));
    device.event(EV.ABS, TOUCH_MAJOR, major);
    device.event(EV.ABS, TOUCH_MINOR, minor);
  }

  /** mt_process_mt_event(): what is no contact, such as buttons. */
  #otherEvent(
    app: Application,
    device: InputDevice,
    usage: UsageState,
    value: number,
    isFirst: boolean,
  ): void {
    if (usage.type === 0) return;
    if (app.quirks & QUIRK.WIN8_PTP_BUTTONS) {
      if (!isFirst) return;
      if (usage.type === EV.KEY && usage.code === BTN_LEFT) {
        app.leftButton |= value;
        return;
      }
    }
    device.event(usage.type, usage.code, value);
  }

  #syncFrame(app: Application, device: InputDevice): void {
    if (app.quirks & QUIRK.WIN8_PTP_BUTTONS) device.event(EV.KEY, BTN_LEFT, app.leftButton);
    device.slots?.syncFrame();
    device.event(EV.MSC, MSC_TIMESTAMP, app.timestamp);
    device.sync();
    this.#releasePalms(app, device);
    app.received = 0;
    app.leftButton = 0;
  }

  #releasePalms(app: Application, device: InputDevice): void {
    if (app.pendingPalms.size === 0) return;
    for (const slot of [...app.pendingPalms].sort((left, right) => left - right)) {
      this.#active.delete(slot);
      device.slots?.report(slot, 0, false);
    }
    app.pendingPalms.clear();
    device.slots?.syncFrame();
    device.sync();
  }

  /** mt_expired_timeout(): ends contacts that have stayed too long. To be called before a report of that time. */
  expire(inputs: readonly HidInput[], timeMicroseconds: number): void {
    if (this.#releaseAt === undefined || timeMicroseconds < this.#releaseAt) return;
    this.#releaseAt = undefined;
    if (this.#active.size === 0) return;
    for (const { device } of inputs) {
      const { slots } = device;
      if (slots === undefined) continue;
      for (let slot = 0; slot < slots.count; slot++) slots.report(slot, 0, false);
      slots.syncFrame();
      device.sync();
    }
    this.#active.clear();
    for (const app of this.#applications) app.received = 0;
  }
}
