import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createWorkerHost, type WorkerHost, type WorkerHostOptions } from './worker-host.ts';

const hosts: WorkerHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

function start(
  times: WorkerHostOptions['times'] = {},
  dataFolder = '/data',
): { host: WorkerHost; states: string[] } {
  const host = createWorkerHost({
    entry: resolve(import.meta.dirname, 'testing/worker-entry.ts'),
    workbench: { dataFolder, resources: '/resources', shell: 'web', version: '0' },
    times,
  });
  hosts.push(host);
  const states: string[] = [];
  host.onEvent((event, value) => {
    if (event === 'engine.state') states.push((value as { state: string }).state);
  });
  return { host, states };
}

describe('the worker', () => {
  it('answers calls made before it was ready, with bytes and bigints', async () => {
    const { host } = start();
    const params = { bytes: Uint8Array.of(1, 2), big: 2n ** 63n };
    expect(await host.call('echo', params)).toEqual(params);
    await expect(host.call('refuse', {})).rejects.toMatchObject({
      name: 'ApiFailure',
      code: 'refused',
      detail: ['one', 'two'],
    });
    await expect(host.call('break', {})).rejects.toMatchObject({ code: 'internal' });
  });

  it('passes on events, until nobody listens', async () => {
    const { host } = start();
    let stop = (): void => undefined;
    const seen = await new Promise((done) => {
      stop = host.onEvent((event, value) => {
        done([event, value]);
      });
    });
    expect(seen).toEqual(['data.changed', { what: 'devices' }]);
    stop();
  });

  it('rejects what cannot be sent, either way', async () => {
    const { host } = start();
    await expect(host.call('echo', { f: () => 1 })).rejects.toMatchObject({ code: 'invalid-params' });
    await expect(host.call('function', {})).rejects.toMatchObject({ code: 'internal' });
  });

  it('counts as busy when it does not answer, and as ready when it does again', async () => {
    const { host, states } = start({ ping: 20, busy: 1000 });
    await host.call('echo', {});
    await host.call('spin', { milliseconds: 1600 });
    await expect.poll(() => states).toEqual(['busy', 'ready']);
    expect(await host.call('echo', { still: 1 })).toEqual({ still: 1 });
  });

  it.each(['crash', 'exit'])(
    'is started anew after it died (%s); calls under way hear of it',
    async (method) => {
      const { host, states } = start({ stable: 0 });
      await host.call('echo', {});
      const waiting = host.call('job', { jobId: 'j' });
      const fatal = host.call(method, {});
      await expect(fatal).rejects.toMatchObject({
        code: 'internal',
        message: expect.stringMatching(/stopped/) as string,
      });
      await expect(waiting).rejects.toMatchObject({ code: 'internal' });
      expect(states).toEqual(['restarted']);
      expect(await host.call('echo', { again: true })).toEqual({ again: true });
    },
  );

  it('that dies at once is not started over and over, but again at the next call', async () => {
    const { host, states } = start({}, '/dies');
    await expect(host.call('echo', {})).rejects.toMatchObject({
      message: 'the engine stopped: dead on arrival',
    });
    await expect(host.call('echo', {})).rejects.toMatchObject({
      message: 'the engine stopped: dead on arrival',
    });
    expect(states).toEqual([]);
  });

  it('that cannot open the store says why to every call', async () => {
    const { host } = start({}, '/damaged');
    const words = { code: 'io', message: 'hidsmith.db: not a readable database' };
    await expect(host.call('echo', {})).rejects.toMatchObject(words);
    await expect(host.call('echo', {})).rejects.toMatchObject(words);
  });

  it('can be restarted in the middle of an endless computation', async () => {
    const { host, states } = start();
    await host.call('echo', {});
    const endless = host.call('spin', { milliseconds: 600_000 });
    host.restart('asked for');
    await expect(endless).rejects.toMatchObject({ message: 'the engine was started anew: asked for' });
    expect(await host.call('echo', { well: 1 })).toEqual({ well: 1 });
    expect(states).toEqual(['restarted']);
  });

  it.each([
    ['says nothing', false],
    ['tells its progress', true],
  ])('is ended with a cancelled job that does not stop and %s', async (_, tells) => {
    const { host, states } = start({ cancel: 100 });
    await host.call('echo', {});
    const endless = host.call('spin', { jobId: 'j', milliseconds: 600_000, tells });
    const cancel = host.call('job.cancel', { jobId: 'j' });
    await expect(endless).rejects.toMatchObject({ code: 'cancelled' });
    expect(await cancel).toEqual({});
    expect(states).toEqual(['restarted']);
  });

  it('hears of a cancel while it computes, answers pings, and other calls behind it in their order', async () => {
    const { host, states } = start({ ping: 20, busy: 200, cancel: 3000 });
    await host.call('echo', {});
    const done: string[] = [];
    const note = (name: string) => (): void => void done.push(name);
    const long = host.call('compute', { jobId: 'j', milliseconds: 600_000 });
    const others = ['one', 'two'].map((name) => host.call('echo', { name }).then(note(name)));
    await new Promise((passed) => setTimeout(passed, 500));
    const from = performance.now();
    const cancel = host.call('job.cancel', { jobId: 'j' }).catch(note('no such job'));
    await expect(long).rejects.toMatchObject({ code: 'cancelled' });
    expect(performance.now() - from).toBeLessThan(2000);
    await Promise.all([...others, cancel]);
    expect(done.filter((name) => name !== 'no such job')).toEqual(['one', 'two']);
    expect(states).toEqual([]);
  });

  it('closes at once while it computes', async () => {
    const { host } = start({ close: 10_000 });
    await host.call('echo', {});
    const long = host.call('compute', { jobId: 'j', milliseconds: 600_000 });
    const from = performance.now();
    const closing = host.close();
    await expect(long).rejects.toMatchObject({ code: 'cancelled' });
    await closing;
    expect(performance.now() - from).toBeLessThan(2000);
  });

  it('is left alone when a cancelled job stops by itself', async () => {
    const { host, states } = start({ cancel: 50 });
    await host.call('echo', {});
    const job = host.call('job', { jobId: 'j' });
    const [outcome] = await Promise.allSettled([job, host.call('job.cancel', { jobId: 'j' })]);
    expect(outcome).toMatchObject({ reason: { code: 'cancelled' } });
    await new Promise((done) => setTimeout(done, 120));
    expect(states).toEqual([]);
  });

  it('closes its workbench, and refuses calls afterwards', async () => {
    const { host } = start();
    const waiting = host.call('job', { jobId: 'j' });
    const closing = host.close();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await closing;
    await expect(host.call('echo', {})).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('is ended even if it is too busy to close', async () => {
    const { host } = start({ close: 100 });
    await host.call('echo', {});
    const endless = host.call('spin', { milliseconds: 600_000 });
    const from = performance.now();
    await host.close();
    expect(performance.now() - from).toBeLessThan(5000);
    await expect(endless).rejects.toMatchObject({ code: 'cancelled' });
  });
});
