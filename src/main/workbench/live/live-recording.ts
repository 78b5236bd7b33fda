import { messageOf } from '../../host/errors/index.ts';
import {
  type FinishSession,
  type ReportInput,
  type ReportWriter,
  type Store,
  type StoredSession,
  type StoredSessionDevice,
} from '../../host/store/index.ts';
import { deliveredOf, type LiveReport } from './live-stream.ts';

/** Milliseconds of reports that an abrupt end of the program may lose. */
const COMMIT_EVERY = 250;

export interface LiveRecordingOptions {
  readonly name: string;
  /** By their index in the session. */
  readonly devices: readonly StoredSessionDevice[];
  /** The driver's project, where a driver stands between before and after. */
  readonly projectId?: string;
}

/** What has come from one of the devices. */
export interface DeviceReports {
  readonly index: number;
  readonly reports: readonly LiveReport[];
}

/**
 * A recording that grows while reports come. Whatever was committed survives the end of the program; when the disk
 * refuses, it takes no more, says why, and keeps what it has.
 */
export class LiveRecording {
  readonly name: string;
  readonly startedAt = Date.now();
  readonly #writer: ReportWriter;
  #committedAt = performance.now();
  readonly #driven: boolean;
  #start: number | undefined;
  #last = 0;
  #failure: string | undefined;
  eventsOut = 0;
  changed = 0;
  dropped = 0;

  constructor(store: Store, options: LiveRecordingOptions) {
    this.name = options.name;
    this.#driven = options.projectId !== undefined;
    this.#writer = store.sessions.begin({
      name: options.name,
      kind: this.#driven ? 'replay' : 'recording',
      ...(options.projectId === undefined ? {} : { projectId: options.projectId }),
      devices: options.devices,
      ifInterrupted: 'keep',
    });
  }

  get sessionId(): string {
    return this.#writer.sessionId;
  }

  get reports(): number {
    return this.#writer.count;
  }

  /** Why it does not grow any more. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Takes what has come since the last call; times count from the first report's on. */
  append(parts: readonly DeviceReports[]): void {
    if (this.#failure !== undefined) return;
    try {
      const reports = this.#merged(parts);
      if (reports.length > 0) this.#writer.append(reports);
      for (const { after, verdict } of reports) {
        this.eventsOut += after.length;
        if (verdict === 'changed') this.changed++;
        if (verdict === 'dropped') this.dropped++;
      }
      const now = performance.now();
      if (now - this.#committedAt < COMMIT_EVERY) return;
      this.#committedAt = now;
      this.#writer.commit();
    } catch (error) {
      this.#failure = `The recording has stopped: ${messageOf(error)} What was recorded before is kept.`;
    }
  }

  /** Ends it and makes it a session. Throws where the disk is still full; it can be called again then. */
  finish(result: FinishSession): StoredSession {
    return this.#writer.finish(result);
  }

  /** The devices' reports in the order of their times. One that a slow bridge hands on late counts as of now. */
  #merged(parts: readonly DeviceReports[]): ReportInput[] {
    const all = parts.flatMap(({ index, reports }) => reports.map((report) => ({ index, report })));
    if (parts.length > 1) all.sort((a, b) => a.report.timeMicroseconds - b.report.timeMicroseconds);
    const start = (this.#start ??= all[0]?.report.timeMicroseconds);
    if (start === undefined) return [];
    return all.map(({ index, report }) => {
      this.#last = Math.max(this.#last, report.timeMicroseconds - start);
      // Beside a driven device one without a driver lets everything through.
      const after = this.#driven ? deliveredOf(report) : report.after;
      return { ...report, after, device: index, timeMicroseconds: this.#last };
    });
  }
}
