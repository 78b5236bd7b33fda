import { spawnSync } from 'node:child_process';

/** The compiler that the committed objects were made with; CLANG overrides it. */
export function findClang(): string {
  const clang = process.env['CLANG'] ?? 'clang-19';
  const probe = spawnSync(clang, ['--version'], { encoding: 'utf8' });
  if (probe.status !== 0)
    throw new Error(
      `${clang} does not run: install clang-19 or set CLANG to another clang with the bpf target`,
    );
  return clang;
}

/** Runs clang and returns what it wrote to stdout; its diagnostics become the error's message. */
export function runClang(clang: string, args: readonly string[], input?: string): string {
  const run = spawnSync(clang, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...(input === undefined ? {} : { input }),
  });
  if (run.status !== 0) throw new Error(`${clang} ${args.join(' ')}\n${run.stderr}`);
  return run.stdout;
}
