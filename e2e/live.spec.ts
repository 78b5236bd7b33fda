import { type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { longestBlock, longestTask } from './blocks.ts';
import { expect, test } from './fixtures.ts';
import { openSample, plugIn, screenLink, status } from './steps.ts';

const SAMPLE = 'mouse-swap-buttons';
const RECORDING = readFileSync(
  resolve(import.meta.dirname, `../resources/samples/${SAMPLE}/recording.hid`),
  'utf8',
);
const TITLE = titleOf(SAMPLE);
/** An 8 kHz mouse. */
const RATE = 8000;
/** Seconds of the recording at full rate: HIDSMITH_LIVE_SECONDS=60 for the long run. */
const SECONDS = Number(process.env['HIDSMITH_LIVE_SECONDS'] ?? 6);

test('a device that is plugged in appears, is opened, streams, survives unplug and replug, and goes away', async ({
  page,
  dataFolder,
}) => {
  await screenLink(page, 'Devices').click();
  await expect(page.getByRole('heading', { name: 'No devices yet' })).toBeVisible();
  plugIn(dataFolder, { sample: SAMPLE, rate: 50 });
  const device = page.getByRole('table', { name: 'Devices' }).getByRole('row', { name: /\(fake\)/ });
  await expect(device).toContainText('plugged in');
  await device.getByRole('link').click();
  await page.getByRole('button', { name: 'Open the device' }).click();
  const list = page.getByRole('grid', { name: 'Live reports' });
  await expect(list.getByRole('row').nth(5)).toBeVisible();
  await expect(device).toContainText('live');
  await expect(page.getByRole('contentinfo', { name: 'Status' })).toContainText(/live 5\d reports\/s/);
  plugIn(dataFolder, { sample: SAMPLE, rate: 50, plugged: false });
  const pane = page.getByRole('region', { name: 'Live reports' });
  await expect(pane).toContainText('unplugged');
  plugIn(dataFolder, { sample: SAMPLE, rate: 50 });
  await expect(pane).not.toContainText('unplugged');
  await expect(page.getByRole('contentinfo', { name: 'Status' })).toContainText(/live [45]\d reports\/s/);
  await pane.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('button', { name: 'Open the device' })).toBeVisible();
  plugIn(dataFolder);
  await expect(page.getByRole('heading', { name: 'No devices yet' })).toBeVisible();
});

