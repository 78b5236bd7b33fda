import { createContext } from 'svelte';
import {
  ApiFailure,
  type AppInfo,
  type AttachView,
  type DeviceSummary,
  type Id,
  type KernelView,
  type ProjectSummary,
  type SessionSummary,
  type TemplateSummary,
  type VerdictView,
} from '../../../preload/contract/index.ts';
import { toFailure } from './failure.ts';
import { InspectorState } from './inspector-state.svelte.ts';
import { Jobs } from './jobs.svelte.ts';
import { LiveState } from './live.svelte.ts';
import { Layout } from './layout.svelte.ts';
import { Library } from './library.svelte.ts';
import { Failures, type Problem } from './problems.svelte.ts';
import { ProjectState } from './project-state.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { Router } from './router.svelte.ts';
import { Runs } from './runs.svelte.ts';
import { Selection } from './selection.svelte.ts';
import { SessionState } from './session-state.svelte.ts';
import { SettingsState } from './settings.svelte.ts';
import { type Connection, type ConnectionState } from './transport.ts';

export interface OutputLine {
  readonly at: number;
  readonly text: string;
}

/** What the Verifier drawer shows: the words of the last verification or attachment. */
export interface VerifierReport {
  readonly projectId: Id;
  readonly title: string;
  readonly kernel: string;
  readonly verdicts: readonly VerdictView[];
  readonly failure?: AttachView['failure'];
}

const KEPT_OUTPUT = 500;

/** The whole state of the window. One object, made once, reached by `useApp()`. */
export class AppState {
  readonly transport: Connection;
  readonly router = new Router();
  readonly layout = new Layout();
  readonly selection = new Selection();
  readonly failures = new Failures();
  readonly jobs: Jobs;
  readonly settings: SettingsState;
  readonly library: Library;
  readonly runs: Runs;
  readonly live: LiveState;
  readonly inspector: InspectorState;

  readonly info: Resource<AppInfo>;
  readonly projects: Resource<readonly ProjectSummary[]>;
  readonly templates: Resource<readonly TemplateSummary[]>;
  readonly devices: Resource<readonly DeviceSummary[]>;
  readonly sessions: Resource<readonly SessionSummary[]>;
  readonly kernel: Resource<KernelView>;

  /** The project, session and device that were opened last: what the top bar works on. */
  project = $state.raw<ProjectState>();
  session = $state.raw<SessionState>();
  deviceId = $state<Id>();

  connection = $state<ConnectionState>('connecting');
  engine = $state.raw<{ readonly state: 'busy' | 'ready' | 'restarted'; readonly message: string }>();
  /** Said aloud in the status line. */
  status = $state('');
  output = $state.raw<readonly OutputLine[]>([]);
  verifier = $state.raw<VerifierReport>();
  /** The clock of "5 min ago". */
  now = $state(Date.now());
  /** Rises with each change of the kernel, for lists that load pages. */
  kernelVersion = $state(0);

  readonly problems = $derived<readonly Problem[]>(this.#collectProblems());

  constructor(transport: Connection) {
    this.transport = transport;
    this.jobs = new Jobs(transport);
    this.settings = new SettingsState(transport);
    this.info = new Resource(() => transport.call('app.info', {}));
    this.projects = new Resource(() => transport.call('project.list', {}));
    this.templates = new Resource(() => transport.call('project.templates', {}));
    this.devices = new Resource(() => transport.call('device.list', {}));
    this.sessions = new Resource(() => transport.call('session.list', {}));
    this.kernel = new Resource(() => transport.call('kernel.state', {}));
    this.library = new Library(this);
    this.runs = new Runs(this);
    this.live = new LiveState(this);
    this.inspector = new InspectorState(this);
    this.#listen();
  }

  get sessionSummary(): SessionSummary | undefined {
    const id = this.session?.sessionId;
    return this.sessions.value?.find((session) => session.sessionId === id);
  }

  get deviceSummary(): DeviceSummary | undefined {
    return this.devices.value?.find((device) => device.deviceId === this.deviceId);
  }

  #listen(): void {
    this.transport.onState((state) => {
      const was = this.connection;
      this.connection = state;
      if (state === 'open' && was !== 'open') void this.refreshAll();
    });
    this.transport.on('engine.state', (state) => {
      this.engine = state;
      if (state.state !== 'ready') this.log(state.message);
    });
    this.transport.on('data.changed', ({ what }) => {
      if (what === 'settings') void this.follow('Settings', () => this.settings.refresh());
      else void this[what].refresh();
      if (what === 'kernel') this.kernelVersion += 1;
      if (what === 'sessions') void this.session?.detail.refresh();
    });
    setInterval(() => {
      this.now = Date.now();
    }, 15_000);
  }

