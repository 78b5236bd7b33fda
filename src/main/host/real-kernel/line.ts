import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostError, messageOf } from '../errors/index.ts';

/** A two-way line of bytes to an agent. Both directions block: a system call is over when it returns. */
export interface Line {
  /** Sends all of `bytes`. */
  write(bytes: Uint8Array): void;
  /** Waits for exactly `size` bytes. */
  read(size: number): Uint8Array;
  /** Puts bytes where the agent reads them as a file (its first argument); for lines slower than a shared folder. */
  putAside?: (bytes: Uint8Array) => void;
  close(): void;
}

const BUFFER_SIZE = 1 << 16;

/** What every call says when the other end is gone. */
function ended(): HostError {
  return new HostError(
    'io',
    'the agent of the real kernel has ended: its machine stopped, or the kernel panicked',
  );
}

/** A line over two open files, such as the ends of two FIFOs. Owns them. */
export function fileLine(requests: number, replies: number): Line {
  const buffer = new Uint8Array(BUFFER_SIZE);
  let at = 0;
  let end = 0;
  let open = true;
  return {
    write(bytes) {
      if (!open) throw ended();
      for (let sent = 0; sent < bytes.length;) {
        try {
          sent += writeSync(requests, bytes, sent);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EPIPE') throw ended();
          throw new HostError('io', `the agent cannot be asked: ${messageOf(error)}`, [], error);
        }
      }
    },
    read(size) {
      const bytes = new Uint8Array(size);
      for (let got = 0; got < size;) {
        if (at === end) {
          if (!open) throw ended();
          at = 0;
          end = readSync(replies, buffer, 0, buffer.length, null);
          if (end === 0) throw ended();
        }
        const part = buffer.subarray(at, Math.min(end, at + size - got));
        bytes.set(part, got);
        at += part.length;
        got += part.length;
      }
      return bytes;
    },
    close() {
      if (!open) return;
      open = false;
      closeSync(requests);
      closeSync(replies);
    },
  };
}

/** The four ends of two FIFOs that lie in a folder of their own. */
export interface FifoPair {
  readonly folder: string;
  /** Our ends: a read of ours ends when no one has the other end any more. */
  readonly ours: { readonly requests: number; readonly replies: number };
  /** The agent's ends, for a child process to inherit. */
  readonly theirs: { readonly requests: number; readonly replies: number };
  /** Closes the agent's ends here; call it when the agent has its own. */
  handOver(): void;
  /** Removes the names; open ends stay usable. */
  remove(): void;
}

/**
 * Makes FIFOs `agent.in` and `agent.out` (the names that QEMU's chardev `pipe` wants) and opens all ends without
 * waiting for anybody.
 */
export function makeFifos(): FifoPair {
  const folder = mkdtempSync(join(tmpdir(), 'hidsmith-agent-'));
  const requestPath = join(folder, 'agent.in');
  const replyPath = join(folder, 'agent.out');
  try {
    execFileSync('mkfifo', ['-m', '600', requestPath, replyPath], { stdio: 'pipe' });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw new HostError('io', `no FIFOs can be made in ${tmpdir()}: ${messageOf(error)}`, [], error);
  }
  // Opening one end of a FIFO waits for the other, except when it is opened for both at first.
  const opened = [requestPath, replyPath].map((path) => {
    const both = openSync(path, constants.O_RDWR);
    const reader = openSync(path, constants.O_RDONLY);
    const writer = openSync(path, constants.O_WRONLY);
    closeSync(both);
    return { reader, writer };
  });
  const [requests = { reader: -1, writer: -1 }, replies = { reader: -1, writer: -1 }] = opened;
  return {
    folder,
    ours: { requests: requests.writer, replies: replies.reader },
    theirs: { requests: requests.reader, replies: replies.writer },
    handOver() {
      closeSync(requests.reader);
      closeSync(replies.writer);
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
