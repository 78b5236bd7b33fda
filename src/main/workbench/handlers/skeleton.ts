import { type Handlers, type MethodName } from '../../../preload/contract/index.ts';
import { runSkeleton } from '../skeleton/skeleton-run.ts';
import { exportSkeleton } from '../skeleton/skeleton.ts';
import { type Context } from './context.ts';

type SkeletonMethods = Extract<MethodName, `skeleton.${string}`>;

/** skeleton.* */
export function skeletonHandlers(context: Context): Pick<Handlers, SkeletonMethods> {
  const { projects, resources } = context;
  return {
    'skeleton.export': ({ projectId, name, standalone }) => {
      const { spec } = projects.object(projectId);
      return exportSkeleton(spec, { standalone, ...(name === undefined ? {} : { name }) }).view;
    },
    'skeleton.run': ({ projectId, kernel }) => {
      const settings = context.settings();
      return runSkeleton(
        resources,
        { kernel: kernel ?? settings.kernel, engine: settings.engine },
        projects.object(projectId).spec,
      );
    },
  };
}
