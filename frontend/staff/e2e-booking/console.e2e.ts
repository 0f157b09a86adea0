// Staff of a municipality: opening hours, a booking for somebody on the phone, the scanner at the
// reception, the board, a day that must be closed; and every screen of the menu for accessibility.
import { mkdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Clerk, openBrowser } from '../e2e/clerk';
import { Resident, small } from './resident';
import { aoba, policy, sql } from './town';

const shots = process.env.KOFU_SHOTS ?? '';
let browser: Browser;
let lead: Clerk;
let no = '';

async function signIn(role: string): Promise<Clerk> {
  const account = aoba.accounts.find((a) => a.role === role);
  if (!account) throw new Error(`no account of ${role}`);
  const clerk = await Clerk.sitDown(browser);
  await clerk.heading('サインイン');
  await clerk.check('サインイン');
  await clerk.fill(account.login, account.password);
  await clerk.press('Control+Enter');
  await clerk.heading('ホーム');
  return clerk;
}

/** Registers a day that differs from the weekly pattern. */
async function exception(kind: string, fields: Record<string, string>): Promise<void> {
  await lead.push('例外の日を追加');
  const dialog = lead.page.getByRole('dialog');
  await dialog.getByLabel(kind).check();
  for (const [label, value] of Object.entries(fields)) await dialog.getByLabel(label).fill(value);
  await look(lead, `exception-${kind}`);
  await dialog.getByRole('button', { name: '登録' }).click();
  await lead.page.getByRole('cell', { name: fields.理由 ?? '' }).waitFor();
}

/** Goes to a screen and has it checked and pictured. */
async function go(clerk: Clerk, hash: string, name = hash.replaceAll('/', '-')): Promise<void> {
  await clerk.page.evaluate((to) => { location.hash = `#${to}`; }, hash);
  await clerk.page.waitForTimeout(200);
  await clerk.page.getByRole('heading', { level: 1 }).waitFor();
  await clerk.page.waitForLoadState('networkidle');
  await look(clerk, name);
}
async function look(clerk: Clerk, name: string): Promise<void> {
  await clerk.check(name);
  expect(await clerk.page.evaluate(() => document.documentElement.scrollWidth), `width of ${name}`).toBeLessThanOrEqual(1366);
  expect(await clerk.page.locator('body').innerText(), `keys shown by ${name}`).not.toMatch(/\bui\.[a-z_]+\.[a-z_]+/);
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await clerk.page.screenshot({ path: `${shots}/console-${name}.png` });
  }
}

beforeAll(async () => {
  browser = await openBrowser();
  lead = await signIn('lead');
});
afterAll(async () => { await browser.close(); });
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await lead.page.locator('main').innerText());
});

it('BK402: every screen of the administrator can be used by everybody', async () => {
  const clerk = await signIn('admin');
  const menu = await clerk.page.getByRole('navigation').locator('a').evaluateAll((links) => links.map((a) => a.getAttribute('href') ?? ''));
  expect(menu.length).toBeGreaterThan(5);
  for (const to of new Set(menu.filter((href) => href.startsWith('#/')))) await go(clerk, to.slice(1), `admin${to.slice(1).replaceAll('/', '-')}`);
  for (const to of ['/password', '/two-step', '/help']) await go(clerk, to);
  await clerk.page.context().close();
});

it('BK301 BK302 BK303: opening hours', async () => {
  await go(lead, '/windows');
  await go(lead, '/windows/EKI');
  await go(lead, '/calendar/EKI');
  await go(lead, '/openings');
  await go(lead, '/windows/EKI');
  await exception('電話だけ', { 最終日: '+9', 初日: '+9', 理由: '設備の点検のため' });
  // Whatever day and hour it is, the reception has something to do.
  sql('UPDATE office_window SET last_start = 1410, last_end = 1440 WHERE tenant = 1');
  await exception('臨時の開設', { 開始: '0', 終了: '2400', Web定員: '2', 窓口定員: '2', 理由: '夜間の受付' });
  await lead.page.getByRole('cell', { name: 'Web 2、窓口 2' }).waitFor();
  await look(lead, 'exception-added');
});

it('BK501: a booking for somebody on the phone', async () => {
  await go(lead, '/book');
  await lead.scan((aoba.codes[9]?.code ?? '').replaceAll('-', ''));
  await lead.page.getByRole('heading', { name: '新しい予約' }).waitFor();
  await look(lead, 'book-new');
  await lead.page.getByLabel('Web枠').check();
  await lead.page.getByRole('group', { name: '手続' }).getByRole('checkbox').first().check();
  const free = lead.page.getByRole('radio', { name: /あと \d+ 人$/ });
  // A week from now is before every deadline, whatever holidays there are.
  for (let day = 0; day < 18 && (day < 7 || !await free.first().isVisible()); day++) {
    const seats = lead.page.waitForResponse((answer) => answer.url().includes('/seats'));
    await lead.page.getByRole('button', { name: '次の日' }).click();
    await (await seats).finished();
  }
  await free.last().check();
  await look(lead, 'book-chosen');
  await lead.page.getByRole('button', { name: '予約する' }).click();
  no = await lead.page.locator('[data-booked]').getAttribute('data-booked') ?? '';
  expect(no).toMatch(/^\d\d-\d+$/);
  await look(lead, 'book-done');
});

