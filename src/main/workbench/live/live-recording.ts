import { messageOf } from '../../host/errors/index.ts';
import {
  type FinishSession,
  type ReportInput,
  type ReportWriter,
  type Store,
  type StoredSession,
  type StoredSessionDevice,
} from '../../host/store/index.ts';

/** Milliseconds of reports that an abrupt end of the program may lose. */
const COMMIT_EVERY = 250;

export interface LiveRecordingOptions {
  readonly name: string;
  readonly device: StoredSessionDevice;
  /** The driver's project, where the reports go through one. */
  readonly projectId?: string;
  /** Whether a driver stands between before and after. */
  readonly driven: boolean;
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
  #start: number | undefined;
  #failure: string | undefined;
  eventsOut = 0;
  changed = 0;
  dropped = 0;

  constructor(store: Store, options: LiveRecordingOptions) {
    this.name = options.name;
    this.#writer = store.sessions.begin({
      name: options.name,
      kind: options.driven ? 'replay' : 'recording',
      ...(options.projectId === undefined ? {} : { projectId: options.projectId }),
      devices: [options.device],
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

  /** Takes reports; their times count from the first one's on. */
  append(reports: readonly ReportInput[]): void {
    if (this.#failure !== undefined) return;
    try {
      if (reports.length > 0) {
        const start = (this.#start ??= reports[0]?.timeMicroseconds ?? 0);
        this.#writer.append(
          reports.map((report) => ({ ...report, timeMicroseconds: report.timeMicroseconds - start })),
        );
      }
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
}
