import { Emitter } from '../base/index.ts';

/** Levels of printk, most severe first. */
export type LogLevel = 'emerg' | 'alert' | 'crit' | 'err' | 'warn' | 'notice' | 'info' | 'debug';

export interface LogLine {
  /** Nanoseconds since boot. */
  readonly time: bigint;
  readonly level: LogLevel;
  readonly text: string;
}

/** dmesg, or the trace pipe that bpf_trace_printk() writes: lines kept (the newest `limit`) and announced. */
export class KernelLog {
  readonly onLine = new Emitter<LogLine>();
  readonly #lines: LogLine[] = [];
  readonly #limit: number;
  readonly #now: () => bigint;

  constructor(now: () => bigint, limit = 10_000) {
    this.#now = now;
    this.#limit = limit;
  }

  /** The newest lines, oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  write(level: LogLevel, text: string): void {
    const line = { time: this.#now(), level, text };
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.splice(0, this.#lines.length - this.#limit);
    this.onLine.emit(line);
  }

  /** Takes the newest line back (a debugger steps over its print). */
  retract(): void {
    this.#lines.pop();
  }

  clear(): void {
    this.#lines.length = 0;
  }
}
