// The counter with the practice city, by keyboard and scanner: from the check-in to the hand-over, office seats,
// the cards of tomorrow, and the close of a day.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Clerk, openBrowser } from './clerk';
import { accounts } from './server';

let browser: Browser;
let clerk: Clerk;

beforeAll(async () => {
  browser = await openBrowser();
  clerk = await Clerk.sitDown(browser);
  const account = accounts().find((a) => a.role === '窓口担当');
  if (!account) throw new Error('the server has no practice account of the counter (窓口担当)');
  await clerk.heading('サインイン');
  await clerk.fill(account.login, account.password);
  await clerk.press('Control+Enter');
  await clerk.heading('ホーム');
});
afterAll(() => browser.close());
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && process.env.KOFU_E2E_SHOTS) await clerk.page.screenshot({ path: `${process.env.KOFU_E2E_SHOTS}/failed.png` });
});

const get = <T>(url: string): Promise<T> => clerk.page.evaluate(async (address) => (await fetch(address)).json() as Promise<T>, url);
interface Visit { no: string; state: string; persons: { cardId: number; noticeNo: string; custody: string }[] }
async function visits(): Promise<Visit[]> {
  const { windows } = await get<{ windows: { id: string }[] }>('/api/counter');
  return (await get<{ rows: Visit[] }>(`/api/counter/visits?window=${windows[0]?.id ?? ''}`)).rows;
}

/** The first visit of somebody who may collect the card alone. */
async function adult(list: Visit[]): Promise<Visit | undefined> {
  for (const v of list) {
    const { birth } = await get<{ birth: string }>(`/api/cards/${v.persons[0]?.cardId ?? 0}`);
    if (birth < '2000') return v;
  }
  return undefined;
}

it('receives somebody by the number of the booking and leads to the hand-over, which finishes the visit', async () => {
  await clerk.open('本日の来庁');
  const visit = await adult((await visits()).filter((v) => v.state === 'active' && v.persons.length === 1));
  const card = visit?.persons[0]?.noticeNo ?? '';
  if (!visit || !card) throw new Error('the practice city has nobody who comes today');
  await clerk.type(visit.no);
  await clerk.press('Enter');
  await clerk.result('ok', visit.no);
  await clerk.page.locator(`[data-visit="${visit.no}"][data-state="arrived"]`).waitFor();
  await clerk.check('somebody is here');
  await clerk.press('Control+Enter');
  await clerk.heading(`窓口交付 ${card}`);
  await clerk.page.locator('[data-act="to_counter"][aria-disabled="false"]').focus();
  await clerk.press('Enter');
  await clerk.page.getByRole('form', { name: '交付の確認' }).waitFor();
  await clerk.scan(card);
  await clerk.page.getByText('このカードです。').first().waitFor();
  await clerk.scan(card);
  await clerk.focus('checkbox', '運転免許証');
  await clerk.press('Space');
  const old = clerk.page.getByRole('radio', { name: '持っていない' });
  for (let i = 0; i < (await old.count()); i++) {
    await old.nth(i).focus();
    await clerk.press('Space');
  }
  await clerk.page.locator('input[name=pin]').first().focus();
  await clerk.press('Space');
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-handed-over]').waitFor();
  await clerk.open('本日の来庁');
  await clerk.page.locator(`[data-visit="${visit.no}"][data-state="visited"]`).waitFor();
});

it('says when nobody has booked, and receives without a booking', async () => {
  const { rows } = await get<{ rows: { noticeNo: string }[] }>('/api/cards?status=NOTIFIED&custody=VAULT&sort=-receivedAt&limit=1');
  const no = rows[0]?.noticeNo ?? '';
  await clerk.scan(no);
  await clerk.result('other', no);
  await clerk.press('Alt+2');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.check('walk-in');
  await clerk.press('Control+Enter');
  await clerk.page.getByRole('dialog').waitFor({ state: 'detached' });
  await clerk.page.getByRole('heading', { level: 2, name: /^W\d\d-\d{3}$/ }).waitFor();
});

it('books office seats for tomorrow by phone, fetches the card and puts it back after the cancellation', async () => {
  await clerk.open('窓口予約');
  const { days } = await get<{ days: { day: string; free: number }[] }>(`/api/counter/seats?window=${(await get<{ windows: { id: string }[] }>('/api/counter')).windows[0]?.id ?? ''}`);
  await clerk.page.getByRole('combobox', { name: '日', exact: true }).selectOption(days[1]?.day ?? '');
  const { rows } = await get<{ rows: { noticeNo: string }[] }>('/api/cards?status=NOTIFIED&custody=VAULT&sort=deadline&limit=200');
  const no = rows.at(-1)?.noticeNo ?? '';
  await clerk.scan(no);
  await clerk.page.locator(`[data-guest="${no}"]`).waitFor();
  await clerk.page.locator('[data-slot]').last().focus();
  await clerk.press('Space');
  await clerk.check('office seats');
  await clerk.press('Control+Enter');
  const made = clerk.page.locator('[data-made]');
  await made.waitFor();
  const booking = (await made.getAttribute('data-made')) ?? '';
  expect(booking).toMatch(/^\d\d-9\d{4}$/);

  await clerk.open('明日の取り出し');
  await clerk.page.locator(`[data-pick="${no}"]`).waitFor();
  await clerk.scan(no);
  await clerk.result('ok', no);
  await clerk.page.locator(`[data-pick="${no}"].done`).waitFor();
  await clerk.check('card fetched');

  await clerk.open('窓口予約');
  await clerk.page.getByRole('combobox', { name: '日', exact: true }).selectOption(days[1]?.day ?? '');
  await clerk.page.locator(`[data-visit="${booking}"] button.danger`).focus();
  await clerk.press('Enter');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.press('Control+Enter');
  await clerk.page.locator(`[data-visit="${booking}"][data-state="cancelled"]`).waitFor();

  await clerk.open('明日の取り出し');
  await clerk.push(/^戻す/);
  await clerk.page.locator(`[data-return="${no}"]`).waitFor();
  await clerk.check('cards to put back');
  await clerk.scan(no);
  await clerk.result('ok', no);
  await clerk.page.locator(`[data-return="${no}"]`).waitFor({ state: 'detached' });
});

it('closes the day of a window, but not while somebody is here', async () => {
  await clerk.open('窓口の締め');
  const close = clerk.page.locator('[data-day] button');
  await close.first().focus();
  await clerk.press('Enter');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.press('Control+Enter');
  await clerk.page.getByText(/受付中の方が \d+ 人います/).waitFor();
  await clerk.press('Escape');
  await close.last().focus();
  await clerk.press('Enter');
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-closed]').waitFor();
  await clerk.check('closed');
});
