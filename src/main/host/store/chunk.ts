import { HostError } from '../errors/index.ts';
import { type ReportChunk, type ReportInput, type StoredReport, type StoredVerdict } from './types.ts';

/** Reports in a full chunk. Part of the file format: a session's report i lies in chunk floor(i / 4096). */
export const CHUNK_SIZE = 4096;
/** The order is part of the file format. */
export const VERDICTS: readonly StoredVerdict[] = ['pass', 'changed', 'dropped', 'injected'];
const CHANGED = 1;
const DROPPED = 2;

const VERSION = 1;
const HEADER = 32;
/** Header flags: the column is one value for all, or (times) 64-bit floats instead of 32-bit differences. */
const WIDE_TIMES = 1;
const ONE_DEVICE = 2;
const ONE_VERDICT = 4;
const ONE_LENGTH = 8;
const ONE_AFTER_KIND = 16;

/** What `after` is: nothing, the same bytes as before, or a list of its own. */
const AFTER_NONE = 0;
const AFTER_SAME = 1;
const AFTER_LIST = 2;

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

function allEqual(column: Uint8Array | Uint16Array | Uint32Array, count: number): boolean {
  const first = column[0];
  for (let i = 1; i < count; i++) if (column[i] !== first) return false;
  return true;
}

/** Bytes that grow by doubling. */
class Pool {
  bytes = new Uint8Array(4096);
  length = 0;

  push(part: Uint8Array): void {
    const end = this.length + part.length;
    if (end > this.bytes.length) {
      const bigger = new Uint8Array(Math.max(this.bytes.length * 2, end));
      bigger.set(this.bytes.subarray(0, this.length));
      this.bytes = bigger;
    }
    this.bytes.set(part, this.length);
    this.length = end;
  }
}

/** Collects up to CHUNK_SIZE reports and encodes them. Reused from chunk to chunk. */
export class ChunkBuilder {
  count = 0;
  changed = 0;
  dropped = 0;
  readonly #times = new Float64Array(CHUNK_SIZE);
  readonly #devices = new Uint16Array(CHUNK_SIZE);
  readonly #verdicts = new Uint8Array(CHUNK_SIZE);
  readonly #lengths = new Uint32Array(CHUNK_SIZE);
  readonly #kinds = new Uint8Array(CHUNK_SIZE);
  /** Per AFTER_LIST report: how many pieces. */
  #listSizes: number[] = [];
  #pieceLengths: number[] = [];
  readonly #before = new Pool();
  readonly #after = new Pool();

  get full(): boolean {
    return this.count === CHUNK_SIZE;
  }

  get firstTime(): number {
    return this.#times[0] ?? 0;
  }

  get lastTime(): number {
    return this.#times[this.count - 1] ?? 0;
  }

  add(report: ReportInput): void {
    const time = Math.round(report.timeMicroseconds);
    const verdict = VERDICTS.indexOf(report.verdict);
    if (!Number.isSafeInteger(time) || !(report.device >= 0 && report.device <= 0xffff) || verdict < 0) {
      throw new HostError(
        'unsupported',
        `a report with time ${report.timeMicroseconds} µs, device ${report.device}, verdict ${report.verdict} cannot be stored`,
      );
    }
    const at = this.count;
    this.#times[at] = time;
    this.#devices[at] = report.device;
    this.#verdicts[at] = verdict;
    this.#lengths[at] = report.before.length;
    this.#before.push(report.before);
    this.#addAfter(at, report.before, report.after);
    this.count = at + 1;
    if (verdict === CHANGED) this.changed += 1;
    if (verdict === DROPPED) this.dropped += 1;
  }

