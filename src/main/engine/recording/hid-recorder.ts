import { decodeUtf8 } from '../base/index.ts';
import { RecordingBuilder, type DeviceDraft } from './builder.ts';
import { type LineReader } from './lines.ts';
import { Scanner } from './scanner.ts';
import { DROPPED_MARK } from './types.ts';

const COLON = 58;
const HASH = 35;
const LETTER = { B: 66, D: 68, E: 69, I: 73, N: 78, P: 80, R: 82 } as const;

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9;
}

/**
 * Reads hid-recorder text line by line (grammar of hid-recorder.c, hid-tools and the Rust hid-recorder): headers D, R, N, P, I, events E,
 * bytes before HID-BPF B. Comments, free text and unknown letters are kept as notes; what is wrong becomes a problem of its line.
 */
export class HidRecorderReader implements LineReader {
  readonly builder = new RecordingBuilder('hid-recorder');
  readonly #scanner = new Scanner();
  /** Place of the current device in the builder's list; set by D: or the first line that needs one. */
  #device: number | undefined;
  #pending: { time: number; device: number; line: number; bytes: Uint8Array } | undefined;
  /** The R: line before was too short: lines of nothing but hex bytes go on with it (mails wrap long lines). */
  #openDescriptor: DeviceDraft | undefined;
  #openLine = 0;

  line(buffer: Uint8Array, from: number, to: number, number: number): void {
    let start = from;
    let end = to;
    while (start < end && isBlank(buffer[start] as number)) start += 1;
    while (end > start && isBlank(buffer[end - 1] as number)) end -= 1;
    if (start === end) return;
    const letter = buffer[start] as number;
    const isTagged = end - start >= 2 && buffer[start + 1] === COLON;
    if (letter === LETTER.E && isTagged) {
      this.#event(buffer, start + 2, end, number);
      return;
    }
    if (!isTagged && letter !== HASH && this.#continueDescriptor(buffer, start, end)) return;
    this.#endDescriptor();
    if (letter === HASH && this.#pending !== undefined && this.#isDroppedMark(buffer, start, end)) {
      this.#flushPending();
      return;
    }
    if (!isTagged || !this.#tagged(letter, buffer, start + 2, end, number)) {
      this.builder.note(number, decodeUtf8(buffer.subarray(from, to)));
    }
  }

  #isDroppedMark(buffer: Uint8Array, start: number, end: number): boolean {
    return end - start === DROPPED_MARK.length && decodeUtf8(buffer.subarray(start, end)) === DROPPED_MARK;
  }

  /** After the last line. */
  finish(): void {
    this.#endDescriptor();
    this.#flushPending();
  }

