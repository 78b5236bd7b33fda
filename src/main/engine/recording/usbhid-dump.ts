import { decodeUtf8 } from '../base/index.ts';
import { RecordingBuilder, type DeviceDraft } from './builder.ts';
import { type LineReader } from './lines.ts';
import { Scanner } from './scanner.ts';

const BUS_USB = 3;

interface Block {
  readonly device: number;
  readonly isStream: boolean;
  readonly time: number;
  readonly line: number;
  bytes: number[];
}

/**
 * Reads the text of usbhid-dump (DIGImend): blocks of a head line `BUS:DEVICE:INTERFACE:DESCRIPTOR|STREAM SECONDS.MICROSECONDS`, lines of hex
 * bytes and an empty line. Each interface becomes a device; times count from the first stream block.
 */
export class UsbhidDumpReader implements LineReader {
  readonly builder = new RecordingBuilder('usbhid-dump');
  readonly #scanner = new Scanner();
  readonly #places = new Map<string, number>();
  #block: Block | undefined;
  #firstTime: number | undefined;

  line(buffer: Uint8Array, start: number, end: number, number: number): void {
    const scanner = this.#scanner.over(buffer, start, end);
    if (scanner.atEnd()) {
      this.#endBlock();
      return;
    }
    if (this.#block !== undefined && scanner.hexBytes()) {
      for (let i = 0; i < scanner.length; i++) this.#block.bytes.push(scanner.bytes[i] as number);
      return;
    }
    const text = decodeUtf8(buffer.subarray(start, end));
    const head = /^\s*(\d+):(\d+):(\d+):(DESCRIPTOR|STREAM)\s+(\d{1,12})\.(\d{1,6})\s*$/.exec(text);
    if (head === null) {
      this.#strange(text, number);
      return;
    }
    this.#endBlock();
    const [, bus = '', address = '', interfaceNumber = '', kind, seconds = '', fraction = ''] = head;
    const device = this.#place(`${bus}:${address}:${interfaceNumber}`, Number(interfaceNumber), number);
    if (device === undefined) return;
    const time = Number(seconds) * 1_000_000 + Number(fraction.padEnd(6, '0'));
    this.#block = { device, isStream: kind === 'STREAM', time, line: number, bytes: [] };
  }

  #strange(text: string, number: number): void {
    if (this.#block === undefined) {
      this.builder.note(number, text);
      return;
    }
    this.builder.problem(
      number,
      `'${text.trim().slice(0, 30)}' is neither hex bytes nor the head of a block; left out`,
    );
  }

  #place(key: string, interfaceNumber: number, number: number): number | undefined {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.builder.addDevice(this.builder.freeIndex());
    if (place === undefined) {
      this.builder.problem(number, 'more than 1024 interfaces; the block is left out');
      return undefined;
    }
    const draft = this.builder.devices[place] as DeviceDraft;
    draft.name = `USB device ${key.slice(0, key.lastIndexOf(':'))} interface ${interfaceNumber}`;
    draft.phys = `usb-${key}/input${interfaceNumber}`;
    draft.bus = BUS_USB;
    this.#places.set(key, place);
    return place;
  }

  #endBlock(): void {
    const block = this.#block;
    this.#block = undefined;
    if (block === undefined) return;
    const draft = this.builder.devices[block.device] as DeviceDraft;
    const bytes = Uint8Array.from(block.bytes);
    if (block.isStream) {
      this.#firstTime ??= block.time;
      const time = Math.max(0, block.time - this.#firstTime);
      this.builder.events.append(time, block.device, block.line, bytes);
      draft.eventCount += 1;
    } else if (draft.descriptor.length === 0) {
      draft.descriptor = bytes;
    } else if (draft.descriptor.some((byte, i) => byte !== bytes[i])) {
      this.builder.problem(block.line, `a second descriptor for ${draft.name}; the first one counts`);
    }
  }

  /** After the last line. */
  finish(): void {
    this.#endBlock();
  }
}
