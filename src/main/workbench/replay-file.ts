import { bytesEqual, toHex, EngineError } from '../engine/base/index.ts';
import { type HidDevice } from '../engine/hid/index.ts';
import { type LoadedObject } from '../engine/loader/index.ts';
import { EventLog, type Recording, type RecordingDevice, writeRecording } from '../engine/recording/index.ts';
import { type ProjectObject } from './projects/project-library.ts';
import { type Resources } from './resources.ts';
import { DeviceReplay } from './simulation/replay.ts';
import { Simulation, type SimulationOptions } from './simulation/simulation.ts';
import { type UdevAttempt, loadAsUdev } from './simulation/udev-load.ts';
import { type UdevProperties } from './simulation/udev.ts';
import { verdictOf } from './views/report-view.ts';

export interface ReplayFileOptions extends SimulationOptions {
  /** hid-recorder's D: index; the first device with a descriptor unless told. */
  readonly device?: number;
  /** Loads as udev-hid-bpf does: matching, versions by file name, probe(), with these udev properties. */
  readonly udev?: UdevProperties;
  /** Write a B: line with the input's bytes before each E: line. */
  readonly before: boolean;
}

/** What `hidsmith replay --json` prints. */
export interface ReplayReport {
  readonly device: {
    readonly name: string;
    readonly bus: number;
    readonly vendor: number;
    readonly product: number;
  };
  readonly descriptorChanged: boolean;
  readonly eventsIn: number;
  readonly eventsOut: number;
  readonly dropped: number;
  readonly changed: number;
  readonly programs: readonly {
    readonly name: string;
    readonly runs: number;
    /** Of all runs; a real kernel does not count them. */
    readonly instructions?: number;
  }[];
  readonly maps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly log: readonly string[];
  /** What udev-hid-bpf would have tried, in order; only where it was asked to load. */
  readonly udev?: readonly UdevAttempt[];
}

/** A device of a recording by its D: index, else the first with a descriptor. Throws `usage` where there is none. */
export function chooseDevice(recording: Recording, index: number | undefined): RecordingDevice {
  const device =
    index === undefined
      ? recording.devices.find(({ descriptor }) => descriptor.length > 0)
      : recording.devices.find((candidate) => candidate.index === index);
  if (device === undefined) {
    const there = recording.devices.map((candidate) => candidate.index).join(', ');
    throw new EngineError(
      'usage',
      index === undefined
        ? 'the recording has no device with a report descriptor (an R: line)'
        : `the recording has no device ${index}; it has ${there}`,
    );
  }
  if (device.descriptor.length === 0)
    throw new EngineError(
      'usage',
      `device ${device.index} of the recording has no report descriptor (an R: line)`,
    );
  return device;
}

/** Keys and values as hex. Queues, stacks and ring buffers have no keys and are left out. */
export function mapContents(objects: readonly LoadedObject[]): Record<string, Record<string, string>> {
  const maps: Record<string, Record<string, string>> = {};
  for (const loaded of objects) {
    for (const map of loaded.spec.maps) {
      if (map.structOps !== undefined || map.keySize === 0) continue;
      const entries: Record<string, string> = {};
      try {
        for (const [key, value] of loaded.mapEntries(map.name)) entries[toHex(key)] = toHex(value);
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== 'refused') throw error;
        continue;
      }
      maps[map.name] = entries;
    }
  }
  return maps;
}

function loadAll(
  simulation: Simulation,
  device: HidDevice,
  objects: readonly ProjectObject[],
): LoadedObject[] {
  const loaded = objects.map(({ spec }) => simulation.load(spec, { hidId: device.id }));
  for (const object of loaded) simulation.attachAll(object, device);
  return loaded;
}

/** Loads the objects, attaches all their struct_ops tables in order, and feeds the recording to the device. */
export function replayRecording(
  resources: Resources,
  objects: readonly ProjectObject[],
  recording: Recording,
  options: ReplayFileOptions,
): { report: ReplayReport; text: string } {
  const simulation = new Simulation(resources, options);
  const plan = chooseDevice(recording, options.device);
  const { name, phys, bus, vendor, product, descriptor } = plan;
  const device = simulation.addDevice({ name, phys, bus, vendor, product }, descriptor);
  const { loaded, attempts } =
    options.udev === undefined
      ? { loaded: loadAll(simulation, device, objects), attempts: undefined }
      : loadAsUdev(simulation, device, objects, options.udev);
  const attached = headerOf(device, plan);
  const descriptorChanged = !bytesEqual(device.descriptor, device.originalDescriptor);
  const outcome = new ReplayOutcome(options.before);
  feed(simulation, device, recording, plan, outcome);
  const report: ReplayReport = {
    device: { name: attached.name, bus, vendor, product },
    descriptorChanged,
    ...outcome.counts,
    programs: simulation.programRuns(),
    maps: mapContents(loaded),
    log: simulation.notes(),
    ...(attempts === undefined ? {} : { udev: attempts }),
  };
  return { report, text: outcome.text(attached) };
}

function headerOf(device: HidDevice, plan: RecordingDevice): RecordingDevice {
  return { ...plan, descriptor: device.descriptor.slice(), name: device.name, phys: device.phys };
}

/** What became of the reports of a replay: counts, and what hidraw gave as events of a recording of one device. */
export class ReplayOutcome {
  readonly events = new EventLog();
  readonly counts = { eventsIn: 0, eventsOut: 0, dropped: 0, changed: 0 };
  readonly #withBefore: boolean;

  /** `withBefore`: keep each report's own bytes before the first that it caused. */
  constructor(withBefore: boolean) {
    this.#withBefore = withBefore;
  }

  /** A report of the device and what came out of hidraw because of it, in order. */
  add(time: number, bytes: Uint8Array, after: readonly Uint8Array[]): void {
    const { counts, events } = this;
    counts.eventsIn++;
    counts.eventsOut += after.length;
    const verdict = verdictOf(bytes, after);
    if (verdict === 'changed') counts.changed++;
    if (verdict === 'dropped') {
      counts.dropped++;
      if (this.#withBefore) events.appendDropped(time, 0, 0, bytes);
    }
    after.forEach((out, copy) =>
      events.append(time, 0, 0, out, this.#withBefore && copy === 0 ? bytes : undefined),
    );
  }

  /** hid-recorder text of the device with these events. */
  text(device: RecordingDevice): string {
    const { events } = this;
    const devices = [{ ...device, index: 0, eventCount: events.length }];
    return writeRecording(
      { format: 'hid-recorder', devices, events, notes: [], problems: [] },
      { before: this.#withBefore },
    );
  }
}

function feed(
  simulation: Simulation,
  device: HidDevice,
  recording: Recording,
  plan: RecordingDevice,
  outcome: ReplayOutcome,
): void {
  const place = recording.devices.indexOf(plan);
  const source = recording.events;
  const replay = new DeviceReplay(simulation, device);
  let pending: { time: number; bytes: Uint8Array } | undefined;
  const settle = (after: readonly Uint8Array[]): void => {
    if (pending !== undefined) outcome.add(pending.time, pending.bytes, after);
  };
  for (let i = 0; i < source.length; i++) {
    if (source.device(i) !== place) continue;
    const time = source.timeMicroseconds(i);
    settle(replay.advance(time));
    const bytes = source.deviceBytes(i);
    pending = { time, bytes };
    replay.deliver(bytes);
  }
  settle(replay.finish());
}
