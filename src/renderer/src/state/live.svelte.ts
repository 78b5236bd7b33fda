import {
  ApiFailure,
  type DeviceSummary,
  type Id,
  type LiveBatch,
  type LiveView,
  type ReportRow,
} from '../../../preload/contract/index.ts';
import { type AppState } from './app-state.svelte.ts';
import { count } from './format.ts';

/** Rows that the live list keeps. */
const KEPT = 500;
/** Milliseconds between two changes of what is shown. */
const SHOWN_EVERY = 80;
const TIME = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hour12: false });

/** The plugged-in device whose reports stream: what came last, how fast, and the recording under way. */
export class LiveState {
  readonly #app: AppState;
  /** What has come and is not shown yet. */
  #came: LiveBatch | undefined;
  #cameRows: ReportRow[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  view = $state.raw<LiveView>();
  /** The last batch: counts and rate. */
  batch = $state.raw<LiveBatch>();
  /** The newest first. */
  rows = $state.raw<readonly ReportRow[]>([]);
  /** The list stands still; everything else goes on. */
  paused = $state(false);

  constructor(app: AppState) {
    this.#app = app;
    app.transport.on('live.state', ({ live }) => this.#take(live));
    app.transport.on('live.reports', (batch) => {
      if (batch.deviceId !== this.view?.deviceId) return;
      this.#came = batch;
      if (!this.paused) this.#cameRows.push(...batch.rows);
      this.#timer ??= setTimeout(() => this.#show(), SHOWN_EVERY);
    });
  }

  /** Faster than eyes follow, the window would only draw. */
  #show(): void {
    this.#timer = undefined;
    const rows = this.#cameRows;
    this.#cameRows = [];
    if (this.#came?.deviceId !== this.view?.deviceId) return;
    this.batch = this.#came;
    if (rows.length > 0 && !this.paused) this.rows = [...rows.reverse(), ...this.rows].slice(0, KEPT);
  }

  get recording(): LiveView['recording'] {
    return this.view?.recording;
  }

  /** The device that Record means: the live one, else the plugged-in one that is shown. */
  target(): DeviceSummary | undefined {
    const devices = this.#app.devices.value ?? [];
    const id = this.view?.deviceId ?? this.#app.runs.deviceId(undefined);
    return devices.find((device) => device.deviceId === id && device.kind === 'real');
  }

  async refresh(): Promise<void> {
    this.#take((await this.#app.transport.call('live.state', {})).live);
  }

  async open(deviceId: Id): Promise<void> {
    const view = await this.#app.attempt('Open device', () =>
      this.#app.transport.call('live.open', { deviceId }),
    );
    if (view === undefined) return;
    this.#take(view);
    this.#app.say(`Open: ${view.deviceName}`);
  }

  async close(): Promise<void> {
    await this.#app.attempt('Close device', () => this.#app.transport.call('live.close', {}));
    this.#app.say('Closed');
  }

  /** Starts a recording (opening the device where it is not open), or ends the one under way and shows it. */
  async toggleRecording(): Promise<void> {
    if (this.recording !== undefined) return this.#stop();
    const device = this.target();
    if (device === undefined) {
      this.#app.say('Record works on a plugged-in device: choose one on the Devices screen');
      return;
    }
    if (this.view?.deviceId !== device.deviceId) await this.open(device.deviceId);
    if (this.view?.deviceId !== device.deviceId) return;
    const name = `${device.name} ${TIME.format()}`;
    const view = await this.#app.attempt('Record', () => this.#app.transport.call('live.record', { name }));
    if (view === undefined) return;
    this.#take(view);
    this.#app.say(`Recording ${name}`);
  }

  async #stop(): Promise<void> {
    const detail = await this.#app.attempt('Stop recording', () => this.#app.transport.call('live.stop', {}));
    if (detail === undefined) return;
    await Promise.all([this.#app.sessions.refresh(), this.#app.devices.refresh()]);
    this.#app.say(`Recorded ${count(detail.summary.reports)} reports: ${detail.summary.name}`);
    this.#app.router.go('sessions', detail.summary.sessionId);
  }

  #take(view: LiveView | undefined): void {
    if (view?.deviceId !== this.view?.deviceId) {
      this.rows = [];
      this.batch = undefined;
      this.paused = false;
    }
    const failure = view?.recording?.failure;
    if (failure !== undefined && failure !== this.recording?.failure) {
      this.#app.failures.add('Record', new ApiFailure({ code: 'io', message: failure, detail: [] }));
    }
    this.view = view;
  }
}
