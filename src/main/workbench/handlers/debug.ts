import { HOST_KERNEL, type Handlers, type MethodName } from '../../../preload/contract/index.ts';
import { EngineError } from '../../engine/base/index.ts';
import { DebugSession } from '../debug/debug-session.ts';
import { notFound } from '../errors.ts';
import { attach } from '../simulation/attach.ts';
import { type Context } from './context.ts';
import { planOf, targetOf } from './kernel.ts';
import { runJob, watchedBy } from './progress.ts';

type DebugMethods = Extract<MethodName, `debug.${string}`>;

/** debug.* */
export function debugHandlers(context: Context): Pick<Handlers, DebugMethods> {
  const { resources, projects, sessions } = context;
  const current = (): DebugSession => {
    if (context.debug === undefined) throw notFound('the report that was debugged');
    return context.debug;
  };
  return {
    'debug.open': async ({ jobId, projectId, sessionId, index, kernel = context.settings().kernel }) => {
      if (kernel === HOST_KERNEL)
        throw new EngineError(
          'unsupported',
          'the kernel of this machine cannot be stepped: choose a simulated one in Settings',
        );
      const data = sessions.data(sessionId);
      const name = { jobId, title: `Debug report ${index}`, unit: 'reports' };
      const debug = await runJob(context, name, (job) => {
        const attachment = attach(
          resources,
          { kernel, engine: 'jit', keepVerifierStates: true, ...watchedBy(job) },
          projects.object(projectId),
          planOf(sessionId, data),
          targetOf(context, projectId, data),
        );
        const { failure } = attachment.view;
        if (failure !== undefined)
          throw new EngineError('refused', `the driver is not attached: ${failure.message}`, {
            log: failure.log,
          });
        return DebugSession.open(data, attachment, index, job);
      });
      context.debug = debug;
      const { before, after, notes, runs } = debug;
      return { projectId, sessionId, index, kernel, before, after, notes, runs };
    },
    'debug.moment': ({ run, step }) => current().moment(run, step),
    'debug.find': (params) => current().find(params),
    'debug.close': () => {
      context.debug = undefined;
      return {};
    },
  };
}
