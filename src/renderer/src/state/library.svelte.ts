import {
  type DeviceSummary,
  type Id,
  type ProjectDetail,
  type ProjectSummary,
  type SessionSummary,
} from '../../../preload/contract/index.ts';
import { type AppState } from './app-state.svelte.ts';
import { download } from './clipboard.ts';
import { baseName, type PickedFile } from './files.ts';

/** A deletion that can still be taken back. */
export interface Undoable {
  readonly text: string;
  readonly undo: () => Promise<void>;
}

/** Makes, imports, renames, deletes and exports what the lists hold. */
export class Library {
  readonly #app: AppState;
  undoable = $state.raw<Undoable>();

  constructor(app: AppState) {
    this.#app = app;
  }

  async createProject(templateId: Id, name: string): Promise<ProjectDetail> {
    const detail = await this.#app.transport.call('project.create', { templateId, name });
    await Promise.all([
      this.#app.projects.refresh(),
      this.#app.sessions.refresh(),
      this.#app.devices.refresh(),
    ]);
    this.#app.router.go('projects', detail.summary.projectId);
    this.#app.say(`Project ${detail.summary.name} made`);
    return detail;
  }

  /** One project of all files: C sources and at most one object of the same driver. */
  async importProject(files: readonly PickedFile[]): Promise<void> {
    const wanted = files.filter((file) => /\.(c|h|o)$/i.test(file.name));
    const main = wanted.find((file) => /\.c$/i.test(file.name)) ?? wanted[0];
    if (main === undefined) {
      this.#app.refuse(
        'A project is made of .bpf.c and .bpf.o files. Choose a C source, an object, or both.',
      );
    }
    const detail = await this.#app.transport.call('project.import', {
      name: baseName(main.name),
      files: wanted.map((file) => ({ path: file.name, bytes: file.bytes })),
    });
    await this.#app.projects.refresh();
    this.#app.router.go('projects', detail.summary.projectId);
    this.#app.say(`Project ${detail.summary.name} imported`);
  }

  async renameProject(projectId: Id, name: string): Promise<void> {
    await this.#app.transport.call('project.rename', { projectId, name });
    await this.#app.projects.refresh();
    if (this.#app.project?.projectId === projectId) await this.#app.project.detail.refresh();
  }

  async deleteProject(project: ProjectSummary): Promise<void> {
    const { projectId, name } = project;
    await this.#app.transport.call('project.delete', { projectId });
    this.#app.forget({ projectId });
    await this.#app.projects.refresh();
    this.#offerUndo(`Project ${name} deleted`, async () => {
      await this.#app.transport.call('project.restore', { projectId });
      await this.#app.projects.refresh();
    });
  }

  /** Each file becomes a session; the last one is opened if there is only one. */
  async importSessions(files: readonly PickedFile[]): Promise<void> {
    for (const file of files) {
      const projectId = this.#app.project?.projectId;
      const detail = await this.#app.jobs.run(`Import ${file.name}`, (jobId) =>
        this.#app.transport.call('session.import', {
          jobId,
          name: baseName(file.name),
          bytes: file.bytes,
          ...(projectId === undefined ? {} : { projectId }),
        }),
      );
      const { reports, problems, sessionId, name } = detail.summary;
      const trouble = problems === 0 ? '' : ` · ${problems} lines could not be read`;
      this.#app.say(`${name}: ${reports.toLocaleString('en')} reports imported${trouble}`);
      if (files.length === 1) this.#app.router.go('sessions', sessionId);
    }
    await Promise.all([this.#app.sessions.refresh(), this.#app.devices.refresh()]);
  }

  async renameSession(sessionId: Id, name: string): Promise<void> {
    await this.#app.transport.call('session.rename', { sessionId, name });
    await this.#sessionsChanged(sessionId);
  }

  /** Keeps the result of a replay. */
  async saveSession(sessionId: Id, name: string): Promise<void> {
    await this.#app.transport.call('session.save', { sessionId, name });
    await this.#sessionsChanged(sessionId);
    this.#app.say(`Saved as session ${name}`);
  }

  async deleteSession(session: SessionSummary): Promise<void> {
    const { sessionId, name } = session;
    await this.#app.transport.call('session.delete', { sessionId });
    this.#app.forget({ sessionId });
    await this.#sessionsChanged(sessionId);
    this.#offerUndo(`Session ${name} deleted`, async () => {
      await this.#app.transport.call('session.restore', { sessionId });
      await this.#sessionsChanged(sessionId);
    });
  }

  async exportSession(sessionId: Id, side: 'before' | 'after' | 'both'): Promise<void> {
    const { fileName, bytes } = await this.#app.transport.call('session.export', { sessionId, side });
    download(fileName, bytes, 'text/plain');
    this.#app.say(`${fileName} exported`);
  }

  async createDevice(device: {
    readonly name: string;
    readonly bus: number;
    readonly vendor: number;
    readonly product: number;
    readonly descriptor: Uint8Array;
  }): Promise<void> {
    const summary = await this.#app.transport.call('device.create', device);
    await this.#app.devices.refresh();
    this.#app.router.go('devices', summary.deviceId);
  }

  /** A virtual device has no other content than its descriptor, so undo makes it again. */
  async deleteDevice(device: DeviceSummary): Promise<void> {
    const { deviceId, name, bus, vendor, product } = device;
    const detail = await this.#app.transport.call('device.open', { deviceId });
    const own = detail.descriptor.lines.filter((line) => line.change !== 'added');
    const descriptor = Uint8Array.from(own.flatMap((line) => Array.from(line.bytes)));
    await this.#app.transport.call('device.delete', { deviceId });
    this.#app.forget({ deviceId });
    await this.#app.devices.refresh();
    this.#offerUndo(`Device ${name} deleted`, async () => {
      await this.#app.transport.call('device.create', { name, bus, vendor, product, descriptor });
      await this.#app.devices.refresh();
    });
  }

  async undo(): Promise<void> {
    const undoable = this.undoable;
    this.undoable = undefined;
    await undoable?.undo();
    if (undoable !== undefined) this.#app.say(`${undoable.text}: taken back`);
  }

  #offerUndo(text: string, undo: () => Promise<void>): void {
    this.undoable = { text, undo };
    this.#app.say(text);
  }

  async #sessionsChanged(sessionId: Id): Promise<void> {
    await this.#app.sessions.refresh();
    if (this.#app.session?.sessionId === sessionId) await this.#app.session.detail.refresh();
  }
}
