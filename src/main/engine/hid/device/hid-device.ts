import { Emitter, EngineError } from '../../base/index.ts';
import { type DeviceHooks, type DeviceTransport, type Source } from './hooks.ts';
import { previewDevice } from '../input/preview-device.ts';
import { parseDescriptor } from '../parse.ts';
import { HID_6_12, type HidProfile } from './profile.ts';
import { scanDescriptor } from '../scan.ts';
import { type ParsedDescriptor, type Report, type ReportType } from '../types.ts';

/** Errors of the HID core as negative errnos. */
const EPERM = 1;
const EBUSY = 16;
const ENODEV = 19;
const EINVAL = 22;
const ENOSYS = 38;

/** What a device is called and where it sits. */
export interface DeviceIdentity {
  /** BUS_USB 3, BUS_BLUETOOTH 5, BUS_I2C 0x18 … (linux/input.h). */
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly version?: number;
  readonly country?: number;
  readonly name: string;
  readonly phys?: string;
  readonly uniq?: string;
  /** Quirks by id (HID_QUIRK_*). */
  readonly quirks?: number;
}

/** Somebody who has /dev/hidrawN open. Gets every report's bytes; they must be copied if kept. */
export type HidrawReader = (data: Uint8Array) => void;

/** Told about every report that the input path has taken or refused; for traces and input-event previews. */
export interface ReportOutcome {
  readonly report: Report | undefined;
  readonly type: ReportType;
  readonly data: Uint8Array;
  /** 0 or a negative errno. */
  readonly result: number;
}

/**
 * One HID device inside the simulated kernel: struct hid_device with its descriptor, its input path (hid-core.c), its hidraw node
 * (hidraw.c) and its requests. HID-BPF plugs itself in through `hooks`.
 */
