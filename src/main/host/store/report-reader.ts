import { HostError } from '../errors/index.ts';
import { CHUNK_SIZE, decodeChunk } from './chunk.ts';
import { type Connection, guarded } from './database.ts';
import { type ChunkSummary, type ReportChunk, type ReportReader, type StoredReport } from './types.ts';

/** Decoded chunks that a reader keeps: scrolling back and forth decodes nothing anew. */
const CACHED_CHUNKS = 8;

/** Reads a finished session's reports. Any report costs at most one chunk. */
export function createReader(connection: Connection, session: number, count: number): ReportReader {
  const select = connection.prepare<[number, number], { count: number; data: Uint8Array }>(
    'SELECT count, data FROM report_chunks WHERE session = ? AND chunk = ?',
  );
  const summaries = connection.prepare<[number], Omit<ChunkSummary, 'first'> & { chunk: number }>(
    `SELECT chunk, count, first_time AS firstTime, last_time AS lastTime, changed, dropped
       FROM report_chunks WHERE session = ? ORDER BY chunk`,
  );
  /** Insertion order is age: a hit is put in again. */
  const cache = new Map<number, ReportChunk>();

  const load = (chunk: number): ReportChunk =>
    guarded(connection, () => {
      const row = select.get(session, chunk);
      if (row === undefined) {
        throw new HostError('not-found', 'the session was removed while it was read');
      }
      const decoded = decodeChunk(row.data, chunk * CHUNK_SIZE);
      if (decoded.count !== row.count)
        throw new HostError('io', 'a stored chunk of reports is damaged: its count');
      return decoded;
    });
  const cached = (chunk: number): ReportChunk => {
    const decoded = cache.get(chunk) ?? load(chunk);
    cache.delete(chunk);
    cache.set(chunk, decoded);
    if (cache.size > CACHED_CHUNKS) cache.delete(cache.keys().next().value as number);
    return decoded;
  };
  const inside = (index: number): boolean => Number.isInteger(index) && index >= 0 && index < count;

  return {
    count,
    read(from, wanted) {
      const out: StoredReport[] = [];
      const start = Math.max(0, from);
      const end = Math.min(count, from + wanted);
      for (let index = start; index < end;) {
        const chunk = cached(Math.floor(index / CHUNK_SIZE));
        const stop = Math.min(end, chunk.first + chunk.count);
        for (; index < stop; index++) out.push(chunk.report(index - chunk.first));
      }
      return out;
    },
    scan(visit, from = 0) {
      // Not cached: a scan of millions would push out what the list shows.
      for (let chunk = Math.floor(Math.max(0, from) / CHUNK_SIZE); chunk * CHUNK_SIZE < count; chunk++) {
        if (visit(cache.get(chunk) ?? load(chunk)) === false) return;
      }
    },
    chunkOf: (index) => (inside(index) ? cached(Math.floor(index / CHUNK_SIZE)) : undefined),
    chunks: () =>
      guarded(connection, () =>
        summaries.all(session).map(({ chunk, ...rest }) => ({ first: chunk * CHUNK_SIZE, ...rest })),
      ),
  };
}
