import { type ApiError, type ClientMessage, type ServerMessage } from '../../preload/contract/index.ts';
import { type Workbench } from '../workbench/workbench.ts';

/** The server's side of the wire for one client, whatever carries the messages. */
export interface Peer {
  /** Takes a message of the client. False if it is no message of the contract: the carrier should hang up. */
  receive(message: unknown): boolean;
  /** The client is gone: ends its jobs and stops its events. */
  close(): void;
}

/** What any error looks like on the wire; what is not an ApiFailure is a bug of ours. */
export function errorOnWire(error: unknown): ApiError {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && 'detail' in error) {
    const detail = Array.isArray(error.detail) ? error.detail.map(String) : [];
    return { code: error.code as ApiError['code'], message: error.message, detail };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return {
    code: 'internal',
    message: `an error inside Hidsmith: ${message}`,
    detail: stack.split('\n').slice(1),
  };
}

function isClientMessage(message: unknown): message is ClientMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { kind, id, method } = message as Record<string, unknown>;
  return kind === 'call' && typeof id === 'number' && Number.isSafeInteger(id) && typeof method === 'string';
}

function jobIdOf(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null) return undefined;
  const { jobId } = params as Record<string, unknown>;
  return typeof jobId === 'string' ? jobId : undefined;
}

/** Connects one client to the workbench. `send` must not throw. */
export function createPeer(workbench: Workbench, send: (message: ServerMessage) => void): Peer {
  /** Jobs that this client has started and that have not ended. */
  const jobs = new Set<string>();
  let open = true;
  const stopEvents = workbench.onEvent((event, value) => {
    send({ kind: 'event', event, value });
  });

  const run = async ({ id, method, params }: ClientMessage): Promise<void> => {
    const jobId = method === 'job.cancel' ? undefined : jobIdOf(params);
    if (jobId !== undefined) jobs.add(jobId);
    let answer: ServerMessage;
    try {
      answer = { kind: 'result', id, value: await workbench.call(method, params) };
    } catch (error) {
      answer = { kind: 'error', id, error: errorOnWire(error) };
    }
    if (jobId !== undefined) jobs.delete(jobId);
    if (open) send(answer);
  };

  return {
    receive(message) {
      if (!open || !isClientMessage(message)) return false;
      void run(message);
      return true;
    },
    close() {
      if (!open) return;
      open = false;
      stopEvents();
      for (const jobId of jobs) {
        // Refused only if the job has just ended by itself.
        workbench.call('job.cancel', { jobId }).catch(() => undefined);
      }
    },
  };
}
