import { HID_REQ_GET_REPORT, HID_REQ_SET_REPORT } from '../device/hooks.ts';
import { storeBits } from '../bits.ts';
import { parseDescriptor } from '../parse.ts';
import { type HidProfile, HID_6_12 } from '../device/profile.ts';
import { HID_GROUP_GENERIC, scanDescriptor } from '../scan.ts';
import { type ParsedDescriptor, type ReportType } from '../types.ts';
import { EV } from './codes.ts';
import { configureUsage, tagSlots } from './configure.ts';
import { type MappingContext } from './mapping.ts';
import {
  QUIRK_INPUT_PER_APP,
  QUIRK_MULTI_INPUT,
  QUIRK_NO_INPUT_SYNC,
  QUIRK_SKIP_OUTPUT_REPORTS,
} from './quirks.ts';
import { arrayEvents, usageEvent } from './events.ts';
import { InputDevice, type InputEvent } from './input-device.ts';
import { multitouchClass, QUIRK } from './multitouch-devices.ts';
import { MultitouchDriver } from './multitouch.ts';
import {
  fetchField,
  HidState,
  orderReport,
  VARIABLE,
  type FieldState,
  type HidInput,
  type ReportState,
  type UsageState,
} from './state.ts';
import * as U from './usages.ts';

/** The task that sets a device up, as the kernel's words name it. */
const WORKER = 'kworker/0:1';

/** One input node as EVIOCGBIT and EVIOCGABS describe it. */
export interface InputNode {
  readonly name: string;
  /** Codes that are set, by event type (EV_* number), in order. `ev` itself under type 0. */
  readonly codes: ReadonlyMap<number, readonly number[]>;
  readonly abs: readonly {
    readonly code: number;
    readonly minimum: number;
    readonly maximum: number;
    readonly fuzz: number;
    readonly flat: number;
    readonly resolution: number;
  }[];
  readonly properties: readonly number[];
}

/** A packet of events, ended by a SYN_REPORT (which is left out). */
export interface InputPacket {
  /** Place in InputPreview.nodes. */
  readonly node: number;
  readonly events: readonly InputEvent[];
}

/** What the preview may ask of a device while it is set up; as ll_driver.raw_request. */
export type FeatureAccess = (
  reportNumber: number,
  data: Uint8Array,
  type: ReportType,
  request: number,
) => number;

export interface PreviewOptions {
  readonly name?: string;
  readonly bus?: number;
  readonly vendor?: number;
  readonly product?: number;
  readonly quirks?: number;
  /** What the first look at the device's own descriptor made of it (HID_GROUP_*); of this descriptor unless given. */
  readonly group?: number;
  /** As with the kernel parameter hid.ignore_special_drivers=1: hid-generic takes every device. */
  readonly genericOnly?: boolean;
  /** Answers of the device to feature requests; without it all fail with -EIO. */
  readonly access?: FeatureAccess;
  readonly maxBufferSize?: number;
  readonly profile?: HidProfile;
}

const KINDS = [
  'Device',
  'Pointer',
  'Mouse',
  'Device',
  'Joystick',
  'Gamepad',
  'Keyboard',
  'Keypad',
  'Multi-Axis Controller',
];
const EIO = 5;
const RATE_LIMIT = 10;
const COLLECTION_PHYSICAL = 0;
const COLLECTION_APPLICATION = 1;

const SUFFIXES = new Map([
  [U.GD_KEYBOARD, 'Keyboard'],
  [U.GD_KEYPAD, 'Keypad'],
  [U.GD_MOUSE, 'Mouse'],
  [U.DG_PEN, 'Stylus'],
  [U.DG_STYLUS, 'Pen'],
  [U.DG_TOUCHSCREEN, 'Touchscreen'],
  [U.DG_TOUCHPAD, 'Touchpad'],
  [U.GD_SYSTEM_CONTROL, 'System Control'],
  [U.CP_CONSUMER_CONTROL, 'Consumer Control'],
  [U.GD_WIRELESS_RADIO_CTLS, 'Wireless Radio Control'],
  [U.GD_SYSTEM_MULTIAXIS, 'System Multi Axis'],
]);

/**
 * What the input layer would make of a device: the nodes that hid-input, with hid-generic or hid-multitouch, creates for a descriptor, and
 * the events that a reader of evdev gets for each report. No battery, no LEDs class, no force feedback.
 */
