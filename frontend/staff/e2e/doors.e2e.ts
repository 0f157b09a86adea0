// Both doors show the same: a browser of the office network reaches the sign-in page over TLS, and a person
// without the permission is told so.
import { expect, it } from 'vitest';
import { Clerk, openBrowser } from './clerk';
import { accounts, lanUrl, url } from './server';

it('shows the same first page at the door of the office network', async () => {
  const browser = await openBrowser();
  const titles = [];
  for (const door of [url, lanUrl]) {
    const clerk = await Clerk.sitDown(browser, door);
    titles.push(await clerk.page.getByRole('heading', { level: 1 }).textContent());
    await clerk.check(door);
  }
  await browser.close();
  expect(titles[1]).toBe(titles[0]);
});

it('offers the counter clerk only the screens of the counter', async () => {
  const browser = await openBrowser();
  const clerk = await Clerk.sitDown(browser, lanUrl);
  const account = accounts().find((a) => a.role === '窓口担当');
  await clerk.heading('サインイン');
  await clerk.fill(account?.login ?? '', account?.password ?? '');
  await clerk.press('Control+Enter');
  await clerk.heading('ホーム');
  const menu = await clerk.page.getByRole('navigation').innerText();
  expect(menu).toContain('窓口交付');
  expect(menu).not.toContain('職員');
  await clerk.page.evaluate(() => { location.hash = '#/staff'; });
  await clerk.heading('職員');
  await clerk.page.getByText('権限がありません').waitFor();
  await clerk.check('forbidden screen');
  await browser.close();
});
