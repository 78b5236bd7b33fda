import { EngineError } from '../base/index.ts';
import { EventLog } from './event-log.ts';
import {
  type Recording,
  type RecordingDevice,
  type RecordingFormat,
  type RecordingNote,
  type RecordingProblem,
} from './types.ts';

/** Problems beyond this many are only counted. */
const MAX_PROBLEMS = 1000;
/** hid-recorder's D: index, and the number of devices one recording may have. */
export const MAX_DEVICES = 1024;

/** A device under construction. */
export interface DeviceDraft {
  index: number;
  descriptor: Uint8Array;
  /** Length that the R: line announced. */
  declaredLength: number;
  name: string;
  phys: string;
  bus: number;
  vendor: number;
  product: number;
  eventCount: number;
}

/** Collects what the importers of all formats find. */
export class RecordingBuilder {
  readonly format: RecordingFormat;
  readonly events = new EventLog();
  readonly #drafts: DeviceDraft[] = [];
  readonly #notes: RecordingNote[] = [];
  readonly #problems: RecordingProblem[] = [];
  #unlisted = 0;

  constructor(format: RecordingFormat) {
    this.format = format;
  }

  get devices(): readonly DeviceDraft[] {
    return this.#drafts;
  }

  problem(line: number, message: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ line, message });
    else this.#unlisted += 1;
  }

  note(line: number, text: string): void {
    this.#notes.push({ line, text, eventIndex: this.events.length });
  }

  /** The latest device with that D: index, or undefined. */
  findDevice(index: number): number | undefined {
    const at = this.#drafts.findLastIndex((draft) => draft.index === index);
    return at < 0 ? undefined : at;
  }

  /** Adds a device; returns its place in the list, or undefined if there are too many. */
  addDevice(index: number): number | undefined {
    if (this.#drafts.length >= MAX_DEVICES) return undefined;
    const empty = { name: '', phys: '', bus: 0, vendor: 0, product: 0, eventCount: 0, declaredLength: 0 };
    this.#drafts.push({ index, descriptor: new Uint8Array(0), ...empty });
    return this.#drafts.length - 1;
  }

  /** An index no device has. */
  freeIndex(): number {
    return this.#drafts.reduce((most, draft) => Math.max(most, draft.index + 1), 0);
  }

  /** Throws `parse` if nothing was found that makes a recording. */
  finish(lines: number): Recording {
    if (this.#drafts.every((draft) => draft.descriptor.length === 0 && draft.eventCount === 0)) {
      const first = this.#problems[0];
      const why = first === undefined ? '' : `; line ${first.line}: ${first.message}`;
      throw new EngineError(
        'parse',
        `no report descriptor and no event found in ${lines} lines: not a recording${why}`,
        { lines },
      );
    }
    if (this.#unlisted > 0) {
      this.#problems.push({ line: lines, message: `${this.#unlisted} more problems are not listed` });
    }
    const devices = this.#drafts.map((draft): RecordingDevice => ({
      index: draft.index,
      descriptor: draft.descriptor,
      name: draft.name,
      phys: draft.phys,
      bus: draft.bus,
      vendor: draft.vendor,
      product: draft.product,
      eventCount: draft.eventCount,
    }));
    return {
      format: this.format,
      devices,
      events: this.events,
      notes: this.#notes,
      problems: this.#problems,
    };
  }
}