export class InputPreview {
  readonly parsed: ParsedDescriptor;
  /** `hid-generic` or `hid-multitouch`. */
  readonly driver: 'hid-generic' | 'hid-multitouch';
  /** The word in the kernel's "HID v1.11 KIND [name]" line; undefined if the descriptor was refused. */
  readonly kind: string | undefined;
  /** Kernel log of the probe, those of the descriptor included ("scan: …" for the first pass). */
  readonly messages: readonly string[];
  readonly nodes: readonly InputNode[];
  /** How many GET_REPORTs the probe made. */
  readonly featureReads: number;
  /** The feature reports that it was sent meanwhile, with their id. */
  readonly featureWrites: readonly Uint8Array[];
  readonly #state: HidState;
  readonly #profile: HidProfile;
  readonly #context: MappingContext;
  readonly #multitouch: MultitouchDriver | undefined;
  readonly #inputs: HidInput[] = [];
  readonly #messages: string[] = [];
  readonly #access: FeatureAccess;
  readonly #hasInputs: boolean = false;
  #featureReads = 0;
  readonly #featureWrites: Uint8Array[] = [];
  #packets: InputPacket[] = [];
  #now = 0;

  /** Throws `unsupported` for a descriptor with more usages than can be previewed. */
  constructor(descriptor: Uint8Array, options: PreviewOptions = {}) {
    const { vendor = 0, product = 0, bus = 3, name = 'device', genericOnly = false } = options;
    this.#profile = options.profile ?? HID_6_12;
    this.#access = options.access ?? ((): number => -EIO);
    const scan = genericOnly
      ? { group: HID_GROUP_GENERIC, messages: [] }
      : scanDescriptor(descriptor, vendor, product);
    this.parsed = parseDescriptor(descriptor, options);
    this.#messages.push(...scan.messages.map(({ message }) => `scan: ${message}`));
    this.#messages.push(...this.parsed.errors.map(({ message }) => message));
    this.messages = this.#messages;
    this.#state = new HidState(this.parsed);
    const group = options.group ?? scan.group;
    const match = genericOnly ? undefined : multitouchClass({ bus, group, vendor, product });
    this.driver = match === undefined ? 'hid-generic' : 'hid-multitouch';
    let limited = 0;
    this.#context = {
      quirks: (options.quirks ?? 0) | QUIRK_INPUT_PER_APP,
      collections: this.parsed.collections,
      say: (message) => {
        if (!message.includes(': Invalid code ') || limited++ < RATE_LIMIT) this.#messages.push(message);
      },
    };
    if (match !== undefined) {
      this.#multitouch = new MultitouchDriver(this.#host(group, name), match.class, match.isGeneric);
      this.#context.quirks |= QUIRK_NO_INPUT_SYNC;
      if (!(match.isGeneric && group === 4)) this.#context.quirks |= QUIRK_MULTI_INPUT;
      if (match.class.quirks & QUIRK.FORCE_MULTI_INPUT) {
        this.#context.quirks &= ~QUIRK_INPUT_PER_APP;
        this.#context.quirks |= QUIRK_MULTI_INPUT;
      }
      const driver = this.#multitouch;
      this.#context.driverMapping = (field, usage, input) => driver.mapping(field, usage, input);
      this.#context.driverOwns = (report) => driver.owns(report);
    }
    if (this.parsed.accepted) {
      this.#hasInputs = this.#connect(name);
      this.#multitouch?.setModes();
      for (const report of this.#state.reports.input) orderReport(report);
      this.kind = this.#kindOf();
    } else {
      this.kind = undefined;
    }
    this.nodes = this.#hasInputs ? this.#inputs.map((input) => describe(input.device)) : [];
    this.featureReads = this.#featureReads;
    this.featureWrites = this.#featureWrites;
  }

