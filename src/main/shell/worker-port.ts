import { type MessagePort } from 'node:worker_threads';
import { type Workbench, type WorkbenchOptions } from '../workbench/workbench.ts';
import { createPeer, errorOnWire } from './peer.ts';
import { type FromWorker, type ToWorker } from './worker-messages.ts';

/** The worker thread's main: opens the workbench and answers the supervisor's messages until it says close. */
export async function runWorker(
  port: MessagePort,
  options: WorkbenchOptions,
  open: (options: WorkbenchOptions) => Workbench | Promise<Workbench>,
): Promise<void> {
  const post = (message: FromWorker): void => {
    port.postMessage(message);
  };
  let workbench: Workbench;
  try {
    workbench = await open(options);
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
  port.on('message', (message: ToWorker) => {
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
  });
  post({ kind: 'ready' });
}
