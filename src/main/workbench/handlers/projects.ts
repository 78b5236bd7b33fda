import {
  HOST_KERNEL,
  type Handlers,
  type MethodName,
  type VerdictView,
} from '../../../preload/contract/index.ts';
import { projectSummary } from '../projects/project-library.ts';
import { verifyOnHost } from '../real-kernel/host-attachment.ts';
import { importSession } from '../sessions/session-import.ts';
import { verifyObject } from '../simulation/verify.ts';
import { logView } from '../views/log-view.ts';
import { type Context } from './context.ts';
import { runJob, watchedBy } from './progress.ts';

type ProjectMethods = Extract<MethodName, `project.${string}`>;

/** Verdicts with no more of their logs than a window can show. */
function verdictViews(verdicts: readonly VerdictView[]): VerdictView[] {
  return verdicts.map((verdict) => ({ ...verdict, log: logView(verdict.log) }));
}

/** project.* */
export function projectHandlers(context: Context): Pick<Handlers, ProjectMethods> {
  const { projects, store, resources } = context;
  return {
    'project.list': () => projects.list(),
    'project.templates': () => projects.templates(),
    'project.create': async ({ templateId, name }) => {
      const { project, recording } = projects.create(templateId, name);
      if (recording !== undefined) {
        const source = { name: `${name} recording`, bytes: recording, projectId: project.projectId };
        await context.jobs.run(
          `import ${project.projectId}`,
          () => undefined,
          (job) => importSession(store, source, job),
        );
        context.changed('sessions');
        context.changed('devices');
      }
      context.changed('projects');
      return projects.detail(project.projectId);
    },
    'project.import': ({ name, files }) => {
      const { projectId } = projects.import(name, files);
      context.changed('projects');
      return projects.detail(projectId);
    },
    'project.open': ({ projectId }) => projects.detail(projectId),
    'project.rename': ({ projectId, name }) => {
      const project = projectSummary(store.projects.rename(projectId, name));
      context.changed('projects');
      return project;
    },
    'project.delete': ({ projectId }) => {
      store.projects.delete(projectId);
      context.changed('projects');
      return {};
    },
    'project.restore': ({ projectId }) => {
      const project = projectSummary(store.projects.restore(projectId));
      context.changed('projects');
      return project;
    },
    'project.save': ({ projectId, file }) => {
      const project = projects.save(projectId, file);
      context.changed('projects');
      return project;
    },
    'project.build': async ({ projectId }) => {
      const build = await projects.build(projectId);
      context.changed('projects');
      return build;
    },
    'project.verify': async ({ projectId, kernel, jobId }) => {
      const { kernel: chosen, engine } = context.settings();
      const { spec, fileName } = projects.object(projectId);
      const version = kernel ?? chosen;
      if (version === HOST_KERNEL) return verdictViews(verifyOnHost(context.host.open, spec));
      const choice = { kernel: version, engine } as const;
      if (jobId === undefined) return verdictViews(verifyObject(resources, choice, spec));
      // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown becomes a rejection
      return runJob(context, { jobId, title: `Verify ${fileName}`, unit: 'instructions' }, async (job) =>
        verdictViews(verifyObject(resources, { ...choice, ...watchedBy(job) }, spec)),
      );
    },
    'project.object': ({ projectId }) => {
      const { fileName, bytes } = projects.object(projectId);
      return { fileName, bytes };
    },
  };
}
