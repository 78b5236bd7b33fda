import { ApiFailure } from '../../preload/contract/index.ts';

/** Milliseconds of work between two turns of the event loop: short enough that rows and cancels are answered at once. */
const SLICE = 12;

/** A long piece of work that reports how far it is and can be ended between two slices. */
export class Job {
  readonly jobId: string;
  readonly #report: (done: number, total: number) => void;
  readonly #ending = new AbortController();
  #sliceEnd = performance.now() + SLICE;

  constructor(jobId: string, report: (done: number, total: number) => void) {
    this.jobId = jobId;
    this.#report = report;
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

  /** Tells progress where the work cannot pause; who cancels it then ends the worker. */
  tell(done: number, total: number): void {
    this.#report(done, total);
  }

  /** Tells progress, lets other calls run; throws `cancelled` if the user asked for it. */
  async breathe(done: number, total: number): Promise<void> {
    this.#report(done, total);
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.signal.aborted) throw new ApiFailure({ code: 'cancelled', message: 'cancelled', detail: [] });
    this.#sliceEnd = performance.now() + SLICE;
  }
}

/** The jobs under way, by the id that the caller chose. */
export class Jobs {
  readonly #running = new Map<string, Job>();

  /** Runs `action` as job `jobId`; it is listed until it ends, however it ends. */
  async run<T>(
    jobId: string,
    report: (done: number, total: number) => void,
    action: (job: Job) => Promise<T>,
  ): Promise<T> {
    if (this.#running.has(jobId)) {
      throw new ApiFailure({
        code: 'invalid-params',
        message: `job ${jobId} is already running`,
        detail: [],
      });
    }
    const job = new Job(jobId, report);
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
