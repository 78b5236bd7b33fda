import { _electron, expect, type Page, test as base } from '@playwright/test';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The two shells run the same specs. */
export interface ShellOptions {
  readonly shell: 'web' | 'electron';
  /** Errors in the page's console that belong to the test: `test.use({ expectedErrors: [/…/] })`. */
  readonly expectedErrors: readonly RegExp[];
}

interface Fixtures {
  /** An empty folder for the user's data, removed afterwards. */
  readonly dataFolder: string;
  /** The workbench's window, on a workbench of its own with nothing in it. */
  readonly page: Page;
}

const ROOT = resolve(import.meta.dirname, '..');
/** What serves the workbench: prints its URL as the first line. Another script may stand in for it. */
const SERVER = process.env['HIDSMITH_E2E_SERVER'] ?? join(ROOT, 'out/main/web.js');
const START_TIMEOUT = 20_000;

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

async function startServer(dataFolder: string): Promise<Server> {
  const environment = {
    ...process.env,
    HIDSMITH_DATA: dataFolder,
    HIDSMITH_FAKE_DEVICES: devicesFile(dataFolder),
    ELECTRON_RENDERER_URL: undefined,
  };
  const child = spawn(process.execPath, [SERVER, '--port', '0', '--data', dataFolder], { env: environment });
  let output = '';
  let errors = '';
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
  const url = await new Promise<string>((found, failed) => {
    const fail = (why: string): void => {
      failed(new Error(`${SERVER} ${why}; run "npm run build" first.\n${errors}`));
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`printed no URL for ${START_TIMEOUT / 1000} s`);
    }, START_TIMEOUT);
    child.once('close', (code) => {
      fail(`ended with status ${code}`);
    });
    child.stdout.on('data', (part: Buffer) => {
      output += part.toString();
      const match = /http:\/\/\S+/.exec(output);
      if (match === null) return;
      clearTimeout(timer);
      found(match[0]);
    });
  });
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Where the workbench under test looks for plugged-in devices instead of this machine's: see plugIn() of steps.ts. */
export function devicesFile(dataFolder: string): string {
  return join(dataFolder, 'devices.json');
}

/** Errors of the page itself fail its test. */
function watchErrors(page: Page, expected: readonly RegExp[]): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !expected.some((one) => one.test(text)))
      errors.push(`console: ${text}`);
  });
  return errors;
}

export const test = base.extend<Fixtures & ShellOptions>({
  shell: ['web', { option: true }],
  expectedErrors: [[], { option: true }],

  dataFolder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'hidsmith-e2e-'));
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },

  page: async ({ shell, expectedErrors, dataFolder, context, viewport, colorScheme }, use) => {
    if (shell === 'electron') {
      const application = await _electron.launch({
        args: [ROOT, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
        env: {
          ...(process.env as Record<string, string>),
          HIDSMITH_DATA: dataFolder,
          HIDSMITH_FAKE_DEVICES: devicesFile(dataFolder),
        },
        colorScheme: colorScheme ?? 'light',
      });
      const window = await application.firstWindow();
      if (viewport !== null) await window.setViewportSize(viewport);
      const errors = watchErrors(window, expectedErrors);
      await use(window);
      await application.close();
      expect(errors).toEqual([]);
      return;
    }
    const server = await startServer(dataFolder);
    const page = await context.newPage();
    const errors = watchErrors(page, expectedErrors);
    await page.goto(server.url);
    // The token moves from the address into a cookie.
    await page.waitForURL((url) => url.pathname === '/' && url.search === '');
    await use(page);
    await page.close();
    await server.stop();
    expect(errors).toEqual([]);
  },
});

export { expect };
