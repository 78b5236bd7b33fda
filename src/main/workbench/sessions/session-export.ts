import { encodeUtf8 } from '../../engine/base/index.ts';
import {
  EventLog,
  type Recording,
  type RecordingDevice,
  recordingText,
} from '../../engine/recording/index.ts';
import { type StoredNote } from '../../host/store/index.ts';
import { type SessionData } from './session-data.ts';

/** 'before': what the devices sent; 'after': what a hidraw reader saw; 'both': E: lines with a B: line before each. */
export type ExportSide = 'before' | 'after' | 'both';

function eventsOf(data: SessionData, side: ExportSide): { events: EventLog; counts: Map<number, number> } {
  const events = new EventLog();
  const counts = new Map<number, number>();
  const place = new Map(data.devices.map((device, at) => [device.stored.index, at]));
  data.reader.scan((chunk) => {
    for (let i = 0; i < chunk.count; i++) {
      const report = chunk.report(i);
      const at = place.get(report.device);
      if (at === undefined) continue;
      const time = report.timeMicroseconds;
      counts.set(report.device, (counts.get(report.device) ?? 0) + 1);
      const wentThrough = data.isReplay || report.after.length > 0 || report.verdict !== 'pass';
      if (side === 'before' || !wentThrough) {
        if (report.verdict !== 'injected') events.append(time, at, 0, report.before);
        continue;
      }
      if (report.after.length === 0 && side === 'both') events.appendDropped(time, at, 0, report.before);
      report.after.forEach((bytes, copy) => {
        const before =
          side === 'both' && copy === 0 && report.verdict !== 'injected' ? report.before : undefined;
        events.append(time, at, 0, bytes, before);
      });
    }
  });
  return { events, counts };
}

/** A session as hid-recorder text. Comments of the imported file come along where the events are those of the file. */
export function exportSession(data: SessionData, notes: readonly StoredNote[], side: ExportSide): Uint8Array {
  const { events, counts } = eventsOf(data, side);
  const devices: RecordingDevice[] = data.devices.map(({ stored }) => ({
    index: stored.index,
    descriptor: side === 'before' ? stored.descriptor : (stored.fixedDescriptor ?? stored.descriptor),
    name: stored.name,
    phys: stored.phys,
    bus: stored.bus,
    vendor: stored.vendor,
    product: stored.product,
    eventCount: counts.get(stored.index) ?? 0,
  }));
  const sameEvents = events.length === data.reader.count;
  const recording: Recording = {
    format: 'hid-recorder',
    devices,
    events,
    notes: sameEvents
      ? notes.map(({ reportIndex, line, text }) => ({ eventIndex: reportIndex, line, text }))
      : [],
    problems: [],
  };
  return encodeUtf8([...recordingText(recording, { before: side === 'both' })].join(''));
}
