import { join } from 'node:path';
import { type BaseIssue, getDotPath, safeParse } from 'valibot';
import {
  type EventName,
  type Events,
  ApiFailure,
  type Handlers,
  type MethodName,
} from '../../preload/contract/index.ts';
import { openStore } from '../host/store/index.ts';
import { toApiFailure } from './errors.ts';
import { appHandlers } from './handlers/app.ts';
import { type Context } from './handlers/context.ts';
import { debugHandlers } from './handlers/debug.ts';
import { deviceHandlers } from './handlers/devices.ts';
import { liveHandlers } from './handlers/live.ts';
import { kernelHandlers } from './handlers/kernel.ts';
import { projectHandlers } from './handlers/projects.ts';
import { sessionHandlers } from './handlers/sessions.ts';
import { skeletonHandlers } from './handlers/skeleton.ts';
import { Jobs } from './jobs.ts';
import { LiveDevices, openDevices } from './live/live-devices.ts';
import { ProjectLibrary } from './projects/project-library.ts';
import { HostKernel } from './real-kernel/host-kernel.ts';
import { openLocalMachine } from './real-kernel/machine.ts';
import { Resources } from './resources.ts';
import { SessionLibrary } from './sessions/session-library.ts';
import { readSettings } from './settings.ts';
import { SCHEMAS } from './validation.ts';
import { type Workbench, type WorkbenchOptions } from './workbench.ts';

/** The database in the data folder. */
const DATABASE = 'hidsmith.db';

type Listener = <E extends EventName>(event: E, value: Events[E]) => void;

function createContext(
  options: WorkbenchOptions,
  listeners: ReadonlySet<Listener>,
  hear: (() => void) | undefined,
): Context {
  const store = openStore(join(options.dataFolder, DATABASE));
  const resources = new Resources(options.resources);
  const settings = (): ReturnType<typeof readSettings> => readSettings(store.settings);
  const emit: Context['emit'] = (event, value) => {
    for (const listener of listeners) listener(event, value);
  };
  const live = new LiveDevices({
    bridge: openDevices(options.fakeDevices),
    store,
    emit,
    onDevices: (devices) => {
      context.host.follow(devices);
      emit('data.changed', { what: 'devices' });
      emit('data.changed', { what: 'kernel' });
    },
    onAttached: (attachment, previous) => {
      if (context.attachment === previous) context.attachment = attachment;
      emit('data.changed', { what: 'kernel' });
    },
  });
  const context: Context = {
    options,
    resources,
    live,
    host: new HostKernel(() => openLocalMachine(resources)),
    store,
    projects: new ProjectLibrary(store, resources, () => settings().compilerPath),
    sessions: new SessionLibrary(store),
    jobs: new Jobs(hear),
    attachment: undefined,
    debug: undefined,
    settings,
    emit,
    changed: (what) => emit('data.changed', { what }),
  };
  return context;
}

function isMethod(method: string): method is MethodName {
  return Object.hasOwn(SCHEMAS, method);
}

/** What is wrong with params, one line: `count: Invalid value`. */
function issueText(issues: readonly BaseIssue<unknown>[]): string {
  return issues.map((issue) => `${getDotPath(issue) ?? 'params'}: ${issue.message}`).join('; ');
}

/**
 * Opens the workbench on a data folder. Every call is checked against the contract before a handler sees it. `hear`
 * makes the calls that cancel a job at once: it is called by work that does not pause for others.
 * @throws HostError if the store cannot be opened
 */
export function createWorkbench(options: WorkbenchOptions, hear?: () => void): Workbench {
  const listeners = new Set<Listener>();
  const context = createContext(options, listeners, hear);
  const handlers: Handlers = {
    ...appHandlers(context),
    ...projectHandlers(context),
    ...deviceHandlers(context),
    ...liveHandlers(context),
    ...sessionHandlers(context),
    ...kernelHandlers(context),
    ...debugHandlers(context),
    ...skeletonHandlers(context),
  };
  const invoke = async (method: MethodName, params: unknown): Promise<unknown> => {
    const parsed = safeParse(SCHEMAS[method], params);
    if (!parsed.success) {
      throw new ApiFailure({
        code: 'invalid-params',
        message: `${method}: ${issueText(parsed.issues)}`,
        detail: [],
      });
    }
    const handler = handlers[method] as (checked: unknown) => unknown;
    return await handler(parsed.output);
  };
  return {
    async call(method, params) {
      try {
        if (!isMethod(method))
          throw new ApiFailure({
            code: 'invalid-params',
            message: `there is no method '${method}'`,
            detail: [],
          });
        return await invoke(method, params);
      } catch (error) {
        throw toApiFailure(error);
      }
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      context.jobs.cancelAll();
      try {
        await context.live.dispose();
        context.host.detach();
      } finally {
        context.store.close();
      }
    },
  };
}
