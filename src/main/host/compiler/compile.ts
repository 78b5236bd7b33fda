import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HostError, messageOf } from '../errors/index.ts';
import { type Diagnostic, parseDiagnostics } from './diagnostics.ts';
import { type Compiler, zigEnvironment } from './find.ts';
import { compilerEnvironment, run } from './run.ts';

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface CompileOptions {
  readonly compiler: Compiler;
  readonly files: readonly SourceFile[];
  /** Path of the file to compile. */
  readonly main: string;
  /** Absolute; searched after the project's own folder. */
  readonly includeDirs: readonly string[];
  /** Behind the usual ones, such as `-DDEBUG`. */
  readonly flags?: readonly string[];
  /** Milliseconds. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

export interface CompileResult {
  readonly ok: boolean;
  /** The BPF ELF object; the same bytes for the same sources on every machine with the same compiler. */
  readonly object?: Uint8Array;
  readonly diagnostics: readonly Diagnostic[];
  /** Everything the compiler printed, with its paths. */
  readonly output: string;
  /** The compiler's label. */
  readonly compiler: string;
  readonly elapsed: number;
}

const TIMEOUT = 60_000;
/** What every driver is compiled with. */
const TARGET_FLAGS: Readonly<Record<Compiler['kind'], readonly string[]>> = {
  clang: ['-target', 'bpf'],
  zig: ['cc', '-target', 'bpfel-freestanding'],
};
const FLAGS = [
  '-mcpu=v3',
  '-O2',
  '-g',
  '-Wall',
  '-fno-caret-diagnostics',
  '-fno-color-diagnostics',
  '-ferror-limit=100',
];

/** A path of a project can only lead into the project. */
export function checkSourcePath(path: string): void {
  const parts = path.split('/');
  const bad = /[\\\0:]/.test(path) || parts.some((part) => part === '' || part === '.' || part === '..');
  if (bad || path.length > 200 || path.startsWith('-')) {
    throw new HostError(
      'unsupported',
      `${JSON.stringify(path)}: not a path inside the project (relative, forward slashes, no '..')`,
    );
  }
}

/**
 * Compiles one C file to a BPF object, in a folder of its own that is removed again.
 * A refusal by the compiler is a result.
 * @throws HostError `io` (the compiler cannot be run, the disk), `unsupported` (bad path), `cancelled`
 */
export async function compile(options: CompileOptions): Promise<CompileResult> {
  const { compiler, files, main } = options;
  const start = performance.now();
  for (const { path } of files) checkSourcePath(path);
  if (!files.some(({ path }) => path === main)) {
    throw new HostError('not-found', `the project has no file ${main}`);
  }
  const base = await makeFolder();
  try {
    // Its real path: macOS gives out one that leads over a link.
    const folder = await realpath(base);
    await writeSources(folder, files);
    const object = join(folder, '.hidsmith-output.o');
    const includes = options.includeDirs.flatMap((dir) => ['-I', dir, `-ffile-prefix-map=${dir}=include`]);
    const own = [`-ffile-prefix-map=${folder}=.`, '-fdebug-compilation-dir=.', '-I', '.'];
    const args = [
      ...TARGET_FLAGS[compiler.kind],
      ...FLAGS,
      ...own,
      ...includes,
      ...(options.flags ?? []),
      ...['-c', main, '-o', object],
    ];
    const environment = compilerEnvironment(process.env);
    const { status, stdout, stderr } = await run(compiler.path, args, {
      cwd: folder,
      environment: compiler.kind === 'zig' ? zigEnvironment(environment) : environment,
      timeout: options.timeout ?? TIMEOUT,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const output = stdout + stderr;
    const diagnostics = parseDiagnostics(output, { folder, includeDirs: options.includeDirs, main });
    const result = { diagnostics, output, compiler: compiler.label, elapsed: performance.now() - start };
    if (status !== 0)
      return { ok: false, ...result, diagnostics: withReason(diagnostics, main, status, output) };
    return { ok: true, object: new Uint8Array(await readFile(object)), ...result };
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

async function makeFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'hidsmith-build-'));
  } catch (error) {
    throw new HostError(
      'io',
      `no folder to build in can be made in ${tmpdir()}: ${messageOf(error)}`,
      [],
      error,
    );
  }
}

async function writeSources(folder: string, files: readonly SourceFile[]): Promise<void> {
  try {
    for (const { path, text } of files) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  } catch (error) {
    throw new HostError('io', `the sources cannot be written to ${folder}: ${messageOf(error)}`, [], error);
  }
}

/** A failed build always has an error to show, also if the compiler died without one. */
function withReason(
  diagnostics: readonly Diagnostic[],
  main: string,
  status: number | undefined,
  output: string,
): readonly Diagnostic[] {
  if (diagnostics.some(({ severity }) => severity === 'error')) return diagnostics;
  const last = output.trim().split('\n').at(-1) ?? '';
  const how = status === undefined ? 'it was killed' : `status ${status}`;
  const message = `the compiler failed (${how})${last === '' ? '' : `: ${last}`}`;
  return [...diagnostics, { severity: 'error', file: main, line: 1, column: 1, message }];
}
