// A person without a permission is not offered the screen, and is told so when going there all the same.
import { expect, it } from 'vitest';
import { Clerk, openBrowser } from './clerk';
import { accounts } from './server';

it('offers the counter clerk only the screens of the counter', async () => {
  const account = accounts().find((a) => a.role === '窓口担当');
  if (!account) throw new Error('the server has no practice account of the counter (窓口担当)');
  const browser = await openBrowser();
  const clerk = await Clerk.sitDown(browser);
  await clerk.heading('サインイン');
  await clerk.fill(account.login, account.password);
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
