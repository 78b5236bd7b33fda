import { Worker } from 'node:worker_threads';
import {
  type ApiError,
  ApiFailure,
  type EventName,
  type Events,
  type ServerMessage,
} from '../../preload/contract/index.ts';
import { type Workbench, type WorkbenchOptions } from '../workbench/workbench.ts';
import { type FromWorker, type ToWorker } from './worker-messages.ts';

/** Milliseconds; tests shorten them. */
export interface WorkerTimes {
  /** Between two pings. */
  readonly ping: number;
  /** Without an answer the worker counts as busy. */
  readonly busy: number;
  /** That a cancelled job of a busy worker gets before the worker is ended. */
  readonly cancel: number;
  /** That the worker gets to close its store. */
  readonly close: number;
  /** A worker that dies sooner than this after its start is not started again before the next call. */
  readonly stable: number;
}

export interface WorkerHostOptions {
  /** The worker's script. */
  readonly entry: string | URL;
  readonly workbench: WorkbenchOptions;
  readonly times?: Partial<WorkerTimes>;
}

/** The workbench in a thread of its own, watched over: to its users it looks like a workbench. */
export interface WorkerHost extends Workbench {
  /** Ends the worker, whatever it does, and starts a new one. Calls under way reject with `internal`. */
  restart(reason: string): void;
}

/**
 * Megabytes of new objects until the collector looks. V8's own limit is twice that: a stream of reports, whose objects
 * die young, would fill it for nothing, and the process would look as if it grew.
 */
const YOUNG_GENERATION = 48;

const TIMES: WorkerTimes = { ping: 2000, busy: 10_000, cancel: 3000, close: 5000, stable: 2000 };

interface PendingCall {
  readonly jobId: string | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ApiFailure) => void;
}

type Listener = Parameters<Workbench['onEvent']>[0];

function failure(code: ApiFailure['code'], message: string, detail: readonly string[] = []): ApiFailure {
  return new ApiFailure({ code, message, detail });
}

function jobIdOf(params: unknown): string | undefined {
  const jobId = typeof params === 'object' && params !== null && 'jobId' in params ? params.jobId : undefined;
  return typeof jobId === 'string' ? jobId : undefined;
}

