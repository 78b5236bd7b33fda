import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type Workbench, type WorkbenchOptions } from '../workbench/workbench.ts';
import { createPeer, errorOnWire } from './peer.ts';
import { type FromWorker, type ToWorker } from './worker-messages.ts';

/** Messages that are answered also while a call computes: none of them waits for another. */
function isUrgent(message: ToWorker): boolean {
  return message.kind !== 'call' || message.method === 'job.cancel';
}

/**
 * The worker thread's main: opens the workbench and answers the supervisor's messages until it says close. The workbench
 * calls `hear` where it computes for long without a pause.
 */
export async function runWorker(
  port: MessagePort,
  options: WorkbenchOptions,
  open: (options: WorkbenchOptions, hear: () => void) => Workbench | Promise<Workbench>,
): Promise<void> {
  /** Calls that came while another computed, in their order. */
  const waiting: ToWorker[] = [];
  const hear = (): void => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      const message = next.message as ToWorker;
      if (isUrgent(message)) answer(message);
      else if (waiting.push(message) === 1) setImmediate(answerWaiting);
    }
  };
  const answerWaiting = (): void => waiting.splice(0).forEach(answer);
  const post = (message: FromWorker): void => {
    port.postMessage(message);
  };
  let workbench: Workbench;
  try {
    workbench = await open(options, hear);
  } catch (error) {
    post({ kind: 'failed', error: errorOnWire(error) });
    port.close();
    return;
  }
  const peer = createPeer(workbench, (message) => {
    try {
      post(message);
    } catch (error) {
      // A result that no structured clone can carry is a bug; its caller must still hear of it.
      if (message.kind === 'result') post({ kind: 'error', id: message.id, error: errorOnWire(error) });
    }
  });
  const answer = (message: ToWorker): void => {
    if (message.kind === 'ping') post({ kind: 'pong' });
    else if (message.kind === 'call') peer.receive(message);
    else {
      peer.close();
      // A store that cannot be closed cleanly recovers when it is opened next.
      void workbench
        .close()
        .catch(() => undefined)
        .then(() => {
          post({ kind: 'closed' });
          port.close();
        });
    }
  };
  port.on('message', (message: ToWorker) => {
    answerWaiting();
    answer(message);
  });
  post({ kind: 'ready' });
}
