import { decodeUtf8 } from '../base/index.ts';

/** Value of a hex digit by its byte, 255 for all others. */
const DIGIT = new Uint8Array(256).fill(255);
for (let value = 0; value < 10; value++) DIGIT[48 + value] = value;
for (let value = 0; value < 6; value++) {
  DIGIT[65 + value] = 10 + value;
  DIGIT[97 + value] = 10 + value;
}
const DOT = 46;

/** Longest run of bytes a line may give; more is not a report. */
const MAX_BYTES = 1 << 16;

/** Reads numbers and hex bytes of one line, byte by byte: nothing is allocated per line. */
export class Scanner {
  #buffer: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #start = 0;
  /** What `hexBytes` has read: the first `length` bytes. */
  bytes = new Uint8Array(4096);
  length = 0;

  /** Points it at a line. */
  over(buffer: Uint8Array, start: number, end: number): this {
    this.#buffer = buffer;
    this.#start = start;
    this.#at = start;
    this.#end = end;
    this.length = 0;
    return this;
  }

  /** Where it stands, counted from 1 behind the two characters of the line's tag. */
  get column(): number {
    return this.#at - this.#start + 3;
  }

  #skipBlanks(): void {
    while (this.#at < this.#end && (this.#buffer[this.#at] === 32 || this.#buffer[this.#at] === 9))
      this.#at += 1;
  }

  atEnd(): boolean {
    this.#skipBlanks();
    return this.#at >= this.#end;
  }

  #isBreak(at: number): boolean {
    return at >= this.#end || this.#buffer[at] === 32 || this.#buffer[at] === 9;
  }

  /** A decimal number up to 2^53, followed by a blank or the end. */
  decimal(): number | undefined {
    this.#skipBlanks();
    const value = this.#digits();
    return value !== undefined && this.#isBreak(this.#at) ? value : undefined;
  }

  #digits(): number | undefined {
    const start = this.#at;
    let value = 0;
    while (this.#at < this.#end) {
      const digit = (this.#buffer[this.#at] as number) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      this.#at += 1;
    }
    return this.#at === start || value > Number.MAX_SAFE_INTEGER ? undefined : value;
  }

  /** A hex number up to 32 bits, with or without 0x. */
  hex(): number | undefined {
    this.#skipBlanks();
    if (this.#buffer[this.#at] === 48 && ((this.#buffer[this.#at + 1] ?? 0) | 32) === 120) this.#at += 2;
    const start = this.#at;
    let value = 0;
    while (this.#at < this.#end) {
      const digit = DIGIT[this.#buffer[this.#at] as number] as number;
      if (digit === 255) break;
      value = value * 16 + digit;
      this.#at += 1;
    }
    return this.#at === start || this.#at - start > 8 || !this.#isBreak(this.#at) ? undefined : value;
  }

  /** Seconds with a fraction, in microseconds: `0.050004`, `000000.5`, `12`. */
  microseconds(): number | undefined {
    this.#skipBlanks();
    const seconds = this.#digits();
    if (seconds === undefined) return undefined;
    let micro = 0;
    if (this.#at < this.#end && this.#buffer[this.#at] === DOT) {
      this.#at += 1;
      const start = this.#at;
      for (let scale = 100_000; this.#at < this.#end; this.#at++) {
        const digit = (this.#buffer[this.#at] as number) - 48;
        if (digit < 0 || digit > 9) break;
        micro += digit * scale;
        scale = Math.trunc(scale / 10);
      }
      if (this.#at === start) return undefined;
    }
    const time = seconds * 1_000_000 + micro;
    return this.#isBreak(this.#at) && time <= Number.MAX_SAFE_INTEGER ? time : undefined;
  }

  /** All hex bytes to the end of the line, each of one or two digits. False at the first word that is none. */
  hexBytes(): boolean {
    const buffer = this.#buffer;
    const end = this.#end;
    let bytes = this.bytes;
    let at = this.#at;
    let length = 0;
    for (;;) {
      while (at < end && ((buffer[at] as number) === 32 || (buffer[at] as number) === 9)) at += 1;
      this.#at = at;
      if (at >= end) break;
      let value = DIGIT[buffer[at] as number] as number;
      at += 1;
      if (at < end) {
        const low = DIGIT[buffer[at] as number] as number;
        if (low !== 255) {
          value = (value << 4) | low;
          at += 1;
          if (at < end && (buffer[at] as number) !== 32 && (buffer[at] as number) !== 9) return false;
        } else if ((buffer[at] as number) !== 32 && (buffer[at] as number) !== 9) return false;
      }
      if (value > 255 || (DIGIT[buffer[this.#at] as number] as number) === 255) return false;
      if (length >= MAX_BYTES) {
        this.length = length;
        return false;
      }
      if (length === bytes.length) {
        const bigger = new Uint8Array(length * 2);
        bigger.set(bytes);
        this.bytes = bytes = bigger;
      }
      bytes[length++] = value;
    }
    this.length = length;
    return true;
  }

  /** Why `hexBytes` has stopped where it stands. */
  get trouble(): string {
    if (this.length >= MAX_BYTES) return `more than ${MAX_BYTES} bytes are no report`;
    return `'${this.#word()}' at column ${this.column} is not a hex byte`;
  }

  #word(): string {
    let end = this.#at;
    while (!this.#isBreak(end) && end - this.#at < 20) end += 1;
    return decodeUtf8(this.#buffer.subarray(this.#at, end));
  }
}
