import { defineConfig, type Project } from '@playwright/test';
import { existsSync } from 'node:fs';
import { type ShellOptions } from './e2e/fixtures.ts';

/** Debian's Chromium, or Chrome where a system has it; else the browser that Playwright itself has installed. */
const chromium = [
  process.env['HIDSMITH_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));

/** Specs that hold times: they have the machine to themselves, behind the others. */
const TIMED = ['large-session.spec.ts', 'live.spec.ts'];

function projectsOf(shell: ShellOptions['shell']): Project<ShellOptions>[] {
  return [
    { name: shell, testIgnore: TIMED, use: { shell } },
    { name: `${shell}, timed`, testMatch: TIMED, dependencies: [shell], workers: 1, use: { shell } },
  ];
}

const electronInstalled = existsSync('node_modules/electron/path.txt');

export default defineConfig<ShellOptions>({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // Every test has a workbench of its own: two at a time keep two cores busy.
  workers: 2,
  fullyParallel: true,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  use: {
    viewport: { width: 1280, height: 800 },
    actionTimeout: 10_000,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [...projectsOf('web'), ...(electronInstalled ? projectsOf('electron') : [])],
});
