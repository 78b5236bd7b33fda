import { HostError } from '../errors/index.ts';
import { type Connection, guarded, transaction } from './database.ts';
import { newId } from './identity.ts';
import {
  type NewProject,
  type ObjectSlot,
  type StoredDiagnostic,
  type StoredFile,
  type StoredMatch,
  type StoredObject,
  type StoredProject,
} from './types.ts';

export interface ProjectRepository {
  /** Newest change first; without the deleted ones. */
  list(): StoredProject[];
  /** @throws HostError `not-found`; a deleted project is not found either. */
  get(projectId: string): StoredProject;
  create(project: NewProject): StoredProject;
  rename(projectId: string, name: string): StoredProject;
  /** Marks it as deleted; restore() takes that back. */
  delete(projectId: string): void;
  restore(projectId: string): StoredProject;
  files(projectId: string): StoredFile[];
  /** Adds or replaces one file. */
  saveFile(projectId: string, file: StoredFile): StoredProject;
  removeFile(projectId: string, path: string): StoredProject;
  setMainFile(projectId: string, path: string): StoredProject;
  object(projectId: string, slot: ObjectSlot): StoredObject | undefined;
  /**
   * Stores a build; one that succeeded is kept as `good` too, so that a later failure does not lose it.
   * `matches` replaces the project's where given.
   */
  saveBuild(projectId: string, build: StoredObject, matches?: readonly StoredMatch[]): StoredProject;
  markRun(projectId: string, at: number): StoredProject;
}

interface ProjectRow {
  id: string;
  name: string;
  summary: string;
  origin: string | null;
  main_file: string;
  matches: string;
  created_at: number;
  changed_at: number;
  last_run_at: number | null;
  deleted_at: number | null;
  build_at: number | null;
  build_ok: number | null;
}

interface ObjectRow {
  file_name: string;
  bytes: Uint8Array | null;
  ok: number;
  diagnostics: string;
  compiler: string | null;
  at: number;
  source_hash: string | null;
}

const SELECT = `SELECT projects.*, build.at AS build_at, build.ok AS build_ok FROM projects
  LEFT JOIN project_objects AS build ON build.project_id = projects.id AND build.slot = 'build'`;

function projectOf(row: ProjectRow): StoredProject {
  return {
    projectId: row.id,
    name: row.name,
    summary: row.summary,
    ...(row.origin === null ? {} : { origin: row.origin }),
    mainFile: row.main_file,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    ...(row.last_run_at === null ? {} : { lastRunAt: row.last_run_at }),
    ...(row.build_at === null ? {} : { lastBuildAt: row.build_at, lastBuildOk: row.build_ok === 1 }),
    matches: JSON.parse(row.matches) as StoredMatch[],
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }),
  };
}

function objectOf(row: ObjectRow): StoredObject {
  return {
    fileName: row.file_name,
    ...(row.bytes === null ? {} : { bytes: new Uint8Array(row.bytes) }),
    ok: row.ok === 1,
    diagnostics: JSON.parse(row.diagnostics) as StoredDiagnostic[],
    ...(row.compiler === null ? {} : { compiler: row.compiler }),
    at: row.at,
    ...(row.source_hash === null ? {} : { sourceHash: row.source_hash }),
  };
}

