import {
  type ApiFailure,
  type DeviceDetail,
  type Id,
  type ReportRow,
  type ReportView,
  type SessionDetail,
  type TimelineView,
  type Transport,
} from '../../../preload/contract/index.ts';
import { toFailure } from './failure.ts';
import { PagedRows } from './paged-rows.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { type Selection } from './selection.svelte.ts';

/** Microseconds since the recording's start. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

/** What the brush on the timeline measures. */
export interface RangeMeasure {
  readonly range: TimeRange;
  readonly reports: number;
}

const WORTH_A_PLOT = /^(X|Y|Z|Rx|Ry|Rz|Wheel|Dial|Slider|Tip Pressure|Pressure)\b/;
const FIRST_PLOTS = 2;

/** Filter words for a range of time. */
export function rangeFilter(range: TimeRange): string {
  return `time >= ${(range.start / 1e6).toFixed(6)} && time <= ${(range.end / 1e6).toFixed(6)}`;
}

/** An open session: its filtered list, the chosen report, the timeline. */
export class SessionState {
  readonly sessionId: Id;
  readonly #transport: Transport;
  readonly #selection: Selection;
  readonly detail: Resource<SessionDetail>;

  #filter = $state('');
  rows = $state.raw<PagedRows<ReportRow>>(this.#listOf(''));
  /** Where the selected report stands in the filtered list; absent if the filter hides it. */
  position = $state<number>();
  report = $state.raw<ReportView>();
  reportFailure = $state.raw<ApiFailure>();
  device = $state.raw<DeviceDetail>();

  timeline = $state.raw<TimelineView>();
  plotted = $state.raw<readonly string[] | undefined>();
  /** The part of the time that the timeline shows; absent = all. */
  zoom = $state.raw<TimeRange>();
  measure = $state.raw<RangeMeasure>();

  #wantedReport: number | undefined;
  #loadingReport = false;
  #timelineTurn = 0;
  #filterTurn = 0;
  #buckets = 0;

  constructor(transport: Transport, selection: Selection, sessionId: Id) {
    this.#transport = transport;
    this.#selection = selection;
    this.sessionId = sessionId;
    this.detail = new Resource(() => transport.call('session.open', { sessionId }));
  }

  get filter(): string {
    return this.#filter;
  }

  /** Opens: detail, first rows, first report. */
  async open(): Promise<void> {
    await Promise.all([this.detail.refresh(), this.rows.reload()]);
    if (this.#selection.sessionId === this.sessionId && this.#selection.index !== undefined) {
      await this.follow(this.#selection.index);
    } else {
      await this.selectPosition(0);
    }
  }

  /** Loads everything anew after the session's content changed. */
  async reload(): Promise<void> {
    this.report = undefined;
    this.device = undefined;
    await this.setFilter(this.#filter);
    await this.refreshTimeline();
  }

  #listOf(filter: string): PagedRows<ReportRow> {
    return new PagedRows((from, count) =>
      this.#transport.call('session.rows', { sessionId: this.sessionId, filter, from, count }),
    );
  }

  /** Shows the reports that match; a filter that main refuses is rejected and the list stays as it is. */
  async setFilter(filter: string): Promise<void> {
    const turn = ++this.#filterTurn;
    const rows = this.#listOf(filter);
    await rows.reload();
    if (rows.failure !== undefined) throw rows.failure;
    if (turn !== this.#filterTurn) return;
    this.#filter = filter;
    this.rows = rows;
    this.position = undefined;
    const index = this.#selection.index;
    if (this.#selection.sessionId === this.sessionId && index !== undefined) await this.#locate(index);
    if (this.position === undefined) await this.selectPosition(0);
  }

  /** Selects the report at a position of the filtered list. */
  async selectPosition(position: number): Promise<void> {
    const rows = this.rows;
    if (rows.total === 0) return;
    const bounded = Math.max(0, Math.min(rows.total - 1, position));
    this.position = bounded;
    const row = rows.row(bounded) ?? (await rows.at(bounded));
    if (row !== undefined && this.position === bounded) {
      this.#selection.selectReport(this.sessionId, row.index);
      this.#load(row.index);
    }
  }

  /** Shows the report that somebody else selected, by its index in the session. */
  async follow(index: number): Promise<void> {
    this.#load(index);
    const here = this.position === undefined ? undefined : this.rows.row(this.position);
    if (here?.index !== index) await this.#locate(index);
  }

  /** Selects the nearest changed or dropped report before or after. False if there is none. */
  async step(direction: 1 | -1): Promise<boolean> {
    const index = this.#selection.index ?? -1;
    const found = await this.#find(index, direction, 'changed');
    if (found.index === undefined) return false;
    this.position = found.position;
    this.#selection.selectReport(this.sessionId, found.index);
    this.#load(found.index);
    return true;
  }

  /** Selects the first report of the filtered list at or after a time; the last one if there is none. */
  async selectTime(time: number): Promise<void> {
    await this.selectPosition(await this.#positionAt(time));
  }

  /** Counts the listed reports in a range of time; none takes the mark away. */
  async setMeasure(range: TimeRange | undefined): Promise<void> {
    if (range === undefined) {
      this.measure = undefined;
      return;
    }
    const [first, last] = [await this.#positionAt(range.start), await this.#positionAt(range.end)];
    this.measure = { range, reports: last - first };
  }

  /** How many listed reports lie before a time. A search by halves: the list is in the order of time. */
  async #positionAt(time: number): Promise<number> {
    const rows = this.rows;
    let [low, high] = [0, rows.total];
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = await rows.at(middle);
      if (row === undefined) return low;
      if (row.time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The timeline for a drawing of so many pixel columns. */
  async drawTimeline(buckets: number): Promise<void> {
    if (buckets === this.#buckets && this.timeline !== undefined) return;
    this.#buckets = buckets;
    await this.refreshTimeline();
  }

  async refreshTimeline(): Promise<void> {
    if (this.#buckets === 0) return;
    const turn = ++this.#timelineTurn;
    const view = await this.#askTimeline(this.plotted ?? []);
    if (turn !== this.#timelineTurn) return;
    if (this.plotted !== undefined) {
      this.timeline = view;
      return;
    }
    this.timeline = view;
    const worth = view.fields.filter((field) => WORTH_A_PLOT.test(field.name)).slice(0, FIRST_PLOTS);
    if (worth.length === 0) return;
    const plotted = await this.#askTimeline(worth.map((field) => field.key));
    if (turn !== this.#timelineTurn) return;
    // A descriptor often declares fields whose reports never come.
    const plots = plotted.plots.filter((plot) => plot.times.length > 0);
    this.plotted = plots.map((plot) => plot.key);
    this.timeline = { ...plotted, plots };
  }

  #askTimeline(fields: readonly string[]): Promise<TimelineView> {
    const params = { sessionId: this.sessionId, buckets: this.#buckets, fields };
    const zoom = this.zoom;
    return this.#transport.call('session.timeline', zoom === undefined ? params : { ...params, ...zoom });
  }

  async setZoom(zoom: TimeRange | undefined): Promise<void> {
    this.zoom = zoom;
    await this.refreshTimeline();
  }

  async togglePlot(key: string): Promise<void> {
    const plotted = this.plotted ?? [];
    this.plotted = plotted.includes(key) ? plotted.filter((other) => other !== key) : [...plotted, key];
    await this.refreshTimeline();
  }

  #find(
    index: number,
    direction: 1 | -1,
    what: 'changed' | 'any',
  ): Promise<{ readonly index?: number; readonly position?: number }> {
    const { sessionId } = this;
    return this.#transport.call('session.find', { sessionId, filter: this.#filter, index, direction, what });
  }

  async #locate(index: number): Promise<void> {
    const found = await this.#find(index - 1, 1, 'any');
    if (this.#selection.index !== index) return;
    this.position = found.index === index ? found.position : undefined;
  }

  /** Only the last wish is loaded while one is under way: holding an arrow key does not pile up questions. */
  #load(index: number): void {
    this.#wantedReport = index;
    if (!this.#loadingReport) void this.#loadWanted();
  }

  async #loadWanted(): Promise<void> {
    this.#loadingReport = true;
    while (this.#wantedReport !== undefined) {
      const index = this.#wantedReport;
      this.#wantedReport = undefined;
      if (this.report?.row.index === index) continue;
      try {
        this.report = await this.#transport.call('session.report', { sessionId: this.sessionId, index });
        this.reportFailure = undefined;
        await this.#loadDevice(this.report.row.device);
      } catch (error) {
        this.reportFailure = toFailure(error);
      }
    }
    this.#loadingReport = false;
  }

  async #loadDevice(index: number): Promise<void> {
    const device = this.detail.value?.devices.find((candidate) => candidate.index === index);
    if (device === undefined || device.deviceId === this.device?.summary.deviceId) return;
    this.device = await this.#transport.call('device.open', { deviceId: device.deviceId });
  }
}