  async refreshAll(): Promise<void> {
    await Promise.all([
      this.follow('Settings', () => this.settings.refresh()),
      this.info.refresh(),
      this.projects.refresh(),
      this.templates.refresh(),
      this.devices.refresh(),
      this.sessions.refresh(),
      this.kernel.refresh(),
      this.follow('Live device', () => this.live.refresh()),
    ]);
  }

  /** Makes a project the current one. What is typed in the other one is saved. */
  openProject(projectId: Id): ProjectState {
    if (this.project?.projectId === projectId) return this.project;
    const left = this.project;
    if (left?.dirty === true) void this.attempt(`Save ${left.name}`, () => left.save());
    const project = new ProjectState(this.transport, this.jobs, projectId);
    this.project = project;
    void project.detail.refresh();
    return project;
  }

  openSession(sessionId: Id): SessionState {
    if (this.session?.sessionId === sessionId) return this.session;
    const session = new SessionState(this.transport, this.selection, sessionId);
    this.session = session;
    void this.follow('Open session', () => session.open());
    return session;
  }

  /** Forgets what was deleted. */
  forget(what: { readonly projectId?: Id; readonly sessionId?: Id; readonly deviceId?: Id }): void {
    if (what.projectId !== undefined && this.project?.projectId === what.projectId) this.project = undefined;
    if (what.sessionId !== undefined && this.session?.sessionId === what.sessionId) this.session = undefined;
    if (what.deviceId !== undefined && this.deviceId === what.deviceId) this.deviceId = undefined;
  }

  /** Does what the user asked for; a failure is shown inline and kept in the Problems drawer. */
  attempt<T>(source: string, work: () => Promise<T>): Promise<T | undefined> {
    this.failures.dismiss();
    return this.follow(source, work);
  }

  /** The same for what follows by itself (a pane loads what was selected): an earlier failure stays in sight. */
  async follow<T>(source: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const failure = toFailure(error);
      if (failure.code === 'cancelled') this.say(`${source}: cancelled`);
      else this.failures.add(source, failure);
      return undefined;
    }
  }

  /** Fails as main would: for what can be refused here already. */
  refuse(message: string): never {
    throw new ApiFailure({ code: 'usage', message, detail: [] });
  }

  /** Puts a sentence in the status line and the Output drawer. */
  say(text: string): void {
    this.status = text;
    this.log(text);
  }

  log(...lines: readonly string[]): void {
    const at = Date.now();
    const added = lines.map((text) => ({ at, text }));
    this.output = [...this.output, ...added].slice(-KEPT_OUTPUT);
  }

  #collectProblems(): readonly Problem[] {
    const list: Problem[] = [...this.failures.list];
    const project = this.project;
    for (const diagnostic of project?.diagnostics ?? []) {
      const { severity, message, file, line, column } = diagnostic;
      const place = project === undefined ? {} : { projectId: project.projectId };
      list.push({ severity, source: 'Build', message, detail: [], file, line, column, ...place });
    }
    const session = this.session?.detail.value;
    for (const { line, message } of session?.problems ?? []) {
      const sessionId = session?.summary.sessionId;
      const source = `Import ${session?.summary.name ?? ''}`;
      const place = sessionId === undefined ? {} : { sessionId };
      list.push({ severity: 'warning', source, message, detail: [], line, ...place });
    }
    return list;
  }
}

export const [useApp, provideApp] = createContext<AppState>();
