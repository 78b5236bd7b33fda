// The replay section of `npm run bench`: reports through a driver with one event hook, in the engine alone (one
// core) and end to end with before and after stored in SQLite; and whether a report costs the same in a long replay.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const { HidBus } = await import('../../src/main/engine/hid/index.ts');
const { HidBpf } = await import('../../src/main/engine/hidbpf/index.ts');
const { Kernel } = await import('../../src/main/engine/kernel/index.ts');
const { Btf } = await import('../../src/main/engine/btf/index.ts');
const { kernelProfile } = await import('../../src/main/engine/abi/index.ts');
const { parseObject } = await import('../../src/main/engine/elf/index.ts');
const { loadObject } = await import('../../src/main/engine/loader/index.ts');
const { parseRecording } = await import('../../src/main/engine/recording/index.ts');

const SAMPLE = join(ROOT, 'resources/samples/mouse-swap-buttons');
const read = (path) => new Uint8Array(readFileSync(path));

/** A simulated machine with the sample's device and driver. */
function machine() {
  const profile = kernelProfile('6.12');
  const btf = Btf.parse(read(join(ROOT, 'resources/kernels/6.12.btf')));
  const kernel = new Kernel({ profile, btf, engine: 'jit' });
  const bus = new HidBus();
  new HidBpf(kernel, bus);
  const recording = parseRecording(read(join(SAMPLE, 'recording.hid')));
  const plan = recording.devices[0];
  const device = bus.add(plan, plan.descriptor);
  const loaded = loadObject(
    parseObject(read(join(SAMPLE, 'driver.bpf.o')), { name: 'driver_bpf' }),
    kernel.openTask({}),
    { kernelBtf: btf, kernelVersion: profile.versionCode },
  );
  for (const map of loaded.structOpsMaps) loaded.attachStructOps(map, { hidId: device.id });
  const reports = Array.from({ length: recording.events.length }, (_, i) =>
    recording.events.bytes(i).slice(),
  );
  return { device, reports };
}

/** Reports in a window: the shortest replay that is measured. */
const WINDOW = 10_000;

/** Feeds `count` reports: nanoseconds of this thread's CPU time per report, and of the clock in each window of them. */
function feed({ device, reports }, count) {
  let out = 0;
  const windows = [];
  const close = device.openHidraw((data) => (out += data.length));
  const started = process.threadCpuUsage();
  let mark = performance.now();
  for (let i = 0, at = 0; i < count; i++) {
    device.inputReport('input', reports[at]);
    if (++at === reports.length) at = 0;
    if ((i + 1) % WINDOW !== 0) continue;
    const now = performance.now();
    windows.push(((now - mark) * 1e6) / WINDOW);
    mark = now;
  }
  const { user, system } = process.threadCpuUsage(started);
  close();
  if (out === 0) throw new Error('nothing came out');
  return { spent: (1000 * (user + system)) / count, windows };
}

const median = (values) => values.toSorted((left, right) => left - right)[values.length >> 1];

/** Reports in every row of the table of lengths, in as many replays as it takes: each row has its share of garbage collection. */
const ROW = 10_000_000;

/**
 * Reports a second in the engine alone, and the cost of a report by the length of the replay: the mean of this thread's
 * CPU time over all replays of the row, and the median window by the clock.
 */
export function engineReplay() {
  const under = machine();
  feed(under, 200_000);
  const best = Math.min(...Array.from({ length: 7 }, () => feed(under, 1_000_000).spent));
  const lengths = [10_000, 100_000, 1_000_000, 10_000_000].map((count) => {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const rounds = Array.from({ length: ROW / count }, () => feed(under, count));
    return {
      count,
      nanoseconds: rounds.reduce((sum, { spent }) => sum + spent, 0) / rounds.length,
      typical: median(rounds.flatMap(({ windows }) => windows)),
      heap: process.memoryUsage().heapUsed - before,
    };
  });
  return { perSecond: 1e9 / best, lengths };
}

/** The sample's recording, repeated up to `count` reports, as hid-recorder text. */
function longRecording(count) {
  const text = readFileSync(join(SAMPLE, 'recording.hid'), 'utf8');
  const head = text.split('\n').filter((line) => /^[RNPI]:/.test(line));
  const bytes = [...text.matchAll(/^E: \S+ (\d+ .*)$/gm)].map(([, data]) => data);
  const lines = Array.from({ length: count }, (_, i) => {
    const micro = String((i * 125) % 1_000_000).padStart(6, '0');
    return `E: ${String(Math.floor((i * 125) / 1_000_000)).padStart(6, '0')}.${micro} ${bytes[i % bytes.length]}`;
  });
  return new TextEncoder().encode([...head, ...lines, ''].join('\n'));
}

/** Replays `count` reports as the application does, before and after stored in SQLite: reports a second, of this thread's CPU time too. */
export async function storedReplay(count) {
  const { createWorkbench } = await import('../../src/main/workbench/index.ts');
  const folder = mkdtempSync(join(tmpdir(), 'hidsmith-bench-'));
  const workbench = createWorkbench({
    dataFolder: folder,
    resources: join(ROOT, 'resources'),
    shell: 'web',
    version: '0',
  });
  try {
    const { summary } = await workbench.call('project.create', {
      templateId: 'mouse-swap-buttons',
      name: 'Mouse',
    });
    const imported = await workbench.call('session.import', {
      jobId: 'i',
      name: 'long',
      bytes: longRecording(count),
    });
    const cpu = process.threadCpuUsage();
    const started = performance.now();
    const { session } = await workbench.call('kernel.replay', {
      jobId: 'r',
      projectId: summary.projectId,
      sessionId: imported.summary.sessionId,
    });
    const wall = performance.now() - started;
    const spent = process.threadCpuUsage(cpu);
    if (session.summary.reports !== count)
      throw new Error(`${session.summary.reports} of ${count} reports were stored`);
    return { perSecond: (1000 * count) / wall, perCpuSecond: (1e6 * count) / (spent.user + spent.system) };
  } finally {
    await workbench.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints the section. False if a bar was missed. */
export async function benchReplay() {
  const { perSecond, lengths } = engineReplay();
  const millions = (value) => `${(value / 1e6).toFixed(2)} M/s`;
  console.log(`replay, engine only   ${millions(perSecond)} of one core (bar: 1 M/s)`);
  for (const { count, nanoseconds, typical, heap } of lengths)
    console.log(
      `  ${String(count).padStart(9)} reports: ${nanoseconds.toFixed(0)} ns each (median window ${typical.toFixed(0)} ns), heap ${(heap / 2 ** 20).toFixed(1)} MB`,
    );
  const stored = await storedReplay(1_000_000);
  console.log(
    `replay, stored        ${millions(stored.perCpuSecond)} of one core, ${millions(stored.perSecond)} by the clock (bar: 0.3 M/s)`,
  );
  return perSecond >= 1e6 && stored.perCpuSecond >= 3e5;
}
