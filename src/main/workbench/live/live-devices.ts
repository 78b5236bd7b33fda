import { EngineError } from '../../engine/base/index.ts';
import { parseDescriptor } from '../../engine/hid/index.ts';
import { type Bridge, openBridge, type OpenDevice, type RealDevice } from '../../host/bridge/index.ts';
import { messageOf } from '../../host/errors/index.ts';
import { type Store, type StoredSession, type StoredSessionDevice } from '../../host/store/index.ts';
import {
  type EventName,
  type Events,
  type LiveView,
  type ReplayView,
} from '../../../preload/contract/index.ts';
import { parseRealDeviceId, realDeviceId } from '../devices/device-summary.ts';
import { type Attachment, type DevicePlan } from '../simulation/attach.ts';
import { fakeBridge } from './fake-devices.ts';
import { LiveRecording } from './live-recording.ts';
import { LiveRows } from './live-rows.ts';
import { LiveStream } from './live-stream.ts';
import { isSameDevice } from './machine-devices.ts';

/** Milliseconds between two batches of reports to the screen. */
const BEAT = 16;
/** Rows in a batch at most: a device of 1,000 reports a second is shown whole, more nobody reads. */
const ROWS = 16;
/** Milliseconds between two looks for a device that was unplugged. */
const RETRY = 400;
/** Milliseconds over which the rate is taken. */
const RATE_WINDOW = 1000;

/** The devices of this machine, or those that a file describes. */
export function openDevices(fakeDevices = process.env['HIDSMITH_FAKE_DEVICES']): Bridge {
  return fakeDevices === undefined || fakeDevices === '' ? openBridge() : fakeBridge(fakeDevices);
}

export interface LiveDevicesOptions {
  readonly bridge: Bridge;
  readonly store: Store;
  readonly emit: <E extends EventName>(event: E, value: Events[E]) => void;
  /** Called when devices come or go. */
  readonly onDevices: () => void;
  /** Called when the live device was plugged in again and its driver attached anew. */
  readonly onAttached: (attachment: Attachment) => void;
}

/** How a driver gets on a device: again after each replug. Undefined for none. */
export interface LiveDriver {
  readonly projectId: string;
  readonly engine: 'interpreter' | 'jit';
  attach(plan: DevicePlan): Attachment;
}

/** The device whose reports stream. */
interface Live {
  device: RealDevice;
  /** The clock when it was opened. */
  readonly origin: number;
  open: OpenDevice | undefined;
  stream: LiveStream;
  rows: LiveRows;
  driver: LiveDriver | undefined;
  message: string | undefined;
  recording: LiveRecording | undefined;
  /** Reports and time (milliseconds) at the beats of the last second. */
  readonly beats: { readonly at: number; readonly reports: number }[];
  /** Reports of streams that ended: the rate must not jump when a driver is attached. */
  earlier: number;
  shownRate: number;
}

function clock(): number {
  return performance.now() * 1000;
}

function storedDevice(live: Live): StoredSessionDevice {
  const { name, phys, uniq, bus, vendor, product, descriptor = new Uint8Array() } = live.device;
  const attached = live.stream.attachment?.device;
  return {
    index: 0,
    name: attached?.name ?? name,
    phys,
    uniq,
    bus,
    vendor,
    product,
    descriptor,
    ...(live.stream.descriptorChanged && attached !== undefined
      ? { fixedDescriptor: attached.descriptor.slice() }
      : {}),
  };
}

/**
 * The devices that are plugged into this machine, and the one that is live: its reports go through the attached driver,
 * to the screen in batches, and into the recording under way. An unplugged device is waited for.
 */
