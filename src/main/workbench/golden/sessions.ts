import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { EngineError } from '../../engine/base/index.ts';

/** Folder in a project that holds its golden sessions. */
const GOLDEN = 'golden';
/** Folders that hold no projects. */
const PASSED_OVER = new Set(['node_modules', '.git', GOLDEN]);

const Manifest = v.object({
  object: v.optional(v.string()),
  kernel: v.optional(v.string()),
  descriptor: v.optional(v.string()),
  recording: v.optional(v.string()),
  expected: v.optional(v.string()),
});
type Manifest = v.InferOutput<typeof Manifest>;

/** One golden session of a project: what goes in, and the file that holds what must come out. */
export interface GoldenSession {
  /** `PROJECT/CASE` */
  readonly name: string;
  readonly objectPath: string;
  /** Kernel that the project asks for; the default one unless it does. */
  readonly kernel: string | undefined;
  /** `replay`: a recording and the recording that hidraw gives. `script`: stimuli and one JSON result a line. */
  readonly kind: 'replay' | 'script';
  readonly inputPath: string;
  readonly expectedPath: string;
  /** Recording whose first device is the device of a script; undefined for a script without device. */
  readonly devicePath: string | undefined;
}

function readManifest(folder: string): Manifest {
  const path = join(folder, 'project.json');
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new EngineError('parse', `'${path}' is no JSON: ${error instanceof Error ? error.message : ''}`);
  }
  const checked = v.safeParse(Manifest, value);
  if (checked.success) return checked.output;
  throw new EngineError(
    'parse',
    `'${path}': ${v.getDotPath(checked.issues[0]) ?? 'it'} has the wrong type: ${checked.issues[0].message}`,
  );
}

/** Folders at or below `folder` that hold a project.json, in the order of their names. */
function projectFolders(folder: string): string[] {
  if (existsSync(join(folder, 'project.json'))) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !PASSED_OVER.has(entry.name))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => projectFolders(join(folder, entry.name)));
}

function sessionsOf(folder: string): GoldenSession[] {
  const manifest = readManifest(folder);
  const { object, kernel, descriptor, recording, expected } = manifest;
  if (object === undefined) return [];
  const project = basename(folder);
  const objectPath = join(folder, object);
  const sessions: GoldenSession[] = [];
  if (recording !== undefined && expected !== undefined) {
    sessions.push({
      name: `${project}/${basename(recording, '.hid')}`,
      objectPath,
      kernel,
      kind: 'replay',
      inputPath: join(folder, recording),
      expectedPath: join(folder, expected),
      devicePath: undefined,
    });
  }
  const golden = join(folder, GOLDEN);
  const files = existsSync(golden) ? readdirSync(golden).sort() : [];
  for (const file of files) {
    const stimuli = file.endsWith('.stimuli');
    const name = file.replace(/\.(stimuli|hid)$/, '');
    const own = `${name}.hid`;
    // A recording beside stimuli of the same name is their device.
    if (!stimuli && (!file.endsWith('.hid') || file.endsWith('.expected.hid'))) continue;
    if (!stimuli && files.includes(`${name}.stimuli`)) continue;
    const device = files.includes(own)
      ? join(golden, own)
      : descriptor === undefined
        ? undefined
        : join(folder, descriptor);
    sessions.push({
      name: `${project}/${name}`,
      objectPath,
      kernel,
      kind: stimuli ? 'script' : 'replay',
      inputPath: join(golden, file),
      expectedPath: join(golden, `${name}${stimuli ? '.jsonl' : '.expected.hid'}`),
      devicePath: stimuli ? device : undefined,
    });
  }
  return sessions;
}

/**
 * The golden sessions of the projects at or below a folder (docs/golden-sessions.md): `recording` and `expected` of project.json, and
 * in the folder golden `NAME.hid` with `NAME.expected.hid`, `NAME.stimuli` with `NAME.jsonl`. Throws `usage` for what is no folder,
 * `parse` for a project.json that cannot be read.
 */
export function goldenSessions(folder: string): GoldenSession[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new EngineError(
      'usage',
      `'${folder}' is no folder; give a project's folder or one that holds projects`,
    );
  return projectFolders(folder).flatMap(sessionsOf);
}
