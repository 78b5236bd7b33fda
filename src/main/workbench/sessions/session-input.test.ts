import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputPreview } from '../../engine/hid/index.ts';
import { parseRecording } from '../../engine/recording/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import {
  type InputEventsView,
  type MethodName,
  type Params,
  type Result,
  type SessionSummary,
} from '../../../preload/contract/index.ts';
import { packetViews } from '../views/input-view.ts';
import { type Workbench, createWorkbench } from '../index.ts';

const SAMPLE = join(REPOSITORY, 'resources/samples/mouse-swap-buttons');
const bytes = new Uint8Array(readFileSync(join(SAMPLE, 'recording.hid')));
const recording = parseRecording(bytes);
const { descriptor, name, bus, vendor, product } = recording.devices[0]!;

describe('the input events of a session', () => {
  let workbench: Workbench;
  const call = <M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> =>
    workbench.call(method, params) as Promise<never>;
  let session: SessionSummary;
  let replay: SessionSummary;
  beforeAll(async () => {
    workbench = createWorkbench({
      dataFolder: mkdtempSync(join(tmpdir(), 'hidsmith-input-')),
      resources: join(REPOSITORY, 'resources'),
      shell: 'web',
      version: '0',
    });
    session = (await call('session.import', { jobId: 'i', name: 'mouse', bytes })).summary;
    const { summary } = await call('project.create', {
      templateId: 'mouse-swap-buttons',
      name: 'Mouse',
    });
    const result = await call('kernel.replay', {
      jobId: 'r',
      projectId: summary.projectId,
      sessionId: session.sessionId,
    });
    replay = result.session!.summary;
  });
  afterAll(() => workbench.close());

  const inputOf = async ({ sessionId }: SessionSummary, index: number): Promise<InputEventsView> =>
    (await call('session.report', { sessionId, index })).input;

  it('are those of a reader of evdev, whatever the order in which reports are shown', async () => {
    const preview = new InputPreview(descriptor, { name, bus, vendor, product });
    const { events } = recording;
    const expected = Array.from({ length: events.length }, (_, at) =>
      packetViews(preview, preview.report(events.bytes(at).slice(), events.timeMicroseconds(at))),
    );
    expect(expected.flat().flatMap((packet) => packet.events)).toContain('EV_KEY BTN_LEFT 1');
    const last = events.length - 1;
    for (const at of [0, 1, 2, 40, 41, last, last - 1, 7, 8, last]) {
      expect(await inputOf(session, at)).toEqual({ driver: 'hid-generic', before: expected[at] });
    }
  });

  it('are shown before and after the driver', async () => {
    const changed = [];
    for (let at = 0; at < replay.reports; at++) {
      const { before, after } = await inputOf(replay, at);
      if (JSON.stringify(after) !== JSON.stringify(before)) changed.push([before, after]);
    }
    expect(JSON.stringify(changed[0])).toContain('EV_KEY BTN_');
    expect(changed.length).toBeLessThan(replay.reports);
  });

  it('come with the input devices that Linux makes of a device', async () => {
    const [device] = await call('device.list', {});
    const { input } = await call('device.open', { deviceId: device!.deviceId });
    expect(input.driver).toBe('hid-generic');
    expect(input.nodes[0]).toMatchObject({ name, properties: [] });
    expect(input.nodes[0]?.lines[0]).toMatch(/^EV_KEY BTN_LEFT BTN_RIGHT BTN_MIDDLE/);
  });
});
