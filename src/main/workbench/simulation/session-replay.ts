import { bytesEqual } from '../../engine/base/index.ts';
import { type HidDevice } from '../../engine/hid/index.ts';
import {
  type ReportInput,
  type ReportWriter,
  type Store,
  type StoredReport,
  type StoredSession,
} from '../../host/store/index.ts';
import { type ReplayView } from '../../../preload/contract/index.ts';
import { type Job } from '../jobs.ts';
import { type SessionData } from '../sessions/session-data.ts';
import { verdictOf } from '../views/report-view.ts';
import { type Attachment } from './attach.ts';
import { DeviceReplay } from './replay.ts';

/** Reports that are handed to the store at a time: few, so that they do not outlive the collector's young space. */
const BATCH = 256;
/** Reports between two looks at the real clock, a power of two: a look costs as much as a tenth of a report. */
const CLOCK_STRIDE = 32;

export interface SessionReplayOptions {
  readonly projectId: string;
  readonly name: string;
  readonly engine: 'interpreter' | 'jit';
}

/** Counts what became of a session's reports and gathers them for the store. */
export class SessionOutcome {
  eventsOut = 0;
  changed = 0;
  dropped = 0;
  #batch: ReportInput[] = [];
  #pending: StoredReport | undefined;

  /** The report that is being delivered; what comes out until the next one belongs to it. */
  begin(report: StoredReport): void {
    this.#pending = report;
  }

  end(after: readonly Uint8Array[]): void {
    const report = this.#pending;
    if (report === undefined) return;
    this.#pending = undefined;
    const verdict = verdictOf(report.before, after);
    this.eventsOut += after.length;
    if (verdict === 'changed') this.changed++;
    if (verdict === 'dropped') this.dropped++;
    const { timeMicroseconds, device, before } = report;
    this.#batch.push({ timeMicroseconds, device, before, after, verdict });
  }

  /** Hands what is gathered to the store if there are at least `minimum` reports. */
  storeTo(writer: ReportWriter, minimum = BATCH): void {
    if (this.#batch.length < minimum) return;
    writer.append(this.#batch);
    this.#batch = [];
  }
}

/**
 * Feeds every report of a session through an attached driver and stores what went in and what came out as a new, unsaved session. Nothing
 * is stored if it fails or is cancelled.
 */
export async function replaySession(
  store: Store,
  data: SessionData,
  attachment: Attachment,
  options: SessionReplayOptions,
  job: Job,
): Promise<StoredSession> {
  const started = performance.now();
  const { simulation, devices } = attachment;
  const writer = store.sessions.begin({
    name: options.name,
    kind: 'replay',
    projectId: options.projectId,
    sourceId: data.session.sessionId,
    unsaved: true,
    devices: data.devices.map(({ stored }) => stored),
    ifInterrupted: 'discard',
  });
  try {
    const outcome = new SessionOutcome();
    await feed(data, attachment, outcome, writer, job);
    const view = replayView(data, attachment, options, outcome, performance.now() - started);
    return writer.finish({
      replay: view,
      devices: data.devices.map(({ stored }, at) => ({
        ...stored,
        ...fixedDescriptor(devices[at]),
        name: devices[at]?.name ?? stored.name,
      })),
      replacesUnsaved: true,
    });
  } catch (error) {
    writer.abort();
    throw error;
  } finally {
    simulation.hidBpf?.readBack(attachment.device);
  }
}

function fixedDescriptor(device: HidDevice | undefined): { fixedDescriptor?: Uint8Array } {
  if (device === undefined || bytesEqual(device.descriptor, device.originalDescriptor)) return {};
  return { fixedDescriptor: device.descriptor.slice() };
}

/** A replay for each device of a session, by its index there. */
export function replaysOf(data: SessionData, attachment: Attachment): ReadonlyMap<number, DeviceReplay> {
  const { simulation, devices, device } = attachment;
  return new Map(
    data.devices.map(({ stored }, at) => [stored.index, new DeviceReplay(simulation, devices[at] ?? device)]),
  );
}

async function feed(
  data: SessionData,
  attachment: Attachment,
  outcome: SessionOutcome,
  writer: ReportWriter,
  job: Job,
): Promise<void> {
  const replays = replaysOf(data, attachment);
  let last: DeviceReplay | undefined;
  const count = data.reader.count;
  for (let at = 0; at < count;) {
    const chunk = data.reader.chunkOf(at);
    if (chunk === undefined) break;
    for (let i = 0; i < chunk.count; i++) {
      const report = chunk.report(i);
      const replay = replays.get(report.device);
      if (replay === undefined || report.verdict === 'injected') continue;
      const before = (last ?? replay).advance(report.timeMicroseconds);
      outcome.end(before);
      outcome.begin(report);
      replay.deliver(report.before);
      last = replay;
      outcome.storeTo(writer);
      if (i % CLOCK_STRIDE === 0 && job.due) await job.breathe(chunk.first + i, count);
    }
    at = chunk.first + chunk.count;
  }
  if (last !== undefined) outcome.end(last.finish());
  for (const replay of replays.values()) if (replay !== last) replay.finish();
  outcome.storeTo(writer, 1);
}

function replayView(
  data: SessionData,
  attachment: Attachment,
  options: SessionReplayOptions,
  outcome: SessionOutcome,
  elapsed: number,
): ReplayView {
  const { simulation, device } = attachment;
  return {
    projectId: options.projectId,
    kernel: simulation.kernel.profile.name,
    engine: options.engine,
    eventsIn: data.reader.count,
    eventsOut: outcome.eventsOut,
    changed: outcome.changed,
    dropped: outcome.dropped,
    elapsed,
    descriptorChanged: !bytesEqual(device.descriptor, device.originalDescriptor),
    programs: simulation.programRuns(),
    log: simulation.notes(),
  };
}