test('a device without permission shows the udev rule to copy', async ({ page, dataFolder }) => {
  const rule = 'KERNEL=="hidraw*", KERNELS=="0003:1234:5678.*", TAG+="uaccess"';
  plugIn(dataFolder, { sample: SAMPLE, trouble: ['/dev/hidraw0: permission denied.', rule] });
  await screenLink(page, 'Devices').click();
  const device = page.getByRole('table', { name: 'Devices' }).getByRole('row', { name: /\(fake\)/ });
  await expect(device).toContainText('! no access');
  await device.getByRole('link').click();
  await expect(page.getByRole('note')).toContainText(rule);
  await expect(page.getByRole('button', { name: 'Copy udev rule' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Open the device' })).toBeDisabled();
});

test('a plugged-in device is played into this system as a driver makes it, until that is cancelled', async ({
  page,
  dataFolder,
}) => {
  plugIn(dataFolder, { sample: 'pen-fix', rate: 100 });
  await openSample(page, titleOf('pen-fix'));
  await screenLink(page, 'Devices').click();
  const devices = page.getByRole('table', { name: 'Devices' });
  await devices.getByRole('link', { name: /\(fake\)/ }).click();
  await page.getByRole('button', { name: 'Play into this system…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Play into this system' });
  // The open project is for this device: it is chosen already.
  await expect(dialog.getByLabel('Driver')).not.toHaveValue('');
  await dialog.getByRole('button', { name: 'Play' }).click();
  const stand = devices.getByRole('link', { name: /\(Hidsmith\)/ });
  await stand.click();
  await page.getByRole('button', { name: 'Open the device' }).click();
  await expect(page.getByRole('grid', { name: 'Live reports' }).getByRole('row').nth(5)).toBeVisible();
  await page.getByRole('button', { name: /^Cancel Playing/ }).click();
  await expect(status(page)).toContainText(/Played [\d,]+ reports into this system/);
  await expect(stand).toBeHidden();
});

test('8,000 reports a second go through the driver, the screen and the store: none lost, the window answers', async ({
  page,
  dataFolder,
}) => {
  test.setTimeout(60_000 + SECONDS * 4000);
  plugIn(dataFolder, { sample: SAMPLE, rate: RATE });
  await openSample(page, TITLE);
  await screenLink(page, 'Devices').click();
  await page
    .getByRole('table', { name: 'Devices' })
    .getByRole('link', { name: /\(fake\)/ })
    .click();
  await page.getByRole('button', { name: 'Attach', exact: true }).click();
  await expect(status(page)).toContainText('Attached');
  const list = page.getByRole('grid', { name: 'Live reports' });
  await expect(list).toContainText('pass');

  const heaps: number[] = [];
  const measure = SECONDS > 10 ? longestTask : longestBlock;
  const longest = await measure(page, async () => {
    await page.keyboard.press('Control+r');
    await expect(status(page)).toContainText('Recording');
    for (let second = 0; second < SECONDS; second++) {
      await page.waitForTimeout(1000);
      heaps.push(Number(await page.evaluate('performance.memory.usedJSHeapSize / 1e6')));
    }
  });
  await page.getByRole('button', { name: '● Stop recording' }).click();
  await expect(status(page)).toContainText('Recorded');
  const recorded = Number(
    (/Recorded ([\d,]+)/.exec(await status(page).innerText())?.[1] ?? '').replaceAll(',', ''),
  );
  expect(recorded).toBeGreaterThan(RATE * (SECONDS - 0.5));
  const sent = await exportedEvents(page);
  expect(sent.length).toBe(recorded);
  expect(firstGap(sent, eventBytes(RECORDING))).toBe(undefined);
  const memory = heaps.map((heap) => heap.toFixed(0)).join(' ');
  test.info().annotations.push({
    type: 'live',
    description: `${recorded} reports in ${SECONDS} s, longest task ${longest} ms, window's heap ${memory} MB`,
  });
  expect(longest).toBeLessThan(100);
  expect(heaps.at(-1)! - heaps[0]!).toBeLessThan(60);
});

/** The title of a sample, as the dialog for new projects shows it. */
function titleOf(sample: string): string {
  const path = resolve(import.meta.dirname, `../resources/samples/${sample}/project.json`);
  return (JSON.parse(readFileSync(path, 'utf8')) as { title: string }).title;
}

/** What the shown session holds of the device's own reports. */
async function exportedEvents(page: Page): Promise<string[]> {
  await page.getByRole('button', { name: 'Export' }).click();
  // Half a million reports of the long run take a while on a busy machine.
  const download = page.waitForEvent('download', { timeout: 60_000 });
  await page.getByRole('menuitem', { name: /before/i }).click();
  return eventBytes(readFileSync(await (await download).path(), 'utf8'));
}

/** The bytes of the E: lines. */
function eventBytes(text: string): string[] {
  return [...text.matchAll(/^E: \S+ (.+)$/gm)].map(([, bytes = '']) => bytes);
}

/** Where `sent` is not the tape played round and round from some place on; undefined if it is. */
function firstGap(sent: readonly string[], tape: readonly string[]): number | undefined {
  const gaps = tape.map((_, from) => {
    const gap = sent.findIndex((bytes, at) => bytes !== tape[(from + at) % tape.length]);
    return gap < 0 ? Infinity : gap;
  });
  const best = Math.max(...gaps);
  return best === Infinity ? undefined : best;
}
