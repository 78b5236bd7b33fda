import { type Store, type StoredSession } from '../../host/store/index.ts';
import {
  type DeviceSummary,
  type ReplayView,
  type SessionDetail,
  type SessionSummary,
} from '../../../preload/contract/index.ts';
import { recordedDevice } from '../devices/device-summary.ts';
import { SessionData } from './session-data.ts';
import { SessionInput } from './session-input.ts';
import { SessionRows } from './session-rows.ts';

/** Sessions kept open: their descriptors parsed, their filters evaluated. */
const KEPT_SESSIONS = 4;

/** A session's row in lists. */
export function sessionSummary(session: StoredSession): SessionSummary {
  const { projectId, sourceId } = session;
  return {
    sessionId: session.sessionId,
    name: session.name,
    kind: session.kind,
    createdAt: session.createdAt,
    reports: session.reports,
    duration: session.duration,
    deviceNames: session.deviceNames,
    ...(projectId === undefined ? {} : { projectId }),
    ...(sourceId === undefined ? {} : { sourceId }),
    unsaved: session.unsaved,
    changed: session.changed,
    dropped: session.dropped,
    problems: session.problemCount,
  };
}

interface OpenSession {
  readonly data: SessionData;
  readonly rows: SessionRows;
  readonly input: SessionInput;
}

/** The sessions in the store, the last few kept open. */
export class SessionLibrary {
  readonly #store: Store;
  readonly #open = new Map<string, OpenSession>();

  constructor(store: Store) {
    this.#store = store;
  }

  #opened(sessionId: string): OpenSession {
    const session = this.#store.sessions.get(sessionId);
    let entry = this.#open.get(sessionId);
    this.#open.delete(sessionId);
    if (entry === undefined) {
      const data = new SessionData(
        session,
        this.#store.sessions.devices(sessionId),
        this.#store.sessions.reader(sessionId),
      );
      const input = new SessionInput(data, this.#replay(sessionId)?.kernel);
      entry = { data, rows: new SessionRows(data), input };
    }
    this.#open.set(sessionId, entry);
    if (this.#open.size > KEPT_SESSIONS) this.#open.delete(this.#open.keys().next().value ?? '');
    return entry;
  }

  /** Throws `not-found` for a session that is not there (any more). */
  data(sessionId: string): SessionData {
    return this.#opened(sessionId).data;
  }

  rows(sessionId: string): SessionRows {
    return this.#opened(sessionId).rows;
  }

  /** Throws as data() does. */
  input(sessionId: string): SessionInput {
    return this.#opened(sessionId).input;
  }

  #replay(sessionId: string): ReplayView | undefined {
    return (this.#store.sessions.replay(sessionId) ?? undefined) as ReplayView | undefined;
  }

  /** The devices of a session as device summaries. */
  devices(sessionId: string): DeviceSummary[] {
    return this.#opened(sessionId).data.devices.map((device) => recordedDevice(sessionId, device));
  }

  detail(sessionId: string): SessionDetail {
    const { sessions } = this.#store;
    const replay = this.#replay(sessionId);
    return {
      summary: sessionSummary(sessions.get(sessionId)),
      devices: this.devices(sessionId),
      problems: sessions.problems(sessionId),
      ...(replay === undefined ? {} : { replay }),
    };
  }
}
