import { ApiFailure, type EventName, type Events } from '../../../preload/contract/index.ts';
import { type Workbench } from '../../workbench/workbench.ts';

/** A workbench of a few methods for the shells' tests; it does nothing of what Hidsmith does. */
export interface FakeWorkbench extends Workbench {
  readonly calls: { readonly method: string; readonly params: unknown }[];
  closed: boolean;
  emit<E extends EventName>(event: E, value: Events[E]): void;
}

function failure(code: ApiFailure['code'], message: string): ApiFailure {
  return new ApiFailure({ code, message, detail: ['one', 'two'] });
}

/** `hear`: as of createWorkbench(). */
export function createFakeWorkbench(hear: () => void = () => undefined): FakeWorkbench {
  const listeners = new Set<Parameters<Workbench['onEvent']>[0]>();
  const jobs = new Map<string, (error: ApiFailure) => void>();
  const cancelled = new Set<string>();
  const run = (method: string, params: Record<string, unknown>): unknown => {
    switch (method) {
      case 'echo':
        return params;
      case 'refuse':
        throw failure('refused', 'the kernel said no');
      case 'break':
        throw new TypeError('undefined is not a function');
      case 'function':
        return () => 1;
      case 'job':
        return new Promise((_, reject) => jobs.set(String(params['jobId']), reject));
      case 'compute': {
        const end = performance.now() + Number(params['milliseconds']);
        const jobId = String(params['jobId']);
        cancelled.delete(jobId);
        while (performance.now() < end) {
          hear();
          if (cancelled.has(jobId)) throw failure('cancelled', 'cancelled');
        }
        return {};
      }
      case 'job.cancel': {
        cancelled.add(String(params['jobId']));
        const end = jobs.get(String(params['jobId']));
        if (end === undefined) throw failure('not-found', 'no such job');
        end(failure('cancelled', 'cancelled'));
        return {};
      }
      case 'spin': {
        const end = performance.now() + Number(params['milliseconds']);
        const jobId = String(params['jobId']);
        while (performance.now() < end) {
          if (params['tells'] !== true) continue;
          for (const listener of listeners)
            listener('job.progress', { jobId, title: 'Spin', done: 1, total: 2, unit: '' });
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        }
        return {};
      }
      case 'crash':
        setImmediate(() => {
          throw new Error('it fell over');
        });
        return new Promise(() => undefined);
      case 'exit':
        process.exit(7);
        break;
      default:
        throw failure('invalid-params', `no method ${method}`);
    }
    return undefined;
  };
  const fake: FakeWorkbench = {
    calls: [],
    closed: false,
    // eslint-disable-next-line @typescript-eslint/require-await -- what run() throws becomes a rejection
    async call(method, params) {
      fake.calls.push({ method, params });
      return run(method, params as Record<string, unknown>);
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      fake.closed = true;
      return Promise.resolve();
    },
    emit(event, value) {
      for (const listener of listeners) listener(event, value);
    },
  };
  return fake;
}
