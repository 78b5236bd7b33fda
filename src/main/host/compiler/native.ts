import { HostError } from '../errors/index.ts';
import { compilerEnvironment, run } from './run.ts';

const NAMES = ['cc', 'gcc', 'clang'];
const TIMEOUT = 60_000;

/** A compiler for this machine by name. Throws HostError `not-found` if there is none. */
async function findNative(environment: Readonly<Record<string, string>>): Promise<string> {
  for (const name of NAMES) {
    const answer = await run(name, ['--version'], { environment, timeout: TIMEOUT }).catch(() => undefined);
    if (answer?.status === 0) return name;
  }
  throw new HostError(
    'not-found',
    `a C compiler for this machine is needed: none of ${NAMES.join(', ')} is in PATH; install gcc or clang`,
  );
}

/**
 * Compiles C files to a program of this machine, with -O2.
 * @throws HostError `not-found` without a compiler, `io` if it says no
 */
export async function compileNative(sources: readonly string[], program: string): Promise<void> {
  const environment = compilerEnvironment(process.env);
  const compiler = await findNative(environment);
  const { status, stderr } = await run(compiler, ['-O2', '-o', program, ...sources], {
    environment,
    timeout: TIMEOUT,
  });
  if (status !== 0) {
    throw new HostError(
      'io',
      `${compiler} does not compile ${sources.join(' ')}: ${stderr.split('\n')[0] ?? ''}`,
    );
  }
}

/** Runs a program of this machine; the result is what it prints. Throws HostError `io` if it fails. */
export async function runNative(program: string, args: readonly string[]): Promise<string> {
  const { status, stdout } = await run(program, args, {
    environment: compilerEnvironment(process.env),
    timeout: TIMEOUT,
  });
  if (status !== 0) throw new HostError('io', `${program} ended with ${status ?? 'a signal'}`);
  return stdout;
}
