import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWindowState, writeWindowState } from './window-state.ts';

const SCREEN = { x: 0, y: 0, width: 1920, height: 1080 };
const FIRST = { width: 1440, height: 900, maximized: false };
let file = '';
beforeAll(() => {
  file = join(mkdtempSync(join(tmpdir(), 'hidsmith-window-')), 'deep/window.json');
});
afterAll(() => {
  rmSync(join(file, '../..'), { recursive: true, force: true });
});

describe('the place of the window', () => {
  it('comes back as it was, also on a second screen', () => {
    const state = { x: 2000, y: 5, width: 1000, height: 700, maximized: true };
    writeWindowState(file, state);
    expect(readWindowState(file, [SCREEN, { ...SCREEN, x: 1920 }])).toEqual(state);
  });

  it('is left to the system if that screen is gone', () => {
    const state = { x: 2000, y: 5, width: 1000, height: 700, maximized: false };
    writeWindowState(file, state);
    expect(readWindowState(file, [SCREEN])).toEqual({ width: 1000, height: 700, maximized: false });
  });

  it('is never smaller than usable', () => {
    writeWindowState(file, { x: 0, y: 0, width: 1, height: 1, maximized: false });
    expect(readWindowState(file, [SCREEN])).toMatchObject({ width: 900, height: 600 });
  });

  it.each(['', '{', 'null', '[]', '7', '{"width":1e9,"height":5}', '{"width":"x","height":5}'])(
    'starts anew from %j',
    (text) => {
      writeFileSync(file, text);
      expect(readWindowState(file, [SCREEN])).toEqual(FIRST);
    },
  );

  it('does not matter enough to fail', () => {
    writeWindowState('/dev/null/x/window.json', FIRST);
    expect(readWindowState('/dev/null/x/window.json', [SCREEN])).toEqual(FIRST);
  });
});
