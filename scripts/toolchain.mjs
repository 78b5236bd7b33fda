// What start, test and hidsmith share: the project's own Node, its dependencies, its build.
// Runs on the user's Node with nothing installed: only node: modules here.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const OWN_NODE = join(MODULES, 'node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
const OLDEST_NODE = [20, 19];
/** What the build is made of. */
const SOURCES = ['src', 'electron.vite.config.ts', 'package.json', 'package-lock.json', 'tsconfig.base.json'];
const STAMP = join(ROOT, 'out/.stamp');
const LOCK = join(ROOT, 'out.lock');
const LOCK_PATIENCE = 180_000;

/** Ends the script with one line that says what to do. */
export function fail(message, status = 3) {
  process.stderr.write(`hidsmith: ${message}\n`);
  process.exit(status);
}

/** Is this Node fit to run the scripts at all? */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = OLDEST_NODE;
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    fail(
      `Node ${process.versions.node} is too old: Node ${OLDEST_NODE.join('.')} or newer is needed (https://nodejs.org)`,
      2,
    );
  }
}

/** The database needs Node-API 10: Node 22.14, 24 … */
export function isFit(napi = process.versions.napi) {
  return Number(napi) >= 10;
}

/** The Node that runs Hidsmith and its tools: the one in node_modules, or this one where it will do. */
export function projectNode() {
  if (existsSync(OWN_NODE)) return OWN_NODE;
  if (isFit()) return process.execPath;
  return fail(
    `node_modules/node is missing, and Node ${process.versions.node} will not do: run "npm ci", or use Node 22.14 or newer`,
  );
}

/** The environment in which `node` and the tools are the project's own. */
export function projectEnvironment(extra = {}) {
  const path = [join(MODULES, 'node/bin'), join(MODULES, '.bin'), process.env.PATH ?? ''].join(delimiter);
  return { ...process.env, PATH: path, ...extra };
}

/** Runs a Node script of the project to its end; returns the exit status. */
export function runNode(script, args = [], options = {}) {
  const { status, signal } = spawnSync(projectNode(), [join(ROOT, script), ...args], {
    cwd: ROOT,
    env: projectEnvironment(options.env),
    stdio: options.stdio ?? 'inherit',
  });
  return signal === null ? (status ?? 3) : 3;
}

/** Starts a Node script of the project and passes signals on; resolves with its exit status. */
export function startNode(script, args, options = {}) {
  return forward(
    spawn(projectNode(), [join(ROOT, script), ...args], {
      cwd: options.cwd ?? ROOT,
      stdio: 'inherit',
      ...options,
    }),
  );
}

/** Passes signals on to a child and resolves with its exit status. */
export function forward(child) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const handlers = signals.map((signal) => {
    const handler = () => child.kill(signal);
    process.on(signal, handler);
    return [signal, handler];
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (status, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler);
      done(signal === null ? status : 128 + (signal === 'SIGINT' ? 2 : 15));
    });
  });
}

/** Why the installed packages are not those of package-lock.json, or undefined if they are. */
export function whatIsNotInstalled(lockText, installedText) {
  if (installedText === undefined) return 'nothing is installed';
  const wanted = JSON.parse(lockText).packages;
  const installed = JSON.parse(installedText).packages;
  for (const [path, { version, optional, extraneous }] of Object.entries(wanted)) {
    // An extraneous one is in the lock file although nothing needs it; npm ci leaves it out.
    if (path === '' || extraneous) continue;
    const found = installed[path]?.version;
    if (found === undefined ? !optional : found !== version)
      return `${path.replace(/^node_modules\//, '')} ${version}`;
  }
  return undefined;
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Runs npm, also where npm itself did not start us. Its words go to stderr. */
function npm(args) {
  const own = process.env.npm_execpath;
  const stdio = ['ignore', 2, 2];
  // What npm passes to its scripts would steer this npm too.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(global|prefix)|lifecycle|package)/.test(name),
    ),
  );
  const { status } =
    own !== undefined && /npm-cli\.(c?js|mjs)$/.test(own)
      ? spawnSync(process.execPath, [own, ...args], { cwd: ROOT, stdio, env })
      : spawnSync('npm', args, { cwd: ROOT, stdio, env, shell: process.platform === 'win32' });
  return status ?? 3;
}

