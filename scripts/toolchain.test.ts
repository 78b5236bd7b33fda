import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const TOOLCHAIN: string = './toolchain.mjs';
/** The scripts are plain JavaScript, so that they run before anything is installed. */
const { isFit, whatIsNotInstalled } = (await import(TOOLCHAIN)) as {
  isFit: (napi: string) => boolean;
  whatIsNotInstalled: (lock: string, installed: string | undefined) => string | undefined;
};

const lock = (packages: object): string =>
  JSON.stringify({ packages: { '': { name: 'hidsmith' }, ...packages } });

describe('the dependencies', () => {
  const wanted = lock({
    'node_modules/ws': { version: '8.23.0' },
    'node_modules/@x/win32': { version: '1.0.0', optional: true },
    'node_modules/left-over': { version: '1.0.0', extraneous: true },
  });

  it('are there if every package has the version of the lock file', () => {
    expect(whatIsNotInstalled(wanted, lock({ 'node_modules/ws': { version: '8.23.0' } }))).toBeUndefined();
    const more = lock({ 'node_modules/ws': { version: '8.23.0' }, 'node_modules/y': { version: '1.0.0' } });
    expect(whatIsNotInstalled(wanted, more)).toBeUndefined();
  });

  it.each([
    ['nothing is installed', undefined],
    ['ws 8.23.0', lock({})],
    ['ws 8.23.0', lock({ 'node_modules/ws': { version: '8.22.0' } })],
    [
      '@x/win32 1.0.0',
      lock({ 'node_modules/ws': { version: '8.23.0' }, 'node_modules/@x/win32': { version: '0.9.0' } }),
    ],
  ])('are not there: %s', (why, installed) => {
    expect(whatIsNotInstalled(wanted, installed)).toBe(why);
  });

  it('of this checkout are complete', () => {
    const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
    expect(
      whatIsNotInstalled(read('package-lock.json'), read('node_modules/.package-lock.json')),
    ).toBeUndefined();
  });
});

describe('Node', () => {
  it('must have Node-API 10: an older one crashes in the database', () => {
    expect(isFit('9')).toBe(false);
    expect(isFit('10')).toBe(true);
    expect(isFit(process.versions['napi'] as string)).toBe(true);
  });
});

describe('npm start', () => {
  it.each([
    [['--frob'], /Unknown option '--frob'/],
    [['extra'], /Unexpected argument 'extra'/],
  ])('refuses %j with its usage and status 2', (args, words) => {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/start.mjs'), ...args], {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(words);
    expect(stderr).toContain('--no-open');
  });
});
