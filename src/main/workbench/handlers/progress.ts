import { type Context } from './context.ts';

/** Milliseconds between two progress events of one job. */
const INTERVAL = 16;

/** Turns a job's progress into events, not more often than a screen can show. */
export function progressOf(
  context: Context,
  jobId: string,
  title: string,
  unit: string,
): (done: number, total: number) => void {
  let last = 0;
  return (done, total) => {
    const now = performance.now();
    if (now - last < INTERVAL) return;
    last = now;
    context.emit('job.progress', { jobId, title, done, total, unit });
  };
}