export class LiveDevices {
  readonly #options: LiveDevicesOptions;
  #live: Live | undefined;
  #beat: NodeJS.Timeout | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(options: LiveDevicesOptions) {
    this.#options = options;
  }

  /** What is plugged in. Where the machine cannot tell, nothing. Watches from the first call on. */
  async list(): Promise<readonly RealDevice[]> {
    this.#watch();
    return this.#options.bridge.list().catch(() => []);
  }

  /** A plugged-in device by its id. */
  async find(deviceId: string): Promise<RealDevice> {
    const path = parseRealDeviceId(deviceId);
    const device = (await this.#options.bridge.list()).find((candidate) => candidate.path === path);
    if (device === undefined) throw new EngineError('usage', 'the device is not plugged in any more');
    return device;
  }

  /** The driver's attachment that the live device's reports go through. */
  get attachment(): Attachment | undefined {
    return this.#live?.stream.attachment;
  }

  state(): { readonly live?: LiveView } {
    return this.#live === undefined ? {} : { live: viewOf(this.#live) };
  }

  /** Opens a device without a driver; one that is open already stays as it is. */
  async open(deviceId: string): Promise<LiveView> {
    const live = await this.#opened(await this.find(deviceId));
    this.#changed();
    return viewOf(live);
  }

  /** Opens a device and puts a driver between it and everything else. A refusal leaves it open without one. */
  async attach(deviceId: string, driver: LiveDriver): Promise<Attachment> {
    const device = await this.find(deviceId);
    const plan = planOf(device);
    if (this.#live?.recording !== undefined) throw stopFirst();
    const attachment = driver.attach(plan);
    const live = await this.#opened(device);
    this.#use(live, attachment, driver);
    this.#changed();
    return attachment;
  }

  /** Takes the driver away; the reports go on without it. */
  detach(): void {
    const live = this.#live;
    if (live?.driver === undefined) return;
    if (live.recording !== undefined) throw stopFirst();
    this.#use(live, undefined, undefined);
    this.#changed();
  }

  /** Starts a recording of the live device. */
  record(name: string): LiveView {
    const live = this.#need();
    if (live.recording !== undefined)
      throw new EngineError('usage', `'${live.recording.name}' is being recorded already`);
    // What came before belongs to no recording.
    this.#flush(live);
    live.recording = new LiveRecording(this.#options.store, {
      name,
      device: storedDevice(live),
      driven: live.stream.attachment !== undefined,
      ...(live.driver === undefined ? {} : { projectId: live.driver.projectId }),
    });
    this.#changed();
    return viewOf(live);
  }

  /** Ends the recording and makes it a session. */
  stopRecording(): StoredSession {
    const live = this.#need();
    const { recording } = live;
    if (recording === undefined) throw new EngineError('usage', 'nothing is being recorded');
    this.#flush(live);
    const session = recording.finish({ devices: [storedDevice(live)], ...replayOf(live, recording) });
    live.recording = undefined;
    this.#changed();
    return session;
  }

  /** Closes the live device; a recording under way is finished. */
  async close(): Promise<void> {
    await this.#leave();
    this.#changed();
  }

  /** Closes the live device and looks for no more. */
  async dispose(): Promise<void> {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    await this.#leave();
  }

  #need(): Live {
    if (this.#live === undefined)
      throw new EngineError('usage', 'no device is open: open one on the Devices screen');
    return this.#live;
  }

  async #leave(): Promise<void> {
    const live = this.#live;
    if (live === undefined) return;
    try {
      if (live.recording !== undefined) this.stopRecording();
    } finally {
      this.#live = undefined;
      clearInterval(this.#beat);
      await live.open?.close().catch(() => undefined);
    }
  }

  async #opened(device: RealDevice): Promise<Live> {
    this.#watch();
    if (this.#live?.device.path === device.path && this.#live.open !== undefined) return this.#live;
    const open = await this.#options.bridge.open(device.path);
    await this.#leave();
    const original = parseDescriptor(device.descriptor ?? new Uint8Array());
    const origin = clock();
    const live: Live = {
      device,
      origin,
      open: undefined,
      stream: new LiveStream(undefined, origin, origin),
      rows: new LiveRows(original, original),
      driver: undefined,
      message: undefined,
      recording: undefined,
      beats: [],
      earlier: 0,
      shownRate: 0,
    };
    this.#live = live;
    this.#listen(live, open);
    this.#beat = setInterval(() => this.#onBeat(live), BEAT);
    return live;
  }

  #listen(live: Live, open: OpenDevice): void {
    live.open = open;
    open.onReport(({ timeMicroseconds, data }) => live.stream.report(timeMicroseconds, data));
    open.onGone((reason) => {
      if (live.open !== open) return;
      live.open = undefined;
      live.message = reason;
      this.#changed();
      this.#retry(live);
    });
  }

  #use(live: Live, attachment: Attachment | undefined, driver: LiveDriver | undefined): void {
    this.#flush(live);
    live.earlier += live.stream.reports;
    live.stream = new LiveStream(attachment, live.origin, clock());
    live.driver = live.stream.attachment === undefined ? undefined : driver;
    const original = parseDescriptor(live.device.descriptor ?? new Uint8Array());
    live.rows = new LiveRows(original, live.stream.attachment?.device.parsed ?? original);
  }

  #watch(): void {
    this.#stopWatching ??= this.#options.bridge.watch(() => this.#options.onDevices());
  }

  #retry(live: Live): void {
    const timer = setTimeout(() => {
      void this.#rejoin(live).then(() => {
        if (live === this.#live && live.open === undefined) this.#retry(live);
      });
    }, RETRY);
    timer.unref();
  }

  /** Opens a device again that was unplugged, and attaches its driver anew, as udev would. */
  async #rejoin(live: Live): Promise<void> {
    const devices = await this.#options.bridge.list().catch(() => []);
    const device = devices.find(
      (candidate) => isSameDevice(candidate, live.device) && candidate.trouble === undefined,
    );
    if (device === undefined || live !== this.#live) return;
    try {
      const open = await this.#options.bridge.open(device.path);
      if (live !== this.#live) {
        await open.close();
        return;
      }
      live.device = device;
      live.message = undefined;
      this.#reattach(live);
      this.#listen(live, open);
    } catch (error) {
      live.message = messageOf(error);
    }
    this.#changed();
  }

  #reattach(live: Live): void {
    const { driver } = live;
    if (driver === undefined) return;
    const attachment = driver.attach(planOf(live.device));
    this.#use(live, attachment, driver);
    if (!attachment.view.ok) live.message = attachment.view.failure?.message;
    this.#options.onAttached(attachment);
  }

  /** Hands on what has come: to the recording, and as rows. */
  #flush(live: Live): ReturnType<LiveRows['take']> {
    const reports = live.stream.take(clock());
    const { recording } = live;
    const failed = recording?.failure;
    recording?.append(reports);
    if (recording?.failure !== failed) this.#changed();
    return live.rows.take(reports, ROWS);
  }

  #onBeat(live: Live): void {
    const rows = this.#flush(live);
    const { stream, beats, recording } = live;
    const now = performance.now();
    beats.push({ at: now, reports: live.earlier + stream.reports });
    while (beats.length > 2 && now - (beats[0]?.at ?? now) > RATE_WINDOW) beats.shift();
    const first = beats[0];
    const seconds = (now - (first?.at ?? now)) / 1000;
    const rate =
      seconds > 0.2 ? Math.round((live.earlier + stream.reports - (first?.reports ?? 0)) / seconds) : 0;
    if (rows.length === 0 && rate === live.shownRate) return;
    live.shownRate = rate;
    this.#options.emit('live.reports', {
      deviceId: realDeviceId(live.device.path),
      reports: stream.reports,
      changed: stream.changed,
      dropped: stream.dropped,
      rate,
      rows,
      ...(recording === undefined ? {} : { recorded: recording.reports }),
    });
  }

  #changed(): void {
    this.#options.emit('live.state', this.state());
  }
}

