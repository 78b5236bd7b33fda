import { EngineError, encodeUtf8 } from '../../engine/base/index.ts';
import { parseDescriptor } from '../../engine/hid/index.ts';
import { parseRecording, type Recording, type RecordingDevice } from '../../engine/recording/index.ts';
import {
  type Bridge,
  type OpenDevice,
  type RealDevice,
  type UhidDevice,
  type UhidIdentity,
} from '../../host/bridge/index.ts';
import { hasKeys } from '../devices/device-summary.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import { replayRecording } from '../replay-file.ts';
import { type Resources } from '../resources.ts';
import { type Attachment, attach } from '../simulation/attach.ts';
import { type SimulationOptions } from '../simulation/simulation.ts';
import { deliveredOf, LiveStream } from './live-stream.ts';
import { planOf } from './machine-devices.ts';
import { requestsTo } from './stand-in-requests.ts';

/** Milliseconds between two looks for what the driver's timers have sent. */
const BEAT = 4;
/** True if the device's reports hold keys. */
export function isKeyboard(descriptor: Uint8Array): boolean {
  return hasKeys(parseDescriptor(descriptor));
}

export const KEYBOARD_WARNING =
  'this device is a keyboard: whatever it sends is typed into this machine, also Ctrl+Alt+Del';

/** Throws `refused` for a keyboard, unless it is meant. */
function requireConsent(descriptor: Uint8Array, meant: boolean): void {
  if (!meant && isKeyboard(descriptor)) throw new EngineError('refused', KEYBOARD_WARNING);
}

export interface PlayOptions {
  /** 2: twice as fast; Infinity: without a pause. */
  readonly speed: number;
  readonly signal: AbortSignal;
  /** A keyboard may type into this machine. */
  readonly keyboard: boolean;
  /** Told the number of reports so far. */
  readonly onProgress?: (reports: number) => void;
}

/** A driver and the simulated kernel it runs in. */
export interface PlayDriver {
  readonly resources: Resources;
  readonly options: SimulationOptions;
  readonly object: ProjectObject;
}

/** One device of a recording as a driver makes it: its descriptor and its reports, with the notes of the run. */
export function throughDriver(
  recording: Recording,
  device: RecordingDevice,
  { resources, options, object }: PlayDriver,
): { readonly recording: Recording; readonly log: readonly string[] } {
  const { text, report } = replayRecording(resources, [object], recording, {
    ...options,
    before: false,
    device: device.index,
  });
  return { recording: parseRecording(encodeUtf8(text)), log: report.log };
}

/** Plays one device of a recording as a device of this machine, in the recording's time. Returns the number of reports. */
export async function playRecording(
  bridge: Bridge,
  recording: Recording,
  plan: RecordingDevice,
  options: PlayOptions,
): Promise<number> {
  const { name, phys, bus, vendor, product, descriptor } = plan;
  requireConsent(descriptor, options.keyboard);
  const device = await bridge.plugIn({ name, phys, uniq: '', bus, vendor, product, descriptor });
  const { events } = recording;
  const place = recording.devices.indexOf(plan);
  const start = performance.now();
  let first: number | undefined;
  let played = 0;
  try {
    for (let at = 0; at < events.length && !options.signal.aborted; at++) {
      if (events.device(at) !== place || events.isDropped(at)) continue;
      const time = events.timeMicroseconds(at);
      first ??= time;
      await pause(start + (time - first) / 1000 / options.speed - performance.now(), options.signal);
      await device.input(events.bytes(at).slice());
      played++;
      options.onProgress?.(played);
    }
  } finally {
    await device.close();
  }
  return played;
}

/** Ends early when the signal comes. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (!(milliseconds > 0)) return Promise.resolve();
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}

/** Reports that a stand-in took from its device, and that it sent. */
export interface StandInCounts {
  readonly eventsIn: number;
  readonly eventsOut: number;
}

/**
 * A stand-in for a plugged-in device in the real system: its reports go through the driver in the simulated kernel and
 * come out of a device of this machine that has the driver's descriptor. What the system writes to the stand-in or asks of
 * it goes through the driver's request programs to the device. Runs until told to end or until the device is gone. The
 * device itself keeps working beside it.
 */
export async function proxyDevice(
  bridge: Bridge,
  source: RealDevice,
  driver: PlayDriver | undefined,
  options: Omit<PlayOptions, 'speed'>,
): Promise<StandInCounts> {
  const open = await bridge.open(source.path);
  try {
    const plan = planOf(source, open);
    const attachment =
      driver === undefined ? undefined : attach(driver.resources, driver.options, driver.object, [plan], 0);
    if (attachment !== undefined && !attachment.view.ok) {
      throw new EngineError('refused', attachment.view.failure?.message ?? 'the driver was refused');
    }
    const identity = identityOf(source, plan.descriptor, attachment);
    requireConsent(identity.descriptor, options.keyboard);
    const device = await bridge.plugIn(identity, requestsTo(open, identity.descriptor, attachment?.device));
    try {
      return await handOn(open, device, attachment, options);
    } finally {
      await device.close();
    }
  } finally {
    await open.close().catch(() => undefined);
  }
}

/** Feeds what comes from a device, through its driver, to another one. */
async function handOn(
  open: OpenDevice,
  device: UhidDevice,
  attachment: Attachment | undefined,
  { signal, onProgress }: Omit<PlayOptions, 'speed'>,
): Promise<StandInCounts> {
  const now = performance.now() * 1000;
  const stream = new LiveStream(attachment, now, now);
  const counts = { eventsIn: 0, eventsOut: 0 };
  const hand = async (at: number): Promise<void> => {
    for (const taken of stream.take(at)) {
      const out = deliveredOf(taken);
      counts.eventsOut += out.length;
      for (const report of out) await device.input(report);
    }
  };
  let queue = Promise.resolve();
  let failure: unknown;
  await new Promise<void>((done) => {
    const enqueue = (at: number): void => {
      queue = queue
        .then(() => hand(at))
        .catch((error: unknown) => {
          failure ??= error;
          end();
        });
    };
    // Timers of the driver bring reports too.
    const beat = setInterval(() => enqueue(performance.now() * 1000), BEAT);
    const end = (): void => {
      clearInterval(beat);
      signal.removeEventListener('abort', end);
      done();
    };
    open.onReport(({ timeMicroseconds, data }) => {
      counts.eventsIn++;
      onProgress?.(counts.eventsIn);
      stream.report(timeMicroseconds, data);
      enqueue(timeMicroseconds);
    });
    open.onGone(end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
  await queue;
  if (failure !== undefined)
    throw failure instanceof Error ? failure : new Error('the device cannot be fed', { cause: failure });
  return counts;
}

function identityOf(
  source: RealDevice,
  descriptor: Uint8Array,
  attachment: Attachment | undefined,
): UhidIdentity {
  const { bus, vendor, product, phys, uniq, name } = source;
  const twin = attachment?.device;
  return {
    bus,
    vendor,
    product,
    phys,
    uniq,
    name: `${twin?.name ?? name} (Hidsmith)`,
    descriptor: twin?.descriptor ?? descriptor,
  };
}