/** npm links a package's program only if it is there at install: without this, `npm run` would take the user's Node. */
function linkOwnNode() {
  const link = join(MODULES, '.bin/node');
  if (process.platform === 'win32' || existsSync(link) || !existsSync(OWN_NODE)) return;
  rmSync(link, { force: true });
  symlinkSync('../node/bin/node', link);
}

/** Installs the dependencies if they are missing or not those of package-lock.json. Says so on stderr. */
export function ensureInstalled() {
  const lock = readText(join(ROOT, 'package-lock.json'));
  // An installed package, not a checkout: npm has put the dependencies in place.
  if (lock === undefined) return;
  const missing = () => whatIsNotInstalled(lock, readText(join(MODULES, '.package-lock.json')));
  const why = missing();
  if (why !== undefined) {
    process.stderr.write(`hidsmith: installing the dependencies (${why}) …\n`);
    // Only one package has a script that is needed, the one below; others would compile what lies there ready made.
    if (npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']) !== 0) {
      fail(
        'the dependencies could not be installed (see above): check the network and run "npm ci --ignore-scripts"',
      );
    }
  }
  if (!existsSync(OWN_NODE)) {
    process.stderr.write('hidsmith: installing its own Node …\n');
    const folder = join(MODULES, 'node');
    spawnSync(process.execPath, ['installArchSpecificPackage.js'], { cwd: folder, stdio: ['ignore', 2, 2] });
    if (!existsSync(OWN_NODE) && !isFit()) {
      fail(
        'its own Node could not be installed: check the network and start again, or use Node 22.14 or newer',
      );
    }
  }
  linkOwnNode();
  if (missing() !== undefined) fail(`${missing()} is still missing: remove node_modules and start again`);
}

function* filesUnder(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    yield { path, stat };
    return;
  }
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.name.endsWith('.test.ts')) continue;
    yield* filesUnder(join(path, entry.name));
  }
}

/** Names, sizes and times of all that the build is made of. */
function sourcesStamp() {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const { path, stat } of filesUnder(join(ROOT, source)))
      hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  }
  return hash.digest('hex');
}

export function isBuilt() {
  return readText(STAMP) === sourcesStamp();
}

/** Builds if something has changed since the last build. Words only on stderr, and the tool's own only if it fails. */
export function ensureBuilt() {
  try {
    buildIfStale();
  } catch (error) {
    fail(error.message);
  }
}

/** Throws an Error if the build fails. */
export function buildIfStale() {
  // An installed package has no sources; its build came with it.
  if (!existsSync(join(ROOT, 'src')) || isBuilt()) return;
  lockBuild();
  try {
    // Another process may have built while this one waited.
    const stamp = sourcesStamp();
    if (readText(STAMP) === stamp) return;
    process.stderr.write('hidsmith: building …\n');
    rmSync(STAMP, { force: true });
    const { status, stdout, stderr } = spawnSync(
      projectNode(),
      [join(MODULES, 'electron-vite/bin/electron-vite.js'), 'build'],
      { cwd: ROOT, env: projectEnvironment(), encoding: 'utf8', maxBuffer: 1 << 26 },
    );
    if (status !== 0) {
      process.stderr.write(`${stdout}${stderr}\n`);
      throw new Error('the build failed (see above)');
    }
    mkdirSync(dirname(STAMP), { recursive: true });
    writeFileSync(STAMP, stamp);
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

/** One builder at a time: mkdir succeeds for one process only. */
function lockBuild() {
  const start = Date.now();
  for (;;) {
    try {
      mkdirSync(LOCK);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const age = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    // Left behind by a builder that was killed.
    if (age > LOCK_PATIENCE) rmSync(LOCK, { recursive: true, force: true });
    else if (Date.now() - start > 2 * LOCK_PATIENCE) {
      throw new Error('another build does not end: remove out.lock and start again');
    } else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}
