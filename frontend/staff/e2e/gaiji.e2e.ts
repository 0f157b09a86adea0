// Names with 外字 are drawn with the font of their gaiji set, which the browser must take.
import { expect, it } from 'vitest';
import { Clerk, openBrowser } from './clerk';
import { accounts } from './server';

it('draws the gaiji of a name with the font of its set', async () => {
  const account = accounts().find((a) => a.role === '受入担当');
  if (!account) throw new Error('the server has no practice account of the reception (受入担当)');
  const browser = await openBrowser();
  const clerk = await Clerk.sitDown(browser);
  await clerk.heading('サインイン');
  await clerk.fill(account.login, account.password);
  await clerk.press('Control+Enter');
  await clerk.heading('ホーム');
  const card = await clerk.page.evaluate(async () => {
    for (let offset = 0; ; offset += 500) {
      const { rows } = await (await fetch(`/api/cards?limit=500&offset=${offset}`)).json() as { rows: { id: number; name: string }[] };
      const found = rows.find((r) => /[\ue000-\uf8ff]/.test(r.name));
      if (found || !rows.length) return found;
    }
  });
  if (!card) throw new Error('the practice city has no name with a gaiji');
  await clerk.page.evaluate((id) => { location.hash = `#/cards/${id}`; }, card.id);
  const name = clerk.page.getByText(card.name, { exact: true }).first();
  await name.waitFor();
  expect(await name.evaluate((el) => getComputedStyle(el).fontFamily)).toMatch(/^"?Kofu Gaiji 1/);
  await clerk.page.waitForFunction(() => [...document.fonts].some((f) => f.family.includes('Kofu Gaiji 1') && f.status === 'loaded'));
  const other = await clerk.page.evaluate(async () => (await new FontFace('other', 'url("/api/fonts/screen.ttf?set=none")').load()).status);
  expect(other, 'a set without a font gives one without characters').toBe('loaded');
  await browser.close();
});
