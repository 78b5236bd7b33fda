import { type ReportChunk, type StoredReport } from '../../host/store/index.ts';
import { type Page, type ReportRow } from '../../../preload/contract/index.ts';
import { type Job } from '../jobs.ts';
import { type SessionData } from './session-data.ts';
import { compileFilter } from './session-filter.ts';

/** Filtered lists of one session, kept as long as the session is open. */
const KEPT_FILTERS = 4;

/** A session's list of reports: pages of rows, filtered, found by position. */
export class SessionRows {
  readonly #data: SessionData;
  readonly #filtered = new Map<string, Uint32Array>();

  constructor(data: SessionData) {
    this.#data = data;
  }

  /** Session indexes of the reports that match; undefined where all do. Throws `parse` for a filter that cannot be read. */
  async indexes(text: string, job: Job): Promise<Uint32Array | undefined> {
    const filter = compileFilter(text);
    if (text.trim() === '') return undefined;
    const known = this.#filtered.get(text);
    if (known !== undefined) return known;
    const data = this.#data;
    const found: number[] = [];
    for (let at = 0; at < data.reader.count;) {
      const chunk: ReportChunk | undefined = data.reader.chunkOf(at);
      if (chunk === undefined) break;
      for (let i = 0; i < chunk.count; i++) {
        const report = chunk.report(i);
        if (filter.matches(data.subject(report))) found.push(report.index);
        if (job.due) await job.breathe(report.index, data.reader.count);
      }
      at = chunk.first + chunk.count;
    }
    const indexes = Uint32Array.from(found);
    if (this.#filtered.size >= KEPT_FILTERS) this.#filtered.delete(this.#filtered.keys().next().value ?? '');
    this.#filtered.set(text, indexes);
    return indexes;
  }

  /** Rows from position `from` of the filtered list. */
  async page(filter: string, from: number, count: number, job: Job): Promise<Page<ReportRow>> {
    const data = this.#data;
    const indexes = await this.indexes(filter, job);
    if (indexes === undefined) {
      const start = Math.max(0, from - 1);
      const reports = data.reader.read(start, from - start + count);
      const before = from > 0 ? reports.shift() : undefined;
      return { total: data.reader.count, from, rows: this.#rows(reports, before?.timeMicroseconds) };
    }
    const rows: ReportRow[] = [];
    for (const index of indexes.subarray(from, from + count)) {
      const around = data.reader.read(Math.max(0, index - 1), index === 0 ? 1 : 2);
      const report = around.at(-1);
      if (report !== undefined)
        rows.push(data.row(report, around.length > 1 ? around[0]?.timeMicroseconds : undefined));
    }
    return { total: indexes.length, from, rows };
  }

  #rows(reports: readonly StoredReport[], before: number | undefined): ReportRow[] {
    let previous = before;
    return reports.map((report) => {
      const row = this.#data.row(report, previous);
      previous = report.timeMicroseconds;
      return row;
    });
  }

  /** The nearest report in one direction, and its position in the filtered list. */
  async find(
    filter: string,
    index: number,
    direction: 1 | -1,
    what: 'changed' | 'any',
    job: Job,
  ): Promise<{ index?: number; position?: number }> {
    const data = this.#data;
    const indexes = await this.indexes(filter, job);
    const count = indexes?.length ?? data.reader.count;
    const at = (position: number): number => indexes?.[position] ?? position;
    let position = indexes === undefined ? index + direction : nextPosition(indexes, index, direction);
    for (; position >= 0 && position < count; position += direction) {
      if (what === 'any') return { index: at(position), position };
      const chunk = data.reader.chunkOf(at(position));
      if (chunk === undefined) return {};
      const verdict = chunk.report(at(position) - chunk.first).verdict;
      if (verdict !== 'pass') return { index: at(position), position };
      if (job.due) await job.breathe(position, count);
    }
    return {};
  }
}

/** First position beyond `index` in that direction in an ascending list. */
function nextPosition(indexes: Uint32Array, index: number, direction: 1 | -1): number {
  let low = 0;
  let high = indexes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((indexes[middle] ?? 0) <= index) low = middle + 1;
    else high = middle;
  }
  if (direction === 1) return low;
  return (indexes[low - 1] ?? -1) === index ? low - 2 : low - 1;
}
