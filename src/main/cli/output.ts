import { writeSync } from 'node:fs';
import { type Output } from './command.ts';

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : value.toString();
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}

/** Writes all of it, also into a pipe that takes its time. */
function writeAll(descriptor: number, data: Uint8Array): void {
  for (let at = 0; at < data.length;) {
    try {
      at += writeSync(descriptor, data, at);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else if (code === 'EPIPE') return;
      else throw error;
    }
  }
}

/** The process's own stdout and stderr. Text is collected into larger pieces; `flush` before the process ends. */
export class ProcessOutput implements Output {
  #pending: string[] = [];
  #size = 0;

  line(text: string): void {
    this.write(`${text}\n`);
  }

  write(data: string | Uint8Array): void {
    if (typeof data === 'string') {
      this.#pending.push(data);
      this.#size += data.length;
      if (this.#size > 65536) this.flush();
      return;
    }
    this.flush();
    writeAll(1, data);
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value, plain));
  }

  note(text: string): void {
    this.flush();
    writeAll(2, Buffer.from(`${text}\n`));
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const text = this.#pending.join('');
    this.#pending = [];
    this.#size = 0;
    writeAll(1, Buffer.from(text));
  }
}
