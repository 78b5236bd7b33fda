import { openDatabase, type OpenOptions } from './database.ts';
import { virtualDeviceRepository, type VirtualDeviceRepository } from './devices.ts';
import { closeOwner, openOwner } from './identity.ts';
import { projectRepository, type ProjectRepository } from './projects.ts';
import { recoverSessions, type Recovery, sessionRepository, type SessionRepository } from './sessions.ts';
import { settingsRepository, type SettingsRepository } from './settings.ts';

export { HostError, type HostErrorCode } from '../errors/index.ts';
export { CHUNK_SIZE, VERDICTS } from './chunk.ts';
export { setAside } from './database.ts';
export { type ProjectRepository } from './projects.ts';
export { type Recovery, type SessionRepository } from './sessions.ts';
export { type SettingsRepository } from './settings.ts';
export { type VirtualDeviceRepository } from './devices.ts';
export * from './types.ts';

/** The user's data in one SQLite file. Everything is synchronous. */
export interface Store {
  readonly path: string;
  /** What was left unfinished by a process that had ended. */
  readonly recovery: Recovery;
  readonly settings: SettingsRepository;
  readonly projects: ProjectRepository;
  readonly virtualDevices: VirtualDeviceRepository;
  readonly sessions: SessionRepository;
  close(): void;
}

export interface StoreOptions extends OpenOptions {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Opens the store, making it if it is not there; `:memory:` keeps it in memory.
 * @throws HostError `io` or `unsupported` if the file is damaged, foreign, newer than this program or cannot be
 * written. It is then left as it is; setAside() moves it away.
 */
export function openStore(path: string, options: StoreOptions = {}): Store {
  const connection = openDatabase(path, options);
  const now = options.now ?? Date.now;
  const owner = openOwner();
  const recovery = recoverSessions(connection);
  return {
    path,
    recovery,
    settings: settingsRepository(connection),
    projects: projectRepository(connection, now),
    virtualDevices: virtualDeviceRepository(connection, now),
    sessions: sessionRepository(connection, owner, now),
    close() {
      closeOwner(owner);
      connection.close();
    },
  };
}
