import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ApiFailure,
  type LiveBatch,
  type LiveState,
  type LiveView,
  type MethodName,
  type Params,
  type Result,
} from '../../../preload/contract/index.ts';
import { openStore } from '../../host/store/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { createWorkbench, type Workbench } from '../index.ts';
import { LiveRecording } from './live-recording.ts';

const SAMPLES = join(REPOSITORY, 'resources/samples');
const RATE = 8000;

const open: Workbench[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface Bench {
  readonly dataFolder: string;
  readonly batches: LiveBatch[];
  readonly states: (LiveView | undefined)[];
  /** One for each time that other devices were there. */
  readonly listings: 'devices'[];
  readonly plug: (...devices: object[]) => void;
  readonly call: <M extends MethodName>(method: M, params: Params<M>) => Promise<Result<M>>;
}

/** A workbench whose plugged-in devices are played from recordings. */
function bench(...devices: object[]): Bench {
  const dataFolder = mkdtempSync(join(tmpdir(), 'hidsmith-live-'));
  const fakeDevices = join(dataFolder, 'devices.json');
  const plug = (...list: object[]): void => writeFileSync(fakeDevices, JSON.stringify({ devices: list }));
  plug(...devices);
  const workbench = createWorkbench({
    dataFolder,
    resources: join(REPOSITORY, 'resources'),
    shell: 'web',
    version: '0',
    fakeDevices,
  });
  open.push(workbench);
  const batches: LiveBatch[] = [];
  const states: (LiveView | undefined)[] = [];
  const listings: 'devices'[] = [];
  workbench.onEvent((event, value) => {
    if (event === 'live.reports') batches.push(value as LiveBatch);
    if (event === 'data.changed' && 'what' in value && value.what === 'devices') listings.push('devices');
    if (event === 'live.state') states.push((value as LiveState).devices[0]);
  });
  return {
    dataFolder,
    batches,
    states,
    listings,
    plug,
    call: (method, params) => workbench.call(method, params) as Promise<never>,
  };
}

const mouse = (more: object = {}): object => ({
  recording: join(SAMPLES, 'mouse-swap-buttons/recording.hid'),
  ...more,
});
const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

describe('a live device', () => {
  it('is listed beside recorded and virtual ones, with its trouble and the cure', async () => {
    const { call } = bench(mouse(), mouse({ trouble: ['permission denied', 'add this rule'] }));
    const devices = await call('device.list', {});
    expect(devices.map(({ kind, name, trouble, cure }) => ({ kind, name, trouble, cure }))).toEqual([
      {
        kind: 'real',
        name: expect.stringMatching(/\(fake\)$/) as string,
        trouble: undefined,
        cure: undefined,
      },
      {
        kind: 'real',
        name: expect.stringMatching(/\(fake\)$/) as string,
        trouble: 'permission denied',
        cure: ['add this rule'],
      },
    ]);
    const detail = await call('device.open', { deviceId: devices[0]!.deviceId });
    expect(detail.reports.length).toBeGreaterThan(0);
    const refused: ApiFailure = await call('live.open', { deviceId: devices[1]!.deviceId }).then(
      () => expect.fail('it opened'),
      (error: unknown) => error as ApiFailure,
    );
    expect(refused).toMatchObject({ message: 'permission denied', detail: ['add this rule'] });
  });

  it('says why none can be listed, and lists them again once they can be', async () => {
    const { call, dataFolder, listings, plug } = bench(mouse());
    expect(await call('device.list', {})).toHaveLength(1);
    await expect.poll(() => listings.length).toBe(1);
    writeFileSync(join(dataFolder, 'devices.json'), '{ "devices": [ {} ] }');
    expect(await call('device.list', {})).toEqual([]);
    expect((await call('live.state', {})).trouble).toMatch(/devices\.json: not a list of fake devices: .+/);
    await expect.poll(() => listings.length).toBe(2);
    writeFileSync(join(dataFolder, 'devices.json'), '{ "devices": [');
    // It is looked at again and again: a window is told to ask.
    await expect.poll(() => listings.length).toBe(3);
    await call('device.list', {});
    expect((await call('live.state', {})).trouble).toMatch(/devices\.json: .*JSON/);
    plug(mouse());
    expect(await call('device.list', {})).toHaveLength(1);
    expect(await call('live.state', {})).toEqual({ devices: [] });
  });

  it('streams 8,000 reports a second through the driver into a recording: none lost, in their order', async () => {
    const { call, batches } = bench(mouse({ rate: RATE }));
    const project = await call('project.create', { templateId: 'mouse-swap-buttons', name: 'Mouse' });
    const { projectId } = project.summary;
    const deviceId = (await call('device.list', {}))[0]!.deviceId;
    const view = await call('kernel.attach', { jobId: 'attach', projectId, deviceId });
    expect(view.ok).toBe(true);
    const started = performance.now();
    const live = await call('live.record', { name: 'live mouse' });
    expect(live).toMatchObject({
      devices: [{ state: 'open', projectId }],
      recording: { name: 'live mouse', deviceIds: [deviceId] },
    });
    await pause(1500);
    const { summary, replay, devices } = await call('live.stop', {});
    const seconds = (performance.now() - started) / 1000;
    await call('live.close', { deviceId });
    expect(summary).toMatchObject({ kind: 'replay', projectId, name: 'live mouse' });
    expect(summary.reports).toBeGreaterThan(RATE * (seconds - 0.3));
    expect(replay).toMatchObject({ eventsIn: summary.reports, changed: summary.changed });
    expect(devices[0]!.name).toMatch(/\(fake\)$/);
    // What was stored is the tape, report after report, from some place in it on.
    const exported = await call('session.export', { sessionId: summary.sessionId, side: 'before' });
    const sent = eventBytes(new TextDecoder().decode(exported.bytes));
    const source = project.sessionIds[0]!;
    const original = await call('session.export', { sessionId: source, side: 'before' });
    const tape = eventBytes(new TextDecoder().decode(original.bytes));
    expect(sent.length).toBe(summary.reports);
    const starts = tape.flatMap((_, at) =>
      sent.slice(0, 700).every((line, i) => line === tape[(at + i) % tape.length]) ? [at] : [],
    );
    expect(starts.length).toBeGreaterThan(0);
    const first = starts[0]!;
    sent.forEach((line, i) => {
      if (line !== tape[(first + i) % tape.length]) expect.fail(`report ${i} is not the next of the tape`);
    });
    expect(batches.length).toBeGreaterThan(20);
    expect(batches.at(-1)!.rate).toBeGreaterThan(RATE * 0.8);
    expect(batches.every(({ rows }) => rows.length <= 16)).toBe(true);
    expect(batches.some(({ rows }) => rows.some(({ verdict }) => verdict === 'changed'))).toBe(true);
  });

  it('goes on after it was unplugged and plugged in again, in the same recording', async () => {
    const { call, plug, states } = bench(mouse({ rate: 500 }));
    const project = await call('project.create', { templateId: 'mouse-swap-buttons', name: 'Mouse' });
    const deviceId = (await call('device.list', {}))[0]!.deviceId;
    await call('kernel.attach', { jobId: 'attach', projectId: project.summary.projectId, deviceId });
    await call('live.record', { name: 'unplugged' });
    await pause(200);
    plug(mouse({ rate: 500, plugged: false }));
    await expect.poll(() => states.at(-1)?.state, { timeout: 5000 }).toBe('waiting');
    expect(states.at(-1)?.message).toMatch(/unplugged/);
    expect(await call('device.list', {})).toHaveLength(1);
    plug(mouse({ rate: 500 }));
    await expect.poll(() => states.at(-1)?.state, { timeout: 5000 }).toBe('open');
    expect(states.at(-1)).toMatchObject({ projectId: project.summary.projectId });
    await pause(300);
    const { summary } = await call('live.stop', {});
    expect(summary.reports).toBeGreaterThan(150);
    expect(summary.changed).toBeGreaterThan(0);
    expect(summary.duration).toBeGreaterThan(500_000);
  });

  it('says why it cannot be opened when it is back, and is opened once it may be', async () => {
    const { call, plug, states } = bench(mouse({ rate: 500 }));
    const deviceId = (await call('device.list', {}))[0]!.deviceId;
    await call('live.open', { deviceId });
    plug(mouse({ plugged: false }));
    await expect.poll(() => states.at(-1)?.state, { timeout: 5000 }).toBe('waiting');
    plug(mouse({ trouble: ['permission denied', 'add this rule'] }));
    await expect.poll(() => states.at(-1)?.message, { timeout: 5000 }).toBe('permission denied');
    expect(states.at(-1)?.state).toBe('waiting');
    plug(mouse({ rate: 500 }));
    await expect.poll(() => states.at(-1)?.state, { timeout: 5000 }).toBe('open');
    expect(states.at(-1)?.message).toBeUndefined();
  });

  it('is known again under another node, with its driver', async () => {
    const { call, plug } = bench(mouse({ rate: 500 }));
    const project = await call('project.create', { templateId: 'mouse-swap-buttons', name: 'Mouse' });
    const deviceId = (await call('device.list', {}))[0]!.deviceId;
    await call('kernel.attach', { jobId: 'attach', projectId: project.summary.projectId, deviceId });
    await call('live.record', { name: 'renumbered' });
    plug(mouse({ plugged: false }), mouse({ rate: 500 }));
    const projectId = project.summary.projectId;
    const live = async (): Promise<LiveState> => call('live.state', {});
    await expect
      .poll(live, { timeout: 5000 })
      .toMatchObject({ devices: [{ deviceId: 'real:fake:1', state: 'open', projectId }] });
    expect((await live()).recording?.deviceIds).toEqual(['real:fake:1']);
    const [device] = await call('device.list', {});
    expect(device).toMatchObject({ deviceId: 'real:fake:1', programs: ['swap_buttons'] });
    await pause(100);
    expect((await call('live.stop', {})).summary.changed).toBeGreaterThan(0);
  });

  it('may flood: 50,000 reports a second are all recorded, and calls are answered meanwhile', async () => {
    const { call, batches } = bench(mouse({ rate: 50_000 }));
    const deviceId = (await call('device.list', {}))[0]!.deviceId;
    await call('live.open', { deviceId });
    await call('live.record', { name: 'flood' });
    let slowest = 0;
    for (let i = 0; i < 10; i++) {
      const asked = performance.now();
      await call('live.state', {});
      slowest = Math.max(slowest, performance.now() - asked);
      await pause(100);
    }
    const { summary } = await call('live.stop', {});
    expect(summary.reports).toBeGreaterThan(40_000);
    expect(batches.at(-1)!.recorded).toBe(summary.reports);
    expect(slowest).toBeLessThan(500);
  });

  it('whose descriptor Linux refuses is shown with the kernel’s words, opened and recorded', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hidsmith-broken-'));
    const recording = join(folder, 'broken.hid');
    writeFileSync(recording, 'R: 5 05 01 09 02 ff\nN: Broken\nI: 3 1234 5678\nE: 000000.000000 3 01 02 03\n');
    const { call } = bench({ recording, rate: 500 });
    const deviceId = (await call('device.list', {}))[0]!.deviceId;
    const { descriptor } = await call('device.open', { deviceId });
    expect(descriptor.accepted).toBe(false);
    expect(descriptor.problems.join()).toContain('item fetching failed at offset 4/5');
    await call('live.open', { deviceId });
    await call('live.record', { name: 'broken' });
    await pause(200);
    expect((await call('live.stop', {})).summary.reports).toBeGreaterThan(20);
  });

  it('is recorded without a driver too, and the driver stays as it is while a recording runs', async () => {
    const { call } = bench(mouse({ rate: 1000 }));
    const project = await call('project.create', { templateId: 'mouse-swap-buttons', name: 'Mouse' });
    const deviceId = (await call('device.list', {}))[0]!.deviceId;
    await call('live.open', { deviceId });
    await call('live.record', { name: 'plain' });
    const attached = call('kernel.attach', {
      jobId: 'attach',
      projectId: project.summary.projectId,
      deviceId,
    });
    await expect(attached).rejects.toMatchObject({
      message: expect.stringContaining('stop it before') as string,
    });
    await pause(200);
    const { summary } = await call('live.stop', {});
    expect(summary).toMatchObject({ kind: 'recording', changed: 0, dropped: 0 });
    expect(summary.reports).toBeGreaterThan(100);
    await expect(call('live.stop', {})).rejects.toMatchObject({ message: 'nothing is being recorded' });
  });

  it('is one of several: each under its index in one session, the driver on those it names, and one that is unplugged leaves the others', async () => {
    const pen = join(SAMPLES, 'pen-fix/recording.hid');
    const pens = (more: object = {}): object => ({ recording: pen, rate: 500, ...more });
    const { call, plug, batches } = bench(mouse({ rate: 1000 }), mouse({ rate: 1000 }), pens());
    const project = await call('project.create', { templateId: 'mouse-swap-buttons', name: 'Mouse' });
    const { projectId } = project.summary;
    const ids = (await call('device.list', {}))
      .filter(({ kind }) => kind === 'real')
      .map((one) => one.deviceId);
    for (const deviceId of ids) await call('live.open', { deviceId });
    expect(await call('kernel.attach', { jobId: 'attach', projectId, deviceId: ids[0]! })).toMatchObject({
      ok: true,
    });
    const { devices, recording } = await call('live.record', { name: 'three' });
    expect(devices.map((view) => view.projectId)).toEqual([projectId, projectId, undefined]);
    expect(recording?.deviceIds).toEqual(ids);
    const programs = (await call('device.list', {})).map((one) => one.programs.length);
    expect(programs.slice(0, 3)).toEqual([1, 1, 0]);
    await pause(300);
    plug(mouse({ rate: 1000 }), mouse({ rate: 1000, plugged: false }), pens());
    const waiting = async (): Promise<string[]> =>
      (await call('live.state', {})).devices.map(({ state }) => state);
    await expect.poll(waiting, { timeout: 5000 }).toEqual(['open', 'waiting', 'open']);
    // What had come before it was unplugged is on its way to the screen.
    await pause(50);
    const before = batches.length;
    await pause(200);
    const { summary, devices: stored } = await call('live.stop', {});
    const sending = batches.slice(before).filter(({ rows }) => rows.length > 0);
    expect(new Set(sending.map((batch) => batch.deviceId))).toEqual(new Set([ids[0], ids[2]]));
    expect(stored.map(({ index }) => index)).toEqual([0, 1, 2]);
    const text = new TextDecoder().decode(
      (await call('session.export', { sessionId: summary.sessionId, side: 'after' })).bytes,
    );
    const times = [...text.matchAll(/^E: (\S+)/gm)].map(([, time]) => Number(time));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    // What was not driven comes out as it came.
    const penReports = [...text.matchAll(/^E: \S+ 10 07/gm)].length;
    expect(penReports).toBeGreaterThan(150);
    expect(text.match(/^D: \d+$/gm)).toEqual(expect.arrayContaining(['D: 0', 'D: 1', 'D: 2']));
  });

  it('whose recording is not stopped is kept when the workbench closes', async () => {
    const { call, dataFolder } = bench(mouse({ rate: 1000 }));
    const deviceId = (await call('device.list', {}))[0]!.deviceId;
    await call('live.open', { deviceId });
    await call('live.record', { name: 'left running' });
    await pause(100);
    await open.pop()?.close();
    const store = openStore(join(dataFolder, 'hidsmith.db'));
    expect(store.sessions.list()).toMatchObject([{ name: 'left running', interrupted: false }]);
    store.close();
  });
});

