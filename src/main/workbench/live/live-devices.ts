import { EngineError } from '../../engine/base/index.ts';
import { type Bridge, openBridge, type RealDevice } from '../../host/bridge/index.ts';
import { messageOf } from '../../host/errors/index.ts';
import { type Store, type StoredSession } from '../../host/store/index.ts';
import {
  type EventName,
  type Events,
  type LiveState,
  type ReplayView,
} from '../../../preload/contract/index.ts';
import { parseRealDeviceId } from '../devices/device-summary.ts';
import { type Attachment } from '../simulation/attach.ts';
import { fakeBridge } from './fake-devices.ts';
import { clock, LiveDevice, type LiveDriver } from './live-device.ts';
import { LiveRecording } from './live-recording.ts';

/** Milliseconds between two batches of reports to the screen. */
const BEAT = 16;

/** The devices of this machine, or those that a file describes. */
export function openDevices(fakeDevices = process.env['HIDSMITH_FAKE_DEVICES']): Bridge {
  return fakeDevices === undefined || fakeDevices === '' ? openBridge() : fakeBridge(fakeDevices);
}

export interface LiveDevicesOptions {
  readonly bridge: Bridge;
  readonly store: Store;
  readonly emit: <E extends EventName>(event: E, value: Events[E]) => void;
  /** Called when devices come or go. */
  readonly onDevices: (devices: readonly RealDevice[]) => void;
  /** Called when a live device was plugged in again and its driver attached anew in place of `previous`. */
  readonly onAttached: (attachment: Attachment, previous: Attachment | undefined) => void;
}

/** A recording and the devices it is of; a device's place is its index in the session. */
interface Take {
  readonly recording: LiveRecording;
  readonly devices: readonly LiveDevice[];
}

/**
 * The devices that are plugged into this machine, and those of them that are live: their reports go through the attached
 * driver, to the screen in batches, and all into the one recording under way.
 */
export class LiveDevices {
  readonly #options: LiveDevicesOptions;
  readonly #live: LiveDevice[] = [];
  readonly #origin = clock();
  #take: Take | undefined;
  #beat: NodeJS.Timeout | undefined;
  #stopWatching: (() => void) | undefined;
  /** Why what is plugged in could not be listed, the last time. */
  #trouble: string | undefined;

  constructor(options: LiveDevicesOptions) {
    this.#options = options;
  }

  /** What is plugged in; nothing where the machine cannot tell: state() says why then. Watches from the first call on. */
  async list(): Promise<readonly RealDevice[]> {
    this.#watch();
    try {
      const devices = await this.#options.bridge.list();
      this.#setTrouble(undefined);
      return devices;
    } catch (error) {
      this.#setTrouble(messageOf(error));
      return [];
    }
  }