function stopFirst(): EngineError {
  return new EngineError('usage', 'a recording is under way: stop it before the driver is changed');
}

/** The plan of a simulated twin of a plugged-in device. */
export function planOf(device: RealDevice): DevicePlan {
  const { path, name, phys, uniq, bus, vendor, product, descriptor } = device;
  if (descriptor === undefined) {
    throw new EngineError(
      'unsupported',
      `${path}: this system does not show the report descriptor of its devices (Linux does), so no driver can be attached: record it, give the recording its R: line, and replay`,
    );
  }
  return { deviceId: realDeviceId(path), name, phys, uniq, bus, vendor, product, descriptor };
}

function viewOf(live: Live): LiveView {
  const { recording, message, driver } = live;
  return {
    deviceId: realDeviceId(live.device.path),
    deviceName: live.device.name,
    state: live.open === undefined ? 'waiting' : 'open',
    ...(message === undefined ? {} : { message }),
    ...(driver === undefined ? {} : { projectId: driver.projectId }),
    ...(recording === undefined
      ? {}
      : {
          recording: {
            sessionId: recording.sessionId,
            name: recording.name,
            startedAt: recording.startedAt,
            ...(recording.failure === undefined ? {} : { failure: recording.failure }),
          },
        }),
  };
}

/** What a session's heading says of the driver that a recording went through. */
function replayOf(live: Live, recording: LiveRecording): { replay?: ReplayView } {
  const { stream, driver } = live;
  const { attachment } = stream;
  if (attachment === undefined || driver === undefined) return {};
  const { simulation } = attachment;
  const replay: ReplayView = {
    projectId: driver.projectId,
    kernel: simulation.kernel.profile.name,
    engine: driver.engine,
    eventsIn: recording.reports,
    eventsOut: recording.eventsOut,
    changed: recording.changed,
    dropped: recording.dropped,
    elapsed: Date.now() - recording.startedAt,
    descriptorChanged: stream.descriptorChanged,
    programs: simulation.programRuns(),
    log: simulation.notes(),
  };
  return { replay };
}
