/** What a recording file holds, whatever its format was. */
import { type EventLog } from './event-log.ts';

export type RecordingFormat = 'hid-recorder' | 'usbhid-dump' | 'descriptor-binary' | 'descriptor-hex';

/**
 * Comment behind a B: line whose report never came out of hidraw. Without it a B: line belongs to the next E: line of its device, or stands for
 * a dropped report if another B: line or the end comes first.
 */
export const DROPPED_MARK = '# dropped';

/** One device of a recording (`D:` index; 0 where the file names none). */
export interface RecordingDevice {
  readonly index: number;
  /** Empty if the file has no R: line for it. */
  readonly descriptor: Uint8Array;
  readonly name: string;
  readonly phys: string;
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  /** How many events of the log are its own. */
  readonly eventCount: number;
}

/** A line that is neither header nor event: a comment, free text, an unknown prefix. Kept for the round trip. */
export interface RecordingNote {
  readonly line: number;
  /** The line as it is, without line end. */
  readonly text: string;
  /** It stands before the event with this index (= number of events before it). */
  readonly eventIndex: number;
}

/** What could not be read, by line (counted from 1). Nothing else is lost because of it. */
export interface RecordingProblem {
  readonly line: number;
  readonly message: string;
}

export interface Recording {
  readonly format: RecordingFormat;
  readonly devices: readonly RecordingDevice[];
  /** All events of all devices in the order of the file. */
  readonly events: EventLog;
  readonly notes: readonly RecordingNote[];
  readonly problems: readonly RecordingProblem[];
}
