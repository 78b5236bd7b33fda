import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the program's own parts lie. */
export interface Places {
  /** The folder of package.json. */
  readonly root: string;
  readonly version: string;
  readonly resources: string;
  /** The built parts. */
  readonly worker: string;
  readonly preload: string;
  readonly rendererFolder: string;
}

interface PackageFile {
  readonly name: string;
  readonly version: string;
}

/** Finds them from any of the program's modules, bundled or not. */
export function findPlaces(moduleUrl: string): Places {
  for (let folder = dirname(fileURLToPath(moduleUrl)); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as PackageFile;
      if (name === 'hidsmith') {
        return {
          root: folder,
          version,
          resources: join(folder, 'resources'),
          worker: join(folder, 'out/main/worker.js'),
          preload: join(folder, 'out/preload/index.cjs'),
          rendererFolder: join(folder, 'out/renderer'),
        };
      }
    }
    if (dirname(folder) === folder) throw new Error(`${moduleUrl}: hidsmith's package.json is not above it`);
  }
}

/** The folder of the user's data: HIDSMITH_DATA, or what the system's custom is. */
export function defaultDataFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const chosen = environment['HIDSMITH_DATA'];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  if (platform === 'win32') return join(environment['APPDATA'] ?? join(home, 'AppData/Roaming'), 'Hidsmith');
  if (platform === 'darwin') return join(home, 'Library/Application Support/Hidsmith');
  const data = environment['XDG_DATA_HOME'];
  // The XDG specification: a relative path is to be ignored.
  return join(data !== undefined && isAbsolute(data) ? data : join(home, '.local/share'), 'hidsmith');
}
