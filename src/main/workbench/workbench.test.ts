import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiFailure, type MethodName, type Params, type Result } from '../../preload/contract/index.ts';
import { REPOSITORY, sharedPath } from '../engine/testing/shared.ts';
import { createWorkbench, parseRecording, type Workbench } from './index.ts';
import { SCHEMAS } from './validation.ts';

const open: Workbench[] = [];

/** A workbench on an empty data folder, with typed calls. */
function workbench(dataFolder = mkdtempSync(join(tmpdir(), 'hidsmith-workbench-'))): {
  call: <M extends MethodName>(method: M, params: Params<M>) => Promise<Result<M>>;
  raw: Workbench;
  dataFolder: string;
} {
  const raw = createWorkbench({
    dataFolder,
    resources: join(REPOSITORY, 'resources'),
    shell: 'web',
    version: '0',
  });
  open.push(raw);
  return { raw, dataFolder, call: (method, params) => raw.call(method, params) as Promise<never> };
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function failure(promise: Promise<unknown>): Promise<ApiFailure> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as ApiFailure,
  );
}

describe('the workbench', () => {
  it('carries a sample from its project to a saved and exported replay', async () => {
    const { call, raw } = workbench();
    const changed = new Set<string>();
    raw.onEvent((event, value) => {
      if (event === 'data.changed' && 'what' in value) changed.add(value.what);
    });
    const project = await call('project.create', { templateId: 'pen-fix', name: 'Pen' });
    expect(project.lastBuild).toMatchObject({ ok: true, prebuilt: true });
    expect(project.lastBuild?.object?.programs.map(({ name }) => name)).toContain('probe');
    const { projectId } = project.summary;
    const [sessionId] = project.sessionIds;
    const recording = await call('session.open', { sessionId: sessionId! });
    const { attach, session } = await call('kernel.replay', {
      jobId: 'replay',
      projectId,
      sessionId: sessionId!,
    });
    expect(attach).toMatchObject({ ok: true, probe: { ran: true, accepted: true } });
    expect(attach.verdicts.every(({ accepted }) => accepted)).toBe(true);
    expect(session?.summary).toMatchObject({
      kind: 'replay',
      unsaved: true,
      reports: recording.summary.reports,
    });
    const replayed = session!.summary.sessionId;
    const page = await call('session.rows', { sessionId: replayed, filter: 'changed', from: 0, count: 10 });
    expect(page.total).toBe(session!.summary.changed);
    const report = await call('session.report', { sessionId: replayed, index: page.rows[0]!.index });
    expect(report.fields.some(({ changed: isChanged }) => isChanged)).toBe(true);
    const device = await call('device.open', { deviceId: session!.devices[0]!.deviceId });
    expect(device.descriptor.lines.some(({ change }) => change === 'added')).toBe(true);
    const exported = await call('session.export', { sessionId: replayed, side: 'after' });
    const lines = (text: string): string[] =>
      text
        .split('\n')
        .filter((line) => /^[ER]:/.test(line))
        .map((line) => line.trim());
    const expected = readFileSync(join(REPOSITORY, 'resources/samples/pen-fix/expected.hid'), 'utf8');
    expect(lines(new TextDecoder().decode(exported.bytes))).toEqual(lines(expected));
    expect(await call('session.save', { sessionId: replayed, name: 'Mended' })).toMatchObject({
      name: 'Mended',
      unsaved: false,
    });
    const timeline = await call('session.timeline', { sessionId: replayed, buckets: 50, fields: [] });
    expect(
      timeline.lanes.reduce((sum, lane) => sum + lane.reports.reduce((all, one) => all + one, 0), 0),
    ).toBe(session!.summary.reports);
    const plotted = await call('session.timeline', {
      sessionId: replayed,
      buckets: 50,
      fields: [timeline.fields[0]!.key],
    });
    expect(plotted.plots[0]!.values.length).toBeGreaterThan(0);
    const trace = await call('kernel.trace', { from: 0, count: 1000 });
    expect(trace.rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'BPF_BTF_LOAD',
        'BPF_PROG_LOAD',
        'BPF_MAP_CREATE',
        'BPF_MAP_UPDATE_ELEM',
        'BPF_LINK_CREATE',
        'BPF_PROG_TEST_RUN',
      ]),
    );
    expect([...changed].sort()).toEqual(['devices', 'kernel', 'projects', 'sessions']);
  });

  it('keeps one unsaved replay of a project and recording', async () => {
    const { call } = workbench();
    const project = await call('project.create', { templateId: 'dial-map', name: 'Dial' });
    const params = { projectId: project.summary.projectId, sessionId: project.sessionIds[0]! };
    await call('kernel.replay', { jobId: 'a', ...params });
    await call('kernel.replay', { jobId: 'b', ...params });
    expect((await call('session.list', {})).filter(({ kind }) => kind === 'replay')).toHaveLength(1);
  });

  it.each(['syscall-adder', 'socket-count', 'mouse-swap-buttons', 'pen-fix', 'keypad-remap', 'dial-map'])(
    'runs the light skeleton of %s beside the normal loader: same programs, maps and links',
    async (templateId) => {
      const { call } = workbench();
      const { projectId } = (await call('project.create', { templateId, name: 'Plain' })).summary;
      expect((await call('skeleton.export', { projectId, standalone: true })).header).toContain(
        '__open_and_load',
      );
      const run = await call('skeleton.run', { projectId });
      expect(run.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(run).toMatchObject({ ok: true, retval: 0 });
      expect(run.calls.some(({ depth, name }) => depth > 0 && name === 'BPF_PROG_LOAD')).toBe(true);
    },
  );

  it('tells a refused probe', async () => {
    const { call } = workbench();
    const pen = await call('project.create', { templateId: 'pen-fix', name: 'Pen' });
    const mouse = await call('project.create', { templateId: 'mouse-swap-buttons', name: 'Mouse' });
    const result = await call('kernel.replay', {
      jobId: 'x',
      projectId: pen.summary.projectId,
      sessionId: mouse.sessionIds[0]!,
    });
    expect(result.attach).toMatchObject({ ok: false, failure: { stage: 'probe' } });
    expect(result.session).toBeUndefined();
  });

  it('leaves nothing behind of an import that is cancelled or cannot be read', async () => {
    const { call, raw } = workbench();
    const line = 'E: 000000.000000 4 01 02 03 04\n';
    const big = new TextEncoder().encode(`R: 4 05 01 09 02\nI: 3 1 2\n${line.repeat(200_000)}`);
    raw.onEvent((event) => {
      if (event === 'job.progress') void call('job.cancel', { jobId: 'import' });
    });
    expect(await failure(call('session.import', { jobId: 'import', name: 'big', bytes: big }))).toMatchObject(
      { code: 'cancelled' },
    );
    expect(
      await failure(
        call('session.import', { jobId: 'i', name: 'x', bytes: new TextEncoder().encode('hello\n') }),
      ),
    ).toMatchObject({ code: 'parse' });
    expect(await call('session.list', {})).toEqual([]);
  });

  it('answers any parameters of any method with a result or a typed failure, and stores nothing half', async () => {
    const { raw, call } = workbench();
    const methods = Object.keys(SCHEMAS);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...methods, 'constructor', '__proto__'),
        fc.object({ withBigInt: true }),
        async (method, params) => {
          try {
            await raw.call(method, params);
          } catch (error) {
            // A method without parameters may find nothing to do: nothing is being recorded.
            expect(['invalid-params', 'usage']).toContain((error as ApiFailure).code);
          }
        },
      ),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        const before = (await call('session.list', {})).length;
        const imported = await call('session.import', { jobId: 'fuzz', name: 'fuzz', bytes }).then(
          () => 1,
          (error: unknown) => {
            expect((error as ApiFailure).code).toBe('parse');
            return 0;
          },
        );
        expect(await call('session.list', {})).toHaveLength(before + imported);
        const made = await call('project.import', {
          name: 'fuzz',
          files: [{ path: 'driver.bpf.o', bytes }],
        }).catch((error: unknown) => error as ApiFailure);
        expect(made).toMatchObject({ code: 'parse' });
      }),
      { numRuns: 60 },
    );
  });

  it('opens again with everything that was stored', async () => {
    const first = workbench();
    await first.call('project.create', { templateId: 'keypad-remap', name: 'Keypad' });
    await first.raw.close();
    open.splice(open.indexOf(first.raw), 1);
    const again = workbench(first.dataFolder);
    expect((await again.call('project.list', {})).map(({ name }) => name)).toEqual(['Keypad']);
    expect((await again.call('session.list', {})).map(({ kind }) => kind)).toEqual(['recording']);
  });
});

