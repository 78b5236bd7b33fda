import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { EngineError, within } from '../../engine/base/index.ts';
import { messageOf } from '../../host/errors/index.ts';
import { parseRecording, type Recording, type RecordingDevice } from '../../engine/recording/index.ts';
import {
  type Bridge,
  HostError,
  type OpenDevice,
  type RealDevice,
  type UhidIdentity,
} from '../../host/bridge/index.ts';

/*
 * Devices that look plugged in but come from recordings: for demonstrations and tests without hardware. The file is JSON:
 * { "devices": [ { "recording": "pen.hid", "rate": 8000, "plugged": true, "trouble": ["…"] } ] }. It is read again at
 * every look, so an edit unplugs and plugs in. A recording's first device plays its reports again and again, in their own
 * time or at `rate` reports a second. What is plugged in through the bridge is there too, and sends what it is fed.
 */
const FILE = v.object({
  devices: v.array(
    v.object({
      recording: v.string(),
      rate: v.exactOptional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(100_000))),
      plugged: v.exactOptional(v.boolean()),
      trouble: v.exactOptional(v.array(v.string())),
    }),
  ),
});
type Entry = v.InferOutput<typeof FILE>['devices'][number];

/** Milliseconds between two looks at what is due. */
const BEAT = 2;
const POLL_EVERY = 300;
/** Between the last report of a recording and its first. */
const PAUSE_MICROSECONDS = 500_000;

const clock = (): number => Math.round(performance.now() * 1000);

interface Tape {
  readonly device: RecordingDevice;
  readonly times: readonly number[];
  readonly reports: readonly Uint8Array[];
}

function tapeOf(recording: Recording): Tape {
  const device = recording.devices[0];
  if (device === undefined) throw new EngineError('parse', 'there is no device in it');
  const { events } = recording;
  const own = Array.from({ length: events.length }, (_, at) => at).filter((at) => events.device(at) === 0);
  return {
    device,
    times: own.map((at) => events.timeMicroseconds(at)),
    reports: own.map((at) => events.deviceBytes(at).slice()),
  };
}

/** The bridge to the fake devices that a file describes. */
export function fakeBridge(path: string, pollEvery = POLL_EVERY): Bridge {
  const tapes = new Map<string, Tape>();
  const read = (): Entry[] => {
    if (!existsSync(path)) return [];
    let json: unknown;
    try {
      json = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new HostError('io', `${path}: ${messageOf(error)}`, [], error);
    }
    const parsed = v.safeParse(FILE, json);
    if (!parsed.success) {
      throw new HostError('io', `${path}: not a list of fake devices: ${parsed.issues[0].message}`);
    }
    return parsed.output.devices;
  };
  const tape = (entry: Entry): Tape => {
    const file = resolve(dirname(path), entry.recording);
    const known =
      tapes.get(file) ?? within(file, () => tapeOf(parseRecording(new Uint8Array(readFileSync(file)))));
    tapes.set(file, known);
    return known;
  };
  const pathOf = (place: number): string => `fake:${place}`;
  /** What was made by plugIn(), by path. */
  const made = new Map<string, MadeDevice>();
  let madeSoFar = 0;
  const present = (): { entry: Entry; place: number }[] =>
    read().flatMap((entry, place) => (entry.plugged === false ? [] : [{ entry, place }]));
  const list = async (): Promise<RealDevice[]> => {
    await Promise.resolve();
    const played = present().map(({ entry, place }) => {
      const { name, phys, bus, vendor, product, descriptor } = tape(entry).device;
      const identity = { name: `${name} (fake)`, phys, uniq: '', bus, vendor, product, descriptor };
      const { trouble } = entry;
      return { path: pathOf(place), usages: [], ...identity, ...(trouble === undefined ? {} : { trouble }) };
    });
    return [...played, ...[...made].map(([path, { identity }]) => ({ path, usages: [], ...identity }))];
  };
  /** A file that is being written counts as it was. */
  const plugged = (place: number): boolean => {
    try {
      return present().some((one) => one.place === place);
    } catch {
      return true;
    }
  };
  return {
    list,
    watch(listener) {
      let last = '';
      const look = async (): Promise<void> => {
        let devices: RealDevice[] = [];
        let now: string;
        try {
          devices = await list();
          now = devices.map((device) => [device.path, device.trouble?.[0]].join()).join('\n');
        } catch (error) {
          now = messageOf(error);
        }
        if (now !== last) listener(devices);
        last = now;
      };
      void look();
      const timer = setInterval(() => void look(), pollEvery);
      timer.unref();
      return () => clearInterval(timer);
    },
    async open(devicePath) {
      await Promise.resolve();
      const own = made.get(devicePath);
      if (own !== undefined)
        return { ...sendsOnly(devicePath), ...own.open(), close: () => Promise.resolve() };
      const found = present().find(({ place }) => pathOf(place) === devicePath);
      if (found === undefined) throw new HostError('not-found', `${devicePath} is not plugged in`);
      const { place, entry } = found;
      const [why, ...cure] = entry.trouble ?? [];
      if (why !== undefined) throw new HostError('io', why, cure);
      return openTape(devicePath, tape(entry), entry.rate, () => plugged(place), pollEvery);
    },
    plugIn(identity) {
      const device = new MadeDevice(identity);
      const madePath = `fake:made${madeSoFar++}`;
      made.set(madePath, device);
      return Promise.resolve({
        input: (report) => device.input(report),
        close() {
          made.delete(madePath);
          device.unplug(madePath);
          return Promise.resolve();
        },
      });
    },
  };
}