class Supervisor implements WorkerHost {
  readonly #options: WorkerHostOptions;
  readonly #times: WorkerTimes;
  readonly #listeners = new Set<Listener>();
  readonly #pending = new Map<number, PendingCall>();
  #worker: Worker | undefined;
  #startedAt = 0;
  #lastSign = 0;
  #busy = false;
  /** It has said that its workbench is open. */
  #ready = false;
  #nextId = 1;
  /** Why there is no worker now; the next call tries again. */
  #trouble: ApiFailure | undefined;
  #closed = false;
  #onClosed: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#start();
    this.#timer = setInterval(() => this.#ping(), this.#times.ping);
    this.#timer.unref();
  }

  call(method: string, params: unknown): Promise<unknown> {
    if (this.#closed) return Promise.reject(failure('cancelled', 'the workbench is closed'));
    if (this.#worker === undefined) this.#start();
    const worker = this.#worker;
    const id = this.#nextId++;
    const jobId = jobIdOf(params);
    return new Promise((resolve, reject) => {
      if (worker === undefined) {
        reject(this.#trouble ?? failure('internal', 'the engine cannot be started'));
        return;
      }
      this.#pending.set(id, { jobId: method === 'job.cancel' ? undefined : jobId, resolve, reject });
      try {
        worker.postMessage({ kind: 'call', id, method, params } satisfies ToWorker);
      } catch (error) {
        this.#pending.delete(id);
        const why = error instanceof Error ? error.message : String(error);
        reject(failure('invalid-params', `${method}: the parameters cannot be sent: ${why}`));
      }
      if (method === 'job.cancel' && jobId !== undefined) this.#insist(worker, id, jobId);
    });
  }

  onEvent(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  restart(reason: string): void {
    const worker = this.#worker;
    if (worker === undefined || this.#closed) return;
    this.#leave(worker, failure('internal', `the engine was started anew: ${reason}`));
    void worker.terminate();
    this.#start();
    this.#emit('engine.state', { state: 'restarted', message: `The engine was started anew: ${reason}.` });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    const worker = this.#worker;
    if (worker !== undefined) {
      const closed = new Promise<void>((done) => (this.#onClosed = done));
      worker.postMessage({ kind: 'close' } satisfies ToWorker);
      const patience = new Promise<void>((done) => setTimeout(done, this.#times.close).unref());
      await Promise.race([closed, patience]);
      await worker.terminate();
    }
    this.#rejectAll(failure('cancelled', 'the workbench was closed'));
  }

  #emit<E extends EventName>(event: E, value: Events[E]): void {
    for (const listener of [...this.#listeners]) listener(event, value);
  }

  #start(): void {
    const worker = new Worker(this.#options.entry, {
      workerData: this.#options.workbench,
      name: 'workbench',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
    });
    this.#worker = worker;
    this.#startedAt = performance.now();
    this.#lastSign = this.#startedAt;
    this.#busy = false;
    this.#ready = false;
    this.#trouble = undefined;
    worker.on('message', (message: FromWorker) => {
      if (worker === this.#worker) this.#receive(worker, message);
    });
    worker.on('error', (error) => {
      this.#died(worker, error instanceof Error ? error.message : String(error));
    });
    worker.on('exit', (code) => {
      this.#died(worker, `it ended with code ${code}`);
    });
  }

  #receive(worker: Worker, message: FromWorker): void {
    this.#lastSign = performance.now();
    if (this.#busy) {
      this.#busy = false;
      this.#emit('engine.state', { state: 'ready', message: 'The engine answers again.' });
    }
    if (message.kind === 'result' || message.kind === 'error') this.#settle(message);
    else if (message.kind === 'event') {
      // The worker's own code names the event and makes its value: what crossed the port is what it sent.
      this.#emit(message.event as EventName, message.value as Events[EventName]);
    } else if (message.kind === 'ready') {
      this.#ready = true;
    } else if (message.kind === 'failed') {
      this.#trouble = new ApiFailure(message.error);
      this.#leave(worker, this.#trouble);
    } else if (message.kind === 'closed') this.#onClosed?.();
  }

  #settle(message: Extract<ServerMessage, { kind: 'result' | 'error' }>): void {
    const call = this.#pending.get(message.id);
    if (call === undefined) return;
    this.#pending.delete(message.id);
    if (message.kind === 'result') call.resolve(message.value);
    else call.reject(new ApiFailure(message.error as ApiError));
  }

  #rejectAll(error: ApiFailure): void {
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of calls) call.reject(error);
  }

  /** From now on the worker's words do not count. */
  #leave(worker: Worker, error: ApiFailure): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#rejectAll(error);
  }

  #died(worker: Worker, why: string): void {
    if (worker !== this.#worker) return;
    if (this.#closed) {
      this.#onClosed?.();
      return;
    }
    const error = failure('internal', `the engine stopped: ${why}`);
    this.#leave(worker, error);
    this.#trouble = error;
    if (performance.now() - this.#startedAt < this.#times.stable) return;
    this.#start();
    this.#emit('engine.state', {
      state: 'restarted',
      message: `The engine stopped (${why}) and was started anew.`,
    });
  }

  #ping(): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    const silent = performance.now() - this.#lastSign;
    // Opening a large store for the first time may take longer.
    const patience = this.#ready ? this.#times.busy : this.#times.busy * 3;
    if (silent > patience && !this.#busy) {
      this.#busy = true;
      const seconds = Math.round(silent / 1000);
      const message = `The engine has not answered for ${seconds} s. Cancel what it does to start it anew.`;
      this.#emit('engine.state', { state: 'busy', message });
    }
    worker.postMessage({ kind: 'ping' } satisfies ToWorker);
  }

  /** A job that does not let the worker answer is ended with the worker, also one that tells its progress meanwhile. */
  #insist(worker: Worker, cancelId: number, jobId: string): void {
    const timer = setTimeout(() => {
      const answered = !this.#pending.has(cancelId);
      if (answered || !this.#ready || worker !== this.#worker) return;
      for (const [id, call] of this.#pending) {
        if (call.jobId !== jobId) continue;
        this.#pending.delete(id);
        call.reject(failure('cancelled', 'cancelled; the engine had to be started anew'));
      }
      const cancel = this.#pending.get(cancelId);
      this.#pending.delete(cancelId);
      cancel?.resolve({});
      this.restart('a cancelled job did not stop');
    }, this.#times.cancel);
    timer.unref();
  }
}

/** Starts the worker. */
export function createWorkerHost(options: WorkerHostOptions): WorkerHost {
  return new Supervisor(options);
}