it('BK502 BK505: the scanner of the reception, and the board', async () => {
  await go(lead, '/reception');
  await lead.scan((aoba.codes[9]?.code ?? '').replaceAll('-', ''));
  await lead.page.locator('[data-tone]').filter({ hasText: no }).waitFor();
  await look(lead, 'reception-other');
  await lead.press('F10');
  await lead.page.locator('[data-tone="ok"]').waitFor();
  await look(lead, 'reception-arrived');
  await lead.page.getByRole('button', { name: '完了', exact: true }).click();
  await lead.page.getByRole('button', { name: '一つ前の状態に戻す' }).waitFor();
  await look(lead, 'reception-done');
  await go(lead, '/board');
  for (const to of ['/calls', '/missing', '/mails', '/wishes', '/over']) await go(lead, to);
});

it('BK504 BK601: a search that is kept and shared, a booking opened, its contact data for a reason', async () => {
  await go(lead, '/search');
  await lead.page.getByLabel('来場日(から)').fill('+0');
  await lead.press('F3');
  await lead.page.getByRole('row').nth(1).waitFor();
  await look(lead, 'search-found');
  await lead.press('F6');
  await lead.page.getByLabel('条件の名前').fill('これからの予約');
  await lead.page.getByLabel('ほかの職員と共有').check();
  await look(lead, 'search-keep');
  await lead.press('Control+Enter');
  await lead.page.getByRole('option', { name: 'これからの予約(共有)' }).waitFor({ state: 'attached' });
  await lead.page.getByRole('button', { name: '入力を消す' }).click();
  expect(await lead.page.getByLabel('来場日(から)').inputValue()).toBe('');
  await lead.page.getByLabel('保存した条件').selectOption({ label: 'これからの予約(共有)' });
  await lead.page.getByRole('row').nth(1).waitFor();
  // Somebody among them has left an address.
  for (let row = 0; row < 20; row++) {
    await lead.page.getByRole('button', { name: /^予約 .+ を開く$/ }).nth(row).click();
    await lead.page.getByRole('dialog').getByText('1 人目').waitFor();
    if (await lead.page.locator('[data-field="mail"]').isVisible()) break;
    await lead.press('Escape');
  }
  expect(await lead.page.locator('[data-field="mail"]').innerText()).toMatch(/^j＊＊＊@/);
  await look(lead, 'booking-masked');
  await lead.page.getByLabel('理由').fill('本人から電話があったため');
  await lead.press('Enter');
  await lead.page.locator('[data-field="mail"]').filter({ hasText: 'juumin' }).waitFor();
  await look(lead, 'booking-revealed');
  await lead.press('Escape');
});

it('BK106: the number for somebody who has forgotten the password, told and used', async () => {
  await policy(1, { authModes: ['link+password'], resetBy: 'pin' });
  await go(lead, '/windows');
  await lead.press('Control+k');
  await lead.page.getByLabel('画面の名前、予約番号、受付番号').waitFor();
  await lead.page.keyboard.insertText(aoba.codes[8]?.code ?? '');
  await lead.press('Enter');
  await lead.page.getByRole('button', { name: 'パスワードの決め直し' }).click();
  await lead.page.getByLabel('本人を確かめた方法').fill('窓口で運転免許証を確認');
  await look(lead, 'reset-ask');
  await lead.press('Control+Enter');
  const number = lead.page.getByText(/^\d{3} \d{3}$/);
  await number.waitFor();
  const pin = (await number.innerText()).replace(' ', '');
  await look(lead, 'reset-number');
  await lead.page.getByRole('button', { name: '伝えました' }).click();
  expect(await number.count()).toBe(0);
  sql("UPDATE member SET birth_mac = '' WHERE tenant = 1 AND kind = 'code'"); // as an office makes codes for this way
  const chosen = 'mukashi mukashi 8', code = aoba.codes[8]?.code ?? '';
  await Resident.visits(browser, { lang: 'ja', ...small }, async (r) => {
    await r.open('/pin');
    await r.send('/pin', { code, pin, password: chosen, again: chosen });
    await r.look('pin-used', 'password.changed');
    await r.open('/pin');
    await r.send('/pin', { code, pin, password: 'another one 9', again: 'another one 9' });
    await r.look('pin-used-twice', 'pin.title', 409);
    await r.open('/code');
    await r.send('/code', { code, password: chosen });
    expect(r.page.url()).not.toContain('/code');
  });
  await policy(1, { authModes: ['link+birth'] });
});

it('BK1003 BK1005 BK1006 BK1007: every report on screen, with its chart', async () => {
  await go(lead, '/reports');
  const kinds = await lead.page.getByLabel('帳票', { exact: true }).locator('option').evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value));
  expect(kinds.length).toBeGreaterThanOrEqual(5);
  for (const kind of kinds) {
    await lead.page.getByLabel('帳票', { exact: true }).selectOption(kind);
    await lead.page.waitForLoadState('networkidle');
    await look(lead, `report-${kind}`);
    for (const svg of await lead.page.locator('svg[role="img"]').all()) expect(await svg.locator('title').textContent()).not.toBe('');
  }
  for (const to of ['/day-lists', '/inquiries', '/inquiries/call']) await go(lead, to);
});

it('BK905: a day that must be closed', async () => {
  await go(lead, '/closing');
  // Days as clerks type them: from tomorrow for a week.
  await lead.page.getByLabel('最終日').fill('+8');
  await lead.page.getByLabel('初日').fill('+1');
  await lead.page.getByLabel('理由').fill('大雪のため');
  await lead.page.getByRole('button', { name: '予約を確かめる' }).click();
  await lead.page.getByRole('button', { name: '閉鎖して、予約を移し、知らせる' }).waitFor();
  expect(await lead.page.getByRole('row').count()).toBeGreaterThan(5);
  await look(lead, 'closing-plan');
  await lead.page.getByRole('button', { name: '閉鎖して、予約を移し、知らせる' }).click();
  await lead.page.getByText('閉鎖しました。').waitFor();
  await look(lead, 'closing-done');
});
