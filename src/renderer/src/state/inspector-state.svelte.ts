import {
  type ApiFailure,
  type Breakpoint,
  type DebugGoal,
  type DebugMemoryView,
  type DebugMomentView,
  type DebugRunView,
  type DebugView,
  type Id,
} from '../../../preload/contract/index.ts';
import { type AppState } from './app-state.svelte.ts';
import { toFailure } from './failure.ts';
import { count } from './format.ts';
import { reportId } from './router.svelte.ts';

/** What a move that found nothing says. */
const NOT_FOUND: Readonly<Record<DebugGoal, string>> = {
  into: 'instruction',
  over: 'instruction',
  out: 'caller',
  line: 'source line',
  breakpoint: 'breakpoint',
  call: 'call',
  write: 'write to this memory',
};

/** Memory that a driver's author looks at first. */
const REPORT_MEMORY = /^(HID-BPF event buffer|report descriptor|request data)/;

/** The report in the inspector: its runs, the moment that is shown, and where to stop. */
export class InspectorState {
  readonly #app: AppState;
  view = $state.raw<DebugView>();
  failure = $state.raw<ApiFailure>();
  opening = $state(false);
  /** Place of the shown run in the view. */
  run = $state(0);
  moment = $state.raw<DebugMomentView>();
  breakpoints = $state.raw<readonly Breakpoint[]>([]);
  /** Address of the memory that is shown. */
  address = $state<bigint>();
  #wanted: number | undefined;
  #loading: Promise<void> | undefined;

  constructor(app: AppState) {
    this.#app = app;
  }

  get current(): DebugRunView | undefined {
    return this.view?.runs[this.run];
  }

  get memory(): DebugMemoryView | undefined {
    const memory = this.moment?.memory ?? [];
    return (
      memory.find(({ address }) => address === this.address) ??
      memory.find(({ label }) => REPORT_MEMORY.test(label)) ??
      memory[0]
    );
  }

  /** Shows a report of a session, unless it is shown already. */
  async open(sessionId: Id, index: number): Promise<void> {
    const { view } = this;
    if (this.opening || (view?.sessionId === sessionId && view.index === index)) return;
    await this.load(sessionId, index);
  }

  /** Runs the driver on the report again: it may have been built anew. */
  async load(sessionId: Id, index: number): Promise<void> {
    this.opening = true;
    this.failure = undefined;
    try {
      this.view = await this.#ask(sessionId, index);
      this.run = 0;
      this.moment = undefined;
      await this.goTo(0);
    } catch (error) {
      this.view = undefined;
      this.moment = undefined;
      this.failure = toFailure(error);
    } finally {
      this.opening = false;
    }
  }

  async #ask(sessionId: Id, index: number): Promise<DebugView> {
    const app = this.#app;
    const projectId = app.runs.projectOf(sessionId);
    if (projectId === undefined) return app.refuse('Open the project whose driver shall run first');
    const kernel =
      app.session?.sessionId === sessionId ? app.session.detail.value?.replay?.kernel : undefined;
    const project = app.openProject(projectId);
    if (project.dirty) await project.save();
    return app.jobs.run(`Debug report ${count(index)}`, (jobId) =>
      app.transport.call('debug.open', {
        jobId,
        projectId,
        sessionId,
        index,
        ...(kernel === undefined ? {} : { kernel }),
      }),
    );
  }

  async chooseRun(run: number): Promise<void> {
    this.run = run;
    await this.goTo(0);
  }

  /** Only the last wish is loaded while one is under way. */
  goTo(step: number): Promise<void> {
    this.#wanted = step;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    while (this.#wanted !== undefined) {
      const step = this.#wanted;
      this.#wanted = undefined;
      this.moment = await this.#app.transport.call('debug.moment', { run: this.run, step });
    }
  }

  async move(goal: DebugGoal, direction: 1 | -1): Promise<void> {
    const { moment, run, breakpoints, memory } = this;
    if (moment === undefined) return;
    const { step, found } = await this.#app.transport.call('debug.find', {
      run,
      step: moment.step,
      direction,
      goal,
      breakpoints,
      ...(memory === undefined ? {} : { address: memory.address }),
    });
    const where = direction === 1 ? 'end' : 'start';
    this.#app.say(
      found
        ? ''
        : `No ${direction === 1 ? 'later' : 'earlier'} ${NOT_FOUND[goal]}: at the ${where} of the run`,
    );
    await this.goTo(step);
  }

  /** The address of the report that is shown. */
  get reportId(): string | undefined {
    return this.view === undefined ? undefined : reportId(this.view.sessionId, this.view.index);
  }

  /** A breakpoint at the line that is chosen, else at the one it stands at. */
  toggleHere(): void {
    const place = this.#app.selection.source ?? this.moment?.source;
    if (place !== undefined) this.toggleBreakpoint(place.file, place.line);
  }

  toggleBreakpoint(file: string, line: number): void {
    const others = this.breakpoints.filter((place) => place.file !== file || place.line !== line);
    this.breakpoints =
      others.length < this.breakpoints.length ? others : [...this.breakpoints, { file, line }];
  }
}
