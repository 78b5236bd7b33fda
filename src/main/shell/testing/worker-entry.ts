// The worker of worker-host.test.ts: the fake workbench behind the real port. The data folder's name says what to do.
import { parentPort, workerData } from 'node:worker_threads';
import { ApiFailure } from '../../../preload/contract/index.ts';
import { type WorkbenchOptions } from '../../workbench/workbench.ts';
import { runWorker } from '../worker-port.ts';
import { createFakeWorkbench } from './fake-workbench.ts';

const options = workerData as WorkbenchOptions;
if (options.dataFolder === '/dies') throw new Error('dead on arrival');
if (parentPort !== null) {
  await runWorker(parentPort, options, (_, hear) => {
    if (options.dataFolder === '/damaged') {
      throw new ApiFailure({ code: 'io', message: 'hidsmith.db: not a readable database', detail: [] });
    }
    const workbench = createFakeWorkbench(hear);
    const timer = setInterval(() => {
      workbench.emit('data.changed', { what: 'devices' });
    }, 20);
    return {
      ...workbench,
      close: () => {
        clearInterval(timer);
        return workbench.close();
      },
    };
  });
}
