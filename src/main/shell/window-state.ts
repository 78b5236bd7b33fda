import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where the window was. Without x and y the system chooses. */
export interface WindowState {
  readonly width: number;
  readonly height: number;
  readonly x?: number;
  readonly y?: number;
  readonly maximized: boolean;
}

export const SMALLEST = { width: 900, height: 600 } as const;
const FIRST: WindowState = { width: 1440, height: 900, maximized: false };

/** Part of a window that must be on a screen for a person to find and move it. */
const VISIBLE = 80;

function onScreen(state: Rectangle, screens: readonly Rectangle[]): boolean {
  return screens.some((screen) => {
    const width = Math.min(state.x + state.width, screen.x + screen.width) - Math.max(state.x, screen.x);
    const top = state.y >= screen.y && state.y <= screen.y + screen.height - VISIBLE;
    return top && width >= VISIBLE;
  });
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 100_000;
}

/** The kept state as far as it makes sense on today's screens; what cannot be read is as if nothing was kept. */
export function readWindowState(file: string, screens: readonly Rectangle[]): WindowState {
  let kept: Record<string, unknown>;
  try {
    kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return FIRST;
  }
  if (typeof kept !== 'object' || kept === null) return FIRST;
  const { x, y, width, height } = kept;
  if (!isWhole(width) || !isWhole(height)) return FIRST;
  const size = { width: Math.max(width, SMALLEST.width), height: Math.max(height, SMALLEST.height) };
  const maximized = kept['maximized'] === true;
  if (!isWhole(x) || !isWhole(y) || !onScreen({ x, y, ...size }, screens)) return { ...size, maximized };
  return { x, y, ...size, maximized };
}

/** Keeps it; a disk that refuses costs only the window's place. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(state)}\n`);
  } catch {
    // Nothing of the user's work depends on it.
  }
}
