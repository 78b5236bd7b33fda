import { decodeUtf8, encodeUtf8 } from '../base/index.ts';

/** The room that a caller gave for a log. */
export interface LogRoom {
  /** Bytes, with the NUL at the end. */
  readonly size: number;
  /**
   * What becomes of text that does not fit: `rotates` keeps the newest (since Linux 6.4), `fixed` the oldest and goes on
   * counting (BPF_LOG_FIXED), `stops` the oldest and counts no further, so that what is taken back makes room again
   * (before 6.4).
   */
  readonly when: 'rotates' | 'fixed' | 'stops';
}

/** No more than this many bytes are kept, whatever room there is: much more than a million lines of one path. */
const LIMIT = 256 << 20;
const UNLIMITED: LogRoom = { size: LIMIT, when: 'rotates' };
const FIRST_CAPACITY = 1 << 12;
const NEWLINE = 0x0a;

/**
 * The verifier's log (struct bpf_verifier_log): text is appended in pieces, and what a finished path said is taken back.
 * As in the kernel it is bytes with a place at which the next piece goes: what is taken back stays there until it is
 * written over.
 */
export class VerifierLog {
  /** Bits: 1 the failing path, 2 everything, 4 statistics. */
  readonly level: number;
  readonly room: LogRoom;
  #bytes = new Uint8Array(0);
  /** Place in the log of #bytes[0]. */
  #base = 0;
  /** Place of the oldest byte that a rotating buffer still has. */
  #start = 0;
  #end = 0;
  #peak = 0;
  /** The last line and what follows it, where the bytes may not have it. */
  #lastMessage = '';
  #partial = '';

  constructor(level: number, room: LogRoom = UNLIMITED) {
    this.level = level;
    this.room = room;
  }

  /** Paths are logged at all (BPF_LOG_LEVEL). */
  get tracesInsns(): boolean {
    return (this.level & 3) !== 0;
  }

  get tracesEverything(): boolean {
    return (this.level & 2) !== 0;
  }

  /** Bytes written so far; what was taken back does not count (end_pos). */
  get end(): number {
    return this.#end;
  }

  /** Most bytes that were there at once (len_max without the NUL). */
  get peak(): number {
    return this.#peak;
  }

  /** What the caller's buffer has, as UTF-8 and without the NUL. */
  get bytes(): Uint8Array {
    const end = this.#rotates ? this.#end : Math.min(this.#end, this.#last);
    return this.#bytes.subarray(this.#start - this.#base, end - this.#base);
  }

  get #rotates(): boolean {
    return this.room.when === 'rotates';
  }

  /** Place of the NUL in a full buffer that does not rotate. */
  get #last(): number {
    return Math.min(this.room.size, LIMIT) - 1;
  }

  /** What was said last did not fit. */
  get #isCut(): boolean {
    return !this.#rotates && this.#end >= this.#last;
  }

  /** Appends text; lines end with \n. */
  write(text: string): void {
    if (this.level === 0) {
      this.#remember(text);
      return;
    }
    if (!this.#rotates && this.#end + 3 * text.length >= this.#last) {
      this.#remember(text);
      this.#writeCut(encodeUtf8(text));
      return;
    }
    this.#makeRoom(text.length);
    const bytes = this.#bytes;
    let at = this.#end - this.#base;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        this.#advance(i);
        this.#append(encodeUtf8(text.slice(i)));
        return;
      }
      bytes[at++] = code;
    }
    this.#advance(text.length);
  }

  #append(piece: Uint8Array): void {
    this.#makeRoom(piece.length);
    this.#bytes.set(piece, this.#end - this.#base);
    this.#advance(piece.length);
  }

  #writeCut(piece: Uint8Array): void {
    const fitting = piece.subarray(0, Math.max(0, this.#last - this.#end));
    if (fitting.length > 0) this.#append(fitting);
    if (this.room.when === 'fixed') this.#advance(piece.length - fitting.length);
  }

  #advance(count: number): void {
    this.#end += count;
    if (this.#end > this.#peak) this.#peak = this.#end;
    const oldest = this.#end + 1 - Math.min(this.room.size, LIMIT);
    if (this.#rotates && oldest > this.#start) this.#start = oldest;
  }

  /** The last line, for the result's message. */
  #remember(text: string): void {
    this.#partial += text;
    if (!this.#partial.endsWith('\n')) return;
    this.#lastMessage = this.#partial.slice(0, -1);
    this.#partial = '';
  }

  /** Room for so many bytes at the end: what the buffer has lost by now goes, or the array grows. */
  #makeRoom(count: number): void {
    const needed = this.#end - this.#base + count;
    if (needed <= this.#bytes.length) return;
    const kept = this.bytes;
    if (this.#rotates && kept.length < this.#bytes.length / 2 && kept.length + count <= this.#bytes.length) {
      this.#bytes.set(kept);
      this.#base = this.#start;
      return;
    }
    const grown = new Uint8Array(Math.max(FIRST_CAPACITY, this.#bytes.length * 2, needed));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  /**
   * Takes back what was written since `end` was this. Where the line break before it was written over since, it stays so:
   * the next line follows behind a blank.
   */
  reset(end: number): void {
    if (end > this.#end) return;
    this.#end = end;
    this.#start = Math.min(this.#start, end);
    this.#base = Math.min(this.#base, end);
  }

  /** Takes back the last line break, so that the line goes on. */
  reopenLine(): void {
    this.reset(this.#end - 1);
  }

  /** The last line that says something. */
  lastMessage(): string {
    if (this.level === 0 || this.#isCut) return this.#partial === '' ? this.#lastMessage : this.#partial;
    const bytes = this.bytes;
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === NEWLINE) end -= 1;
    return end === 0 ? '' : decodeUtf8(bytes.subarray(bytes.lastIndexOf(NEWLINE, end - 1) + 1, end));
  }

  /** All lines without their line breaks. */
  lines(): string[] {
    const { bytes } = this;
    if (bytes.length === 0) return [];
    return decodeUtf8(bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes).split('\n');
  }
}
