import {
  type AttachView,
  type DeviceSummary,
  type Id,
  type ProjectSummary,
  type SessionSummary,
} from '../../../preload/contract/index.ts';
import { type Verification } from './project-state.svelte.ts';
import { type AppState } from './app-state.svelte.ts';
import { plural } from './format.ts';

/** What the dialog asks for: which project on which recording or device. */
export interface RunRequest {
  readonly kind: 'replay' | 'attach';
  readonly projectId: Id | undefined;
  /** Session for a replay, device for an attachment. */
  readonly targetId: Id | undefined;
}

/** Build, attach and replay: what the top bar's buttons do, and which project and device they mean. */
export class Runs {
  readonly #app: AppState;
  /** Rises with each replay: a result may come under the id of the one before. */
  generation = $state(0);
  /** The open dialog. */
  request = $state.raw<RunRequest>();
  /** The device that the dialog for playing it into this system is about. */
  playRequest = $state.raw<DeviceSummary>();

  constructor(app: AppState) {
    this.#app = app;
  }

  /** The project that Build, Attach and Replay mean, if that is clear. */
  projectId(): Id | undefined {
    const route = this.#app.router.route;
    if (route.screen === 'projects' && route.id !== undefined) return route.id;
    const ofSession = this.#projectOfSession();
    if (route.screen === 'sessions' && ofSession !== undefined) return ofSession;
    const only = this.projects().length === 1 ? this.projects()[0]?.projectId : undefined;
    return this.#app.project?.projectId ?? ofSession ?? only;
  }

