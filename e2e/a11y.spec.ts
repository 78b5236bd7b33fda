import AxeBuilder from '@axe-core/playwright';
import { type Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { openSample, replay, screenLink } from './steps.ts';

/** Axe looks at every element of every screen: that takes its time on a busy machine. */
const SLOW = 240_000;

async function expectAccessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const findings = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      (node) => `${where}: ${id} (${help}) at ${node.target.join(' ')}: ${node.failureSummary ?? ''}`,
    ),
  );
  expect.soft(findings).toEqual([]);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('empty screens have no accessibility violations', async ({ page }) => {
      for (const name of ['Projects', 'Devices', 'Sessions', 'Inspector', 'Kernel', 'Skeleton'] as const) {
        await screenLink(page, name).click();
        await expect(page.getByRole('main', { name: name.toLowerCase() })).toBeVisible();
        await expectAccessible(page, name);
      }
    });

    test('project, session and drawer have no accessibility violations', async ({ page }) => {
      test.setTimeout(SLOW);
      await openSample(page, 'Tablet pen with a wrong descriptor');
      await expect(page.getByRole('tab', { name: 'Object' })).toBeVisible();
      await expectAccessible(page, 'project, object');
      await page.getByRole('tab', { name: 'Disassembly' }).click();
      await expectAccessible(page, 'project, disassembly');
      await replay(page);
      await page.keyboard.press('Control+ArrowRight');
      await expect(page.locator('mark').first()).toBeVisible();
      await expectAccessible(page, 'session');
      await page.keyboard.press('F5');
      await expect(page.getByRole('table', { name: 'Registers' })).toBeVisible();
      await expectAccessible(page, 'inspector');
      await page.goBack();
      await page.getByRole('button', { name: /drawer$/ }).click();
      for (const tab of ['Problems', 'Verifier', 'Trace', 'Output']) {
        await page.getByRole('tab', { name: tab }).click();
        await expectAccessible(page, `drawer, ${tab}`);
      }
    });

    test('full lists, device and dialogs have no accessibility violations', async ({ page }) => {
      test.setTimeout(SLOW);
      await openSample(page, 'Tablet pen with a wrong descriptor');
      await page.getByRole('button', { name: 'Attach', exact: true }).click();
      await expect(page.getByRole('button', { name: 'Detach' })).toBeVisible();
      for (const name of ['Projects', 'Sessions', 'Kernel', 'Skeleton', 'Settings', 'Devices'] as const) {
        await screenLink(page, name).click();
        await expect(page.getByRole('main', { name: name.toLowerCase() })).toBeVisible();
        await expectAccessible(page, name);
      }
      await page.getByRole('table', { name: 'Devices' }).locator('a.main').first().click();
      await expect(page.getByRole('table', { name: /^Report descriptor of/ })).toBeVisible();
      await expectAccessible(page, 'device');
      for (const [keys, dialog] of [
        ['Control+k', 'Command palette'],
        ['?', 'Keyboard shortcuts'],
        ['Control+Shift+Enter', 'Replay a recording'],
      ] as const) {
        await page.keyboard.press(keys);
        await expect(page.getByRole('dialog', { name: dialog })).toBeVisible();
        await expectAccessible(page, dialog);
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog')).toHaveCount(0);
      }
    });
  });
}

test('panes are reached by F6, lists by arrows, the drawer by Escape', async ({ page }) => {
  await openSample(page, 'Mouse with swapped buttons');
  await replay(page);
  const list = page.getByRole('grid', { name: 'Reports' });
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('F6');
    if ((await list.and(page.locator(':focus')).count()) > 0) break;
  }
  await expect(list).toBeFocused();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect(list.getByRole('row', { selected: true })).toHaveAttribute('aria-rowindex', '3');
  await page.keyboard.press('End');
  await expect(list.getByRole('row', { selected: true })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('tablist', { name: 'Drawer' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('tablist', { name: 'Drawer' })).toHaveCount(0);
});
