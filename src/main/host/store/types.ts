/** What the store keeps. Bytes are copies; times `…At` are milliseconds since the epoch. */

/* ---- projects ---- */

export interface StoredMatch {
  readonly bus: string;
  readonly group: string;
  readonly vendor: number;
  readonly product: number;
}

export interface StoredProject {
  readonly projectId: string;
  readonly name: string;
  readonly summary: string;
  /** Sample or template that it was made from. */
  readonly origin?: string;
  readonly mainFile: string;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly lastRunAt?: number;
  readonly lastBuildAt?: number;
  readonly lastBuildOk?: boolean;
  /** Devices that the last object is for: kept so that a list needs no object parsed. */
  readonly matches: readonly StoredMatch[];
  readonly deletedAt?: number;
}

export interface StoredFile {
  readonly path: string;
  readonly text: string;
}

export interface StoredDiagnostic {
  readonly severity: 'error' | 'warning' | 'note';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `prebuilt` came with the project; `build` is the last build, good or bad; `good` the last build that succeeded. */
export type ObjectSlot = 'prebuilt' | 'build' | 'good';

export interface StoredObject {
  readonly fileName: string;
  /** Absent where the build failed. */
  readonly bytes?: Uint8Array;
  readonly ok: boolean;
  readonly diagnostics: readonly StoredDiagnostic[];
  readonly compiler?: string;
  readonly at: number;
  /** Of the sources it was made from; tells whether it is stale. */
  readonly sourceHash?: string;
}

export interface NewProject {
  readonly name: string;
  readonly summary: string;
  readonly origin?: string;
  readonly mainFile: string;
  readonly files: readonly StoredFile[];
  readonly prebuilt?: StoredObject;
  readonly matches?: readonly StoredMatch[];
}

/* ---- devices ---- */

export interface StoredVirtualDevice {
  readonly deviceId: string;
  readonly name: string;
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly descriptor: Uint8Array;
  readonly createdAt: number;
}

export interface StoredSessionDevice {
  /** hid-recorder's D: index. */
  readonly index: number;
  readonly name: string;
  readonly phys: string;
  readonly uniq: string;
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly descriptor: Uint8Array;
  /** After hid_rdesc_fixup, in a replay where a driver changed it. */
  readonly fixedDescriptor?: Uint8Array;
}

/* ---- sessions ---- */

export type StoredVerdict = 'pass' | 'changed' | 'dropped' | 'injected';

export interface StoredProblem {
  readonly line: number;
  readonly message: string;
}

/** A line of the recording's file that is no header and no event; it stood before the report with that index. */
export interface StoredNote {
  readonly reportIndex: number;
  readonly line: number;
  readonly text: string;
}

export interface StoredSession {
  readonly sessionId: string;
  readonly name: string;
  readonly kind: 'recording' | 'replay';
  readonly createdAt: number;
  readonly projectId?: string;
  readonly sourceId?: string;
  /** A replay that nobody has saved yet. */
  readonly unsaved: boolean;
  readonly reports: number;
  readonly changed: number;
  readonly dropped: number;
  /** Microseconds from first to last report. */
  readonly duration: number;
  readonly deviceNames: readonly string[];
  readonly problemCount: number;
  /** True if the program ended before the recording was finished; its committed reports are all here. */
  readonly interrupted: boolean;
  readonly deletedAt?: number;
}

export interface NewSession {
  readonly name: string;
  readonly kind: 'recording' | 'replay';
  readonly projectId?: string;
  readonly sourceId?: string;
  readonly unsaved?: boolean;
  readonly devices: readonly StoredSessionDevice[];
  /**
   * What becomes of it if the program dies before finish(): an import or replay is discarded at the next open, a live
   * recording keeps every committed report.
   */
  readonly ifInterrupted: 'discard' | 'keep';
}

export interface FinishSession {
  readonly name?: string;
  readonly problems?: readonly StoredProblem[];
  readonly notes?: readonly StoredNote[];
  /** The replay's result; any structured value JSON can hold. */
  readonly replay?: unknown;
  /** Devices again, where the run found more (a fixed descriptor). Replaces those given at the beginning. */
  readonly devices?: readonly StoredSessionDevice[];
  /** Removes other unsaved replays of the same project and recording in the same transaction. */
  readonly replacesUnsaved?: boolean;
}

/* ---- reports ---- */

export interface ReportInput {
  /** Whole microseconds since the recording's start. */
  readonly timeMicroseconds: number;
  readonly device: number;
  readonly before: Uint8Array;
  /** Empty for a plain recording and for a dropped report. */
  readonly after: readonly Uint8Array[];
  readonly verdict: StoredVerdict;
}

export interface StoredReport extends ReportInput {
  readonly index: number;
}

/** Up to 4,096 reports, column by column. Byte arrays are views that stay valid as long as the chunk is referenced. */
export interface ReportChunk {
  /** Session index of the first report. */
  readonly first: number;
  readonly count: number;
  readonly times: Float64Array;
  readonly devices: Uint16Array;
  /** Index into `VERDICTS`. */
  readonly verdicts: Uint8Array;
  /** `at` counts from 0 within the chunk. */
  before(at: number): Uint8Array;
  after(at: number): readonly Uint8Array[];
  report(at: number): StoredReport;
}

export interface ChunkSummary {
  readonly first: number;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly changed: number;
  readonly dropped: number;
}

export interface ReportWriter {
  readonly sessionId: string;
  /** Reports appended so far. */
  readonly count: number;
  /** Copies the batch; commits by itself now and then, so that memory stays small. */
  append(batch: readonly ReportInput[]): void;
  /** When it returns, everything appended so far survives the end of the process. */
  commit(): void;
  /** Commits and makes the session visible. */
  finish(finish?: FinishSession): StoredSession;
  /** Removes the session and its reports. */
  abort(): void;
}

export interface ReportReader {
  readonly count: number;
  /** Fewer than `count` at the end of the session; none outside it. */
  read(from: number, count: number): StoredReport[];
  /** Chunk after chunk in order, from the one that holds report `from`; stops where `visit` returns false. */
  scan(visit: (chunk: ReportChunk) => boolean | void, from?: number): void;
  /** The chunk that holds report `index`. */
  chunkOf(index: number): ReportChunk | undefined;
  /** Without reading any report: for timelines and for skipping to the next change. */
  chunks(): readonly ChunkSummary[];
}
