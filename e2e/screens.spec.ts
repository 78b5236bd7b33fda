import { type Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { build, openSample, replay, screenLink } from './steps.ts';

test.use({ viewport: { width: 1440, height: 900 } });

/** Pictures to look at, in test-results/screens: layout and colours cannot be asserted, only seen. */
async function picture(page: Page, name: string, theme: string): Promise<void> {
  await page.waitForTimeout(250);
  await page.screenshot({ path: `test-results/screens/${name}-${theme}.png`, animations: 'disabled' });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('pictures of all screens', async ({ page }) => {
      test.slow();
      await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
      await picture(page, 'projects-empty', colorScheme);
      await openSample(page, 'Mouse with swapped buttons');
      await openSample(page, 'Tablet pen with a wrong descriptor');
      await build(page);
      await picture(page, 'project-object', colorScheme);
      await page.getByRole('tab', { name: 'Disassembly' }).click();
      await page
        .getByRole('grid', { name: /^Disassembly/ })
        .getByRole('row')
        .nth(6)
        .click();
      await picture(page, 'project-disassembly', colorScheme);
      await replay(page);
      await page.keyboard.press('Control+ArrowRight');
      await expect(page.locator('mark').first()).toBeVisible();
      await picture(page, 'session', colorScheme);
      await page.keyboard.press('F5');
      await expect(page.getByRole('table', { name: 'Registers' })).toBeVisible();
      await page.keyboard.press('F7');
      await picture(page, 'inspector', colorScheme);
      for (const name of ['Projects', 'Sessions', 'Kernel', 'Skeleton', 'Settings', 'Devices'] as const) {
        await screenLink(page, name).click();
        await expect(page.getByRole('main', { name: name.toLowerCase() })).toBeVisible();
        await picture(page, name.toLowerCase(), colorScheme);
      }
      await page.getByRole('table', { name: 'Devices' }).locator('a.main').last().click();
      await expect(page.getByRole('table', { name: /^Report descriptor of/ })).toBeVisible();
      await picture(page, 'device', colorScheme);
    });
  });
}

test('the theme is switched by key and kept', async ({ page }) => {
  const html = page.locator('html');
  await expect(html).toHaveAttribute('data-theme', 'light');
  await page.keyboard.press('Control+Shift+L');
  await expect(html).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(html).toHaveAttribute('data-theme', 'dark');
});