  #setTrouble(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#changed();
  }

  /** A plugged-in device by its id. */
  async find(deviceId: string): Promise<RealDevice> {
    const path = parseRealDeviceId(deviceId);
    const device = (await this.#options.bridge.list()).find((candidate) => candidate.path === path);
    if (device === undefined) throw new EngineError('usage', 'the device is not plugged in any more');
    return device;
  }

  get bridge(): Bridge {
    return this.#options.bridge;
  }

  /** The driver's attachment that a live device's reports go through. */
  attachmentOf(deviceId: string): Attachment | undefined {
    return this.#live.find((live) => live.deviceId === deviceId)?.attachment;
  }

  /** In the order they were opened. */
  state(): LiveState {
    return {
      devices: this.#live.map((live) => live.view()),
      ...(this.#take === undefined ? {} : { recording: recordingView(this.#take) }),
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
    };
  }

  /**
   * Opens a device; one that is open already stays as it is. Where a driver is on another live device and names this one
   * too, it is attached here as well.
   */
  async open(deviceId: string): Promise<LiveState> {
    const live = await this.#opened(await this.find(deviceId));
    const driver = this.#live.find((other) => other.driver !== undefined)?.driver;
    if (live.driver === undefined && driver !== undefined) this.#offer(live, driver);
    return this.#changed();
  }

  /**
   * Opens a device and puts a driver between it and everything else, and on each other live device that its HID_BPF_CONFIG
   * names and its probe() takes. A refusal leaves the device open without one.
   */
  async attach(deviceId: string, driver: LiveDriver): Promise<Attachment> {
    const device = await this.find(deviceId);
    if (this.#take !== undefined) throw stopFirst('the driver is changed');
    const before = this.#live.find((live) => live.device.path === device.path && live.isOpen);
    const live = await this.#opened(device);
    let attachment: Attachment;
    try {
      attachment = driver.attach(live.plan);
    } catch (error) {
      if (before === undefined) await this.#leave(live);
      throw error;
    }
    this.#flush();
    live.drive(attachment, driver);
    for (const other of this.#live) if (other !== live) this.#offer(other, driver);
    this.#changed();
    return attachment;
  }

  /** Takes the driver away from all live devices; their reports go on without it. */
  detach(): void {
    const driven = this.#live.filter((live) => live.driver !== undefined);
    if (driven.length === 0) return;
    if (this.#take !== undefined) throw stopFirst('the driver is changed');
    this.#flush();
    for (const live of driven) live.drive(undefined, undefined);
    this.#changed();
  }

  /** Starts a recording of all live devices. */
  record(name: string): LiveState {
    const [first] = this.#live;
    if (first === undefined)
      throw new EngineError('usage', 'no device is open: open one on the Devices screen');
    if (this.#take !== undefined)
      throw new EngineError('usage', `'${this.#take.recording.name}' is being recorded already`);
    // What came before belongs to no recording.
    this.#flush();
    const devices = [...this.#live];
    const driver = devices.find((live) => live.driver !== undefined)?.driver;
    const recording = new LiveRecording(this.#options.store, {
      name,
      devices: devices.map((live, index) => live.stored(index)),
      ...(driver === undefined ? {} : { projectId: driver.projectId }),
    });
    this.#take = { recording, devices };
    return this.#changed();
  }

  /** Ends the recording and makes it a session. */
  stopRecording(): StoredSession {
    const take = this.#take;
    if (take === undefined) throw new EngineError('usage', 'nothing is being recorded');
    this.#flush();
    const devices = take.devices.map((live, index) => live.stored(index));
    const session = take.recording.finish({ devices, ...replayOf(take) });
    this.#take = undefined;
    this.#changed();
    return session;
  }

  /** Closes a live device. A recording goes on with its others; that of the last one is finished. */
  async close(deviceId: string): Promise<LiveState> {
    const live = this.#live.find((candidate) => candidate.deviceId === deviceId);
    if (live !== undefined) await this.#leave(live);
    return this.#changed();
  }

  /** Closes all live devices and looks for no more. */
  async dispose(): Promise<void> {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    for (const live of [...this.#live]) await this.#leave(live);
  }

  async #leave(live: LiveDevice): Promise<void> {
    this.#flush();
    try {
      const others = this.#live.filter((other) => other !== live);
      if (this.#take !== undefined && !this.#take.devices.some((one) => others.includes(one)))
        this.stopRecording();
    } finally {
      this.#live.splice(this.#live.indexOf(live), 1);
      if (this.#live.length === 0) clearInterval(this.#beat);
      await live.close();
    }
  }

  async #opened(device: RealDevice): Promise<LiveDevice> {
    this.#watch();
    const known = this.#live.find((live) => live.device.path === device.path);
    if (known?.isOpen === true) return known;
    if (this.#take !== undefined) throw stopFirst('another device is opened');
    const open = await this.#options.bridge.open(device.path);
    if (known !== undefined) await this.#leave(known);
    const live = new LiveDevice(device, open, {
      bridge: this.#options.bridge,
      origin: this.#origin,
      onChanged: () => this.#changed(),
      onAttached: this.#options.onAttached,
      isTaken: (path) => this.#live.some((other) => other.device.path === path),
    });
    if (this.#live.push(live) === 1) this.#beat = setInterval(() => this.#flush(), BEAT);
    return live;
  }

  /** Attaches a driver to a device if it is for it. */
  #offer(live: LiveDevice, driver: LiveDriver): void {
    if (live.device.descriptor === undefined) return;
    const attachment = driver.attach(live.plan);
    if (!driver.isFor(attachment)) return;
    this.#flush();
    live.drive(attachment, driver);
  }

  #watch(): void {
    this.#stopWatching ??= this.#options.bridge.watch((devices) => this.#options.onDevices(devices));
  }

  /** Hands on what has come: to the recording, and to the screen. */
  #flush(): void {
    const now = clock();
    const taken = this.#live.map((live) => ({ live, reports: live.take(now) }));
    const take = this.#take;
    if (take !== undefined) {
      const failed = take.recording.failure;
      const index = (live: LiveDevice): number => take.devices.indexOf(live);
      const recorded = taken.filter(({ live }) => index(live) >= 0);
      take.recording.append(recorded.map(({ live, reports }) => ({ index: index(live), reports })));
      if (take.recording.failure !== failed) this.#changed();
    }
    for (const { live, reports } of taken) {
      const batch = live.batch(reports, take?.recording.reports);
      if (batch !== undefined) this.#options.emit('live.reports', batch);
    }
  }

  #changed(): LiveState {
    const state = this.state();
    this.#options.emit('live.state', state);
    return state;
  }
}

function stopFirst(before: string): EngineError {
  return new EngineError('usage', `a recording is under way: stop it before ${before}`);
}

function recordingView({ recording, devices }: Take): NonNullable<LiveState['recording']> {
  const { sessionId, name, startedAt, failure } = recording;
  const deviceIds = devices.map((live) => live.deviceId);
  return { sessionId, name, startedAt, deviceIds, ...(failure === undefined ? {} : { failure }) };
}

/** What a session's heading says of the driver that a recording went through. */
function replayOf({ recording, devices }: Take): { replay?: ReplayView } {
  const driven = devices.flatMap(({ attachment, driver }) =>
    attachment === undefined || driver === undefined ? [] : [{ simulation: attachment.simulation, driver }],
  );
  const [first] = driven;
  if (first === undefined) return {};
  const replay: ReplayView = {
    projectId: first.driver.projectId,
    kernel: first.simulation.kernel.profile.name,
    engine: first.driver.engine,
    eventsIn: recording.reports,
    eventsOut: recording.eventsOut,
    changed: recording.changed,
    dropped: recording.dropped,
    elapsed: Date.now() - recording.startedAt,
    descriptorChanged: devices.some((live) => live.descriptorChanged),
    programs: driven.flatMap(({ simulation }) => simulation.programRuns()),
    log: driven.flatMap(({ simulation }) => simulation.notes()),
  };
  return { replay };
}
