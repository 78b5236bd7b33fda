import { type Id, type JobView, type Transport } from '../../../preload/contract/index.ts';

/** What takes long: progress as main tells it, and a way to stop it. */
export class Jobs {
  readonly #transport: Transport;
  active = $state.raw<readonly JobView[]>([]);

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.on('job.progress', (job) => {
      this.active = this.active.map((other) => (other.jobId === job.jobId ? job : other));
    });
    transport.on('job.done', ({ jobId }) => this.#remove(jobId));
  }

  /** Runs work under a new job id. The job is shown from the start, before main's first word. */
  async run<T>(title: string, work: (jobId: Id) => Promise<T>): Promise<T> {
    const jobId = crypto.randomUUID();
    this.active = [...this.active, { jobId, title, done: 0, total: 0, unit: '' }];
    try {
      return await work(jobId);
    } finally {
      this.#remove(jobId);
    }
  }

  async cancel(jobId: Id): Promise<void> {
    await this.#transport.call('job.cancel', { jobId });
  }

  #remove(jobId: Id): void {
    this.active = this.active.filter((job) => job.jobId !== jobId);
  }
}
