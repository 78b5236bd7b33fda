import { SvelteMap } from 'svelte/reactivity';
import {
  ApiFailure,
  type DeviceSummary,
  type Id,
  type LiveBatch,
  type LiveRecordingView,
  type LiveState as LiveDevices,
  type LiveView,
  type ReportRow,
} from '../../../preload/contract/index.ts';
import { type AppState } from './app-state.svelte.ts';
import { count } from './format.ts';

/** Rows that the list of a live device keeps. */
const KEPT = 500;
/** Milliseconds between two changes of what is shown. */
const SHOWN_EVERY = 80;
const TIME = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hour12: false });

/** What a live device has sent: what came last, and how fast. */
export class LiveReports {
  /** What has come and is not shown yet. */
  #came: LiveBatch | undefined;
  #cameRows: ReportRow[] = [];
  /** The last batch: counts and rate. */
  batch = $state.raw<LiveBatch>();
  /** The newest first. */
  rows = $state.raw<readonly ReportRow[]>([]);
  /** The list stands still; everything else goes on. */
  paused = $state(false);

  take(batch: LiveBatch): void {
    this.#came = batch;
    if (!this.paused) this.#cameRows.push(...batch.rows);
  }

  show(): void {
    const rows = this.#cameRows;
    this.#cameRows = [];
    this.batch = this.#came;
    if (rows.length > 0 && !this.paused) this.rows = [...rows.reverse(), ...this.rows].slice(0, KEPT);
  }
}

/** The plugged-in devices whose reports stream, and the recording under way. */
export class LiveState {
  readonly #app: AppState;
  readonly #reports = new SvelteMap<Id, LiveReports>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** In the order they were opened. */
  devices = $state.raw<readonly LiveView[]>([]);
  recording = $state.raw<LiveRecordingView>();
  /** Why no device that is plugged in can be listed. */
  trouble = $state<string>();

  constructor(app: AppState) {
    this.#app = app;
    app.transport.on('live.state', (state) => this.#take(state));
    app.transport.on('live.reports', (batch) => {
      this.#reports.get(batch.deviceId)?.take(batch);
      // Faster than eyes follow, the window would only draw.
      this.#timer ??= setTimeout(() => this.#show(), SHOWN_EVERY);
    });
  }

  /** The device as it is live; undefined while it is not open. */
  view(deviceId: Id): LiveView | undefined {
    return this.devices.find((view) => view.deviceId === deviceId);
  }

  /** What a live device has sent. */
  reports(deviceId: Id): LiveReports | undefined {
    return this.#reports.get(deviceId);
  }

  /** Of all live devices together. */
  totals(): { readonly rate: number; readonly dropped: number } {
    const batches = [...this.#reports.values()].flatMap(({ batch }) => batch ?? []);
    return {
      rate: batches.reduce((sum, { rate }) => sum + rate, 0),
      dropped: batches.reduce((sum, { dropped }) => sum + dropped, 0),
    };
  }

  /** The device that Record opens where none is open: the plugged-in one that is shown. */
  target(): DeviceSummary | undefined {
    const id = this.devices[0]?.deviceId ?? this.#app.runs.deviceId(undefined);
    return this.#app.devices.value?.find((device) => device.deviceId === id && device.kind === 'real');
  }

  async refresh(): Promise<void> {
    this.#take(await this.#app.transport.call('live.state', {}));
  }

  async open(deviceId: Id): Promise<void> {
    const state = await this.#app.attempt('Open device', () =>
      this.#app.transport.call('live.open', { deviceId }),
    );
    if (state === undefined) return;
    this.#take(state);
    this.#app.say(`Open: ${this.view(deviceId)?.deviceName ?? ''}`);
  }

  async close(deviceId: Id): Promise<void> {
    await this.#app.attempt('Close device', () => this.#app.transport.call('live.close', { deviceId }));
    this.#app.say('Closed');
  }

  /** Starts a recording of all open devices (opening the shown one where none is), or ends the one under way and shows it. */
  async toggleRecording(): Promise<void> {
    if (this.recording !== undefined) return this.#stop();
    const device = this.target();
    if (device === undefined) {
      this.#app.say('Record works on a plugged-in device: choose one on the Devices screen');
      return;
    }
    if (this.devices.length === 0) await this.open(device.deviceId);
    if (this.devices.length === 0) return;
    const others = this.devices.length - 1;
    const name = `${device.name}${others > 0 ? ` and ${others} more` : ''} ${TIME.format()}`;
    const state = await this.#app.attempt('Record', () => this.#app.transport.call('live.record', { name }));
    if (state === undefined) return;
    this.#take(state);
    this.#app.say(`Recording ${name}`);
  }

  async #stop(): Promise<void> {
    const detail = await this.#app.attempt('Stop recording', () => this.#app.transport.call('live.stop', {}));
    if (detail === undefined) return;
    await Promise.all([this.#app.sessions.refresh(), this.#app.devices.refresh()]);
    this.#app.say(`Recorded ${count(detail.summary.reports)} reports: ${detail.summary.name}`);
    this.#app.router.go('sessions', detail.summary.sessionId);
  }

  #show(): void {
    this.#timer = undefined;
    for (const reports of this.#reports.values()) reports.show();
  }

  #take({ devices, recording, trouble }: LiveDevices): void {
    this.#followMoved(devices);
    for (const id of [...this.#reports.keys()]) {
      if (!devices.some(({ deviceId }) => deviceId === id)) this.#reports.delete(id);
    }
    for (const { deviceId } of devices) {
      if (!this.#reports.has(deviceId)) this.#reports.set(deviceId, new LiveReports());
    }
    const failure = recording?.failure;
    if (failure !== undefined && failure !== this.recording?.failure) {
      this.#app.failures.add('Record', new ApiFailure({ code: 'io', message: failure, detail: [] }));
    }
    this.devices = devices;
    this.recording = recording;
    this.trouble = trouble;
  }

  /** A device that was plugged in again may have another node: its reports and its page go along. */
  #followMoved(devices: readonly LiveView[]): void {
    if (devices.length !== this.devices.length) return;
    const { route } = this.#app.router;
    this.devices.forEach(({ deviceId: before }, place) => {
      const after = devices[place]?.deviceId ?? before;
      const reports = this.#reports.get(before);
      if (after === before || reports === undefined) return;
      this.#reports.delete(before);
      this.#reports.set(after, reports);
      if (route.screen === 'devices' && route.id === before) this.#app.router.go('devices', after);
    });
  }
}
