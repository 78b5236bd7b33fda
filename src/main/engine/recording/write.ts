import { hex4, toHex } from '../base/index.ts';
import { DROPPED_MARK, type Recording, type RecordingDevice } from './types.ts';

/** How to write hid-recorder text. */
export interface WriteOptions {
  /** Write B: lines (bytes before HID-BPF) where the recording has them; true unless told. */
  readonly before?: boolean;
  /** Events from … up to, not including; all unless told. */
  readonly from?: number;
  readonly to?: number;
}

const CHUNK = 64 * 1024;
const HEX = Array.from({ length: 256 }, (_, byte) => ` ${byte.toString(16).padStart(2, '0')}`);

function hexTail(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i++) out += HEX[bytes[i] as number] as string;
  return out;
}

/** Text that stays on its line. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

function headerLines(device: RecordingDevice): string[] {
  const { descriptor } = device;
  const lines = [`D: ${device.index}`];
  if (descriptor.length > 0) lines.push(`R: ${descriptor.length} ${toHex(descriptor, ' ')}`);
  if (device.name !== '') lines.push(`N: ${oneLine(device.name)}`);
  if (device.phys !== '') lines.push(`P: ${oneLine(device.phys)}`);
  lines.push(`I: ${device.bus.toString(16)} ${hex4(device.vendor)} ${hex4(device.product)}`);
  return lines;
}

/** `E: 000000.050004 3 01 02 03`, with the tag E or B. */
export function eventLine(tag: 'E' | 'B', timeMicroseconds: number, bytes: Uint8Array): string {
  const seconds = Math.floor(timeMicroseconds / 1_000_000);
  const micro = timeMicroseconds - seconds * 1_000_000;
  const time = `${String(seconds).padStart(6, '0')}.${String(micro).padStart(6, '0')}`;
  return `${tag}: ${time} ${bytes.length}${hexTail(bytes)}`;
}

/** hid-recorder text in pieces of about 64 KiB, for files that do not fit into one string. */
export function* recordingText(recording: Recording, options: WriteOptions = {}): Generator<string> {
  const { events, devices, notes } = recording;
  const to = Math.min(options.to ?? events.length, events.length);
  const withBefore = options.before ?? true;
  let out = '';
  let note = 0;
  const takeNotes = (upTo: number): void => {
    for (; note < notes.length && (notes[note]?.eventIndex ?? 0) <= upTo; note++)
      out += `${oneLine(notes[note]?.text ?? '')}\n`;
  };
  for (const device of devices) out += `${headerLines(device).join('\n')}\n`;
  let current = devices.length - 1;
  for (let i = options.from ?? 0; i < to; i++) {
    takeNotes(i);
    const device = events.device(i);
    if (device !== current) {
      current = device;
      out += `D: ${devices[device]?.index}\n`;
    }
    const before = events.before(i);
    if (before !== undefined && withBefore) out += `${eventLine('B', events.timeMicroseconds(i), before)}\n`;
    if (events.isDropped(i)) out += withBefore ? `${DROPPED_MARK}\n` : '';
    else out += `${eventLine('E', events.timeMicroseconds(i), events.bytes(i))}\n`;
    if (out.length >= CHUNK) {
      yield out;
      out = '';
    }
  }
  takeNotes(to);
  yield out;
}

/** A recording as hid-recorder text: devices, then events in order with D: lines where the device changes, notes at their places. */
export function writeRecording(recording: Recording, options: WriteOptions = {}): string {
  return [...recordingText(recording, options)].join('');
}
