import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type DebugGoal,
  type DebugMomentView,
  type DebugView,
  type MethodName,
  type Params,
  type Result,
} from '../../../preload/contract/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { createWorkbench, type Workbench } from '../index.ts';

const DRIVERS = join(REPOSITORY, 'src/main/workbench/testing/drivers');
const PAD = readFileSync(join(DRIVERS, '../devices/pad.hid'), 'utf8');
let open: Workbench | undefined;

afterEach(async () => {
  await open?.close();
  open = undefined;
});

/** A workbench and one of its projects, with calls that fail as they do on the wire. */
class Bench {
  readonly #raw = createWorkbench({
    dataFolder: mkdtempSync(join(tmpdir(), 'hidsmith-debug-')),
    resources: join(REPOSITORY, 'resources'),
    shell: 'web',
    version: '0',
  });
  projectId = '';
  sessionId = '';

  constructor() {
    open = this.#raw;
  }

  call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    return this.#raw.call(method, params) as Promise<Result<M>>;
  }

  async sample(templateId: string): Promise<this> {
    const { summary, sessionIds } = await this.call('project.create', { templateId, name: templateId });
    this.projectId = summary.projectId;
    this.sessionId = sessionIds[0] ?? '';
    return this;
  }

  /** One of the drivers that the golden sessions use, on the pad that sends one report. */
  async driver(name: string, report: string): Promise<this> {
    const bytes = readFileSync(join(DRIVERS, name, 'driver.bpf.o'));
    const files = [{ path: 'driver.bpf.o', bytes: new Uint8Array(bytes) }];
    const { summary } = await this.call('project.import', { name, files });
    const session = await this.call('session.import', {
      jobId: 'import',
      name: 'pad',
      bytes: new TextEncoder().encode(`${PAD}\nE: 0.000000 ${report.split(' ').length} ${report}\n`),
    });
    this.projectId = summary.projectId;
    this.sessionId = session.summary.sessionId;
    return this;
  }

  debug(index: number, kernel?: string): Promise<DebugView> {
    const { projectId, sessionId } = this;
    const version = kernel === undefined ? {} : { kernel };
    return this.call('debug.open', { jobId: 'debug', projectId, sessionId, index, ...version });
  }

  moment(run: number, step: number): Promise<DebugMomentView> {
    return this.call('debug.moment', { run, step });
  }

  async find(
    step: number,
    goal: DebugGoal,
    more: Partial<Params<'debug.find'>> = {},
  ): Promise<number | undefined> {
    const found = await this.call('debug.find', {
      run: 0,
      step,
      direction: 1,
      goal,
      breakpoints: [],
      ...more,
    });
    return found.found ? found.step : undefined;
  }
}

function memoryOf(moment: DebugMomentView, label: RegExp): DebugMomentView['memory'][number] {
  const found = moment.memory.find((memory) => label.test(memory.label));
  if (found === undefined) throw new Error(`no memory is called ${label}`);
  return found;
}

