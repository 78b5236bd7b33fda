import { expect, test } from './fixtures.ts';
import { openSample, plugIn, screenLink } from './steps.ts';

test.skip(process.platform !== 'linux', 'the real kernel can be used on Linux only');

test('the kernel of this machine is chosen in Settings; what it refuses is explained where a refusal is', async ({
  page,
  dataFolder,
}, info) => {
  plugIn(dataFolder, { sample: 'mouse-swap-buttons', rate: 50 });
  await openSample(page, 'Mouse with swapped buttons');
  await screenLink(page, 'Settings').click();
  const version = page.getByRole('combobox', { name: 'Version' });
  await version.selectOption('host');
  await expect(version.locator('option:checked')).toHaveText(/^this machine’s Linux \d/);
  await expect(page.getByText('until it is detached or Hidsmith ends')).toBeVisible();
  await expect(page.getByRole('contentinfo', { name: 'Status' })).toContainText('of this machine');
  await info.attach('settings', { body: await page.screenshot(), contentType: 'image/png' });

  await screenLink(page, 'Devices').click();
  const device = page.getByRole('table', { name: 'Devices' }).getByRole('row', { name: /\(fake\)/ });
  await device.getByRole('link').click();
  await page.getByRole('button', { name: 'Attach', exact: true }).click();
  // A device that is played from a file is none of the machine's kernel, even where that has HID-BPF and the right.
  const refusal = page.getByRole('group', { name: /^Attach to/ });
  await expect(refusal).toContainText('The kernel of this machine cannot be used for it');
  await expect(refusal).toContainText(/no HID-BPF|may not load programs|not plugged into this machine/);
  await screenLink(page, 'Kernel').click();
  await expect(page.getByText('Objects, file descriptors and calls of a real kernel')).toBeVisible();
  await expect(page.getByText('✕ refused')).toBeVisible();
  await info.attach('kernel', { body: await page.screenshot(), contentType: 'image/png' });
});
