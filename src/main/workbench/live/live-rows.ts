import { decodeReport, type ParsedDescriptor } from '../../engine/hid/index.ts';
import { type ReportRow } from '../../../preload/contract/index.ts';
import { summaryOf } from '../sessions/session-data.ts';
import { type LiveReport } from './live-stream.ts';

/** Rows of live reports, as lists show them: decoded by the descriptor that the shown bytes follow. */
export class LiveRows {
  readonly #original: ParsedDescriptor;
  readonly #fixed: ParsedDescriptor;
  #index = 0;
  #previous: number | undefined;

  constructor(original: ParsedDescriptor, fixed: ParsedDescriptor) {
    this.#original = original;
    this.#fixed = fixed;
  }

  /** Rows of the newest `limit` reports; the others are only counted. */
  take(reports: readonly LiveReport[], limit: number): ReportRow[] {
    const rows: ReportRow[] = [];
    reports.forEach((report, at) => {
      if (at >= reports.length - limit) rows.push(this.#row(report));
      this.#index++;
      this.#previous = report.timeMicroseconds;
    });
    return rows;
  }

  #row({ timeMicroseconds: time, before, after, verdict }: LiveReport): ReportRow {
    const [first] = after;
    const bytes = first ?? before;
    const decode = decodeReport(first === undefined ? this.#original : this.#fixed, bytes);
    return {
      index: this.#index,
      time,
      delta: this.#previous === undefined ? 0 : time - this.#previous,
      device: 0,
      reportId: decode.reportId,
      size: bytes.length,
      verdict,
      summary: summaryOf(decode.summary, decode.problem),
    };
  }
}
