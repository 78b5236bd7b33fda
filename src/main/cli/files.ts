import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { UsageError } from './command.ts';

function reason(error: unknown, absent = 'there is no such file'): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return absent;
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'ENOSPC') return 'the disk is full';
  return error instanceof Error ? error.message : String(error);
}

/** A file's bytes; a usage error that names the file if it cannot be read. */
export function readFile(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new UsageError(`cannot read '${path}': ${reason(error)}`);
  }
}

/** Makes a folder with those above it; a usage error that names it if that fails. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new UsageError(`cannot make the folder '${path}': ${reason(error)}`);
  }
}

/** Writes a file; a usage error that names the file if it cannot be written. */
export function writeFile(path: string, data: Uint8Array | string): void {
  try {
    writeFileSync(path, data);
  } catch (error) {
    throw new UsageError(`cannot write '${path}': ${reason(error, 'its folder is not there')}`);
  }
}

/** Adds to a file; a usage error that names the file if it cannot be written. What is in it already stays there. */
export function appendFile(path: string, text: string): void {
  try {
    appendFileSync(path, text);
  } catch (error) {
    throw new UsageError(`cannot write '${path}': ${reason(error)}; what was written before is in it`);
  }
}