describe('debugging a report', () => {
  it('shows how the pen driver turns the tilt, from the first instruction to the last', async () => {
    const bench = await new Bench().sample('pen-fix');
    const view = await bench.debug(1);
    expect(view.runs.map(({ name, hook, result }) => [name, hook, result])).toEqual([
      ['turn_tilt', 'hid_device_event', '0'],
    ]);
    const { session } = await bench.call('kernel.replay', {
      jobId: 'replay',
      projectId: bench.projectId,
      sessionId: bench.sessionId,
    });
    const report = await bench.call('session.report', { sessionId: session!.summary.sessionId, index: 1 });
    expect([view.before, view.after]).toEqual([report.before, report.after]);

    const [run] = view.runs;
    expect(run!.calls.map(({ text }) => text)).toEqual(['hid_bpf_get_data(hid_bpf_ctx+0, 0, 10)']);
    const counts = run!.programs[0]!.counts;
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(run!.steps);

    const start = await bench.moment(0, 0);
    expect(memoryOf(start, /event buffer/).bytes.slice(0, 10)).toEqual(view.before);
    expect(memoryOf(start, /^hid_bpf_ctx/).fields).toContainEqual(
      expect.objectContaining({ name: 'allocated_size', value: '64' }),
    );
    expect(start.registers[1]!.meaning).toMatch(/^hid_bpf_ctx\+/);
    expect(start.registers[1]!.known).toEqual(['ctx()']);
    expect(start.registers[6]!.known).toEqual([]);
    const end = await bench.moment(0, run!.steps);
    expect(memoryOf(end, /event buffer/).bytes.slice(0, 10)).toEqual(view.after[0]);
  });

  it('goes to lines, calls, breakpoints and writes, forward and back', async () => {
    const bench = await new Bench().sample('pen-fix');
    const { runs } = await bench.debug(1);
    const { steps, calls } = runs[0]!;
    const buffer = memoryOf(await bench.moment(0, 0), /event buffer/).address;

    expect(await bench.find(0, 'into')).toBe(1);
    expect(await bench.find(steps - 1, 'into')).toBe(steps);
    expect(await bench.find(steps, 'into')).toBeUndefined();
    expect(await bench.find(1, 'into', { direction: -1 })).toBe(0);
    expect(await bench.find(0, 'call')).toBe(calls[0]!.step);
    expect(await bench.find(steps, 'call', { direction: -1 })).toBe(calls[0]!.step);

    const first = await bench.find(0, 'write', { address: buffer });
    const wrote = memoryOf(await bench.moment(0, first!), /event buffer/);
    expect(wrote.bytes).not.toEqual(wrote.previous);
    expect(await bench.find(first!, 'write', { address: buffer, direction: -1 })).toBe(first! - 1);
    expect(await bench.find(0, 'write', { address: 1n })).toBeUndefined();

    const source = (await bench.moment(0, first!)).source;
    const breakpoints = [source!];
    const stop = await bench.find(0, 'breakpoint', { breakpoints });
    expect((await bench.moment(0, stop!)).source).toEqual(source);
    expect(
      await bench.find(0, 'breakpoint', { breakpoints: [{ file: 'driver.bpf.c', line: 1 }] }),
    ).toBeUndefined();
    const line = await bench.find(0, 'line');
    expect((await bench.moment(0, line!)).source).not.toEqual((await bench.moment(0, 0)).source);
  });

  it('steps over functions and out of callbacks, and names them', async () => {
    const bench = await new Bench().driver('globals-and-loops', '01 05 82 f3 f4 f5 f6 f7');
    const { runs } = await bench.debug(0);
    const run = runs[0]!;
    let deepest = await bench.moment(0, 0);
    for (let step = 1; step <= run.steps; step++) {
      const moment = await bench.moment(0, step);
      if (moment.callStack.length > deepest.callStack.length) deepest = moment;
    }
    expect(deepest.callStack.length).toBeGreaterThan(1);
    const names = deepest.callStack.map(({ name }) => name);
    expect(names.at(-1)).toBe(run.name);
    expect(names[0]).not.toBe(run.name);
    const out = await bench.moment(0, (await bench.find(deepest.step, 'out'))!);
    expect(out.callStack.length).toBeLessThan(deepest.callStack.length);
    const before = deepest.step - 1;
    const over = await bench.moment(0, (await bench.find(before, 'over'))!);
    expect(over.callStack.length).toBe(deepest.callStack.length - 1);
    expect(await bench.find(over.step, 'over', { direction: -1 })).toBe(before);
  });

  it('shows each run of a chain, and what the report was before it', async () => {
    const bench = await new Bench().driver('chain-order', '01 01 02 03 04 05 06 07');
    const { runs, after } = await bench.debug(0);
    expect(runs.length).toBeGreaterThan(3);
    let report = (await bench.moment(0, 0)).memory.find(({ label }) => /event buffer/.test(label))!.bytes;
    for (const [at, run] of runs.entries()) {
      expect(memoryOf(await bench.moment(at, 0), /event buffer/).bytes).toEqual(report);
      report = memoryOf(await bench.moment(at, run.steps), /event buffer/).bytes;
    }
    expect(report.slice(0, after[0]!.length)).toEqual(after[0]);
  });

  it('shows variables by name', async () => {
    const bench = await new Bench().driver('globals-and-loops', '01 05 82 f3 f4 f5 f6 f7');
    const { runs } = await bench.debug(0);
    const total = async (step: number): Promise<string | undefined> =>
      (await bench.moment(0, step)).memory
        .flatMap(({ label, fields }) => (label.startsWith('map ') ? fields : []))
        .find(({ name }) => name === 'total')?.value;
    expect(await total(0)).toBe('0');
    // The sum of 0 … 4, times `scale`.
    expect(await total(runs[0]!.steps)).toBe('30');
  });

  it('runs the programs of older kernels too', async () => {
    const bench = await new Bench().driver('traced-chain', '01 01 02 03 04 05 06 07');
    const { runs } = await bench.debug(0, '6.6');
    expect(runs[0]).toMatchObject({ hook: 'hid_bpf_device_event' });
  });

  it.each([
    [{ index: 1_000_000 }, /no device sent report 1000000/],
    [{ kernel: 'host' }, /cannot be stepped/],
    [{ kernel: '6.1' }, /not attached/],
  ])('says why it cannot: %j', async (wrong, message) => {
    const bench = await new Bench().sample('pen-fix');
    const { projectId, sessionId } = bench;
    const params = { jobId: 'debug', projectId, sessionId, index: 0, ...wrong };
    await expect(bench.call('debug.open', params)).rejects.toThrow(message);
    await expect(bench.moment(0, 0)).rejects.toThrow(/debugged/);
  });
});