  #addAfter(at: number, before: Uint8Array, after: readonly Uint8Array[]): void {
    const [only] = after;
    if (only === undefined) this.#kinds[at] = AFTER_NONE;
    else if (after.length === 1 && sameBytes(only, before)) this.#kinds[at] = AFTER_SAME;
    else {
      this.#kinds[at] = AFTER_LIST;
      this.#listSizes.push(after.length);
      for (const piece of after) {
        this.#pieceLengths.push(piece.length);
        this.#after.push(piece);
      }
    }
  }

  clear(): void {
    this.count = 0;
    this.changed = 0;
    this.dropped = 0;
    this.#listSizes = [];
    this.#pieceLengths = [];
    this.#before.length = 0;
    this.#after.length = 0;
  }

  /** Differences as u32 where all fit, else undefined. */
  #timeSteps(): Uint32Array | undefined {
    const steps = new Uint32Array(this.count);
    for (let i = 1; i < this.count; i++) {
      const step = (this.#times[i] as number) - (this.#times[i - 1] as number);
      if (step < 0 || step > 0xffffffff) return undefined;
      steps[i] = step;
    }
    return steps;
  }

  encode(): Uint8Array {
    const count = this.count;
    let flags = 0;
    const parts: (Uint8Array | Uint16Array | Uint32Array | Float64Array)[] = [];
    const steps = this.#timeSteps();
    if (steps === undefined) flags |= WIDE_TIMES;
    parts.push(steps ?? this.#times.subarray(0, count));
    const column = (values: Uint8Array | Uint16Array | Uint32Array, flag: number): void => {
      const one = allEqual(values, count);
      if (one) flags |= flag;
      parts.push(values.subarray(0, one ? 1 : count));
    };
    column(this.#devices, ONE_DEVICE);
    column(this.#verdicts, ONE_VERDICT);
    column(this.#lengths, ONE_LENGTH);
    column(this.#kinds, ONE_AFTER_KIND);
    parts.push(Uint32Array.from(this.#listSizes), Uint32Array.from(this.#pieceLengths));
    parts.push(this.#before.bytes.subarray(0, this.#before.length));
    parts.push(this.#after.bytes.subarray(0, this.#after.length));

    const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, HEADER));
    const view = new DataView(out.buffer);
    view.setUint8(0, VERSION);
    view.setUint8(1, flags);
    view.setUint32(4, count, true);
    view.setUint32(8, this.#before.length, true);
    view.setUint32(12, this.#after.length, true);
    view.setUint32(16, this.#listSizes.length, true);
    view.setUint32(20, this.#pieceLengths.length, true);
    view.setFloat64(24, this.firstTime, true);
    let at = HEADER;
    for (const part of parts) {
      out.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
      at += part.byteLength;
    }
    return out;
  }
}

function damaged(what: string): HostError {
  return new HostError(
    'io',
    `a stored chunk of reports is damaged: ${what}. Other sessions are not affected.`,
  );
}

/** Reads columns one behind the other. */
class ColumnReader {
  readonly #bytes: Uint8Array;
  #at = HEADER;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(size: number): Uint8Array<ArrayBuffer> {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw damaged(`it ends at byte ${this.#bytes.length} of ${end}`);
    // A copy at offset 0, so that any typed array may look at it.
    const part = new Uint8Array(size);
    part.set(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return part;
  }

  u8(count: number): Uint8Array {
    return this.take(count);
  }
  u16(count: number): Uint16Array {
    return new Uint16Array(this.take(count * 2).buffer);
  }
  u32(count: number): Uint32Array {
    return new Uint32Array(this.take(count * 4).buffer);
  }
  f64(count: number): Float64Array {
    return new Float64Array(this.take(count * 8).buffer);
  }
  finish(): void {
    if (this.#at !== this.#bytes.length)
      throw damaged(`${this.#bytes.length - this.#at} bytes are left over`);
  }
}

function repeated<T extends Uint8Array | Uint16Array | Uint32Array>(one: T, all: T): T {
  return all.fill(one[0] as number) as T;
}

/** Running sums from 0: entry i is where part i starts, the last one is the total, which must be `total`. */
function starts(lengths: ArrayLike<number>, total: number, what: string): Uint32Array {
  const out = new Uint32Array(lengths.length + 1);
  let at = 0;
  for (let i = 0; i < lengths.length; i++) {
    at += lengths[i] as number;
    if (at > total) throw damaged(`its ${what} do not add up`);
    out[i + 1] = at;
  }
  if (at !== total) throw damaged(`its ${what} do not add up`);
  return out;
}

/** Decodes what ChunkBuilder made. `first` is the session index of its first report. */
export function decodeChunk(bytes: Uint8Array, first: number): ReportChunk {
  if (bytes.length < HEADER) throw damaged(`${bytes.length} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== VERSION) throw damaged(`unknown layout ${view.getUint8(0)}`);
  const flags = view.getUint8(1);
  const count = view.getUint32(4, true);
  if (count === 0 || count > CHUNK_SIZE) throw damaged(`${count} reports`);
  const reader = new ColumnReader(bytes);
  const times =
    flags & WIDE_TIMES ? reader.f64(count) : summedTimes(reader.u32(count), view.getFloat64(24, true));
  const devices = flags & ONE_DEVICE ? repeated(reader.u16(1), new Uint16Array(count)) : reader.u16(count);
  const verdicts = flags & ONE_VERDICT ? repeated(reader.u8(1), new Uint8Array(count)) : reader.u8(count);
  const lengths = flags & ONE_LENGTH ? repeated(reader.u32(1), new Uint32Array(count)) : reader.u32(count);
  const kinds = flags & ONE_AFTER_KIND ? repeated(reader.u8(1), new Uint8Array(count)) : reader.u8(count);
  const listSizes = reader.u32(view.getUint32(16, true));
  const pieces = starts(reader.u32(view.getUint32(20, true)), view.getUint32(12, true), 'lengths after');
  const before = reader.take(view.getUint32(8, true));
  const after = reader.take(view.getUint32(12, true));
  reader.finish();
  const beforeAt = starts(lengths, before.length, 'lengths before');
  const firstPiece = piecesByReport(kinds, listSizes, pieces.length - 1);
  if (verdicts.some((verdict) => verdict >= VERDICTS.length)) throw damaged('unknown verdict');

  const beforeOf = (at: number): Uint8Array => before.subarray(beforeAt[at], beforeAt[at + 1]);
  const afterOf = (at: number): readonly Uint8Array[] => {
    if (kinds[at] === AFTER_NONE) return [];
    if (kinds[at] === AFTER_SAME) return [beforeOf(at)];
    const list: Uint8Array[] = [];
    const end = firstPiece[at + 1] as number;
    for (let piece = firstPiece[at] as number; piece < end; piece++) {
      list.push(after.subarray(pieces[piece], pieces[piece + 1]));
    }
    return list;
  };
  const report = (at: number): StoredReport => ({
    index: first + at,
    timeMicroseconds: times[at] as number,
    device: devices[at] as number,
    before: beforeOf(at),
    after: afterOf(at),
    verdict: VERDICTS[verdicts[at] as number] as StoredVerdict,
  });
  return { first, count, times, devices, verdicts, before: beforeOf, after: afterOf, report };
}

function summedTimes(steps: Uint32Array, firstTime: number): Float64Array {
  const times = new Float64Array(steps.length);
  let time = firstTime;
  for (let i = 0; i < steps.length; i++) {
    time += steps[i] as number;
    times[i] = time;
  }
  return times;
}

/** Entry i: index of report i's first piece. */
function piecesByReport(kinds: Uint8Array, listSizes: Uint32Array, pieceCount: number): Uint32Array {
  const out = new Uint32Array(kinds.length + 1);
  let list = 0;
  let piece = 0;
  for (let i = 0; i < kinds.length; i++) {
    if (kinds[i] === AFTER_LIST) piece += listSizes[list++] ?? Infinity;
    if (piece > pieceCount) throw damaged('its lists do not add up');
    out[i + 1] = piece;
  }
  if (list !== listSizes.length || piece !== pieceCount) throw damaged('its lists do not add up');
  return out;
}
