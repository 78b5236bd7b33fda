// `npm start`: installs, builds and opens the workbench. Electron where it can run, else the web shell.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  ensureBuilt,
  ensureInstalled,
  fail,
  forward,
  projectEnvironment,
  projectNode,
  requireNode,
  ROOT,
} from './toolchain.mjs';

const USAGE = `npm start -- [--web] [--port N] [--data FOLDER] [--no-open]
  --web          the web shell, also where Electron is installed
  --port N       its port (default: any free one); implies --web
  --data FOLDER  where projects and sessions are kept
  --no-open      do not open a browser`;
const ELECTRON = join(ROOT, 'node_modules/electron');
const DOWNLOAD_TIMEOUT = 60_000;
/** An Electron that ends sooner than this with an error could not start. */
const START_TIME = 5000;

function say(message) {
  process.stdout.write(`hidsmith: ${message}\n`);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        web: { type: 'boolean' },
        port: { type: 'string' },
        data: { type: 'string' },
        'no-open': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`, 2);
  }
}

/** The path of Electron's program, or undefined where it is not installed. */
function electronProgram() {
  try {
    const path = join(ELECTRON, 'dist', readFileSync(join(ELECTRON, 'path.txt'), 'utf8'));
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function hasDisplay() {
  if (process.platform === 'darwin' || process.platform === 'win32') return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Why Electron cannot be used here, or undefined. Downloads it if that is all that is missing. */
function electronTrouble() {
  if (!hasDisplay()) return 'there is no display';
  if (process.getuid?.() === 0 && process.platform === 'linux')
    return 'Electron does not run sandboxed as root';
  if (electronProgram() !== undefined) return undefined;
  if (process.env.CI) return 'Electron is not installed, and is not downloaded in CI';
  say('downloading Electron (once, about 110 MB) …');
  spawnSync(projectNode(), [join(ELECTRON, 'install.js')], {
    stdio: 'ignore',
    timeout: DOWNLOAD_TIMEOUT,
    env: projectEnvironment(),
  });
  return electronProgram() === undefined
    ? 'Electron cannot be downloaded here ("npm run electron" says why)'
    : undefined;
}

function openBrowser(url) {
  const [program, args] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '""', url]]
        : ['xdg-open', [url]];
  const child = spawn(program, args, { stdio: 'ignore', detached: true, windowsVerbatimArguments: true });
  // No such program: the address is printed anyway.
  child.on('error', () => undefined);
  child.unref();
}

/** The web shell until it ends; tells its address as soon as it is known. */
async function runWeb(options) {
  const args = [
    ...(options.port === undefined ? [] : ['--port', options.port]),
    ...(options.data === undefined ? [] : ['--data', options.data]),
  ];
  const child = spawn(projectNode(), [join(ROOT, 'out/main/web.js'), ...args], {
    stdio: ['inherit', 'pipe', 'inherit'],
    env: projectEnvironment(),
  });
  let first = '';
  let told = false;
  child.stdout.on('data', (part) => {
    if (told) return;
    first += part.toString();
    const url = /http:\/\/\S+(?=\s)/.exec(first)?.[0];
    if (url === undefined) return;
    told = true;
    say(`open ${url}\nhidsmith: it answers only this machine, and only with that token; Ctrl+C ends it`);
    if (hasDisplay() && !options['no-open'] && !process.env.CI) openBrowser(url);
  });
  return forward(child);
}

/** Electron until it ends. Undefined if it could not start. */
async function runElectron(options) {
  const env = projectEnvironment(options.data === undefined ? {} : { HIDSMITH_DATA: options.data });
  const from = Date.now();
  const status = await forward(spawn(electronProgram(), [ROOT], { stdio: 'inherit', env }));
  return status !== 0 && status < 128 && Date.now() - from < START_TIME ? undefined : status;
}

requireNode();
const options = readOptions();
if (options.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
ensureInstalled();
ensureBuilt();
if (!options.web && options.port === undefined) {
  const trouble = electronTrouble();
  if (trouble === undefined) {
    const status = await runElectron(options);
    if (status !== undefined) process.exit(status);
    say('Electron could not start (see above), so the workbench comes as a web page');
  } else say(`${trouble}, so the workbench comes as a web page`);
}
process.exitCode = await runWeb(options);