describe('a recording on a full disk', () => {
  it('says why it stopped and takes no more', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hidsmith-full-'));
    const path = join(folder, 'hidsmith.db');
    openStore(path).close();
    const store = openStore(path, { maximumPages: 60 });
    const device = {
      index: 0,
      name: 'd',
      phys: '',
      uniq: '',
      bus: 3,
      vendor: 1,
      product: 2,
      descriptor: Uint8Array.of(5, 1),
    };
    const recording = new LiveRecording(store, { name: 'full', devices: [device] });
    let time = 0;
    const batch = (): Parameters<LiveRecording['append']>[0] => {
      const reports = Array.from({ length: 4096 }, () => ({
        timeMicroseconds: time++,
        before: crypto.getRandomValues(new Uint8Array(16)),
        after: [],
        verdict: 'pass' as const,
      }));
      return [{ index: 0, reports }];
    };
    for (let i = 0; i < 40 && recording.failure === undefined; i++) {
      recording.append(batch());
      await pause(i < 2 ? 300 : 0);
    }
    expect(recording.failure).toMatch(
      /^The recording has stopped: .*full.* What was recorded before is kept\.$/,
    );
    const kept = recording.reports;
    recording.append(batch());
    expect(recording.reports).toBe(kept);
    expect(() => recording.finish({})).toThrow(/full/);
    store.close();
  });
});

/** The bytes of the E: lines. */
function eventBytes(text: string): string[] {
  return [...text.matchAll(/^E: \S+ (.+)$/gm)].map(([, bytes = '']) => bytes);
}
