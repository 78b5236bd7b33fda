import { HostError } from '../errors/index.ts';
import { type Connection, guarded, transaction } from './database.ts';
import { newId, ownerIsAlive } from './identity.ts';
import { createReader } from './report-reader.ts';
import { createWriter } from './report-writer.ts';
import {
  type FinishSession,
  type NewSession,
  type ReportReader,
  type ReportWriter,
  type StoredNote,
  type StoredProblem,
  type StoredSession,
  type StoredSessionDevice,
} from './types.ts';

export interface SessionRepository {
  /** Newest first; without deleted and unfinished ones. */
  list(): StoredSession[];
  /** @throws HostError `not-found`; deleted and unfinished sessions are not found either. */
  get(sessionId: string): StoredSession;
  ofProject(projectId: string): StoredSession[];
  devices(sessionId: string): StoredSessionDevice[];
  problems(sessionId: string): StoredProblem[];
  notes(sessionId: string): StoredNote[];
  replay(sessionId: string): unknown;
  /** Starts a session; it is hidden until the writer's finish(). */
  begin(session: NewSession): ReportWriter;
  reader(sessionId: string): ReportReader;
  rename(sessionId: string, name: string): StoredSession;
  /** Keeps an unsaved replay under a name. */
  save(sessionId: string, name: string): StoredSession;
  assignProject(sessionId: string, projectId: string): StoredSession;
  /** Marks it as deleted; restore() takes that back. */
  delete(sessionId: string): void;
  restore(sessionId: string): StoredSession;
  /** Removes for good what was deleted before that time. Returns how many. */
  purge(deletedBefore: number): number;
}

/** What the store did, when it was opened, about sessions whose process had ended. */
export interface Recovery {
  /** Names of imports and replays that were removed. */
  readonly discarded: readonly string[];
  /** Names of recordings that were kept up to their last commit. */
  readonly kept: readonly string[];
}

interface SessionRow {
  number: number;
  id: string;
  name: string;
  kind: 'recording' | 'replay';
  created_at: number;
  project_id: string | null;
  source_id: string | null;
  unsaved: number;
  reports: number;
  changed: number;
  dropped: number;
  duration: number;
  device_names: string;
  problem_count: number;
  replay: string | null;
  owner: string | null;
  if_interrupted: 'discard' | 'keep';
  interrupted: number;
  deleted_at: number | null;
}

interface DeviceRow {
  device_index: number;
  name: string;
  phys: string;
  uniq: string;
  bus: number;
  vendor: number;
  product: number;
  descriptor: Uint8Array;
  fixed_descriptor: Uint8Array | null;
}

function sessionOf(row: SessionRow): StoredSession {
  return {
    sessionId: row.id,
    name: row.name,
    kind: row.kind,
    createdAt: row.created_at,
    ...(row.project_id === null ? {} : { projectId: row.project_id }),
    ...(row.source_id === null ? {} : { sourceId: row.source_id }),
    unsaved: row.unsaved === 1,
    reports: row.reports,
    changed: row.changed,
    dropped: row.dropped,
    duration: row.duration,
    deviceNames: JSON.parse(row.device_names) as string[],
    problemCount: row.problem_count,
    interrupted: row.interrupted === 1,
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }),
  };
}

function deviceOf(row: DeviceRow): StoredSessionDevice {
  const { name, phys, uniq, bus, vendor, product } = row;
  return {
    index: row.device_index,
    name,
    phys,
    uniq,
    bus,
    vendor,
    product,
    descriptor: new Uint8Array(row.descriptor),
    ...(row.fixed_descriptor === null ? {} : { fixedDescriptor: new Uint8Array(row.fixed_descriptor) }),
  };
}

