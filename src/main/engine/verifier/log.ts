/** A place in the log to come back to. */
export interface LogMark {
  readonly lines: number;
  /** The last whole line. */
  readonly last: string;
  readonly partial: string;
  readonly end: number;
}

const NOWHERE: LogMark = { lines: 0, last: '', partial: '', end: 0 };

/** Characters after which the oldest lines are forgotten, as the kernel's rotating buffer does. */
const LIMIT = 64 << 20;

/**
 * The verifier's log (struct bpf_verifier_log): text is appended in pieces, and what a finished path said is taken back.
 */
export class VerifierLog {
  /** Bits: 1 the failing path, 2 everything, 4 statistics. */
  readonly level: number;
  #lines: string[] = [];
  #partial = '';
  #end = 0;
  #peak = 0;
  #lastMessage = '';
  /** What is written now is not wanted. */
  muted = false;

  constructor(level: number) {
    this.level = level;
  }

  /** Paths are logged at all (BPF_LOG_LEVEL). */
  get tracesInsns(): boolean {
    return (this.level & 3) !== 0 && !this.muted;
  }

  get tracesEverything(): boolean {
    return (this.level & 2) !== 0;
  }

  /** Characters written so far; what was taken back does not count. */
  get end(): number {
    return this.#end;
  }

  /** Most characters that were there at once. */
  get peak(): number {
    return this.#peak;
  }

  /** Appends text; lines end with \n. */
  write(text: string): void {
    if (this.muted) return;
    if (this.level === 0) {
      this.#remember(text);
      return;
    }
    this.#end += text.length;
    this.#peak = Math.max(this.#peak, this.#end);
    let start = 0;
    for (;;) {
      const newline = text.indexOf('\n', start);
      if (newline < 0) break;
      const line = this.#partial + text.slice(start, newline);
      this.#lines.push(line);
      this.#partial = '';
      start = newline + 1;
    }
    this.#partial += text.slice(start);
    if (this.#end > LIMIT) this.#forgetOldest();
  }

  /** With the log off only the last line is known, for the result's message. */
  #remember(text: string): void {
    this.#partial += text;
    if (!this.#partial.endsWith('\n')) return;
    this.#lastMessage = this.#partial.slice(0, -1);
    this.#partial = '';
  }

  #forgetOldest(): void {
    this.#lines = this.#lines.slice(this.#lines.length >> 1);
    this.#end = this.#lines.reduce((sum, line) => sum + line.length + 1, this.#partial.length);
  }

  mark(): LogMark {
    if (this.level === 0) return NOWHERE;
    const lines = this.#lines.length;
    return { lines, last: this.#lines[lines - 1] ?? '', partial: this.#partial, end: this.#end };
  }

  /**
   * Takes back what was written since the mark. Where the line before it was reopened since, its line break stays
   * overwritten, as in the kernel's buffer: the next line follows behind a blank.
   */
  reset(mark: LogMark): void {
    if (this.level === 0 || mark.end > this.#end) return;
    const { lines, last } = mark;
    const now = this.#lines.length < lines ? this.#partial : this.#lines[lines - 1];
    const isSpoiled = lines > 0 && mark.partial === '' && now !== undefined && now.length > last.length;
    this.#lines.length = Math.min(this.#lines.length, isSpoiled ? lines - 1 : lines);
    this.#partial = isSpoiled ? now.slice(0, last.length + 1) : mark.partial;
    this.#end = mark.end;
  }

  /** What a path that is not written here does to the last line break: it goes on in that line. */
  spoilLineEnd(): void {
    const line = this.#lines.pop();
    if (line !== undefined) this.#partial = `${line} `;
  }

  /** Takes back the last line break, so that the line goes on. */
  reopenLine(): void {
    const line = this.#lines.pop();
    if (line === undefined) return;
    this.#partial = line;
    this.#end -= 1;
  }

  /** All lines. */
  lines(): string[] {
    return this.#partial === '' ? [...this.#lines] : [...this.#lines, this.#partial];
  }

  /** The last line that says something. */
  lastMessage(): string {
    if (this.level === 0) return this.#partial === '' ? this.#lastMessage : this.#partial;
    return this.lines().findLast((line) => line !== '') ?? '';
  }
}
