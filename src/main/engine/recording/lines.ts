/** Gets one line at a time: bytes start (included) to end (not included) of the buffer, without line end. */
export interface LineReader {
  line(buffer: Uint8Array, start: number, end: number, number: number): void;
}

const NEWLINE = 10;
const RETURN = 13;
/** A longer line is cut into pieces: no report is that long and memory stays flat on binary junk. */
const MAX_LINE = 1 << 20;

/** Cuts a stream of chunks into lines without copying, except for the line a chunk ends in. Lines end with LF or CR LF. */
export class LineSplitter {
  readonly #reader: LineReader;
  #rest: Uint8Array = new Uint8Array(0);
  #number = 0;

  constructor(reader: LineReader) {
    this.#reader = reader;
  }

  /** Lines so far. */
  get lines(): number {
    return this.#number;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    if (this.#rest.length > 0) {
      const end = chunk.indexOf(NEWLINE);
      const take = end < 0 ? chunk.length : end;
      const joined = new Uint8Array(this.#rest.length + take);
      joined.set(this.#rest);
      joined.set(chunk.subarray(0, take), this.#rest.length);
      this.#rest = joined;
      if (end < 0 && joined.length <= MAX_LINE) return;
      this.#rest = new Uint8Array(0);
      this.#emit(joined, 0, joined.length);
      start = end < 0 ? take : end + 1;
    }
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.#emit(chunk, start, end);
      start = end + 1;
    }
    if (start < chunk.length) this.#rest = chunk.slice(start);
  }

  /** The last line needs no line end. */
  finish(): void {
    if (this.#rest.length > 0) this.#emit(this.#rest, 0, this.#rest.length);
    this.#rest = new Uint8Array(0);
  }

  #emit(buffer: Uint8Array, start: number, end: number): void {
    this.#number += 1;
    const last = end > start && buffer[end - 1] === RETURN ? end - 1 : end;
    this.#reader.line(buffer, start, last, this.#number);
  }
}
