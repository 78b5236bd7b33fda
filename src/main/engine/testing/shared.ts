import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's top folder. */
export const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

const candidates = [
  process.env['HIDSMITH_SHARED'],
  resolve(REPOSITORY, '../shared'),
  resolve(REPOSITORY, '../../shared'),
];
const shared = candidates.find((path) => path !== undefined && existsSync(path));

/** The path of a file or folder of the shared test data, or undefined where the data is absent (tests then say 'skipped'). */
export function sharedPath(path: string): string | undefined {
  if (shared === undefined) return undefined;
  const full = resolve(shared, path);
  return existsSync(full) ? full : undefined;
}
