import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { findPlaces } from '../shell/index.ts';
import {
  type KernelChoice,
  type LoadFailure,
  openLocalMachine,
  type ProjectObject,
  type RealMachine,
  Resources,
  compileSource,
  loadFailureOf,
  openObject,
} from '../workbench/index.ts';
import { type Arguments, type ExitStatus, type Output, UsageError } from './command.ts';
import { readFile } from './files.ts';

let resources: Resources | undefined;

/** The application's resources, wherever this program was started from. */
export function appResources(): Resources {
  return (resources ??= new Resources(findPlaces(import.meta.url).resources));
}

/** `--kernel`, `--btf` and `--engine`. */
export function kernelChoice(args: Arguments): KernelChoice {
  const kernel = args.text('kernel');
  const btf = args.text('btf');
  const engine = args.choice('engine', ['jit', 'interpreter']);
  return {
    ...(kernel === undefined ? {} : { kernel }),
    ...(btf === undefined ? {} : { btf: readFile(btf) }),
    ...(engine === undefined ? {} : { engine }),
  };
}

/** True for `--kernel host`: the real kernel of this machine. */
export function wantsHost(args: Arguments): boolean {
  if (args.text('kernel') !== 'host') return false;
  for (const name of ['btf', 'engine']) {
    if (args.text(name) !== undefined)
      throw new UsageError(`--${name} belongs to simulated kernels, not to --kernel host`);
  }
  return true;
}

/** Runs `action` with the real kernel of this machine. */
export function onHost<T>(action: (machine: RealMachine) => T): T {
  const machine = openLocalMachine(appResources());
  try {
    return action(machine);
  } finally {
    machine.stop();
  }
}

/** True for C source, which is built before it is used. */
export function isSource(path: string): boolean {
  return extname(path) === '.c';
}

/** Source files beside the main one that it may include by name. */
function neighbours(path: string): { path: string; text: string }[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const decoder = new TextDecoder();
  return readdirSync(folder)
    .filter((name) => name.endsWith('.h'))
    .map((name) => ({ path: name, text: decoder.decode(readFile(join(folder, name))) }));
}

/** Compiles one source; diagnostics go to stderr as file:line:column. */
export async function buildSource(
  path: string,
  options: { readonly includeDirs: readonly string[]; readonly compiler?: string },
  output: Output,
): Promise<{
  readonly object: Uint8Array | undefined;
  readonly result: Awaited<ReturnType<typeof compileSource>>;
}> {
  const main = { path: basename(path), text: new TextDecoder().decode(readFile(path)) };
  const result = await compileSource(appResources(), { main, files: neighbours(path), ...options });
  for (const { file, line, column, severity, message } of result.diagnostics) {
    const where = file === main.path ? path : file;
    output.note(`${where}:${line}:${column}: ${severity}: ${message}`);
  }
  return { object: result.object, result };
}

/** The object file's bytes, or those that the source is built to. A source that does not compile is unreadable input. */
export async function readObject(path: string, output: Output): Promise<ProjectObject> {
  if (!isSource(path)) return openObject(path, readFile(path));
  const { object } = await buildSource(path, { includeDirs: [] }, output);
  if (object === undefined) throw new UsageError(`'${path}' does not compile`);
  return openObject(path.replace(/\.c$/, '.o'), object);
}

/** Runs `action`; a refused load or attach ends it with status 1, the kernel's log on stderr and {error} for --json. */
export function refusable(args: Arguments, output: Output, action: () => ExitStatus): ExitStatus {
  try {
    return action();
  } catch (error) {
    const failure = loadFailureOf(error);
    if (failure === undefined) throw error;
    reportFailure(failure, error instanceof Error ? error.message : String(error), args, output);
    return 1;
  }
}

function reportFailure(failure: LoadFailure, message: string, args: Arguments, output: Output): void {
  for (const line of failure.log) output.note(line);
  output.note(`hidsmith: ${message}`);
  if (args.flag('json')) output.json({ error: failure });
}
