import { type Job } from '../jobs.ts';
import { type Context } from './context.ts';

/** Milliseconds between two progress events of one job. */
const INTERVAL = 16;

/** Turns a job's progress into events, not more often than a screen can show. */
function progressOf(
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

/** What a job is called, and what its progress counts. */
export interface JobName {
  readonly jobId: string;
  readonly title: string;
  readonly unit: string;
}

/** Runs long work as a job that tells its progress and, once it has its result, that it is done. */
export async function runJob<T>(
  context: Context,
  { jobId, title, unit }: JobName,
  action: (job: Job) => Promise<T>,
): Promise<T> {
  const result = await context.jobs.run(jobId, progressOf(context, jobId, title, unit), action);
  context.emit('job.done', { jobId });
  return result;
}
