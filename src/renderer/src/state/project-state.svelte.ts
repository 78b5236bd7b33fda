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
  verdicts = $state.raw<readonly VerdictView[]>();
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

  /** Saves, compiles, and asks the verifier where there is an object. */
  async compile(kernel: string): Promise<BuildView> {
    this.building = true;
    try {
      if (this.dirty) await this.save();
      const build = await this.#transport.call('project.build', { projectId: this.projectId });
      this.#builtNow = build;
      this.verdicts = undefined;
      if (build.object !== undefined) await this.verify(kernel);
      return build;
    } finally {
      this.building = false;
    }
  }

  async verify(kernel: string): Promise<readonly VerdictView[]> {
    const { projectId } = this;
    const params = kernel === '' ? { projectId } : { projectId, kernel };
    this.verdicts = await this.#jobs.run(`Verify ${this.name}`, (jobId) =>
      this.#transport.call('project.verify', { ...params, jobId }),
    );
    return this.verdicts;
  }
}
