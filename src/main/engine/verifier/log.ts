import { decodeUtf8, encodeUtf8 } from '../base/index.ts';

/** Bytes of which no more than this many, the newest, are kept: much more than a million lines of one path. */
const LIMIT = 256 << 20;
const FIRST_ROOM = 1 << 12;
const NEWLINE = 0x0a;

/**
 * The verifier's log (struct bpf_verifier_log): text is appended in pieces, and what a finished path said is taken back.
 * As in the kernel it is bytes with a place at which the next piece goes: what is taken back stays there until it is
 * written over.
 */
export class VerifierLog {
  /** Bits: 1 the failing path, 2 everything, 4 statistics. */
  readonly level: number;
  #bytes = new Uint8Array(0);
  /** Place of the first byte that is kept. */
  #start = 0;
  #end = 0;
  #peak = 0;
  /** The last line and what follows it, at level 0. */
  #lastMessage = '';
  #partial = '';

  constructor(level: number) {
    this.level = level;
  }

  /** Paths are logged at all (BPF_LOG_LEVEL). */
  get tracesInsns(): boolean {
    return (this.level & 3) !== 0;
  }

  get tracesEverything(): boolean {
    return (this.level & 2) !== 0;
  }

  /** Bytes written so far; what was taken back does not count. */
  get end(): number {
    return this.#end;
  }

  /** Most bytes that were there at once. */
  get peak(): number {
    return this.#peak;
  }

  /** What is there, as UTF-8; at most the last 256 MiB of it. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#end - this.#start);
  }

  /** Appends text; lines end with \n. */
  write(text: string): void {
    if (this.level === 0) {
      this.#remember(text);
      return;
    }
    this.#makeRoom(text.length);
    const bytes = this.#bytes;
    let at = this.#end - this.#start;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        this.#advance(i);
        this.#writeEncoded(encodeUtf8(text.slice(i)));
        return;
      }
      bytes[at++] = code;
    }
    this.#advance(text.length);
  }

  #writeEncoded(encoded: Uint8Array): void {
    this.#makeRoom(encoded.length);
    this.#bytes.set(encoded, this.#end - this.#start);
    this.#advance(encoded.length);
  }

  #advance(count: number): void {
    this.#end += count;
    if (this.#end > this.#peak) this.#peak = this.#end;
  }

  /** With the log off only the last line is known, for the result's message. */
  #remember(text: string): void {
    this.#partial += text;
    if (!this.#partial.endsWith('\n')) return;
    this.#lastMessage = this.#partial.slice(0, -1);
    this.#partial = '';
  }

  #makeRoom(count: number): void {
    const used = this.#end - this.#start;
    if (used + count <= this.#bytes.length) return;
    if (used + count > LIMIT) {
      // The kernel's buffer rotates byte by byte; half of it at a time is as good where nobody sees more than the end.
      const kept = LIMIT >> 1;
      this.#bytes.copyWithin(0, used - kept, used);
      this.#start = this.#end - kept;
      return;
    }
    const grown = new Uint8Array(Math.min(LIMIT, Math.max(FIRST_ROOM, this.#bytes.length * 2, used + count)));
    grown.set(this.#bytes.subarray(0, used));
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
  }

  /** Takes back the last line break, so that the line goes on. */
  reopenLine(): void {
    this.reset(this.#end - 1);
  }

  /** The last line that says something. */
  lastMessage(): string {
    if (this.level === 0) return this.#partial === '' ? this.#lastMessage : this.#partial;
    const bytes = this.bytes;
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === NEWLINE) end -= 1;
    return end === 0 ? '' : decodeUtf8(bytes.subarray(bytes.lastIndexOf(NEWLINE, end - 1) + 1, end));
  }
}

/** A log's lines without their line breaks. */
export function linesOf(log: Uint8Array): string[] {
  if (log.length === 0) return [];
  const text = decodeUtf8(log[log.length - 1] === NEWLINE ? log.subarray(0, -1) : log);
  return text.split('\n');
}