/** Ends what other processes left unfinished: imports are removed, recordings become visible as they are. */
export function recoverSessions(connection: Connection): Recovery {
  const unfinished = connection.prepare<[], SessionRow>('SELECT * FROM sessions WHERE owner IS NOT NULL');
  // Looked at first without a write lock: most often there is nothing to do.
  if (unfinished.all().every((row) => ownerIsAlive(row.owner ?? ''))) return { discarded: [], kept: [] };
  return transaction(connection, () => {
    const discarded: string[] = [];
    const kept: string[] = [];
    for (const row of unfinished.all()) {
      if (ownerIsAlive(row.owner ?? '')) continue;
      const keep = row.if_interrupted === 'keep' && row.reports > 0;
      (keep ? kept : discarded).push(row.name);
      const statement = keep
        ? 'UPDATE sessions SET owner = NULL, interrupted = 1 WHERE number = ?'
        : 'DELETE FROM sessions WHERE number = ?';
      connection.prepare(statement).run(row.number);
    }
    return { discarded, kept };
  });
}

/** The rows beside `sessions`: devices, notes, problems. */
function createDetails(connection: Connection): {
  setDevices(number: number, devices: readonly StoredSessionDevice[]): void;
  setNotes(number: number, notes: readonly StoredNote[]): void;
  setProblems(number: number, problems: readonly StoredProblem[]): void;
} {
  const insertDevice = connection.prepare(
    'INSERT INTO session_devices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const insertNote = connection.prepare('INSERT INTO session_notes VALUES (?, ?, ?, ?, ?)');
  const insertProblem = connection.prepare('INSERT INTO session_problems VALUES (?, ?, ?, ?)');
  const clearDevices = connection.prepare('DELETE FROM session_devices WHERE session = ?');
  const setNames = connection.prepare('UPDATE sessions SET device_names = ? WHERE number = ?');
  return {
    setDevices(number, devices) {
      clearDevices.run(number);
      devices.forEach((device, position) => {
        const { index, name, phys, uniq, bus, vendor, product, descriptor } = device;
        const fixed = device.fixedDescriptor ?? null;
        insertDevice.run(number, index, position, name, phys, uniq, bus, vendor, product, descriptor, fixed);
      });
      setNames.run(JSON.stringify(devices.map((device) => device.name)), number);
    },
    setNotes(number, notes) {
      notes.forEach((note, position) => {
        insertNote.run(number, position, note.reportIndex, note.line, note.text);
      });
    },
    setProblems(number, problems) {
      problems.forEach((problem, position) => {
        insertProblem.run(number, position, problem.line, problem.message);
      });
      connection
        .prepare('UPDATE sessions SET problem_count = ? WHERE number = ?')
        .run(problems.length, number);
    },
  };
}

export function sessionRepository(
  connection: Connection,
  owner: string,
  now: () => number,
): SessionRepository {
  const visible = 'owner IS NULL AND deleted_at IS NULL';
  const listAll = connection.prepare<[], SessionRow>(
    `SELECT * FROM sessions WHERE ${visible} ORDER BY number DESC`,
  );
  const listProject = connection.prepare<[string], SessionRow>(
    `SELECT * FROM sessions WHERE project_id = ? AND ${visible} ORDER BY number`,
  );
  const byId = connection.prepare<[string], SessionRow>(
    'SELECT * FROM sessions WHERE id = ? AND owner IS NULL',
  );
  const byNumber = connection.prepare<[number], SessionRow>('SELECT * FROM sessions WHERE number = ?');
  const insert = connection.prepare(
    `INSERT INTO sessions (id, name, kind, created_at, project_id, source_id, unsaved, device_names, owner, if_interrupted)
     VALUES (?, ?, ?, ?, ?, ?, ?, '[]', ?, ?)`,
  );
  const selectDevices = connection.prepare<[number], DeviceRow>(
    'SELECT * FROM session_devices WHERE session = ? ORDER BY position',
  );
  const selectNotes = connection.prepare<[number], StoredNote>(
    'SELECT report_index AS reportIndex, line, text FROM session_notes WHERE session = ? ORDER BY position',
  );
  const selectProblems = connection.prepare<[number], StoredProblem>(
    'SELECT line, message FROM session_problems WHERE session = ? ORDER BY position',
  );
  const details = createDetails(connection);

  const find = (sessionId: string, deleted = false): SessionRow => {
    const row = byId.get(sessionId);
    if (row === undefined || (row.deleted_at !== null && !deleted)) {
      throw new HostError('not-found', `there is no session ${sessionId} (any more)`);
    }
    return row;
  };
  const read = <T>(sessionId: string, action: (row: SessionRow) => T): T =>
    guarded(connection, () => action(find(sessionId)));
  const update = (
    sessionId: string,
    columns: Readonly<Record<string, unknown>>,
    deleted = false,
  ): StoredSession =>
    transaction(connection, () => {
      const { number } = find(sessionId, deleted);
      const names = Object.keys(columns).map((column) => `${column} = @${column}`);
      connection
        .prepare(`UPDATE sessions SET ${names.join(', ')} WHERE number = @number`)
        .run({ ...columns, number });
      return sessionOf(find(sessionId, true));
    });

  const finish = (number: number, result: FinishSession): StoredSession => {
    if (result.devices !== undefined) details.setDevices(number, result.devices);
    if (result.notes !== undefined) details.setNotes(number, result.notes);
    if (result.problems !== undefined) details.setProblems(number, result.problems);
    const row = byNumber.get(number);
    if (row === undefined) throw new HostError('not-found', 'the session was removed while it was written');
    if (result.replacesUnsaved === true) {
      connection
        .prepare(
          `DELETE FROM sessions WHERE number <> ? AND unsaved = 1 AND owner IS NULL AND kind = 'replay'
             AND project_id IS ? AND source_id IS ?`,
        )
        .run(number, row.project_id, row.source_id);
    }
    const replay = result.replay === undefined ? null : JSON.stringify(result.replay);
    connection
      .prepare('UPDATE sessions SET owner = NULL, replay = ?, name = ? WHERE number = ?')
      .run(replay, result.name ?? row.name, number);
    return sessionOf(byNumber.get(number) as SessionRow);
  };

  return {
    list: () => guarded(connection, () => listAll.all().map(sessionOf)),
    get: (sessionId) => read(sessionId, sessionOf),
    ofProject: (projectId) => guarded(connection, () => listProject.all(projectId).map(sessionOf)),
    devices: (sessionId) => read(sessionId, ({ number }) => selectDevices.all(number).map(deviceOf)),
    problems: (sessionId) => read(sessionId, ({ number }) => selectProblems.all(number)),
    notes: (sessionId) => read(sessionId, ({ number }) => selectNotes.all(number)),
    replay: (sessionId) =>
      read(sessionId, ({ replay }) => (replay === null ? undefined : (JSON.parse(replay) as unknown))),
    begin: (session) =>
      transaction(connection, () => {
        const id = newId();
        const { name, kind, projectId, sourceId, unsaved, ifInterrupted } = session;
        const hidden = unsaved === true ? 1 : 0;
        const values = [
          id,
          name,
          kind,
          now(),
          projectId ?? null,
          sourceId ?? null,
          hidden,
          owner,
          ifInterrupted,
        ];
        const number = Number(insert.run(...values).lastInsertRowid);
        details.setDevices(number, session.devices);
        return createWriter(connection, {
          isDurable: ifInterrupted === 'keep',
          sessionId: id,
          number,
          finish: (result) => finish(number, result),
        });
      }),
    reader: (sessionId) =>
      read(sessionId, ({ number, reports }) => createReader(connection, number, reports)),
    rename: (sessionId, name) => update(sessionId, { name }),
    save: (sessionId, name) => update(sessionId, { name, unsaved: 0 }),
    assignProject: (sessionId, projectId) => update(sessionId, { project_id: projectId }),
    delete: (sessionId) => void update(sessionId, { deleted_at: now() }),
    restore: (sessionId) => update(sessionId, { deleted_at: null }, true),
    purge: (deletedBefore) =>
      guarded(
        connection,
        () => connection.prepare('DELETE FROM sessions WHERE deleted_at < ?').run(deletedBefore).changes,
      ),
  };
}