  #host(group: number, name: string): ConstructorParameters<typeof MultitouchDriver>[0] {
    const context = this.#context;
    return {
      state: this.#state,
      group,
      name,
      get quirks(): number {
        return context.quirks;
      },
      set quirks(value: number) {
        context.quirks = value;
      },
      say: (message) => context.say(message),
      readFeature: (report) => this.#readFeature(report),
      pollFeature: (report) => void this.#getFeature(report),
      writeFeature: (report) => this.#writeFeature(report),
    };
  }

  #kindOf(): string {
    const top = this.parsed.collections.find(
      ({ type, usage }) =>
        type === COLLECTION_APPLICATION && usage >>> 16 === U.PAGE.DESKTOP && (usage & 0xffff) < KINDS.length,
    );
    return KINDS[top === undefined ? 0 : top.usage & 0xffff] ?? 'Device';
  }

  /** A feature report of the device; undefined if it gives none. */
  #getFeature(report: ReportState): Uint8Array | undefined {
    this.#featureReads += 1;
    const data = new Uint8Array(Math.max(1, report.report.bytes));
    return this.#access(report.id, data, 'feature', HID_REQ_GET_REPORT) < 0 ? undefined : data;
  }

  /** hid_hw_request(): sends the values of a feature report's fields. False if the device refuses them. */
  #writeFeature(report: ReportState): boolean {
    const data = this.#outputReport(report);
    this.#featureWrites.push(data);
    return this.#access(report.id, data, 'feature', HID_REQ_SET_REPORT) >= 0;
  }

  /** hid_output_report(): the bytes of a report, its id first. What does not fit into an element is said and cut off (implement()). */
  #outputReport({ report, fields }: ReportState): Uint8Array {
    // A device without report ids is sent a 0 in their place.
    const bytes = new Uint8Array(1 + Math.ceil(report.bits / 8));
    bytes[0] = report.id;
    for (const { field, value } of fields) {
      const { size, count } = field;
      const start = 8 + field.reportOffset;
      for (let i = 0; i < count; i++) {
        const number = value[i] ?? 0;
        if (size > 32) this.#context.say(`implement() called with n (${size}) > 32! (${WORKER})`);
        else if (size < 32 && number >>> 0 > (1 << size) - 1)
          this.#context.say(`implement() called with too large value ${number} (n: ${size})! (${WORKER})`);
        storeBits(bytes, start + i * size, Math.min(32, size), number);
      }
    }
    return bytes;
  }

  /** Asks the device for a feature report and stores its values. False if it gives none. */
  #readFeature(report: ReportState): boolean {
    const data = this.#getFeature(report);
    if (data === undefined) return false;
    for (const field of report.fields) {
      fetchField(field, data);
      field.value.set(field.newValue);
    }
    return true;
  }

  /** hidinput_connect(). */
  #connect(name: string): boolean {
    const isInput = this.parsed.collections.some(
      ({ type, usage }) =>
        (type === COLLECTION_APPLICATION || type === COLLECTION_PHYSICAL) && U.isInputApplication(usage),
    );
    if (!isInput) return false;
    this.#reportFeatures();
    const applications = this.parsed.collections.filter(({ type }) => type === COLLECTION_APPLICATION).length;
    let current: HidInput | undefined;
    for (const report of [...this.#state.reports.input, ...this.#state.reports.output]) {
      if (report.type === 'output' && this.#context.quirks & QUIRK_SKIP_OUTPUT_REPORTS) continue;
      if (report.fields.length === 0) continue;
      if (this.#context.quirks & QUIRK_MULTI_INPUT) {
        current = this.#inputs.find((input) => input.report?.id === report.id);
      } else if (applications > 1 && this.#context.quirks & QUIRK_INPUT_PER_APP) {
        current = this.#matchApplication(report.application);
      }
      current ??= this.#allocate(name, report.application, applications);
      tagSlots(report.fields);
      for (const field of report.fields) {
        for (const usage of field.usages) configureUsage(field, usage, current, this.#context);
      }
      if (this.#context.quirks & QUIRK_MULTI_INPUT) current.report = report;
      current.reports.push(report);
    }
    this.#changeMultipliers();
    return this.#register();
  }

  #reportFeatures(): void {
    for (const report of this.#state.reports.feature) {
      for (const field of report.fields) {
        if (field.field.count < 1) continue;
        for (const usage of field.usages) this.#multitouch?.featureMapping(field, usage);
      }
    }
  }

  #matchApplication(application: number): HidInput | undefined {
    const isControl = application === U.GD_SYSTEM_CONTROL || application === U.CP_CONSUMER_CONTROL;
    return this.#inputs.find(
      (input) => input.application === application || (isControl && input.application === U.GD_KEYBOARD),
    );
  }

  #allocate(name: string, application: number, applications: number): HidInput {
    const perApplication = (this.#context.quirks & QUIRK_INPUT_PER_APP) !== 0 && applications > 1;
    const suffix = perApplication ? SUFFIXES.get(application) : undefined;
    const full = suffix === undefined || name.endsWith(suffix) ? name : `${name} ${suffix}`;
    const input: HidInput = {
      application,
      device: new InputDevice(full, (events) => this.#packets.push({ node: input.node, events })),
      report: undefined,
      reports: [],
      node: -1,
    };
    this.#inputs.push(input);
    return input;
  }

  #register(): boolean {
    for (const input of [...this.#inputs]) {
      if (this.#multitouch?.configured(input) === false) return false;
      if (input.device.isPopulated) {
        input.device.register();
        continue;
      }
      this.#inputs.splice(this.#inputs.indexOf(input), 1);
      for (const report of [...this.#state.reports.input, ...this.#state.reports.output]) {
        for (const field of report.fields) if (field.input === input) field.input = undefined;
      }
    }
    if (this.#inputs.length === 0) {
      this.#context.say('No inputs registered, leaving');
      return false;
    }
    this.#inputs.forEach((input, node) => (input.node = node));
    return true;
  }

  /** hidinput_change_resolution_multipliers(): asks the device for its finest wheel resolution. */
  #changeMultipliers(): void {
    for (const report of this.#state.reports.feature) {
      if (!this.#setMultipliers(report, true)) continue;
      if (!this.#writeFeature(report)) {
        this.#setMultipliers(report, false);
        return;
      }
    }
    this.#state.applyMultipliers();
    for (const message of this.#state.multiplierMessages()) this.#context.say(message);
  }

  #setMultipliers(report: ReportState, finest: boolean): boolean {
    let isNeeded = false;
    let isRead = false;
    for (const field of report.fields) {
      if (field.field.count !== 1) continue;
      for (const usage of field.usages) {
        if (usage.hid !== U.GD_RESOLUTION_MULTIPLIER) continue;
        if (!isRead && report.fields.length > 1) {
          this.#readFeature(report);
          isRead = true;
        }
        field.value[usage.index] = finest ? field.field.logicalMaximum : field.field.logicalMinimum;
        isNeeded = true;
      }
    }
    return isNeeded;
  }

  /**
   * What evdev gives for one input report, packet by packet, in order. `timeMicroseconds` (of the recording, growing) lets touch drivers
   * end forgotten contacts and restart their time stamps; without it reports follow each other at once.
   */
  report(bytes: Uint8Array, timeMicroseconds = this.#now): readonly InputPacket[] {
    this.#now = timeMicroseconds;
    this.#packets = [];
    if (!this.#hasInputs || bytes.length === 0) return [];
    this.#multitouch?.expire(this.#inputs, timeMicroseconds);
    const report = this.#state.find('input', bytes);
    if (report === undefined) return this.#packets;
    const needed = Math.ceil(report.report.bits / 8) + (report.report.hasIdByte ? 1 : 0);
    if (bytes.length < needed && this.#profile.shortReports === 'drop') return this.#packets;
    this.#process(report, bytes);
    if (!(this.#context.quirks & QUIRK_NO_INPUT_SYNC)) for (const { device } of this.#inputs) device.sync();
    return this.#packets;
  }

  /** hid_process_report() and the driver's report(). */
  #process(report: ReportState, bytes: Uint8Array): void {
    if (report.fields.length === 0) return;
    for (const field of report.fields) fetchField(field, bytes);
    const isOwned = this.#multitouch?.owns(report) ?? false;
    const emit = (field: FieldState, usage: UsageState, value: number): void => {
      if (!isOwned) usageEvent(field, usage, value, this.#context.quirks);
    };
    for (const { field, index } of report.entries) {
      if (field.flags & VARIABLE) {
        emit(field, field.usages[index] as UsageState, field.newValue[index] as number);
      } else {
        arrayEvents(field, emit);
      }
    }
    for (const field of report.fields) {
      if (field.flags & VARIABLE) field.value.set(field.newValue.subarray(0, field.field.count));
    }
    this.#multitouch?.report(report, this.#now);
  }
}

/** What EVIOCGBIT, EVIOCGABS and EVIOCGPROP say of a node. */
function describe(device: InputDevice): InputNode {
  const list = (bits: Uint8Array): number[] => [...bits.keys()].filter((code) => bits[code] === 1);
  const codes = new Map<number, readonly number[]>([[EV.SYN, list(device.ev)]]);
  for (const type of [EV.KEY, EV.REL, EV.ABS, EV.MSC, EV.SW, EV.LED, EV.SND, EV.FF]) {
    const set = list(device.bits(type));
    if (set.length > 0) codes.set(type, set);
  }
  const abs = (codes.get(EV.ABS) ?? []).map((code) => {
    const info = device.abs.get(code);
    return {
      code,
      minimum: info?.minimum ?? 0,
      maximum: info?.maximum ?? 0,
      fuzz: info?.fuzz ?? 0,
      flat: info?.flat ?? 0,
      resolution: info?.resolution ?? 0,
    };
  });
  return { name: device.name, codes, abs, properties: list(device.properties) };
}