export class HidDevice {
  /** Unique number of the device (hid_device.id, the hid_id of HID-BPF). */
  readonly id: number;
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly version: number;
  readonly country: number;
  /** May be changed by HID-BPF programs, as group and quirks may. */
  name: string;
  phys: string;
  uniq: string;
  quirks: number;
  group: number;
  readonly profile: HidProfile;
  readonly transport: DeviceTransport;
  /** Where HID-BPF plugs itself in. */
  hooks: DeviceHooks = {};
  /** Quirks that the kernel's table has for the device (hid_lookup_quirk). */
  readonly lookupQuirks: number;
  /**
   * HID_STAT_REPROBED: somebody has asked for a new probe and it has not begun. The kernel then takes the wish of a fixup to be probed for
   * fulfilled: attached that moment, it stays without effect until the next probe.
   */
  isReprobeAsked = false;
  /** The descriptor the device itself gave (hid_device.dev_rdesc). */
  readonly originalDescriptor: Uint8Array;
  #parsed: ParsedDescriptor;
  #numbered: Record<ReportType, boolean> = { input: false, output: false, feature: false };
  #unnumbered: Record<ReportType, Report | undefined> = {
    input: undefined,
    output: undefined,
    feature: undefined,
  };
  readonly #byId: Record<ReportType, (Report | undefined)[]> = { input: [], output: [], feature: [] };
  #isInputLocked = false;
  #readers: HidrawReader[] = [];
  /** Kernel messages, without device prefix. */
  readonly log = new Emitter<string>();
  /** The descriptor was parsed anew (attach or detach of a fixup). */
  readonly reprobed = new Emitter<ParsedDescriptor>();
  /** Every report at the end of the input path. */
  readonly outcomes = new Emitter<ReportOutcome>();

  constructor(
    id: number,
    identity: DeviceIdentity,
    descriptor: Uint8Array,
    transport: DeviceTransport,
    profile: HidProfile = HID_6_12,
  ) {
    this.id = id;
    this.bus = identity.bus;
    this.vendor = identity.vendor;
    this.product = identity.product;
    this.version = identity.version ?? 0;
    this.country = identity.country ?? 0;
    this.name = identity.name;
    this.phys = identity.phys ?? '';
    this.uniq = identity.uniq ?? '';
    this.lookupQuirks = identity.quirks ?? 0;
    this.quirks = this.lookupQuirks;
    this.originalDescriptor = descriptor.slice();
    this.transport = transport;
    this.profile = profile;
    this.group = scanDescriptor(descriptor, this.vendor, this.product).group;
    this.#parsed = this.#open(this.originalDescriptor);
  }

  /** The kernel's name of the device: `0003:1A2C:2D43.0001`. */
  get sysName(): string {
    const hex = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');
    return `${hex(this.bus)}:${hex(this.vendor)}:${hex(this.product)}.${hex(this.id)}`;
  }
  /** The descriptor in force: the device's own, or what a fixup made of it (hid_device.rdesc). */
  get descriptor(): Uint8Array {
    return this.#parsed.bytes;
  }
  get parsed(): ParsedDescriptor {
    return this.#parsed;
  }
  /** True if a driver has it: the descriptor in force was accepted. Only then there is a hidraw node. */
  get isBound(): boolean {
    return this.#parsed.accepted;
  }
  /** Longest report over all types and ids (hid_report_len), from which HID-BPF sizes its buffer. */
  get maxReportBytes(): number {
    return this.#parsed.maxReportBytes;
  }

  #open(descriptor: Uint8Array): ParsedDescriptor {
    const parsed = parseDescriptor(descriptor, { maxBufferSize: this.transport.maxBufferSize });
    for (const type of ['input', 'output', 'feature'] as const) {
      const table: (Report | undefined)[] = new Array<Report | undefined>(256).fill(undefined);
      if (parsed.accepted) for (const [id, report] of parsed.reports[type]) table[id] = report;
      this.#byId[type] = table;
      this.#numbered[type] = table.some((report, id) => report !== undefined && id > 0);
      this.#unnumbered[type] = table[0];
    }
    for (const { message } of parsed.errors) this.log.emit(message);
    return parsed;
  }

  /**
   * Takes the driver away and binds it again (device_reprobe): the fixup hook sees the device's own descriptor, the result is parsed.
   * Returns false if the kernel refuses the new descriptor; there is no hidraw node then.
   */
  reprobe(): boolean {
    this.hooks.disconnected?.(this);
    this.isReprobeAsked = false;
    const fixed =
      this.hooks.reportDescriptorFixup?.(this, this.originalDescriptor) ?? this.originalDescriptor;
    if (this.profile.rescansGroup) this.group = scanDescriptor(fixed, this.vendor, this.product).group;
    this.#parsed = this.#open(fixed === this.originalDescriptor ? fixed : fixed.slice());
    if (this.#parsed.accepted) {
      this.hooks.connected?.(this);
      this.#setUp();
    }
    this.reprobed.emit(this.#parsed);
    return this.#parsed.accepted;
  }

  /**
   * What the input driver asks of the device when it is bound anew: the features that it reads and sets, through the hooks.
   * The first time there are no hooks yet.
   */
  #setUp(): void {
    try {
      previewDevice(this);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'unsupported') throw error;
      this.log.emit(`its driver is not simulated: ${error.message}`);
    }
  }

  /** Opens the hidraw node. The function returned closes it. Readers stay across a reprobe. */
  openHidraw(reader: HidrawReader): () => void {
    this.#readers = [...this.#readers, reader];
    return () => {
      this.#readers = this.#readers.filter((other) => other !== reader);
    };
  }

  /** The report a number stands for (hid_get_report on that first byte). */
  reportByNumber(type: ReportType, number: number): Report | undefined {
    return this.#numbered[type] ? this.#byId[type][number] : this.#unnumbered[type];
  }

  /**
   * A report arrives (hid_input_report; __hid_input_report with `source` and `fromBpf` for injected ones). Returns 0 or a negative
   * errno, as a caller in the kernel would see it. `tryLock`: the caller already holds the input lock (hid_bpf_try_input_report from a hook).
   */
  inputReport(
    type: ReportType,
    data: Uint8Array,
    source: Source = 0n,
    fromBpf = false,
    tryLock = false,
  ): number {
    if (tryLock !== this.#isInputLocked) return tryLock ? -EINVAL : -EBUSY;
    this.#isInputLocked = true;
    try {
      return this.#input(type, data, source, fromBpf);
    } finally {
      this.#isInputLocked = tryLock;
    }
  }

  #input(type: ReportType, incoming: Uint8Array, source: Source, fromBpf: boolean): number {
    if (!this.isBound) return -ENODEV;
    let data = incoming;
    if (this.hooks.deviceEvent !== undefined) {
      const changed = this.hooks.deviceEvent(this, type, data, source, fromBpf);
      if (typeof changed === 'number') return this.#end(undefined, type, data, changed);
      data = changed;
    }
    if (data.length === 0) return this.#end(undefined, type, data, -EPERM);
    const report = this.#numbered[type] ? this.#byId[type][data[0] as number] : this.#unnumbered[type];
    if (report === undefined) return this.#end(undefined, type, data, -EPERM);
    return this.#end(report, type, data, this.#rawEvent(report, data));
  }

  #end(report: Report | undefined, type: ReportType, data: Uint8Array, result: number): number {
    if (this.outcomes.hasListeners) this.outcomes.emit({ report, type, data, result });
    return result;
  }

  /** hid_report_raw_event(): checks the length and hands the bytes to hidraw. */
  #rawEvent(report: Report, data: Uint8Array): number {
    const numbered = report.hasIdByte ? 1 : 0;
    const limit = this.transport.maxBufferSize - numbered;
    const size = Math.min((report.bits + 7) >> 3, limit);
    const given = data.length - numbered;
    if (given < size && this.profile.shortReports === 'drop') {
      this.log.emit(`Event data for report ${report.id} was too short (${size} vs ${given})`);
      return -EINVAL;
    }
    for (const reader of this.#readers) reader(data);
    return 0;
  }

  /** GET_REPORT, SET_REPORT and their siblings (__hid_hw_raw_request). Returns a byte count or a negative errno; fills `data` on GET_REPORT. */
  rawRequest(
    reportNumber: number,
    data: Uint8Array,
    type: ReportType,
    request: number,
    source: Source = 0n,
    fromBpf = false,
  ): number {
    if (data.length < 1 || data.length > this.transport.maxBufferSize) return -EINVAL;
    const ended = this.hooks.rawRequest?.(this, reportNumber, data, type, request, source, fromBpf) ?? 0;
    return ended !== 0 ? ended : this.transport.rawRequest(reportNumber, data, type, request);
  }

  /** A report on the interrupt out pipe (__hid_hw_output_report). -ENOSYS if the bus has none. */
  outputReport(data: Uint8Array, source: Source = 0n, fromBpf = false): number {
    if (data.length < 1 || data.length > this.transport.maxBufferSize) return -EINVAL;
    const ended = this.hooks.outputReport?.(this, data, source, fromBpf) ?? 0;
    if (ended !== 0) return ended;
    return this.transport.outputReport?.(data) ?? -ENOSYS;
  }
}
