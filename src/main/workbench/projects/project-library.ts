import { createHash } from 'node:crypto';
import { EngineError, decodeUtf8, within } from '../../engine/base/index.ts';
import { type ObjectSpec, objectNameOf, parseObject } from '../../engine/elf/index.ts';
import { type Compiler, compile, findCompiler } from '../../host/compiler/index.ts';
import {
  type Store,
  type StoredFile,
  type StoredObject,
  type StoredProject,
} from '../../host/store/index.ts';
import {
  type BuildView,
  type ProjectDetail,
  type ProjectFile,
  type ProjectSummary,
  type TemplateSummary,
} from '../../../preload/contract/index.ts';
import { notFound } from '../errors.ts';
import { objectView } from '../views/object-view.ts';
import { type Resources } from '../resources.ts';

/** A compiled object with the name that its maps go by. */
export interface ProjectObject {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly spec: ObjectSpec;
}

const OBJECT_FILE = /\.o$/;
const MAX_OBJECT = 64 * 1024 * 1024;

/** Tells builds of the same sources apart from those of others. */
function sourceHash(files: readonly StoredFile[]): string {
  const hash = createHash('sha256');
  for (const file of [...files].sort((left, right) => (left.path < right.path ? -1 : 1))) {
    hash.update(`${file.path}\0${file.text.length}\0${file.text}`);
  }
  return hash.digest('hex');
}

/** A project's row in lists. */
export function projectSummary(project: StoredProject): ProjectSummary {
  const { origin, lastBuildAt, lastBuildOk, lastRunAt } = project;
  return {
    projectId: project.projectId,
    name: project.name,
    summary: project.summary,
    ...(origin === undefined ? {} : { origin }),
    matches: project.matches,
    changedAt: project.changedAt,
    ...(lastBuildAt === undefined ? {} : { lastBuildAt }),
    ...(lastBuildOk === undefined ? {} : { lastBuildOk }),
    ...(lastRunAt === undefined ? {} : { lastRunAt }),
  };
}

/** Projects: made from samples or files, edited, built. */
export class ProjectLibrary {
  readonly #store: Store;
  readonly #resources: Resources;
  readonly #compilerPath: () => string;

  constructor(store: Store, resources: Resources, compilerPath: () => string) {
    this.#store = store;
    this.#resources = resources;
    this.#compilerPath = compilerPath;
  }

  list(): ProjectSummary[] {
    return this.#store.projects.list().map(projectSummary);
  }