  #tagged(letter: number, buffer: Uint8Array, start: number, end: number, number: number): boolean {
    switch (letter) {
      case LETTER.B:
        this.#before(buffer, start, end, number);
        return true;
      case LETTER.D:
        this.#select(buffer, start, end, number);
        return true;
      case LETTER.R:
        this.#descriptor(buffer, start, end, number);
        return true;
      case LETTER.N:
        this.#text('name', decodeUtf8(buffer.subarray(start, end)).trim(), number);
        return true;
      case LETTER.P:
        this.#text('phys', decodeUtf8(buffer.subarray(start, end)).trim(), number);
        return true;
      case LETTER.I:
        this.#ids(buffer, start, end, number);
        return true;
      default:
        return false;
    }
  }

  /** The current device; lines before any D: belong to device 0. */
  #current(): number {
    this.#device ??= this.builder.findDevice(0) ?? this.builder.addDevice(0) ?? 0;
    return this.#device;
  }

  #draft(): DeviceDraft {
    return this.builder.devices[this.#current()] as DeviceDraft;
  }

  #select(buffer: Uint8Array, start: number, end: number, number: number): void {
    const scanner = this.#scanner.over(buffer, start, end);
    const index = scanner.decimal();
    if (index === undefined || index > 0xffff || !scanner.atEnd()) {
      this.builder.problem(number, 'D: needs the number of a device, such as "D: 0"; the line is left out');
      return;
    }
    const device = this.builder.findDevice(index) ?? this.builder.addDevice(index);
    if (device === undefined) this.builder.problem(number, 'more than 1024 devices; the line is left out');
    else this.#device = device;
  }

  #event(buffer: Uint8Array, start: number, end: number, number: number): void {
    const scanner = this.#scanner.over(buffer, start, end);
    const time = this.#timed(scanner, 'E', number);
    if (time === undefined) return;
    const device = this.#current();
    const pending = this.#pending;
    if (pending !== undefined && pending.device === device) {
      this.#pending = undefined;
      const bytes = scanner.bytes.subarray(0, scanner.length);
      this.builder.events.append(time, device, number, bytes, pending.bytes);
    } else {
      if (pending !== undefined) this.#flushPending();
      this.builder.events.appendFrom(time, device, number, scanner.bytes, scanner.length);
    }
    (this.builder.devices[device] as DeviceDraft).eventCount += 1;
  }

  #before(buffer: Uint8Array, start: number, end: number, number: number): void {
    this.#flushPending();
    const scanner = this.#scanner.over(buffer, start, end);
    const time = this.#timed(scanner, 'B', number);
    if (time === undefined) return;
    const bytes = scanner.bytes.slice(0, scanner.length);
    this.#pending = { time, device: this.#current(), line: number, bytes };
  }

  /** A B: line without E: line: the report was dropped on its way to hidraw. */
  #flushPending(): void {
    if (this.#pending === undefined) return;
    const { time, device, line, bytes } = this.#pending;
    this.#pending = undefined;
    this.builder.events.appendDropped(time, device, line, bytes);
    (this.builder.devices[device] as DeviceDraft).eventCount += 1;
  }

  /** Time, count and bytes of an E: or B: line; undefined if the line is of no use. */
  #timed(scanner: Scanner, letter: string, number: number): number | undefined {
    const time = scanner.microseconds();
    const count = time === undefined ? undefined : scanner.decimal();
    if (time === undefined || count === undefined) {
      const what = time === undefined ? 'a time (seconds.microseconds)' : 'a byte count';
      this.builder.problem(
        number,
        `${letter}: needs ${what} at column ${scanner.column}; the event is left out`,
      );
      return undefined;
    }
    if (!scanner.hexBytes()) {
      this.builder.problem(number, `${letter}: ${scanner.trouble}; the event is left out`);
      return undefined;
    }
    if (scanner.length !== count) {
      this.builder.problem(
        number,
        `${letter}: announces ${count} bytes, ${scanner.length} follow; these ${scanner.length} are taken`,
      );
    }
    return time;
  }

  #descriptor(buffer: Uint8Array, start: number, end: number, number: number): void {
    const scanner = this.#scanner.over(buffer, start, end);
    const declared = scanner.decimal();
    if (declared === undefined || !scanner.hexBytes()) {
      const what = declared === undefined ? 'a byte count' : 'hex bytes';
      this.builder.problem(number, `R: needs ${what} at column ${scanner.column}; the line is left out`);
      return;
    }
    let draft = this.#draft();
    const bytes = scanner.bytes.slice(0, scanner.length);
    if (draft.descriptor.length > 0) draft = this.#secondDescriptor(draft, bytes, number);
    draft.descriptor = bytes;
    draft.declaredLength = declared;
    if (bytes.length < declared) {
      this.#openDescriptor = draft;
      this.#openLine = number;
    } else if (bytes.length > declared) this.#lengthProblem(draft, number);
  }

  /** A second R: line for a device: if it has events already they keep their descriptor and a further device begins. */
  #secondDescriptor(draft: DeviceDraft, bytes: Uint8Array, number: number): DeviceDraft {
    const isSame =
      draft.descriptor.length === bytes.length && draft.descriptor.every((byte, i) => byte === bytes[i]);
    if (isSame) return draft;
    const at = draft.eventCount > 0 ? this.builder.addDevice(this.builder.freeIndex()) : undefined;
    if (at === undefined) {
      this.builder.problem(number, `a second descriptor for device ${draft.index}; the last one counts`);
      return draft;
    }
    const added = this.builder.devices[at] as DeviceDraft;
    this.builder.problem(
      number,
      `a second descriptor for device ${draft.index}; what follows is kept as device ${added.index}`,
    );
    added.name = draft.name;
    added.phys = draft.phys;
    added.bus = draft.bus;
    added.vendor = draft.vendor;
    added.product = draft.product;
    this.#device = at;
    return added;
  }

  #lengthProblem(draft: DeviceDraft, number: number): void {
    const { declaredLength: declared, descriptor } = draft;
    this.builder.problem(
      number,
      `R: announces ${declared} bytes, ${descriptor.length} follow; these ${descriptor.length} are taken`,
    );
  }

  #continueDescriptor(buffer: Uint8Array, start: number, end: number): boolean {
    const draft = this.#openDescriptor;
    if (draft === undefined) return false;
    const scanner = this.#scanner.over(buffer, start, end);
    if (!scanner.hexBytes()) return false;
    const joined = new Uint8Array(draft.descriptor.length + scanner.length);
    joined.set(draft.descriptor);
    joined.set(scanner.bytes.subarray(0, scanner.length), draft.descriptor.length);
    draft.descriptor = joined;
    if (joined.length >= draft.declaredLength) this.#openDescriptor = undefined;
    return true;
  }

  #endDescriptor(): void {
    const draft = this.#openDescriptor;
    this.#openDescriptor = undefined;
    if (draft !== undefined) this.#lengthProblem(draft, this.#openLine);
  }

  #text(what: 'name' | 'phys', text: string, number: number): void {
    const draft = this.#draft();
    if (draft.eventCount > 0 && draft[what] !== '' && draft[what] !== text) {
      this.builder.problem(number, `a second ${what} for device ${draft.index}; the last one counts`);
    }
    draft[what] = text;
  }

  #ids(buffer: Uint8Array, start: number, end: number, number: number): void {
    const scanner = this.#scanner.over(buffer, start, end);
    const bus = scanner.hex();
    const vendor = scanner.hex();
    const product = scanner.hex();
    if (bus === undefined || vendor === undefined || product === undefined || !scanner.atEnd()) {
      this.builder.problem(number, 'I: needs bus, vendor and product in hex; the line is left out');
      return;
    }
    const draft = this.#draft();
    draft.bus = bus;
    draft.vendor = vendor;
    draft.product = product;
  }
}
