import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A new id: 16 hexadecimal digits. */
export function newId(): string {
  return randomBytes(8).toString('hex');
}

/** Start time of a process in clock ticks since boot, where the system tells (Linux): guards against reused numbers. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command in brackets may hold spaces; fields 3 … follow it, the start time is field 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** Stores that are open in this thread. */
const open = new Set<string>();

/** A name for one opened store, by which others can tell later whether its process still runs. */
export function openOwner(): string {
  const owner = `${process.pid}:${startOf(process.pid)}:${newId()}`;
  open.add(owner);
  return owner;
}

export function closeOwner(owner: string): void {
  open.delete(owner);
}

/**
 * False if the store's process has ended, or if it was another thread's of this process: the engine runs in one
 * thread at a time, and a new one is started only after the old one has ended.
 */
export function ownerIsAlive(owner: string): boolean {
  if (open.has(owner)) return true;
  const [pid, start] = owner.split(':');
  const number = Number(pid);
  if (!(number > 0) || number === process.pid) return false;
  try {
    process.kill(number, 0);
  } catch (error) {
    // EPERM: it runs, under another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(number);
  return now === '' || start === '' || now === start;
}
