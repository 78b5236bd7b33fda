import { expect, test } from './fixtures.ts';

// What the shell around the page promises; the screens have specs of their own.

test('the window opens on the workbench and stays there when it is loaded again', async ({ page }) => {
  const projects = page.getByRole('navigation').getByText('Projects').first();
  await expect(projects).toBeVisible();
  await page.reload();
  await expect(projects).toBeVisible();
});

test.describe('the content security policy', () => {
  test.use({ expectedErrors: [/Content Security Policy/] });

  test('lets no script run that is not ours', async ({ page }) => {
    const refused = page.waitForEvent('console', (message) =>
      message.text().includes('Content Security Policy'),
    );
    const ran = await page.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.intruder = true';
      document.body.append(script);
      return 'intruder' in window;
    })()`);
    expect(ran).toBe(false);
    await refused;
  });
});

test.describe('in the browser', () => {
  test.skip(({ shell }) => shell !== 'web', 'only the web shell has an address');

  test('the address no longer shows the token, and the cookie is out of reach of scripts', async ({
    page,
  }) => {
    expect(new URL(page.url()).search).toBe('');
    expect(await page.evaluate('document.cookie')).toBe('');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  });

  test('a browser without the token is told where to find it', async ({ page, browser }) => {
    const stranger = await browser.newContext();
    const other = await stranger.newPage();
    const answer = await other.goto(page.url());
    expect(answer?.status()).toBe(401);
    await expect(other.getByRole('main')).toContainText('The address lacks its token');
    await stranger.close();
  });

  test('a page of another site reaches neither the files nor the wire', async ({ page, context }) => {
    const target = page.url();
    const evil = await context.newPage();
    await evil.route('http://evil.example/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<title>evil</title>' }),
    );
    await evil.goto('http://evil.example/');
    const reached = await evil.evaluate(async (url) => {
      const file = await fetch(url, { credentials: 'include', mode: 'no-cors' }).then(
        () => 'answered',
        () => 'refused',
      );
      const wire = await new Promise((done) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}ws`);
        socket.onopen = () => done('opened');
        socket.onerror = () => done('refused');
      });
      return { file, wire };
    }, target);
    expect(reached).toEqual({ file: 'refused', wire: 'refused' });
    await evil.close();
  });
});
