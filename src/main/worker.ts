/** Entry of the worker thread: the workbench, with the store and the engine, away from the thread that draws. */
import { parentPort, workerData } from 'node:worker_threads';
import { runWorker } from './shell/index.ts';
import { createWorkbench, type WorkbenchOptions } from './workbench/index.ts';

if (parentPort === null) throw new Error('worker.js runs in a worker thread only');
await runWorker(parentPort, workerData as WorkbenchOptions, createWorkbench);
