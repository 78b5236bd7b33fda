import { type Locator, type Page } from '@playwright/test';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { devicesFile, expect } from './fixtures.ts';

/** What the users of the interface do over and over, by the names that they see. */

export const SCREENS = [
  'Projects',
  'Devices',
  'Sessions',
  'Inspector',
  'Kernel',
  'Skeleton',
  'Settings',
] as const;

export function screenLink(page: Page, name: (typeof SCREENS)[number]): Locator {
  return page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name });
}

/** Makes a project of a sample; `title` is the sample's. */
export async function openSample(page: Page, title: string): Promise<void> {
  await screenLink(page, 'Projects').click();
  await page
    .getByRole('button', { name: /^(New…|Open a sample…)$/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog', { name: 'New project' });
  await dialog.getByRole('radio', { name: title }).check();
  await dialog.getByRole('button', { name: /^(Open the sample|Make the project)$/ }).click();
  await expect(page.getByRole('textbox', { name: 'Source of driver.bpf.c' })).toBeVisible();
}

export function status(page: Page): Locator {
  return page.getByRole('contentinfo', { name: 'Status' }).getByRole('status');
}

/** The line of a report list by what it says. */
export function reports(page: Page): Locator {
  return page.getByRole('grid', { name: 'Reports' });
}

export async function build(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Build', exact: true }).click();
  await expect(status(page)).toContainText('Built');
}

/** Replays the project's own recording and waits for the result. */
export async function replay(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await expect(status(page)).toContainText('Replayed', { timeout: 30_000 });
  await expect(reports(page).getByRole('row', { selected: true })).toBeVisible();
}

/** Chooses a recording in the file chooser of the Sessions screen. */
export async function chooseRecording(page: Page, path: string): Promise<void> {
  await screenLink(page, 'Sessions').click();
  const chooser = page.waitForEvent('filechooser');
  await page
    .getByRole('button', { name: /^Import/ })
    .first()
    .click();
  await (await chooser).setFiles(path);
}

/** A device that looks plugged in: it plays a sample's recording again and again. */
export interface PluggedDevice {
  readonly sample: string;
  /** Reports a second; the recording's own time unless given. */
  readonly rate?: number;
  readonly plugged?: boolean;
  /** Why it cannot be opened, then what to do, line by line. */
  readonly trouble?: readonly string[];
}

/** From now on these devices are plugged in, and no others. */
export function plugIn(dataFolder: string, ...devices: readonly PluggedDevice[]): void {
  const list = devices.map(({ sample, ...rest }) => ({
    recording: resolve(import.meta.dirname, `../resources/samples/${sample}/recording.hid`),
    ...rest,
  }));
  writeFileSync(devicesFile(dataFolder), JSON.stringify({ devices: list }));
}