  templates(): TemplateSummary[] {
    return this.#resources.templates().map(({ templateId, kind, title, summary }) => ({
      templateId,
      kind: kind === 'template' ? kind : 'sample',
      title,
      summary,
    }));
  }

  /** Copies a sample or template; the object that came with it serves until there is a build. */
  create(templateId: string, name: string): { project: StoredProject; recording: Uint8Array | undefined } {
    const template = this.#resources.template(templateId);
    if (template === undefined) throw notFound(`the template ${templateId}`);
    const files = this.#resources
      .sources(template)
      .map((path) => ({ path, text: decodeUtf8(this.#resources.read(template, path)) }));
    const prebuilt =
      template.object === undefined
        ? undefined
        : this.#prebuilt(template.object, this.#resources.read(template, template.object), files);
    const project = this.#store.projects.create({
      name,
      summary: template.summary,
      origin: templateId,
      mainFile: template.mainFile,
      files,
      ...(prebuilt === undefined ? {} : { prebuilt }),
      matches: template.matches ?? [],
    });
    const recording =
      template.recording === undefined ? undefined : this.#resources.read(template, template.recording);
    return { project, recording };
  }

  #prebuilt(fileName: string, bytes: Uint8Array, files: readonly StoredFile[]): StoredObject {
    return { fileName, bytes, ok: true, diagnostics: [], at: Date.now(), sourceHash: sourceHash(files) };
  }

  /** Makes a project of C files and at most one object. */
  import(
    name: string,
    given: readonly { readonly path: string; readonly bytes: Uint8Array }[],
  ): StoredProject {
    const objects = given.filter((file) => OBJECT_FILE.test(file.path));
    const files = given
      .filter((file) => !OBJECT_FILE.test(file.path))
      .map(({ path, bytes }) => ({ path, text: decodeUtf8(bytes) }));
    const [object, second] = objects;
    if (second !== undefined) {
      throw new EngineError(
        'usage',
        `a project has one object, these are ${objects.length}: ${objects.map(({ path }) => path).join(', ')}`,
      );
    }
    if (object !== undefined && object.bytes.length > MAX_OBJECT) {
      throw new EngineError(
        'usage',
        `${object.path} has ${object.bytes.length} bytes; an object may have ${MAX_OBJECT}`,
      );
    }
    const spec =
      object === undefined
        ? undefined
        : within(object.path, () => parseObject(object.bytes, { name: objectNameOf(object.path) }));
    const mainFile =
      files.find((file) => /\.bpf\.c$/.test(file.path))?.path ??
      files.find((file) => /\.c$/.test(file.path))?.path ??
      'driver.bpf.c';
    return this.#store.projects.create({
      name,
      summary: '',
      mainFile,
      files,
      ...(object === undefined ? {} : { prebuilt: this.#prebuilt(object.path, object.bytes, files) }),
      matches:
        spec === undefined || object === undefined
          ? []
          : objectView(spec, object.path, object.bytes.length).matches,
    });
  }

  detail(projectId: string): ProjectDetail {
    const project = this.#store.projects.get(projectId);
    const lastBuild = this.#lastBuild(projectId);
    return {
      summary: projectSummary(project),
      files: this.#store.projects.files(projectId),
      mainFile: project.mainFile,
      sessionIds: this.#store.sessions.ofProject(projectId).map(({ sessionId }) => sessionId),
      ...(lastBuild === undefined ? {} : { lastBuild }),
    };
  }

  #lastBuild(projectId: string): BuildView | undefined {
    const build = this.#store.projects.object(projectId, 'build');
    if (build !== undefined) return this.#view(projectId, build, false);
    const prebuilt = this.#store.projects.object(projectId, 'prebuilt');
    return prebuilt === undefined ? undefined : this.#view(projectId, prebuilt, true);
  }

  save(projectId: string, file: ProjectFile): ProjectSummary {
    return projectSummary(this.#store.projects.saveFile(projectId, file));
  }

  /** The compiler that Build would use, or how to get one. */
  async compiler(): Promise<{ readonly compiler?: Compiler; readonly help?: string }> {
    const path = this.#compilerPath();
    const search = await findCompiler(path === '' ? {} : { path });
    return search.found ? { compiler: search.compiler } : { help: search.help };
  }

  /** Compiles the project's main file. Without a compiler the object that came with the project is the build. */
  async build(projectId: string): Promise<BuildView> {
    const project = this.#store.projects.get(projectId);
    const files = this.#store.projects.files(projectId);
    const { compiler, help } = await this.compiler();
    if (compiler === undefined || files.length === 0) {
      const prebuilt = this.#store.projects.object(projectId, 'prebuilt');
      if (prebuilt === undefined)
        throw new EngineError(
          'unsupported',
          `no BPF compiler was found, and this project came without an object; ${help ?? 'import one, or write a driver'}`,
        );
      const why =
        files.length === 0
          ? 'The project has no source: its object is used as it is.'
          : `No BPF compiler was found: the object that came with the project is used. ${help ?? ''}`;
      return this.#view(projectId, prebuilt, true, why.trim());
    }
    const result = await compile({
      compiler,
      files,
      main: project.mainFile,
      includeDirs: [this.#resources.includeFolder],
    });
    const stored: StoredObject = {
      fileName: project.mainFile.replace(/\.c$/, '.o'),
      ok: result.ok,
      diagnostics: result.diagnostics.map(({ severity, file, line, column, message }) => ({
        severity,
        file,
        line,
        column,
        message,
      })),
      compiler: result.compiler,
      at: Date.now(),
      sourceHash: sourceHash(files),
      ...(result.object === undefined ? {} : { bytes: result.object }),
    };
    const view = this.#view(projectId, stored, false);
    this.#store.projects.saveBuild(projectId, stored, view.object?.matches);
    return view;
  }

  #view(projectId: string, build: StoredObject, prebuilt: boolean, notice?: string): BuildView {
    const stale =
      build.sourceHash !== undefined &&
      build.sourceHash !== sourceHash(this.#store.projects.files(projectId));
    const why =
      notice ?? (stale ? 'The source has changed since this object was made: build it again.' : undefined);
    const object =
      build.bytes === undefined
        ? undefined
        : objectView(
            parseObject(build.bytes, { name: objectNameOf(build.fileName) }),
            build.fileName,
            build.bytes.length,
          );
    return {
      ok: build.ok,
      at: build.at,
      ...(build.compiler === undefined ? {} : { compiler: build.compiler }),
      prebuilt,
      ...(why === undefined ? {} : { notice: why }),
      diagnostics: build.diagnostics,
      ...(object === undefined ? {} : { object }),
    };
  }

  /** The object that is loaded: the last build that succeeded, else the one that came with the project. */
  object(projectId: string): ProjectObject {
    const stored =
      this.#store.projects.object(projectId, 'good') ?? this.#store.projects.object(projectId, 'prebuilt');
    if (stored?.bytes === undefined) {
      const { name } = this.#store.projects.get(projectId);
      throw new EngineError('usage', `'${name}' has no object yet: build it first`);
    }
    const { fileName, bytes } = stored;
    return {
      fileName,
      bytes,
      spec: within(fileName, () => parseObject(bytes, { name: objectNameOf(fileName) })),
    };
  }
}
