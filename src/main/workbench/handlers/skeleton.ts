import { HOST_KERNEL, type Handlers, type MethodName } from '../../../preload/contract/index.ts';
import { EngineError, encodeUtf8 } from '../../engine/base/index.ts';
import { type DevicePlan } from '../simulation/attach.ts';
import { makeBundle } from '../skeleton/bundle.ts';
import { runSkeleton } from '../skeleton/skeleton-run.ts';
import { exportSkeleton } from '../skeleton/skeleton.ts';
import { tar } from '../skeleton/tar.ts';
import { type Context } from './context.ts';
import { planOf, targetOf } from './kernel.ts';

type SkeletonMethods = Extract<MethodName, `skeleton.${string}`>;

/** The device that the project's own recordings have for its driver; undefined where there is none. */
function projectDevice(context: Context, projectId: string): DevicePlan | undefined {
  for (const { sessionId } of context.store.sessions.ofProject(projectId)) {
    const data = context.sessions.data(sessionId);
    if (data.devices.some(({ stored }) => stored.descriptor.length > 0))
      return planOf(sessionId, data)[targetOf(context, projectId, data)];
  }
  return undefined;
}

/** skeleton.* */
export function skeletonHandlers(context: Context): Pick<Handlers, SkeletonMethods> {
  const { projects, resources } = context;
  return {
    'skeleton.export': ({ projectId, name, standalone }) => {
      const { spec } = projects.object(projectId);
      return exportSkeleton(spec, { standalone, ...(name === undefined ? {} : { name }) }).view;
    },
    'skeleton.bundle': ({ projectId, name }) => {
      const object = projects.object(projectId);
      const wanted = name ?? object.spec.name;
      const files = makeBundle(object, wanted);
      return {
        fileName: `${wanted}.tar`,
        archive: tar(wanted, files),
        files: files.map(({ path, content }) => ({
          path,
          size: typeof content === 'string' ? encodeUtf8(content).length : content.length,
        })),
      };
    },
    'skeleton.run': ({ projectId, kernel }) => {
      const settings = context.settings();
      if ((kernel ?? settings.kernel) === HOST_KERNEL) {
        throw new EngineError(
          'unsupported',
          'a skeleton runs in simulated kernels here: choose one in Settings, or build the loader of the bundle (make) and run it on this machine',
        );
      }
      return runSkeleton(
        resources,
        { kernel: kernel ?? settings.kernel, engine: settings.engine },
        projects.object(projectId).spec,
        projectDevice(context, projectId),
      );
    },
  };
}
