import { type ParsedDescriptor, fieldReader, isNumbered } from '../../engine/hid/index.ts';
import { VERDICTS } from '../../host/store/index.ts';
import { type TimelineView } from '../../../preload/contract/index.ts';
import { type Job } from '../jobs.ts';
import { layoutsOf } from '../views/report-view.ts';
import { type SessionData } from './session-data.ts';

/** What the timeline draws: the window in microseconds, how many buckets, which fields. */
export interface TimelineRequest {
  readonly buckets: number;
  /** `DEVICE:KEY` of the fields to plot. */
  readonly fields: readonly string[];
  readonly start?: number;
  readonly end?: number;
}

interface Lane {
  readonly device: number;
  readonly reportId: number;
  readonly title: string;
  readonly reports: Uint32Array;
  readonly changed: Uint32Array;
  readonly dropped: Uint32Array;
}

/** Smallest and largest value of a field in each bucket. */
class Plot {
  readonly #low: Float64Array;
  readonly #high: Float64Array;

  constructor(buckets: number) {
    this.#low = new Float64Array(buckets).fill(Number.NaN);
    this.#high = new Float64Array(buckets).fill(Number.NaN);
  }

  add(bucket: number, value: number): void {
    const low = this.#low[bucket] ?? Number.NaN;
    const high = this.#high[bucket] ?? Number.NaN;
    if (!(low <= value)) this.#low[bucket] = value;
    if (!(high >= value)) this.#high[bucket] = value;
  }

  points(start: number, width: number): { times: Float64Array; values: Float64Array } {
    const times: number[] = [];
    const values: number[] = [];
    this.#low.forEach((low, bucket) => {
      if (Number.isNaN(low)) return;
      const high = this.#high[bucket] ?? low;
      times.push(start + (bucket + 0.25) * width);
      values.push(low);
      if (high === low) return;
      times.push(start + (bucket + 0.75) * width);
      values.push(high);
    });
    return { times: Float64Array.from(times), values: Float64Array.from(values) };
  }
}

/** Fields worth plotting: what varies and is no single button is offered first. */
function plottable(data: SessionData): { key: string; name: string; hue: number }[] {
  const many = data.devices.length > 1;
  const fields = data.devices.flatMap((device) =>
    layoutsOf(device.fixed)
      .filter((layout) => layout.type === 'input')
      .flatMap((layout) => layout.fields.filter((field) => !field.constant))
      .map((field) => ({
        key: `${device.stored.index}:${field.key}`,
        name: many ? `${device.stored.name}: ${field.name}` : field.name,
        hue: field.hue,
        bits: field.bitSize,
      })),
  );
  const unique = new Map(fields.map((field) => [field.key, field]));
  return [...unique.values()].sort((left, right) => Number(right.bits > 1) - Number(left.bits > 1));
}

/** Counts the session's reports into buckets of equal time and follows the chosen fields. */
export async function sessionTimeline(
  data: SessionData,
  request: TimelineRequest,
  job: Job,
): Promise<TimelineView> {
  const summaries = data.reader.chunks();
  const start = request.start ?? summaries[0]?.firstTime ?? 0;
  const end = Math.max(request.end ?? summaries.at(-1)?.lastTime ?? 0, start + 1);
  const width = (end - start) / request.buckets;
  const lanes = new Map<string, Lane>();
  const offered = plottable(data);
  const plots = new Map(request.fields.map((key) => [key, new PlottedField(key, request.buckets)]));
  for (const summary of summaries) {
    if (summary.lastTime < start || summary.firstTime > end) continue;
    const chunk = data.reader.chunkOf(summary.first);
    if (chunk === undefined) break;
    for (let i = 0; i < chunk.count; i++) {
      const time = chunk.times[i] ?? 0;
      if (time < start || time > end) continue;
      const bucket = Math.min(request.buckets - 1, Math.floor((time - start) / width));
      count(data, lanes, request.buckets, chunk.report(i), bucket, VERDICTS[chunk.verdicts[i] ?? 0]);
      for (const field of plots.values()) field.follow(data, chunk.report(i), bucket);
      if (job.due) await job.breathe(chunk.first + i, data.reader.count);
    }
  }
  return {
    start,
    end,
    lanes: [...lanes.values()].sort(
      (left, right) => left.device - right.device || left.reportId - right.reportId,
    ),
    plots: [...plots].map(([key, { plot }]) => {
      const field = offered.find((candidate) => candidate.key === key);
      return { key, name: field?.name ?? key, hue: field?.hue ?? 0, ...plot.points(start, width) };
    }),
    fields: offered.map(({ key, name }) => ({ key, name })),
  };
}

type Report = Parameters<SessionData['shown']>[0];

function count(
  data: SessionData,
  lanes: Map<string, Lane>,
  buckets: number,
  report: Report,
  bucket: number,
  verdict: string | undefined,
): void {
  const { bytes, descriptor } = data.shown(report);
  const reportId = descriptor !== undefined && isNumbered(descriptor, 'input') ? (bytes[0] ?? 0) : 0;
  const key = `${report.device}:${reportId}`;
  let lane = lanes.get(key);
  if (lane === undefined) {
    const device = data.device(report.device)?.stored.name ?? `device ${report.device}`;
    const id = reportId === 0 ? 'reports' : `report ${reportId}`;
    lane = {
      device: report.device,
      reportId,
      title: data.devices.length > 1 ? `${device} · ${id}` : id,
      reports: new Uint32Array(buckets),
      changed: new Uint32Array(buckets),
      dropped: new Uint32Array(buckets),
    };
    lanes.set(key, lane);
  }
  lane.reports[bucket] = (lane.reports[bucket] ?? 0) + 1;
  if (verdict === 'changed' || verdict === 'injected') lane.changed[bucket] = (lane.changed[bucket] ?? 0) + 1;
  if (verdict === 'dropped') lane.dropped[bucket] = (lane.dropped[bucket] ?? 0) + 1;
}

/** Reads one plotted field of every report; readers are made once per descriptor. */
class PlottedField {
  readonly plot: Plot;
  readonly #device: number;
  readonly #key: string;
  readonly #readers = new Map<ParsedDescriptor, (bytes: Uint8Array) => number | undefined>();

  /** `name` is `DEVICE:KEY`. */
  constructor(name: string, buckets: number) {
    const colon = name.indexOf(':');
    this.#device = Number(name.slice(0, colon));
    this.#key = name.slice(colon + 1);
    this.plot = new Plot(buckets);
  }

  follow(data: SessionData, report: Report, bucket: number): void {
    if (report.device !== this.#device) return;
    const { bytes, descriptor } = data.shown(report);
    if (descriptor === undefined) return;
    let read = this.#readers.get(descriptor);
    if (read === undefined) this.#readers.set(descriptor, (read = fieldReader(descriptor, this.#key)));
    const value = read(bytes);
    if (value !== undefined) this.plot.add(bucket, value);
  }
}