export function projectRepository(connection: Connection, now: () => number): ProjectRepository {
  const listAll = connection.prepare<[], ProjectRow>(
    `${SELECT} WHERE deleted_at IS NULL ORDER BY changed_at DESC, name`,
  );
  const byId = connection.prepare<[string], ProjectRow>(`${SELECT} WHERE id = ?`);
  const insert = connection.prepare(
    `INSERT INTO projects (id, name, summary, origin, main_file, matches, created_at, changed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const selectFiles = connection.prepare<[string], StoredFile>(
    'SELECT path, text FROM project_files WHERE project_id = ? ORDER BY position',
  );
  const upsertFile = connection.prepare(
    `INSERT INTO project_files (project_id, path, text, position)
     VALUES (@id, @path, @text, (SELECT ifnull(max(position), -1) + 1 FROM project_files WHERE project_id = @id))
     ON CONFLICT (project_id, path) DO UPDATE SET text = excluded.text`,
  );
  const eraseFile = connection.prepare('DELETE FROM project_files WHERE project_id = ? AND path = ?');
  const selectObject = connection.prepare<[string, string], ObjectRow>(
    'SELECT * FROM project_objects WHERE project_id = ? AND slot = ?',
  );
  const replaceObject = connection.prepare(
    `INSERT OR REPLACE INTO project_objects
       (project_id, slot, file_name, bytes, ok, diagnostics, compiler, at, source_hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );

  const find = (projectId: string, deleted: boolean): StoredProject => {
    const row = byId.get(projectId);
    if (row === undefined || (row.deleted_at !== null && !deleted)) {
      throw new HostError('not-found', `there is no project ${projectId} (any more)`);
    }
    return projectOf(row);
  };
  /** Sets one column of a project that is there. */
  const update = (projectId: string, column: string, value: unknown, deleted = false): StoredProject =>
    transaction(connection, () => {
      find(projectId, deleted);
      connection.prepare(`UPDATE projects SET ${column} = ? WHERE id = ?`).run(value, projectId);
      return find(projectId, true);
    });
  const putObject = (projectId: string, slot: ObjectSlot, object: StoredObject): void => {
    replaceObject.run(
      projectId,
      slot,
      object.fileName,
      object.bytes ?? null,
      object.ok ? 1 : 0,
      JSON.stringify(object.diagnostics),
      object.compiler ?? null,
      object.at,
      object.sourceHash ?? null,
    );
  };

  return {
    list: () => guarded(connection, () => listAll.all().map(projectOf)),
    get: (projectId) => guarded(connection, () => find(projectId, false)),
    create: (project) =>
      transaction(connection, () => {
        const id = newId();
        const at = now();
        const matches = JSON.stringify(project.matches ?? []);
        const { name, summary, origin, mainFile } = project;
        insert.run(id, name, summary, origin ?? null, mainFile, matches, at, at);
        for (const { path, text } of project.files) upsertFile.run({ id, path, text });
        if (project.prebuilt !== undefined) putObject(id, 'prebuilt', project.prebuilt);
        return find(id, false);
      }),
    rename: (projectId, name) => update(projectId, 'name', name),
    delete: (projectId) => void update(projectId, 'deleted_at', now()),
    restore: (projectId) => update(projectId, 'deleted_at', null, true),
    files: (projectId) =>
      guarded(connection, () => {
        find(projectId, false);
        return selectFiles.all(projectId);
      }),
    saveFile: (projectId, { path, text }) =>
      transaction(connection, () => {
        find(projectId, false);
        upsertFile.run({ id: projectId, path, text });
        return update(projectId, 'changed_at', now());
      }),
    removeFile: (projectId, path) =>
      transaction(connection, () => {
        if (find(projectId, false).mainFile === path) {
          throw new HostError(
            'unsupported',
            `${path} is what Build compiles; choose another main file first`,
          );
        }
        if (eraseFile.run(projectId, path).changes === 0) {
          throw new HostError('not-found', `the project has no file ${path} (any more)`);
        }
        return update(projectId, 'changed_at', now());
      }),
    setMainFile: (projectId, path) =>
      transaction(connection, () => {
        find(projectId, false);
        if (!selectFiles.all(projectId).some((file) => file.path === path)) {
          throw new HostError('not-found', `the project has no file ${path}`);
        }
        return update(projectId, 'main_file', path);
      }),
    object: (projectId, slot) =>
      guarded(connection, () => {
        const row = selectObject.get(projectId, slot);
        return row === undefined ? undefined : objectOf(row);
      }),
    saveBuild: (projectId, build, matches) =>
      transaction(connection, () => {
        find(projectId, false);
        putObject(projectId, 'build', build);
        if (build.ok) putObject(projectId, 'good', build);
        return matches === undefined
          ? find(projectId, false)
          : update(projectId, 'matches', JSON.stringify(matches));
      }),
    markRun: (projectId, at) => update(projectId, 'last_run_at', at),
  };
}
