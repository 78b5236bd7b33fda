import { concatBytes, decodeUtf8, encodeUtf8, EngineError } from '../base/index.ts';
import { RecordingBuilder, type DeviceDraft } from './builder.ts';
import { parseHexDescriptor } from './descriptor-text.ts';
import { DETECT_BYTES, detectFormat } from './detect.ts';
import { HidRecorderReader } from './hid-recorder.ts';
import { LineSplitter } from './lines.ts';
import { type Recording, type RecordingFormat } from './types.ts';
import { UsbhidDumpReader } from './usbhid-dump.ts';

/** Longest file taken for a descriptor in hex. */
const MAX_HEX_TEXT = 1 << 20;

/** Some editors put a byte order mark before UTF-8 text. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function descriptorRecording(format: RecordingFormat, descriptor: Uint8Array): Recording {
  const builder = new RecordingBuilder(format);
  const place = builder.addDevice(0) ?? 0;
  (builder.devices[place] as DeviceDraft).descriptor = descriptor;
  return builder.finish(0);
}

/**
 * Reads a recording chunk by chunk: push() as many as there are, then finish(). Between two chunks the caller can show progress or
 * stop. The format is found by itself from the first 64 KiB unless it is given.
 */
export class RecordingParser {
  #format: RecordingFormat | undefined;
  #head: Uint8Array[] = [];
  #headLength = 0;
  #reader: HidRecorderReader | UsbhidDumpReader | undefined;
  #splitter: LineSplitter | undefined;
  #bytes = 0;

  constructor(format?: RecordingFormat) {
    this.#format = format;
  }

  /** Bytes pushed so far. */
  get bytesRead(): number {
    return this.#bytes;
  }
  /** Events found so far. */
  get eventCount(): number {
    return this.#reader?.builder.events.length ?? 0;
  }

  /** Takes the next chunk; it is not kept. Throws `parse` if the first chunks are none of the known formats. */
  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#splitter !== undefined) {
      this.#splitter.push(chunk);
      return;
    }
    this.#head.push(chunk.slice());
    this.#headLength += chunk.length;
    if (this.#headLength >= DETECT_BYTES) this.#begin();
  }

  #begin(): void {
    const head = withoutMark(concatBytes(this.#head));
    this.#format ??= detectFormat(head);
    if (this.#format === undefined) {
      throw new EngineError(
        'parse',
        'neither hid-recorder text, nor usbhid-dump text, nor a report descriptor (binary or hex)',
      );
    }
    if (this.#format === 'hid-recorder') this.#reader = new HidRecorderReader();
    else if (this.#format === 'usbhid-dump') this.#reader = new UsbhidDumpReader();
    else if (this.#headLength > MAX_HEX_TEXT) {
      throw new EngineError('parse', `${this.#headLength} bytes are too many for a report descriptor`);
    } else {
      this.#head = [head];
      return;
    }
    this.#head = [];
    this.#splitter = new LineSplitter(this.#reader);
    this.#splitter.push(head);
  }

  /** The recording. Throws `parse` if there is nothing in it; single bad lines are `problems` of the result. */
  finish(): Recording {
    if (this.#splitter === undefined) this.#begin();
    if (this.#splitter === undefined || this.#reader === undefined) {
      const bytes = withoutMark(concatBytes(this.#head));
      if (this.#format === 'descriptor-binary') return descriptorRecording('descriptor-binary', bytes);
      return descriptorRecording('descriptor-hex', parseHexDescriptor(decodeUtf8(bytes)));
    }
    this.#splitter.finish();
    this.#reader.finish();
    return this.#reader.builder.finish(this.#splitter.lines);
  }
}

/** Reads a whole recording from text or bytes; see RecordingParser for errors. */
export function parseRecording(source: Uint8Array | string, format?: RecordingFormat): Recording {
  const parser = new RecordingParser(format);
  parser.push(typeof source === 'string' ? encodeUtf8(source) : source);
  return parser.finish();
}
