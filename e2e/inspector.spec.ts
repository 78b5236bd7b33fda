import { type Locator, type Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { openSample, replay, reports, screenLink } from './steps.ts';

test.use({ viewport: { width: 1440, height: 900 } });

/** The row that is next: of the instructions, or of the source. */
function here(page: Page, pane: 'Instructions' | 'Source'): Locator {
  return page.getByRole('grid', { name: pane, exact: true }).getByRole('row', { selected: true });
}

function done(page: Page): Locator {
  return page.getByRole('status', { name: 'Instructions done' });
}

/** The first report of the pen that its driver changes, in the inspector. */
async function debugPen(page: Page): Promise<void> {
  await openSample(page, 'Tablet pen with a wrong descriptor');
  await expect(screenLink(page, 'Sessions')).toContainText('1');
  await replay(page);
  await page.keyboard.press('Control+ArrowRight');
  await expect(reports(page).getByRole('row', { selected: true })).toContainText('changed');
  await page.keyboard.press('F5');
  await expect(done(page)).toHaveText('0 / 18');
}

test('a report is debugged by key: lines, instructions and writes, forward and back', async ({ page }) => {
  await debugPen(page);
  await expect(here(page, 'Source')).toContainText('turn_tilt');
  await page.keyboard.press('F10');
  await expect(here(page, 'Source')).toContainText('hid_bpf_get_data');
  await page.keyboard.press('F11');
  await expect(here(page, 'Instructions')).toContainText('w2 = 0');
  await page.keyboard.press('Shift+F11');
  await expect(here(page, 'Instructions')).toContainText('r1 = r6');

  await page.keyboard.press('F7');
  const bytes = page.getByRole('grid', { name: 'Bytes of the memory' });
  await expect(bytes.locator('td.changed')).toHaveCount(1);
  await expect(here(page, 'Source')).toContainText('report[TILT_Y]');
  await page.keyboard.press('Shift+F7');
  await expect(bytes.locator('td.changed')).toHaveCount(0);
  await expect(here(page, 'Instructions')).toContainText('*(u8 *)(r0 +8) = r1');

  const registers = page.getByRole('table', { name: 'Registers' });
  await expect(registers.getByRole('row', { name: /^r0/ })).toContainText('mem(sz=10)');
  const memory = page.getByRole('combobox', { name: 'Memory' });
  const places = await memory.locator('option').allTextContents();
  await memory.selectOption(places.find((place) => place.startsWith('hid_bpf_ctx')) ?? '');
  await expect(
    page.getByRole('table', { name: 'Fields of the memory' }).getByRole('row', { name: /allocated_size/ }),
  ).toContainText('64');
});

test('a run stops at breakpoints, and says where there is none', async ({ page }) => {
  await debugPen(page);
  await page.keyboard.press('F5');
  await expect(done(page)).toHaveText('18 / 18');
  await expect(page.getByRole('contentinfo', { name: 'Status' })).toContainText('No later breakpoint');
  const source = page.getByRole('grid', { name: 'Source', exact: true });
  await source.getByRole('row').filter({ hasText: 'report[TILT_Y] =' }).getByRole('button').click();
  await page.keyboard.press('Shift+F5');
  await expect(here(page, 'Source')).toContainText('report[TILT_Y] =');
  await page.getByRole('button', { name: /^hid_bpf_get_data/ }).click();
  await expect(done(page)).toHaveText('4 / 18');
});

test('a report comes back by its address, and what cannot be debugged is explained', async ({ page }) => {
  await screenLink(page, 'Inspector').click();
  await expect(page.getByRole('heading', { name: 'No report to look into' })).toBeVisible();
  await debugPen(page);
  const address = page.url();
  await page.reload();
  await expect(done(page)).toHaveText('0 / 18');
  await page.goto(address.replace(/%3A\d+$/, '%3A99999'));
  await expect(page.getByText('no device sent report 99999')).toBeVisible();
});
