import { SvelteMap } from 'svelte/reactivity';
import {
  type BuildView,
  type Diagnostic,
  type Id,
  type ProjectDetail,
  type Transport,
  type VerdictView,
} from '../../../preload/contract/index.ts';
import { type Jobs } from './jobs.svelte.ts';
import { Resource } from './resource.svelte.ts';

/** What the verifier of a kernel said of the object of the last build. */
export interface Verification {
  readonly kernel: string;
  readonly verdicts: readonly VerdictView[];
}

/** An open project: its files with what is typed but not saved, its last build and what the verifier said. */
export class ProjectState {
  readonly projectId: Id;
  readonly #transport: Transport;
  readonly #jobs: Jobs;
  readonly detail: Resource<ProjectDetail>;
  /** Path → text that is not saved yet. */
  readonly drafts = new SvelteMap<string, string>();
  #builtNow = $state.raw<BuildView>();
  #path = $state<string>();
  verification = $state.raw<Verification>();
  /** The job that asks the verifier now. */
  verifyingJob = $state<Id>();
  #asked: { readonly kernel: string; readonly verdicts: Promise<readonly VerdictView[]> } | undefined;
  building = $state(false);

  constructor(transport: Transport, jobs: Jobs, projectId: Id) {
    this.#transport = transport;
    this.#jobs = jobs;
    this.projectId = projectId;
    this.detail = new Resource(() => transport.call('project.open', { projectId }));
  }

  /*
   * Getters, not $derived: a project outlives the screen that opened it, and a derived value would end with that screen.
   */

  get build(): BuildView | undefined {
    return this.#builtNow ?? this.detail.value?.lastBuild;
  }

  /** The file in the editor. */
  get path(): string | undefined {
    return this.#path ?? this.detail.value?.mainFile;
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.build?.diagnostics ?? [];
  }

  get dirty(): boolean {
    return this.drafts.size > 0;
  }

  get name(): string {
    return this.detail.value?.summary.name ?? '';
  }

  show(path: string): void {
    this.#path = path;
  }

  /** The text as the editor shows it. */
  text(path: string): string | undefined {
    return this.drafts.get(path) ?? this.detail.value?.files.find((file) => file.path === path)?.text;
  }

  edit(path: string, text: string): void {
    const saved = this.detail.value?.files.find((file) => file.path === path)?.text;
    if (text === saved) this.drafts.delete(path);
    else this.drafts.set(path, text);
  }

  async save(): Promise<void> {
    for (const [path, text] of [...this.drafts]) {
      await this.#transport.call('project.save', { projectId: this.projectId, file: { path, text } });
    }
    await this.detail.refresh();
    for (const [path, text] of [...this.drafts]) {
      if (this.detail.value?.files.find((file) => file.path === path)?.text === text)
        this.drafts.delete(path);
    }
  }

  /** Saves and compiles. */
  async compile(): Promise<BuildView> {
    this.building = true;
    try {
      await this.#stopVerifying();
      if (this.dirty) await this.save();
      const build = await this.#transport.call('project.build', { projectId: this.projectId });
      this.#builtNow = build;
      this.verification = undefined;
      return build;
    } finally {
      this.building = false;
    }
  }

  /** Asks the verifier about the last build. Whoever asks the same meanwhile waits along. */
  async verify(kernel: string): Promise<readonly VerdictView[]> {
    if (this.#asked?.kernel === kernel) return this.#asked.verdicts;
    await this.#stopVerifying();
    const asked = { kernel, verdicts: this.#ask(kernel) };
    this.#asked = asked;
    try {
      const verdicts = await asked.verdicts;
      this.verification = { kernel, verdicts };
      return verdicts;
    } finally {
      this.verifyingJob = undefined;
      this.#asked = undefined;
    }
  }

  #ask(kernel: string): Promise<readonly VerdictView[]> {
    const { projectId } = this;
    return this.#jobs.run(`Verify ${this.name}`, (jobId) => {
      this.verifyingJob = jobId;
      const params = { projectId, jobId };
      return this.#transport.call('project.verify', kernel === '' ? params : { ...params, kernel });
    });
  }

  async #stopVerifying(): Promise<void> {
    const asked = this.#asked;
    if (asked === undefined || this.verifyingJob === undefined) return;
    await this.#jobs.cancel(this.verifyingJob);
    await asked.verdicts.catch(() => undefined);
  }
}
