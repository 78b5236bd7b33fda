import { type Job, type JobReport } from '../jobs.ts';
import { type SimulationOptions } from '../simulation/simulation.ts';
import { type Context } from './context.ts';

/** Milliseconds between two progress events of one job. */
const INTERVAL = 16;

/** Turns a job's progress into events, not more often than a screen can show. */
function progressOf(context: Context, { jobId, title, unit: own }: JobName): JobReport {
  let last = 0;
  return (done, total, unit = own) => {
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
  name: JobName,
  action: (job: Job) => Promise<T>,
): Promise<T> {
  const { jobId } = name;
  const result = await context.jobs.run(jobId, progressOf(context, name), action);
  context.emit('job.done', { jobId });
  return result;
}

/** For a simulation that loads a driver as part of a job: the verifier tells its progress, and ends if the job is cancelled. */
export function watchedBy(job: Job): Required<Pick<SimulationOptions, 'verifierProgress'>> {
  return { verifierProgress: (done, limit) => job.proceed(done, limit, 'instructions') };
}
