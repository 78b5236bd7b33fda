import { type Bridge, type OpenDevice, type RealDevice } from '../../host/bridge/index.ts';
import { EventLog, eventLine, writeRecording } from '../../engine/recording/index.ts';
import { isSameDevice } from './machine-devices.ts';

/** Milliseconds between two looks for a device that was unplugged, and between two writes. */
const RETRY = 400;
const WRITE_EVERY = 100;

export interface RecordOptions {
  /** Takes hid-recorder text. What it throws ends the recording. */
  readonly write: (text: string) => void;
  /** Told about unplugging and plugging in. */
  readonly note: (text: string) => void;
  /** Ends the recording. */
  readonly signal: AbortSignal;
  /** Ends it after so many reports. */
  readonly count?: number;
}

/** The head of a recording: descriptor, name, place and ids. */
function head({ name, phys, bus, vendor, product, descriptor = new Uint8Array() }: RealDevice): string {
  const device = { index: 0, name, phys, bus, vendor, product, descriptor, eventCount: 0 };
  return writeRecording({
    format: 'hid-recorder',
    devices: [device],
    events: new EventLog(),
    notes: [],
    problems: [],
  });
}

/**
 * Records what a plugged-in device sends, as hid-recorder text, until told to end. An unplugged device is waited for.
 * @returns the number of reports
 */
export async function recordDevice(
  bridge: Bridge,
  device: RealDevice,
  options: RecordOptions,
): Promise<number> {
  const { signal, count = Infinity } = options;
  let open: OpenDevice | undefined = await bridge.open(device.path);
  options.write(head(device));
  let start: number | undefined;
  let reports = 0;
  let text = '';
  let failure: unknown;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((done) => (end = done));
  const flush = (): void => {
    if (text === '') return;
    const part = text;
    text = '';
    try {
      options.write(part);
    } catch (error) {
      failure = error;
      end();
    }
  };
  const listen = (handle: OpenDevice): void => {
    handle.onReport(({ timeMicroseconds, data }) => {
      if (reports >= count || failure !== undefined) return;
      start ??= timeMicroseconds;
      text += `${eventLine('E', Math.max(0, timeMicroseconds - start), data)}\n`;
      reports++;
      if (reports >= count) end();
    });
    handle.onGone((reason) => {
      open = undefined;
      options.note(`${reason}; recording goes on when it is plugged in again`);
    });
  };
  const rejoin = async (): Promise<void> => {
    if (open !== undefined) return;
    const again = (await bridge.list().catch(() => [])).find((candidate) => isSameDevice(candidate, device));
    if (again === undefined) return;
    const handle = await bridge.open(again.path).catch(() => undefined);
    if (handle === undefined) return;
    open = handle;
    listen(handle);
    options.note(`${again.path}: plugged in again`);
  };
  listen(open);
  const writing = setInterval(flush, WRITE_EVERY);
  const looking = setInterval(() => void rejoin(), RETRY);
  if (signal.aborted) end();
  signal.addEventListener('abort', end);
  await ended;
  clearInterval(writing);
  clearInterval(looking);
  signal.removeEventListener('abort', end);
  flush();
  const last = open as OpenDevice | undefined;
  await last?.close().catch(() => undefined);
  if (failure !== undefined)
    throw failure instanceof Error ? failure : new Error('the recording cannot be written');
  return reports;
}