type ReportListener = Parameters<OpenDevice['onReport']>[0];
type GoneListener = Parameters<OpenDevice['onGone']>[0];

/** Those who listen to an open device. */
class Listeners {
  readonly reports = new Set<ReportListener>();
  readonly gone = new Set<GoneListener>();

  readonly onReport = (listener: ReportListener): (() => void) => {
    this.reports.add(listener);
    return () => this.reports.delete(listener);
  };

  readonly onGone = (listener: GoneListener): (() => void) => {
    this.gone.add(listener);
    return () => this.gone.delete(listener);
  };
}

/** A device that was made through the bridge: whoever has opened it hears what it is fed. */
class MadeDevice {
  readonly identity: UhidIdentity;
  readonly #listeners = new Listeners();

  constructor(identity: UhidIdentity) {
    this.identity = identity;
  }

  open(): Pick<OpenDevice, 'onReport' | 'onGone'> {
    const { onReport, onGone } = this.#listeners;
    return { onReport, onGone };
  }

  input(data: Uint8Array): Promise<void> {
    for (const listener of this.#listeners.reports) listener({ timeMicroseconds: clock(), data });
    return Promise.resolve();
  }

  unplug(path: string): void {
    for (const listener of this.#listeners.gone) listener(`${path} was unplugged`);
  }
}

/** The part of an open device that fakes do not have. */
function sendsOnly(
  path: string,
): Pick<OpenDevice, 'path' | 'write' | 'sendFeature' | 'getFeature' | 'atOnce'> {
  const refuseNow = (): never => {
    throw new HostError('unsupported', `${path} is a fake device: it only sends`);
  };
  // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown becomes a rejection
  const refuse = async (): Promise<never> => refuseNow();
  const atOnce = { write: refuseNow, sendFeature: refuseNow, getFeature: refuseNow };
  return { path, write: refuse, sendFeature: refuse, getFeature: refuse, atOnce };
}

function openTape(
  path: string,
  tape: Tape,
  rate: number | undefined,
  plugged: () => boolean,
  pollEvery: number,
): OpenDevice {
  const listeners = new Listeners();
  const start = clock();
  const lap = (tape.times.at(-1) ?? 0) - (tape.times[0] ?? 0) + PAUSE_MICROSECONDS;
  const timeOf = (at: number): number => {
    if (rate !== undefined) return start + Math.round((at * 1_000_000) / rate);
    const round = Math.floor(at / tape.times.length);
    return start + round * lap + (tape.times[at % tape.times.length] ?? 0) - (tape.times[0] ?? 0);
  };
  let next = 0;
  const beat = setInterval(() => {
    const now = clock();
    for (; tape.reports.length > 0 && timeOf(next) <= now; next++) {
      const data = tape.reports[next % tape.reports.length] ?? new Uint8Array();
      for (const listener of listeners.reports) listener({ timeMicroseconds: timeOf(next), data });
    }
  }, BEAT);
  const look = setInterval(() => {
    if (plugged()) return;
    close();
    for (const listener of listeners.gone) listener(`${path} was unplugged`);
  }, pollEvery);
  const close = (): void => {
    clearInterval(beat);
    clearInterval(look);
  };
  return {
    ...sendsOnly(path),
    onReport: listeners.onReport,
    onGone: listeners.onGone,
    close() {
      close();
      return Promise.resolve();
    },
  };
}
