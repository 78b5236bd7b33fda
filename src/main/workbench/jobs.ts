import { ApiFailure } from '../../preload/contract/index.ts';

/** Milliseconds of work between two turns of the event loop: short enough that rows and cancels are answered at once. */
const SLICE = 12;

/** Told how far a job is; `unit` where it is another one than the job's own. */
export type JobReport = (done: number, total: number, unit?: string) => void;

/** A long piece of work that reports how far it is and can be ended between two slices. */
export class Job {
  readonly jobId: string;
  readonly #report: JobReport;
  readonly #hear: () => void;
  readonly #ending = new AbortController();
  #sliceEnd = performance.now() + SLICE;

  constructor(jobId: string, report: JobReport, hear: () => void = () => undefined) {
    this.jobId = jobId;
    this.#report = report;
    this.#hear = hear;
  }

  cancel(): void {
    this.#ending.abort();
  }

  /** Aborted when the user cancels it. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** True when the slice is used up: the caller then awaits `breathe`. */
  get due(): boolean {
    return performance.now() >= this.#sliceEnd;
  }

  /** Tells progress of work that watches `signal`. */
  tell(done: number, total: number): void {
    this.#report(done, total);
  }

  /** Tells progress where the work cannot pause for other calls; throws `cancelled` if the user asked for it. */
  proceed(done: number, total: number, unit: string): void {
    this.#report(done, total, unit);
    this.#hear();
    this.#throwIfCancelled();
  }

  /** Tells progress, lets other calls run; throws `cancelled` if the user asked for it. */
  async breathe(done: number, total: number): Promise<void> {
    this.#report(done, total);
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#throwIfCancelled();
    this.#sliceEnd = performance.now() + SLICE;
  }

  #throwIfCancelled(): void {
    if (this.signal.aborted) throw new ApiFailure({ code: 'cancelled', message: 'cancelled', detail: [] });
  }
}

/** The jobs under way, by the id that the caller chose. */
export class Jobs {
  readonly #running = new Map<string, Job>();
  readonly #hear: (() => void) | undefined;

  /** `hear` lets the calls in that cancel a job, while one does not pause. */
  constructor(hear?: () => void) {
    this.#hear = hear;
  }

  /** Runs `action` as job `jobId`; it is listed until it ends, however it ends. */
  async run<T>(jobId: string, report: JobReport, action: (job: Job) => Promise<T>): Promise<T> {
    if (this.#running.has(jobId)) {
      throw new ApiFailure({
        code: 'invalid-params',
        message: `job ${jobId} is already running`,
        detail: [],
      });
    }
    const job = new Job(jobId, report, this.#hear);
    this.#running.set(jobId, job);
    try {
      return await action(job);
    } finally {
      this.#running.delete(jobId);
    }
  }

  cancel(jobId: string): void {
    this.#running.get(jobId)?.cancel();
  }

  cancelAll(): void {
    for (const job of this.#running.values()) job.cancel();
  }
}
