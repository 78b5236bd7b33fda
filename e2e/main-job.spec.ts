import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from './fixtures.ts';
import { build, openSample, replay, reports, screenLink, status } from './steps.ts';

const SAMPLES = resolve(import.meta.dirname, '../resources/samples');

/** The lines that carry data: descriptors and events. */
function dataLines(text: string): string[] {
  return text.split('\n').filter((line) => /^[DRE]: /.test(line));
}

test('from a sample to an exported result: build, attach, replay, see what changed, save, export', async ({
  page,
}) => {
  await expect(page.getByRole('heading', { name: 'No projects yet' })).toBeVisible();
  await openSample(page, 'Tablet pen with a wrong descriptor');

  await build(page);
  const object = page.getByRole('table', { name: 'Object' });
  await expect(object).toContainText('hid_bpf_ops');
  await expect(object).toContainText('6b1d:0202');
  await expect(page.getByRole('table', { name: 'Checks' })).toContainText('✓ accepted');

  await page.getByRole('button', { name: 'Attach', exact: true }).click();
  await expect(status(page)).toContainText('to Larkfield Slate 10');
  await expect(page.getByRole('button', { name: 'Detach' })).toBeVisible();

  await replay(page);
  await page.keyboard.press('Control+ArrowRight');
  const row = reports(page).getByRole('row', { selected: true });
  await expect(row).toContainText('changed');
  await expect(page.getByRole('grid', { name: 'Decoded fields' }).locator('mark').first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Input events' })).toContainText(/EV_(ABS|KEY|REL) /);
  await expect(page.getByRole('grid', { name: 'Report bytes' }).locator('td.changed').first()).toBeVisible();
  await expect(
    page.getByRole('grid', { name: 'Bit map of the report' }).locator('td.changed').first(),
  ).toBeVisible();
  const changes = page.getByRole('table', { name: 'Changes of the report descriptor' });
  await expect(changes.getByRole('row', { name: 'removed' }).first()).toBeVisible();
  await expect(changes.getByRole('row', { name: 'added' }).first()).toBeVisible();

  await page.getByRole('button', { name: 'Save result…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save the result as a session' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('pen after the driver');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(status(page)).toContainText('Saved as session pen after the driver');

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: /^After/ }).click();
  const exported = readFileSync(await (await download).path(), 'utf8');
  const expected = readFileSync(resolve(SAMPLES, 'pen-fix/expected.hid'), 'utf8');
  expect(dataLines(exported)).toEqual(dataLines(expected));

  await screenLink(page, 'Sessions').click();
  await expect(page.getByRole('table', { name: 'Sessions' })).toContainText('pen after the driver');
});

test('dropped reports are struck, and found by the filter', async ({ page }) => {
  await openSample(page, 'Keypad that bounces and shows ghosts');
  await replay(page);
  await page.getByRole('button', { name: /^dropped/ }).click();
  const first = reports(page).getByRole('row').nth(1);
  await expect(first).toContainText('dropped');
  await expect(first.locator('.summary')).toHaveCSS('text-decoration-line', 'line-through');
  await expect(page.getByRole('grid', { name: 'Report bytes' }).locator('tr.struck')).toBeVisible();
});

test('a filter that cannot be read is explained at the box and leaves the list', async ({ page }) => {
  await openSample(page, 'Mouse with swapped buttons');
  await replay(page);
  await page.getByRole('textbox', { name: 'Filter' }).fill('id == && changed');
  await expect(page.getByRole('search')).toContainText('filter:');
  await expect(reports(page).getByRole('row').nth(1)).toBeVisible();
});

test('what is typed stays while other screens are looked at, and is saved by key', async ({ page }) => {
  await openSample(page, 'Mouse with swapped buttons');
  const editor = page.getByRole('textbox', { name: 'Source of driver.bpf.c' });
  await screenLink(page, 'Settings').click();
  await page.goBack();
  await editor.click();
  await page.keyboard.type('/* mine */');
  await expect(page.getByText('● not saved')).toBeVisible();
  await screenLink(page, 'Settings').click();
  await page.goBack();
  await expect(editor).toContainText('/* mine */');
  await expect(page.getByText('● not saved')).toBeVisible();
  await page.keyboard.press('Control+s');
  await expect(page.getByText('● not saved')).toHaveCount(0);
  await page.reload();
  await expect(editor).toContainText('/* mine */');
});

test('a deleted session comes back by Undo', async ({ page }) => {
  await openSample(page, 'Mouse with swapped buttons');
  await screenLink(page, 'Sessions').click();
  const table = page.getByRole('table', { name: 'Sessions' });
  const name = (await table.locator('a.main').first().textContent()) ?? '';
  await table.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(page.getByText(`Session ${name} deleted.`)).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(table.getByRole('link', { name })).toBeVisible();
});

test('the light skeleton of a plain object loads in the simulated kernel, call by call', async ({ page }) => {
  await openSample(page, 'Socket filter that counts');
  await build(page);
  await screenLink(page, 'Skeleton').click();
  await expect(page.getByRole('textbox', { name: /^Preview of .*\.lskel\.h$/ })).toBeVisible();
  await page.getByRole('button', { name: 'Run in the simulated kernel' }).click();
  await expect(page.getByText('✓ The skeleton loads')).toBeVisible();
  const calls = page.getByRole('grid', { name: "Calls of the skeleton's loader" });
  await expect(calls.getByRole('row', { name: /BPF_PROG_LOAD/ }).first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Checks' }).getByText('✕')).toHaveCount(0);
});
