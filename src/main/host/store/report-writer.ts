import { HostError } from '../errors/index.ts';
import { ChunkBuilder } from './chunk.ts';
import { type Connection, looseTransaction, transaction } from './database.ts';
import { type FinishSession, type ReportWriter, type StoredSession } from './types.ts';

/** Full chunks that wait for a commit at most: 65,536 reports. */
const PENDING_CHUNKS = 16;

interface PendingChunk {
  readonly chunk: number;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly changed: number;
  readonly dropped: number;
  readonly data: Uint8Array;
}

interface WriterTarget {
  readonly sessionId: string;
  readonly number: number;
  /** What is committed before the end must survive a power cut. */
  readonly isDurable: boolean;
  /** Makes the session visible; runs inside the last commit's transaction. */
  finish(result: FinishSession): StoredSession;
}

/** Writes a session's reports. A partial last chunk is written again by the next commit until it is full. */
export function createWriter(connection: Connection, target: WriterTarget): ReportWriter {
  const insert = connection.prepare('INSERT OR REPLACE INTO report_chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const setCounts = connection.prepare(
    'UPDATE sessions SET reports = ?, changed = ?, dropped = ?, duration = ? WHERE number = ?',
  );
  const builder = new ChunkBuilder();
  const pending: PendingChunk[] = [];
  /** Of the full chunks so far. */
  const total = { chunks: 0, reports: 0, changed: 0, dropped: 0 };
  let start: number | undefined;
  let open = true;

  const current = (): PendingChunk => ({
    chunk: total.chunks,
    count: builder.count,
    firstTime: builder.firstTime,
    lastTime: builder.lastTime,
    changed: builder.changed,
    dropped: builder.dropped,
    data: builder.encode(),
  });
  const sealChunk = (): void => {
    pending.push(current());
    total.chunks += 1;
    total.reports += builder.count;
    total.changed += builder.changed;
    total.dropped += builder.dropped;
    builder.clear();
  };
  const write = (): void => {
    const last = builder.count > 0 ? [current()] : [];
    const all = [...pending, ...last];
    for (const { chunk, count, firstTime, lastTime, changed, dropped, data } of all) {
      insert.run(target.number, chunk, count, firstTime, lastTime, changed, dropped, data);
    }
    const end = all.at(-1)?.lastTime;
    if (end === undefined) return;
    const changes = setCounts.run(
      total.reports + builder.count,
      total.changed + builder.changed,
      total.dropped + builder.dropped,
      end - (start ?? end),
      target.number,
    ).changes;
    if (changes === 0) throw new HostError('not-found', 'the session was removed while it was written');
  };
  const commit = (): void => {
    requireOpen();
    if (target.isDurable) transaction(connection, write);
    else looseTransaction(connection, write);
    pending.length = 0;
  };
  const requireOpen = (): void => {
    if (!open) throw new Error(`session ${target.sessionId}: the writer is closed`);
  };

  return {
    sessionId: target.sessionId,
    get count() {
      return total.reports + builder.count;
    },
    append(batch) {
      requireOpen();
      for (const report of batch) {
        builder.add(report);
        start ??= builder.firstTime;
        if (builder.full) sealChunk();
      }
      if (pending.length >= PENDING_CHUNKS) commit();
    },
    commit,
    finish(result = {}) {
      requireOpen();
      const session = transaction(connection, () => {
        write();
        return target.finish(result);
      });
      pending.length = 0;
      open = false;
      return session;
    },
    abort() {
      if (!open) return;
      open = false;
      pending.length = 0;
      transaction(connection, () =>
        connection.prepare('DELETE FROM sessions WHERE number = ?').run(target.number),
      );
    },
  };
}
