import { EngineError } from '../../engine/base/index.ts';
import { parseDescriptor } from '../../engine/hid/index.ts';
import { type Recording, type RecordingDevice } from '../../engine/recording/index.ts';
import {
  type Bridge,
  createUhidDevice,
  hidDeviceNames,
  type RealDevice,
  type UhidDevice,
  type UhidIdentity,
  untilProbed,
} from '../../host/bridge/index.ts';
import { type Attachment, attach } from '../simulation/attach.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import { type Resources } from '../resources.ts';
import { type SimulationOptions } from '../simulation/simulation.ts';
import { LiveStream } from './live-stream.ts';
import { planOf } from './machine-devices.ts';

const KEYBOARD_PAGE = 0x07;

/** True if the device's reports hold keys: played into a real system they are typed there. */
export function isKeyboard(descriptor: Uint8Array): boolean {
  return [...parseDescriptor(descriptor).reports.input.values()].some((report) =>
    report.fields.some((field) => field.usages.some((usage) => usage >>> 16 === KEYBOARD_PAGE)),
  );
}

export interface PlayOptions {
  /** 2: twice as fast; Infinity: without a pause. */
  readonly speed: number;
  readonly signal: AbortSignal;
}

/** A device of this machine, made through /dev/uhid, whose driver is ready. Throws where the kernel refuses it. */
export async function plugIntoMachine(identity: UhidIdentity): Promise<UhidDevice> {
  const before = await hidDeviceNames();
  const device = await createUhidDevice(identity);
  if (await untilProbed(before, identity.name)) return device;
  await device.close();
  throw new EngineError(
    'refused',
    `no driver of this system takes '${identity.name}': the kernel refuses its report descriptor (see dmesg)`,
  );
}

/** Plays one device of a recording into a device of this machine, in the recording's time. Returns the number of reports. */
export async function playRecording(
  recording: Recording,
  plan: RecordingDevice,
  device: UhidDevice,
  options: PlayOptions,
): Promise<number> {
  const { events } = recording;
  const place = recording.devices.indexOf(plan);
  const start = performance.now();
  let first: number | undefined;
  let played = 0;
  for (let at = 0; at < events.length && !options.signal.aborted; at++) {
    if (events.device(at) !== place || events.isDropped(at)) continue;
    const time = events.timeMicroseconds(at);
    first ??= time;
    await pause(start + (time - first) / 1000 / options.speed - performance.now(), options.signal);
    await device.input(events.bytes(at).slice());
    played++;
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

/**
 * A stand-in for a plugged-in device in the real system: its reports go through the driver in the simulated kernel and
 * come out of a device of this machine that has the driver's descriptor. Runs until told to end or until the device is
 * gone. The device itself keeps working beside it.
 * @returns reports in and out
 */
export async function proxyDevice(
  bridge: Bridge,
  source: RealDevice,
  resources: Resources,
  options: SimulationOptions,
  driver: ProjectObject | undefined,
  signal: AbortSignal,
): Promise<{ readonly eventsIn: number; readonly eventsOut: number }> {
  const plan = planOf(source);
  const attachment = driver === undefined ? undefined : attach(resources, options, driver, [plan], 0);
  if (attachment !== undefined && !attachment.view.ok) {
    throw new EngineError('refused', attachment.view.failure?.message ?? 'the driver was refused');
  }
  const device = await plugIntoMachine(identityOf(source, plan.descriptor, attachment));
  const open = await bridge.open(source.path);
  const now = performance.now() * 1000;
  const stream = new LiveStream(attachment, now, now);
  const counts = { eventsIn: 0, eventsOut: 0 };
  const hand = async (at: number): Promise<void> => {
    for (const { before, after, verdict } of stream.take(at)) {
      const out = attachment === undefined && verdict === 'pass' ? [before] : after;
      counts.eventsOut += out.length;
      for (const report of out) await device.input(report);
    }
  };
  let queue = Promise.resolve();
  const failures: unknown[] = [];
  const enqueue = (at: number): void => {
    queue = queue.then(() => hand(at)).catch((error: unknown) => void failures.push(error));
  };
  open.onReport(({ timeMicroseconds, data }) => {
    counts.eventsIn++;
    stream.report(timeMicroseconds, data);
    enqueue(timeMicroseconds);
  });
  // Timers of the driver bring reports too.
  const beat = setInterval(() => enqueue(performance.now() * 1000), 4);
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done());
    open.onGone(() => done());
  });
  clearInterval(beat);
  await queue;
  await open.close().catch(() => undefined);
  await device.close();
  const [failure] = failures;
  if (failure !== undefined) throw failure instanceof Error ? failure : new Error('the device cannot be fed');
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
