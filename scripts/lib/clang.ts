import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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

/** Builds driver.bpf.c of a folder to driver.bpf.o, for `-mcpu=v3` unless a line `// mcpu: v4` asks for another; no path of this machine gets in. */
export function buildDriver(clang: string, resources: string, folder: string): void {
  const cpu = /^\/\/ mcpu: (v\d)$/m.exec(readFileSync(join(folder, 'driver.bpf.c'), 'utf8'))?.[1] ?? 'v3';
  const flags = ['-O2', '-g', '-target', 'bpf', `-mcpu=${cpu}`, '-Wall', '-Werror', '-nostdinc'];
  const paths = [
    `-I${join(resources, 'include')}`,
    `-ffile-prefix-map=${resources}/=`,
    `-ffile-prefix-map=${resources}=.`,
  ];
  const source = join(folder, 'driver.bpf.c');
  const where = ['-fdebug-compilation-dir=.', `-ffile-prefix-map=${folder}/=`];
  runClang(clang, [...flags, ...paths, ...where, '-c', source, '-o', join(folder, 'driver.bpf.o')]);
}

/** Builds one source of a folder that needs no other headers than the folder's. */
export function buildSource(clang: string, folder: string, file: string): void {
  const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-nostdinc', '-fdebug-compilation-dir=.'];
  const paths = [`-ffile-prefix-map=${folder}/=`, `-ffile-prefix-map=${folder}=.`];
  const source = join(folder, file);
  runClang(clang, [...flags, ...paths, '-c', source, '-o', source.replace(/\.c$/, '.o')]);
}
