// 要連絡, the release of codes and marks of protection with the practice city, by keyboard.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Clerk, openBrowser } from './clerk';
import { accounts } from './server';

let browser: Browser;
let clerk: Clerk;

async function signIn(role: string): Promise<Clerk> {
  const one = await Clerk.sitDown(browser);
  const account = accounts().find((a) => a.role === role);
  if (!account) throw new Error(`the server has no practice account of the role ${role}`);
  await one.heading('サインイン');
  await one.fill(account.login, account.password);
  await one.press('Control+Enter');
  await one.heading('ホーム');
  return one;
}
beforeAll(async () => {
  browser = await openBrowser();
  clerk = await signIn('管理者');
});
afterAll(() => browser.close());
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && process.env.KOFU_E2E_SHOTS) await clerk.page.screenshot({ path: `${process.env.KOFU_E2E_SHOTS}/failed.png` });
});

const row = (who: Clerk, kind: number) => who.page.locator(`[data-kind="${kind}"]`);
const badge = async () => Number((await clerk.page.locator('[data-badge="cases"]').textContent().catch(() => '0'))?.replace(/\D/g, ''));

it('Case01 keeps the booking of a stopped card by one key, and the second clerk is told', async () => {
  const other = await signIn('窓口担当');
  await other.open('要連絡');
  await clerk.open('要連絡');
  const before = await badge();
  expect(before).toBe(await clerk.page.locator('[data-case]').count());
  await row(clerk, 1).waitFor();
  await clerk.press('Home');
  expect(await row(clerk, 1).getAttribute('aria-selected')).toBe('true');
  await clerk.press('k');
  await clerk.page.locator('[data-done]').waitFor();
  await row(clerk, 1).waitFor({ state: 'detached' });
  expect(await badge()).toBe(before - 1);
  await other.press('Home');
  await other.press('r');
  await other.page.getByText('さんがすでに処理しました').waitFor();
  await row(other, 1).waitFor({ state: 'detached' });
  await other.check('a case that somebody else has decided');
  await other.page.context().close();
});

it('Case03 shows both bookings side by side; Enter settles it, but not in the note', async () => {
  await row(clerk, 3).click();
  await clerk.page.locator('[data-booking]').nth(1).waitFor();
  expect(await clerk.page.locator('[data-booking]').count()).toBe(2);
  await clerk.check('two bookings of one person');
  await clerk.page.getByRole('grid').focus();
  await clerk.page.getByRole('textbox', { name: /メモ/ }).focus();
  await clerk.type('電話で確かめた');
  await clerk.press('Enter'); // in the note it decides nothing
  await row(clerk, 3).waitFor();
  await clerk.page.getByRole('grid').focus();
  await clerk.press('Enter');
  await row(clerk, 3).waitFor({ state: 'detached' });
});

it('Case08 lists the bookings of a slot that is taken beyond what it holds', async () => {
  await row(clerk, 8).click();
  await clerk.page.locator('[data-booking]').nth(1).waitFor();
  expect(await clerk.page.locator('[data-decide]').count()).toBe(1);
});

it('Case09 moves a booking by phone to a free time while the window is closed', async () => {
  await row(clerk, 9).click();
  const seat = clerk.page.locator('[data-seat]').first();
  await seat.focus();
  await clerk.press('Enter');
  await row(clerk, 9).waitFor({ state: 'detached' });
  await clerk.page.getByText('に移し、連絡済にしました').waitFor();
});

it('keeps who decided what in 処理済', async () => {
  await clerk.push('処理済');
  await row(clerk, 3).waitFor();
  await row(clerk, 3).click();
  await clerk.page.getByText('電話で確かめた').waitFor();
  await clerk.check('decided cases');
});

it('KT1000 registers the codes of a print run again with other terms', async () => {
  await clerk.open('通知書・宛名');
  await clerk.page.getByRole('link', { name: /^\d{4}-\d{4}-\d\d$/ }).last().focus(); // that of the practice city
  await clerk.press('Enter');
  await clerk.page.locator('[data-release]').getByText(/登録 \d+通/).waitFor();
  await clerk.push('条件を変えて登録し直す');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.check('release of codes');
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-released]').waitFor();
});

it('TB10 sets a mark of protection with a reason, and takes it off', async () => {
  const { rows } = await clerk.page.evaluate(async () => (await fetch('/api/cards?status=NOTIFIED&custody=VAULT&sort=noticeNo&limit=200')).json() as Promise<{ rows: { id: number; noticeNo: string }[] }>);
  const card = rows.at(-1);
  if (!card) throw new Error('the practice city has no card that was notified');
  await clerk.page.evaluate((id) => { location.hash = `/cards/${id}`; }, card.id);
  await clerk.heading(new RegExp(card.noticeNo));
  await clerk.push('支援措置の記録を見る');
  await clerk.push('支援措置を登録する');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.page.getByRole('textbox', { name: /理由/ }).focus();
  await clerk.type('申出第12号');
  await clerk.check('mark of protection');
  await clerk.press('Control+Enter');
  await clerk.page.getByText(/支援措置の期間中です/).waitFor();
  await clerk.push('支援措置を解除する');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.type('終了の届出');
  await clerk.press('Control+Enter');
  await clerk.page.getByRole('button', { name: '支援措置を登録する' }).waitFor();
});

it('Case10 orders another letter for a lost one from the card page', async () => {
  await clerk.push('通知書を作り直す');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.check('another letter');
  await clerk.press('Control+Enter');
  await clerk.heading(/^印刷 \d{4}-/);
  await clerk.page.getByText(/^1 通/).first().waitFor();
});
