import { EngineError, hex4 } from '../../engine/base/index.ts';
import { type Recording, RecordingParser } from '../../engine/recording/index.ts';
import {
  type ReportInput,
  type Store,
  type StoredSession,
  type StoredSessionDevice,
} from '../../host/store/index.ts';
import { type Job } from '../jobs.ts';
import { verdictOf } from '../views/report-view.ts';

/** Bytes of text that are parsed at a time. */
const TEXT_SLICE = 256 * 1024;
/** Reports that are handed to the store at a time. */
const BATCH = 2048;

/** The devices of a recording as the store keeps them. */
export function storedDevices(recording: Recording): StoredSessionDevice[] {
  return recording.devices.map((device) => ({
    index: device.index,
    name: device.name === '' ? `${hex4(device.vendor)}:${hex4(device.product)}` : device.name,
    phys: device.phys,
    uniq: '',
    bus: device.bus,
    vendor: device.vendor,
    product: device.product,
    descriptor: device.descriptor,
  }));
}

/** Parses a recording in slices. Throws `parse` if it is none, `cancelled` if the user stops it. */
export async function readRecording(bytes: Uint8Array, job: Job): Promise<Recording> {
  const parser = new RecordingParser();
  for (let at = 0; at < bytes.length; at += TEXT_SLICE) {
    parser.push(bytes.subarray(at, at + TEXT_SLICE));
    if (job.due) await job.breathe(Math.min(at + TEXT_SLICE, bytes.length), 2 * bytes.length);
  }
  return parser.finish();
}

/** Event `index` of a recording as the store takes it. */
function reportAt(recording: Recording, index: number): ReportInput {
  const { events } = recording;
  const device = recording.devices[events.device(index)]?.index ?? 0;
  const timeMicroseconds = events.timeMicroseconds(index);
  const before = events.before(index);
  if (before === undefined)
    return { timeMicroseconds, device, before: events.bytes(index), after: [], verdict: 'pass' };
  const after = events.isDropped(index) ? [] : [events.bytes(index)];
  return { timeMicroseconds, device, before, after, verdict: verdictOf(before, after) };
}

/**
 * Imports a recording as a session. Nothing of it is seen before it is whole: a failure, a cancel or the end of the process leaves
 * nothing behind.
 */
export async function importSession(
  store: Store,
  source: { readonly name: string; readonly bytes: Uint8Array; readonly projectId?: string },
  job: Job,
): Promise<StoredSession> {
  const recording = await readRecording(source.bytes, job);
  const { events, devices } = recording;
  if (devices.every((device) => device.descriptor.length === 0) && events.length === 0) {
    const first = recording.problems[0];
    const hint = first === undefined ? '' : `; line ${first.line}: ${first.message}`;
    throw new EngineError(
      'parse',
      `'${source.name}' holds neither a report descriptor (R:) nor events (E:)${hint}`,
    );
  }
  const writer = store.sessions.begin({
    name: source.name,
    kind: 'recording',
    devices: storedDevices(recording),
    ifInterrupted: 'discard',
    ...(source.projectId === undefined ? {} : { projectId: source.projectId }),
  });
  try {
    const total = 2 * source.bytes.length;
    for (let at = 0; at < events.length; at += BATCH) {
      const batch: ReportInput[] = [];
      for (let i = at; i < Math.min(at + BATCH, events.length); i++) batch.push(reportAt(recording, i));
      writer.append(batch);
      if (job.due)
        await job.breathe(
          source.bytes.length + Math.round((source.bytes.length * at) / events.length),
          total,
        );
    }
    return writer.finish({
      problems: recording.problems.map(({ line, message }) => ({ line, message })),
      notes: recording.notes.map(({ eventIndex, line, text }) => ({ reportIndex: eventIndex, line, text })),
    });
  } catch (error) {
    writer.abort();
    throw error;
  }
}