const recordings = sharedPath('data/recordings');
describe.skipIf(recordings === undefined)('real recordings (needs ../shared/data/recordings)', () => {
  it(
    'import as sessions, list and decode every report, and export the same events',
    { timeout: 120_000 },
    async () => {
      const { call } = workbench();
      for (const name of readdirSync(recordings!).filter((file) => file.endsWith('.hid'))) {
        const bytes = new Uint8Array(readFileSync(join(recordings!, name)));
        const before = parseRecording(bytes);
        const { summary, problems } = await call('session.import', { jobId: name, name, bytes });
        expect([name, summary.reports, problems.length]).toEqual([
          name,
          before.events.length,
          before.problems.length,
        ]);
        const { sessionId } = summary;
        if (summary.reports > 0) {
          const page = await call('session.rows', {
            sessionId,
            filter: '',
            from: Math.max(0, summary.reports - 20),
            count: 20,
          });
          expect(page.rows.every(({ summary: text }) => text.length > 0)).toBe(true);
          expect(
            (await call('session.report', { sessionId, index: summary.reports - 1 })).before.length,
          ).toBeGreaterThan(0);
        }
        const { bytes: exported } = await call('session.export', { sessionId, side: 'before' });
        const after = parseRecording(exported);
        const events = ({ events: log }: typeof before): string[] =>
          Array.from(
            { length: log.length },
            (_, i) =>
              `${log.device(i)} ${log.timeMicroseconds(i)} ${Buffer.from(log.deviceBytes(i)).toString('hex')}`,
          );
        expect(events(after)).toEqual(events(before));
      }
    },
  );
});