  /** The driver that the open session was replayed through, or that its recording belongs to. */
  #projectOfSession(): Id | undefined {
    const detail = this.#app.session?.detail.value;
    const id = detail?.replay?.projectId ?? detail?.summary.projectId;
    return this.#project(id)?.projectId;
  }

  /** The project whose driver a session's reports go through: the one that it was replayed through, else the current one. */
  projectOf(sessionId: Id): Id | undefined {
    const detail = this.#app.session?.sessionId === sessionId ? this.#app.session.detail.value : undefined;
    const summary = this.#app.sessions.value?.find((session) => session.sessionId === sessionId);
    const own = detail?.replay?.projectId ?? summary?.projectId;
    return this.#project(own)?.projectId ?? this.projectId();
  }

  /** The recording that Replay means: the open one, its source if it is a result, else the project's only one. */
  sessionId(projectId: Id | undefined): Id | undefined {
    const route = this.#app.router.route;
    const open = this.#app.sessionSummary;
    if (route.screen === 'sessions' && route.id !== undefined && open !== undefined) return recordingOf(open);
    const own = this.recordings().filter((session) => session.projectId === projectId);
    if (open !== undefined && own.some((session) => session.sessionId === recordingOf(open))) {
      return recordingOf(open);
    }
    return own.length === 1 ? own[0]?.sessionId : undefined;
  }

  /** The device that Attach means: the open one, else that of the recording that Replay means. */
  deviceId(projectId: Id | undefined): Id | undefined {
    const route = this.#app.router.route;
    if (route.screen === 'devices' && route.id !== undefined) return route.id;
    const sessionId = this.sessionId(projectId);
    const devices = this.devices().filter((device) => device.sessionId === sessionId);
    const matching = devices.filter((device) => this.fits(projectId, device));
    if (sessionId !== undefined && matching[0] !== undefined) return matching[0].deviceId;
    if (sessionId !== undefined && devices[0] !== undefined) return devices[0].deviceId;
    const all = this.devices().filter((device) => this.fits(projectId, device));
    return all.length === 1 ? all[0]?.deviceId : undefined;
  }

  projects(): readonly ProjectSummary[] {
    return this.#app.projects.value ?? [];
  }

  recordings(): readonly SessionSummary[] {
    return (this.#app.sessions.value ?? []).filter((session) => session.kind === 'recording');
  }

  devices(): readonly DeviceSummary[] {
    return this.#app.devices.value ?? [];
  }

  /** True if one of the project's HID_DEVICE() lines names the device. */
  fits(projectId: Id | undefined, device: DeviceSummary): boolean {
    const matches = this.#project(projectId)?.matches ?? [];
    return matches.some(
      (match) =>
        (match.vendor === 0 || match.vendor === device.vendor) &&
        (match.product === 0 || match.product === device.product),
    );
  }

  async build(): Promise<void> {
    const projectId = this.projectId();
    if (projectId === undefined) return;
    const project = this.#app.openProject(projectId);
    const build = await this.#app.attempt('Build', () => project.compile());
    if (build === undefined) return;
    const errors = build.diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
    const warnings = build.diagnostics.filter((diagnostic) => diagnostic.severity === 'warning').length;
    if (!build.ok) {
      this.#app.layout.showDrawer('problems');
      this.#app.say(`Build failed: ${plural(errors, 'error')}`);
      return;
    }
    const with_ = build.prebuilt ? 'prebuilt object' : (build.compiler ?? 'compiled');
    this.#app.say(
      `Built ${project.name} · ${with_}${warnings > 0 ? ` · ${plural(warnings, 'warning')}` : ''}`,
    );
    if (build.object === undefined) return;
    const { kernel } = this.#app.settings.value;
    const verdicts = await this.#app.follow('Verify', () => project.verify(kernel));
    if (verdicts !== undefined) this.#showVerdicts(projectId, { kernel, verdicts });
  }

  async verify(): Promise<void> {
    const projectId = this.projectId();
    if (projectId === undefined) return;
    const project = this.#app.openProject(projectId);
    const kernel = this.#app.settings.value.kernel;
    const verdicts = await this.#app.attempt('Verify', () => project.verify(kernel));
    if (verdicts === undefined) return;
    this.#showVerdicts(projectId, { kernel, verdicts });
    const refused = verdicts.filter((verdict) => !verdict.accepted).length;
    this.#app.say(
      refused === 0
        ? `The verifier accepts ${plural(verdicts.length, 'program')}`
        : `${plural(refused, 'program')} refused`,
    );
    this.#app.layout.showDrawer('verifier');
  }

  /** Attaches, or asks what to what. */
  async attach(): Promise<void> {
    const projectId = this.projectId();
    const targetId = this.deviceId(projectId);
    if (projectId === undefined || targetId === undefined) this.ask('attach');
    else await this.attachTo(projectId, targetId);
  }

  async attachTo(projectId: Id, deviceId: Id): Promise<void> {
    const kernel = this.#app.settings.value.kernel;
    const view = await this.#app.attempt('Attach', async () => {
      await this.#saveDrafts(projectId);
      return this.#app.jobs.run(`Attach ${this.#nameOf(projectId)}`, (jobId) => {
        const params = { jobId, projectId, deviceId };
        return this.#app.transport.call('kernel.attach', kernel === '' ? params : { ...params, kernel });
      });
    });
    if (view === undefined) return;
    this.#app.deviceId = deviceId;
    this.#take(projectId, view);
    await Promise.all([
      this.#app.kernel.refresh(),
      this.#app.devices.refresh(),
      this.#app.projects.refresh(),
    ]);
    if (view.ok) this.#app.say(`Attached ${this.#nameOf(projectId)} to ${view.deviceName}`);
  }

  /** Makes a device of this machine of a recorded or plugged-in one, until it ends or the job is cancelled. */
  async play(device: DeviceSummary, projectId: Id | undefined, keyboard: boolean): Promise<void> {
    const params = { deviceId: device.deviceId, keyboard, ...(projectId === undefined ? {} : { projectId }) };
    const result = await this.#app.attempt('Play into this system', () =>
      this.#app.jobs.run(`Playing ${device.name} into this system`, (jobId) =>
        this.#app.transport.call('device.play', { jobId, ...params }),
      ),
    );
    if (result !== undefined) this.#app.say(`Played ${plural(result.reports, 'report')} into this system`);
  }

  async detach(): Promise<void> {
    await this.#app.attempt('Detach', () => this.#app.transport.call('kernel.detach', {}));
    await Promise.all([this.#app.kernel.refresh(), this.#app.devices.refresh()]);
    this.#app.say('Detached');
  }

  /** Replays, or asks what over what. */
  async replay(): Promise<void> {
    const projectId = this.projectId();
    const targetId = this.sessionId(projectId);
    if (projectId === undefined || targetId === undefined) this.ask('replay');
    else await this.replayOf(projectId, targetId);
  }

  async replayOf(projectId: Id, sessionId: Id): Promise<void> {
    const { kernel, engine } = this.#app.settings.value;
    const name = this.#app.sessions.value?.find((session) => session.sessionId === sessionId)?.name ?? '';
    const result = await this.#app.attempt('Replay', async () => {
      await this.#saveDrafts(projectId);
      return this.#app.jobs.run(`Replay ${name}`, (jobId) => {
        const params = { jobId, projectId, sessionId, engine };
        return this.#app.transport.call('kernel.replay', kernel === '' ? params : { ...params, kernel });
      });
    });
    if (result === undefined) return;
    this.#take(projectId, result.attach);
    await Promise.all([
      this.#app.sessions.refresh(),
      this.#app.devices.refresh(),
      this.#app.kernel.refresh(),
    ]);
    const replay = result.session?.replay;
    if (result.session === undefined || replay === undefined) return;
    const { summary } = result.session;
    this.#app.log(...replay.log);
    this.#app.say(
      `Replayed ${plural(replay.eventsIn, 'report')} in ${replay.elapsed.toFixed(1)} ms · ${replay.changed} changed · ${replay.dropped} dropped`,
    );
    if (this.#app.session?.sessionId === summary.sessionId) this.#app.session = undefined;
    this.generation += 1;
    this.#app.router.go('sessions', summary.sessionId);
  }

  /** Opens the dialog, filled with what is likely. */
  ask(kind: RunRequest['kind']): void {
    const projectId = this.projectId();
    const targetId = kind === 'replay' ? this.sessionId(projectId) : this.deviceId(projectId);
    this.request = { kind, projectId, targetId };
  }

  async #saveDrafts(projectId: Id): Promise<void> {
    const project = this.#app.project;
    if (project?.projectId === projectId && project.dirty) await project.save();
  }

  /** A refusal opens the Verifier drawer with the kernel's own words. */
  #take(projectId: Id, view: AttachView): void {
    this.#app.verifier = {
      projectId,
      title: `Attach to ${view.deviceName}`,
      kernel: view.kernel,
      verdicts: view.verdicts,
      ...(view.failure === undefined ? {} : { failure: view.failure }),
    };
    this.#app.log(...view.warnings);
    if (view.ok) return;
    this.#app.layout.showDrawer('verifier');
    this.#app.say(`Refused: ${view.failure?.message ?? 'the kernel did not take it'}`);
  }

  #showVerdicts(projectId: Id, { kernel, verdicts }: Verification): void {
    this.#app.verifier = { projectId, title: 'Verification', kernel, verdicts };
    if (verdicts.some((verdict) => !verdict.accepted)) this.#app.layout.showDrawer('verifier');
  }

  #project(projectId: Id | undefined): ProjectSummary | undefined {
    return this.#app.projects.value?.find((project) => project.projectId === projectId);
  }

  #nameOf(projectId: Id): string {
    return this.#project(projectId)?.name ?? 'the project';
  }
}

function recordingOf(session: SessionSummary): Id {
  return session.kind === 'replay' ? (session.sourceId ?? session.sessionId) : session.sessionId;
}
