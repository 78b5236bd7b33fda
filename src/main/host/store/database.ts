import Database from 'better-sqlite3';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { HostError, messageOf } from '../errors/index.ts';
import { MIGRATIONS } from './migrations/index.ts';

/** 'HSMT' in the file's header: tells our databases from other programs'. */
const APPLICATION_ID = 0x48534d54;
/** Up to this size a file is checked in full when it is opened (about 0.1 s). */
const FULL_CHECK_BYTES = 32 * 1024 * 1024;

export type Connection = Database.Database;

export interface OpenOptions {
  /** Limits the file as a full disk would; for tests. Pages of 4,096 bytes. */
  readonly maximumPages?: number;
}

function isSqliteError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Database.SqliteError;
}

/** Turns what SQLite throws into one line that says what to do; anything else passes. */
export function explain(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error;
  const code = error.code;
  const fail = (message: string): HostError =>
    new HostError('io', message, [`${code}: ${error.message}`], error);
  if (code === 'SQLITE_FULL') {
    return fail(`${path}: the disk is full. Nothing stored before is lost; make room and try again.`);
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return fail(`${path}: another program is writing to it. Close the other Hidsmith, or try again.`);
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return fail(`${path}: not writable. Check the permissions of the file and of its folder.`);
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return fail(`${path}: cannot be opened. Check that its folder exists and is writable.`);
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return damagedFile(path, error.message);
  return fail(`${path}: the database failed: ${error.message} (${code})`);
}

function damagedFile(path: string, why: string): HostError {
  return new HostError(
    'io',
    `${path}: not a readable database (${why}). It is left as it is: move it away to start with an empty one, or repair it with "sqlite3 FILE .recover".`,
  );
}

/** Runs an action on the database with its errors explained. */
export function guarded<T>(connection: Connection, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw explain(error, connection.name);
  }
}

/** All or nothing. Nests: the inner one is then a savepoint. */
export function transaction<T>(connection: Connection, action: () => T): T {
  return guarded(connection, () => connection.transaction(action).immediate());
}

/**
 * A transaction that a power cut may undo as a whole, for what would be thrown away then anyway: it does not wait for the disk. The next
 * durable transaction waits for this one's pages too.
 */
export function looseTransaction<T>(connection: Connection, action: () => T): T {
  connection.pragma('synchronous = NORMAL');
  try {
    return transaction(connection, action);
  } finally {
    connection.pragma('synchronous = FULL');
  }
}

/**
 * Opens or makes the database, brought to the newest layout.
 * @throws HostError `io` (damaged, foreign or not writable file) or `unsupported` (made by a newer Hidsmith); the
 * file is then as it was.
 */
export function openDatabase(path: string, options: OpenOptions = {}): Connection {
  if (Number(process.versions['napi'] ?? 0) < 10) {
    throw new HostError(
      'unsupported',
      `Node ${process.versions.node} is too old for the database: Node 22.14 or newer is needed. Start with "npm start" or "npx hidsmith".`,
    );
  }
  let connection: Connection;
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    connection = new Database(path, { timeout: 10_000 });
  } catch (error) {
    if (isSqliteError(error)) throw explain(error, path);
    throw new HostError('io', `${path}: cannot be opened: ${messageOf(error)}`, [], error);
  }
  try {
    check(connection, path);
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    connection.pragma('temp_store = MEMORY');
    connection.pragma('wal_autocheckpoint = 4000');
    migrate(connection);
    if (options.maximumPages !== undefined) connection.pragma(`max_page_count = ${options.maximumPages}`);
    return connection;
  } catch (error) {
    connection.close();
    throw explain(error, path);
  }
}

function simple(connection: Connection, pragma: string): unknown {
  return connection.pragma(pragma, { simple: true });
}

/** Refuses what is not ours, is newer than this program or is damaged, before anything is written. */
function check(connection: Connection, path: string): void {
  const version = Number(simple(connection, 'user_version'));
  const application = Number(simple(connection, 'application_id'));
  const tables =
    connection.prepare<[], { n: number }>('SELECT count(*) AS n FROM sqlite_schema').get()?.n ?? 0;
  if (tables === 0 && version === 0) return;
  if (application !== APPLICATION_ID) {
    throw new HostError(
      'io',
      `${path}: a database of another program, not of Hidsmith. Choose another data folder with HIDSMITH_DATA.`,
    );
  }
  if (version > MIGRATIONS.length) {
    throw new HostError(
      'unsupported',
      `${path}: made by a newer Hidsmith (layout ${version}, this one knows ${MIGRATIONS.length}). Update Hidsmith, or choose another data folder with HIDSMITH_DATA.`,
    );
  }
  if (path !== ':memory:' && statSync(path).size <= FULL_CHECK_BYTES) {
    const verdict = String(simple(connection, 'quick_check(1)'));
    if (verdict !== 'ok') throw damagedFile(path, verdict.replace(/\s+/g, ' '));
  }
}

/** Each step in a transaction of its own, together with its number. Another process may be doing the same: it waits. */
function migrate(connection: Connection): void {
  MIGRATIONS.forEach((statements, step) => {
    connection
      .transaction(() => {
        if (Number(simple(connection, 'user_version')) !== step) return;
        connection.exec(statements);
        connection.pragma(`application_id = ${APPLICATION_ID}`);
        connection.pragma(`user_version = ${step + 1}`);
      })
      .immediate();
  });
}

/**
 * Renames a database that cannot be opened, with its journal, so that an empty one can take its place. Deletes nothing.
 * @returns the new path
 */
export function setAside(path: string, now: number): string {
  const stamp = new Date(now).toISOString().replace(/[:.]/g, '-');
  const aside = `${path}.damaged-${stamp}`;
  try {
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    }
  } catch (error) {
    throw new HostError('io', `${path}: cannot be moved to ${aside}: ${messageOf(error)}`, [], error);
  }
  return aside;
}
