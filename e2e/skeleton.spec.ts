import { readFileSync } from 'node:fs';
import { type Locator, type Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { openSample, screenLink, status } from './steps.ts';

test.use({ viewport: { width: 1440, height: 900 } });

async function skeletonOf(page: Page, sample: string): Promise<Locator> {
  await openSample(page, sample);
  await screenLink(page, 'Skeleton').click();
  const screen = page.getByRole('main', { name: 'skeleton' });
  await expect(screen.getByRole('region', { name: 'Use in C' })).toBeVisible();
  return screen;
}

test("a driver's skeleton loads and attaches in the simulated kernel as the normal loader does", async ({
  page,
}) => {
  const screen = await skeletonOf(page, 'Tablet pen with a wrong descriptor');
  await expect(screen.getByText('driver__attach_device(skel').first()).toBeVisible();
  await screen.getByRole('button', { name: 'Run in the simulated kernel' }).click();
  const checks = screen.getByRole('region', { name: 'Checks' });
  await expect(checks.getByText('The skeleton loads')).toBeVisible({ timeout: 30_000 });
  await expect(checks.getByText(/attached to 'Larkfield Slate 10'/)).toBeVisible();
  await expect(checks.getByText(/same links: 1/)).toBeVisible();
  await expect(checks.getByText(/same report descriptor of 'Larkfield Slate 10'/)).toBeVisible();
  await expect(checks.getByLabel('fails')).toHaveCount(0);
  const calls = screen.getByRole('grid', { name: "Calls of the skeleton's loader" });
  await calls.getByRole('row').nth(3).click();
  await expect(screen.getByRole('grid', { name: 'Calls of the normal loader' })).toBeVisible();
});

test('the name and the runtime are chosen, and the bundle is saved', async ({ page }) => {
  const screen = await skeletonOf(page, 'Mouse with swapped buttons');
  await screen.getByRole('textbox', { name: 'Name in the header' }).fill('my_mouse');
  await screen.getByRole('checkbox', { name: /stand-alone/ }).check();
  await expect(screen.getByRole('heading', { name: 'my_mouse.lskel.h' })).toBeVisible();
  const saving = page.waitForEvent('download');
  await screen.getByRole('button', { name: 'Save the bundle' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe('my_mouse.tar');
  const archive = readFileSync(await saved.path());
  expect(archive.subarray(0, 24).toString()).toContain('my_mouse/my_mouse.lskel');
  await expect(screen.getByRole('list', { name: 'Files of the bundle' }).getByRole('listitem')).toHaveCount(
    7,
  );
  await expect(status(page)).toContainText('my_mouse.tar saved: 7 files');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('a picture of the skeleton screen after a run', async ({ page }) => {
      const screen = await skeletonOf(page, 'Tablet pen with a wrong descriptor');
      await screen.getByRole('button', { name: 'Run in the simulated kernel' }).click();
      await expect(screen.getByText('The skeleton loads')).toBeVisible({ timeout: 30_000 });
      await page.waitForTimeout(250);
      await page.screenshot({
        path: `test-results/screens/skeleton-run-${colorScheme}.png`,
        animations: 'disabled',
      });
    });
  });
}
