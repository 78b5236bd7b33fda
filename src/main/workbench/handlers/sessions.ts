import { type Handlers, type MethodName } from '../../../preload/contract/index.ts';
import { Job } from '../jobs.ts';
import { notFound } from '../errors.ts';
import { exportSession } from '../sessions/session-export.ts';
import { importSession } from '../sessions/session-import.ts';
import { sessionSummary } from '../sessions/session-library.ts';
import { sessionTimeline } from '../sessions/session-timeline.ts';
import { reportView } from '../views/report-view.ts';
import { runJob } from './progress.ts';
import { type Context } from './context.ts';

type SessionMethods = Extract<MethodName, `session.${string}`>;

/** A query's slices: it lets other calls run but reports to nobody. */
function query(): Job {
  return new Job('query', () => undefined);
}

/** `Mouse recording.hid` without what a file name cannot have. */
function fileNameOf(name: string, side: string): string {
  const base = name.replace(/\.hid$/, '').replace(/[^A-Za-z0-9._-]+/g, '-');
  return `${base === '' ? 'session' : base}${side === 'after' ? '' : `-${side}`}.hid`;
}

/** session.* */
export function sessionHandlers(context: Context): Pick<Handlers, SessionMethods> {
  const { sessions, store } = context;
  const changed = (): void => {
    context.changed('sessions');
    context.changed('devices');
  };
  return {
    'session.list': () => store.sessions.list().map(sessionSummary),
    'session.import': async ({ jobId, name, bytes, projectId }) => {
      const source = { name, bytes, ...(projectId === undefined ? {} : { projectId }) };
      const session = await runJob(context, { jobId, title: `Import ${name}`, unit: 'bytes' }, (job) =>
        importSession(store, source, job),
      );
      changed();
      return sessions.detail(session.sessionId);
    },
    'session.open': ({ sessionId }) => sessions.detail(sessionId),
    'session.rename': ({ sessionId, name }) => {
      const session = sessionSummary(store.sessions.rename(sessionId, name));
      changed();
      return session;
    },
    'session.save': ({ sessionId, name }) => {
      const session = sessionSummary(store.sessions.save(sessionId, name));
      changed();
      return session;
    },
    'session.delete': ({ sessionId }) => {
      store.sessions.delete(sessionId);
      changed();
      return {};
    },
    'session.restore': ({ sessionId }) => {
      const session = sessionSummary(store.sessions.restore(sessionId));
      changed();
      return session;
    },
    'session.rows': ({ sessionId, filter, from, count }) =>
      sessions.rows(sessionId).page(filter, from, count, query()),
    'session.find': ({ sessionId, filter, index, direction, what }) =>
      sessions.rows(sessionId).find(filter, index, direction, what, query()),
    'session.report': ({ sessionId, index }) => {
      const data = sessions.data(sessionId);
      const [first, second] = data.reader.read(Math.max(0, index - 1), index === 0 ? 1 : 2);
      const report = index === 0 ? first : second;
      const device = report === undefined ? undefined : data.device(report.device);
      if (report === undefined || device === undefined) throw notFound(`report ${index}`);
      const row = data.row(report, index === 0 ? undefined : first?.timeMicroseconds);
      const hasAfter = data.isReplay || report.after.length > 0;
      return reportView(device.original, {
        row,
        before: report.before,
        after: report.after,
        input: sessions.input(sessionId).at(index, hasAfter),
        ...(hasAfter ? { fixed: device.fixed } : {}),
      });
    },
    'session.timeline': ({ sessionId, ...request }) =>
      sessionTimeline(sessions.data(sessionId), request, query()),
    'session.export': ({ sessionId, side }) => {
      const data = sessions.data(sessionId);
      return {
        fileName: fileNameOf(data.session.name, side),
        bytes: exportSession(data, store.sessions.notes(sessionId), side),
      };
    },
  };
}
