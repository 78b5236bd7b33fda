import { spawn } from 'node:child_process';
import { HostError, messageOf } from '../errors/index.ts';

export interface RunOptions {
  readonly cwd?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** Exit status; undefined if a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of each stream; a compiler that says more is not read further. */
const MAXIMUM_OUTPUT = 4 * 1024 * 1024;
/** A group of its own, so that what the compiler starts ends with it. Windows has no groups. */
const OWN_GROUP = process.platform !== 'win32';

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(OWN_GROUP ? -pid : pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/**
 * Runs a program to its end, without a shell.
 * @throws HostError `io` if it cannot be started or takes longer than `timeout` ms, `cancelled` if the signal says so
 */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new HostError('cancelled', `${program} was cancelled`));
      return;
    }
    const child = spawn(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: OWN_GROUP,
      windowsHide: true,
    });
    let ended: HostError | undefined;
    const end = (error: HostError): void => {
      ended ??= error;
      killGroup(child.pid);
    };
    const timer = setTimeout(() => {
      end(
        new HostError('io', `${program} did not finish within ${options.timeout / 1000} s and was stopped`),
      );
    }, options.timeout);
    const onAbort = (): void => {
      end(new HostError('cancelled', `${program} was cancelled`));
    };
    signal?.addEventListener('abort', onAbort);
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (part: string) => {
        if (texts[name].length < MAXIMUM_OUTPUT) texts[name] += part;
      });
    }
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    child.on('error', (error) => {
      finish();
      reject(new HostError('io', `${program} cannot be started: ${messageOf(error)}`, [], error));
    });
    child.on('close', (status) => {
      finish();
      if (ended === undefined) resolve({ status: status ?? undefined, ...texts });
      else reject(ended);
    });
  });
}

/** What a compiler gets of our environment: enough to run, nothing that changes what it makes; messages in English. */
export function compilerEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const out: Record<string, string> = { LC_ALL: 'C.UTF-8' };
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'PATHEXT', 'LD_LIBRARY_PATH']) {
    const value = environment[name];
    if (value !== undefined) out[name] = value;
  }
  return out;
}
