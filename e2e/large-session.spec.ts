import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { chooseRecording, openSample, reports, screenLink, status } from './steps.ts';

const REPORTS = 100_000;
const LONGEST_BLOCK = 100;

/** The mouse sample's device with its reports over and over, one a millisecond. */
function largeRecording(): string {
  const path = resolve(import.meta.dirname, '../resources/samples/mouse-swap-buttons/recording.hid');
  const lines = readFileSync(path, 'utf8').split('\n');
  const head = lines.filter((line) => /^[DRNPI]: /.test(line));
  const events = lines.filter((line) => line.startsWith('E: ')).map((line) => line.replace(/^E: \S+ /, ''));
  const out = [...head];
  for (let i = 0; i < REPORTS; i++) {
    const seconds = String(Math.floor(i / 1000)).padStart(6, '0');
    const micros = String((i % 1000) * 1000).padStart(6, '0');
    out.push(`E: ${seconds}.${micros} ${events[i % events.length]}`);
  }
  return `${out.join('\n')}\n`;
}

/** Measures how long the window's thread was busy without a break: tasks that block, seen by the browser itself. */
async function watchBlocks(page: Page): Promise<void> {
  await page.evaluate(`
    window.longTasks = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.longTasks.push(Math.round(entry.duration));
    }).observe({ entryTypes: ['longtask'] });
  `);
}

async function longestBlock(page: Page): Promise<number> {
  return Number(await page.evaluate('Math.max(0, ...window.longTasks)'));
}

test('100,000 reports: import with progress, replay, scroll at once, no block over 100 ms', async ({
  page,
}) => {
  test.setTimeout(180_000);
  await openSample(page, 'Mouse with swapped buttons');
  await watchBlocks(page);
  await chooseRecording(page, 'large.hid', largeRecording());
  await expect(page.getByRole('progressbar', { name: /^Import/ })).toBeVisible();
  await expect(reports(page)).toHaveAttribute('aria-rowcount', String(REPORTS + 1), { timeout: 60_000 });
  const imported = await longestBlock(page);

  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Replay a recording' });
  if (await dialog.isVisible()) await dialog.getByRole('button', { name: 'Replay' }).click();
  await expect(status(page)).toContainText('Replayed 100,000 reports', { timeout: 120_000 });
  await expect(reports(page)).toHaveAttribute('aria-rowcount', String(REPORTS + 1));
  const replayed = await longestBlock(page);

  await reports(page).focus();
  const started = Date.now();
  await page.keyboard.press('End');
  await expect(reports(page).getByRole('row', { selected: true })).toHaveAttribute(
    'aria-rowindex',
    String(REPORTS + 1),
  );
  await expect(reports(page).getByRole('row', { selected: true })).toContainText('99999');
  expect(Date.now() - started).toBeLessThan(2000);
  await reports(page).hover();
  for (let i = 0; i < 40; i++) await page.mouse.wheel(0, i % 2 === 0 ? -90_000 : 45_000);
  await page.keyboard.press('Home');
  await expect(reports(page).getByRole('row', { selected: true })).toHaveAttribute('aria-rowindex', '2');
  await page.getByRole('button', { name: /^changed/ }).click();
  await expect(page.getByText(/shown$/)).toBeVisible({ timeout: 20_000 });
  const scrolled = await longestBlock(page);

  test.info().annotations.push({
    type: 'longest block (ms)',
    description: `import ${imported}, replay ${replayed}, all ${scrolled}`,
  });
  expect(scrolled).toBeLessThanOrEqual(LONGEST_BLOCK);
});

test('an import that is cancelled leaves nothing behind', async ({ page }) => {
  await chooseRecording(page, 'large.hid', largeRecording());
  await page.getByRole('button', { name: /^Cancel Import/ }).click();
  await expect(status(page)).toContainText('cancelled');
  await expect(page.getByRole('progressbar')).toHaveCount(0);
  await screenLink(page, 'Sessions').click();
  await expect(page.getByRole('heading', { name: 'No sessions yet' })).toBeVisible();
});
