// The main day of an office, by keyboard and scanner alone, against a real server.
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Clerk, openBrowser } from './clerk';
import { lot } from './sample';
import { accounts, installationCode } from './server';

const mark = Math.floor(Date.now() / 1000) % 1_000_000;
const delivery = lot(12, mark);
const [first = '', second = '', third = ''] = delivery.numbers;
const secret = `sakura-${mark}-no-hana-saku`;
let browser: Browser;
let clerk: Clerk;

beforeAll(async () => {
  browser = await openBrowser();
  clerk = await Clerk.sitDown(browser);
});
afterAll(() => browser.close());
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && process.env.KOFU_E2E_SHOTS) await clerk.page.screenshot({ path: `${process.env.KOFU_E2E_SHOTS}/failed.png` });
});

const shown = (text: string | RegExp) => clerk.page.getByText(text).first().waitFor();
async function signIn(login: string, password: string) {
  await clerk.heading('サインイン');
  await clerk.fill(login, password);
  await clerk.press('Control+Enter');
}

it('signs in as administrator, by the first set-up or with an account of the practice city', async () => {
  await clerk.page.getByRole('heading', { level: 1 }).waitFor();
  await clerk.check('first page');
  if (installationCode) {
    await clerk.heading('はじめの設定');
    await clerk.fill(installationCode, 'E2E市', 'e2eadmin', '管理 太郎', secret, secret);
    await clerk.press('Control+Enter');
  } else {
    const admin = accounts().find((a) => a.role.includes('システム管理者')) ?? accounts()[0];
    if (!admin) throw new Error('the server offered no account');
    await signIn(admin.login, admin.password);
  }
  await clerk.heading('ホーム');
  await clerk.check('home');
});

it('makes an account for the clerk, whose first password is changed at once', async () => {
  await clerk.open('職員');
  await clerk.press('Alt+2');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.fill(`e2e${mark}`, '窓口 花子');
  for (const box of await clerk.page.getByRole('dialog').getByRole('checkbox').all()) {
    await box.focus();
    await clerk.press('Space');
  }
  await clerk.check('new account');
  await clerk.press('Control+Enter');
  const password = (await clerk.page.locator('[data-initial-password]').textContent()) ?? '';
  await clerk.press('Escape');
  await clerk.push('サインアウト');
  await signIn(`e2e${mark}`, password.trim());
  await clerk.heading('パスワード変更');
  await clerk.check('first password');
  await clerk.fill(password.trim(), secret, secret);
  await clerk.press('Control+Enter');
  await clerk.heading('ホーム');
});

it('imports the list of a parcel after a preview', async () => {
  await clerk.open('取込');
  await clerk.page.locator('input[type=file]').setInputFiles(delivery.file);
  await clerk.heading('取込の確認');
  await shown(/J-LIS 納品一覧/);
  await clerk.check('preview');
  await clerk.press('Control+Enter');
  await clerk.heading('取込の結果');
  await clerk.check('report');
});

it('refuses the same file a second time and says why', async () => {
  await clerk.open('取込');
  await clerk.page.locator('input[type=file]').setInputFiles(delivery.file);
  await clerk.heading('取込');
  await shown('このファイルは取り込めません');
  await clerk.check('refused file');
});

it('receives the cards by scan, undoes one, and closes with one missing', async () => {
  await clerk.open('納品の受入');
  await clerk.push(delivery.lotNo, 'link');
  await clerk.heading(`受入スキャン ${delivery.lotNo}`);
  await clerk.check('reception');
  await clerk.scan(first);
  await clerk.result('ok', first);
  await clerk.scan(second, true);
  await clerk.result('ok', second);
  await clerk.scan('E2E-999999');
  await clerk.page.locator('.pinned', { hasText: 'E2E-999999' }).waitFor();
  await clerk.press('Alt+1');
  await clerk.page.locator('.pinned').waitFor({ state: 'detached' });
  await clerk.press('Control+z');
  await clerk.page.locator('[data-counts]', { hasText: /12.*1.*11/s }).waitFor();
  for (const no of delivery.numbers.slice(1, 11)) {
    await clerk.scan(no);
    await clerk.result('ok', no);
  }
  await clerk.page.locator('[data-counts]', { hasText: /12.*11.*1/s }).waitFor();
  await clerk.check('reception with lines');
  await clerk.press('Control+Enter');
  await shown('欠品にして締める');
  await clerk.press('Control+Enter');
  await shown('この納品は締めています');
  expect(await clerk.page.evaluate(() => document.activeElement?.hasAttribute('data-scan'))).toBe(true);
});

it('marks the cards as inspected and preset in one go', async () => {
  await clerk.open('カード一覧');
  for (const act of ['検品済にする', '交付前設定済にする']) {
    await clerk.page.getByRole('combobox', { name: '発送番号' }).selectOption({ label: delivery.lotNo });
    await clerk.push(/^該当 12 件をすべて選ぶ/);
    await clerk.press('Alt+0');
    await clerk.page.getByRole('dialog').waitFor();
    await clerk.page.getByRole('combobox', { name: '操作' }).selectOption({ label: act });
    await shown('該当 12 件 / うち対象外 1 件');
    await clerk.check('bulk preview');
    await clerk.press('Control+Enter');
    await shown('11 件を処理しました');
    await clerk.press('Escape');
  }
});

/** The label of a box with room; an office without places first makes one of each kind. */
async function freeBox(): Promise<string> {
  const find = () => clerk.page.evaluate(async () => {
    const places = (await (await fetch('/api/places')).json()) as { kind: string; code: string; used: number; capacity: number }[];
    // With room for all cards of the parcel: practice has boxes with single gaps.
    return places.find((p) => p.kind === 'box' && p.capacity - p.used >= 12)?.code ?? '';
  });
  await clerk.open('保管場所');
  if (await find()) return find();
  for (const [parent, name] of [['', '本庁'], ['本庁', '保管庫'], ['本庁 › 保管庫', '棚A'], ['本庁 › 保管庫 › 棚A', '箱']] as const) {
    await clerk.press('Alt+2');
    const dialog = clerk.page.getByRole('dialog');
    await dialog.waitFor();
    if (parent) await dialog.getByRole('combobox', { name: 'どこの中に' }).selectOption({ label: parent });
    await clerk.focus('textbox', /^名前/);
    await clerk.type(name);
    await clerk.press('Control+Enter');
    await dialog.waitFor({ state: 'detached' });
    await clerk.page.getByRole('link', { name }).first().waitFor();
  }
  return find();
}

it('shelves the cards', async () => {
  const code = await freeBox();
  await clerk.open('保管', /^保管$/);
  await clerk.scan(code);
  await clerk.page.locator(`[data-place="${code}"]`).waitFor();
  for (const no of delivery.numbers.slice(0, 11)) {
    await clerk.scan(no);
    await clerk.result('ok', no);
  }
  await clerk.check('shelving with lines');
});

it('prints letters and labels and marks them as posted', async () => {
  await clerk.open('通知書・宛名');
  await clerk.press('Control+Enter');
  await clerk.heading(/^印刷 /);
  await clerk.check('print run');
  const open = clerk.page.locator('select[aria-label$="の扱い"]');
  for (let i = 0; i < (await open.count()); i++) {
    if ((await open.nth(i).inputValue()) !== '') continue;
    const saved = clerk.page.waitForResponse((r) => r.url().includes('/decisions'));
    await open.nth(i).selectOption('box');
    await saved;
  }
  await clerk.page.locator('[data-run-state="checked"]').waitFor();
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-run-state="ready"]').waitFor({ timeout: 120_000 });
  await clerk.check('print run with preview');
  await clerk.press('Control+Enter');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-run-state="posted"]').waitFor();
});

it('hands a card over at the counter and takes it back', async () => {
  await clerk.open('窓口交付');
  await clerk.scan(third);
  await clerk.heading(`窓口交付 ${third}`);
  await clerk.check('before the counter');
  await clerk.page.locator('[data-act="pick"]').focus();
  await clerk.press('Enter');
  await clerk.page.locator('[data-act="to_counter"][aria-disabled="false"]').focus();
  await clerk.press('Enter');
  await clerk.page.getByRole('form', { name: '交付の確認' }).waitFor();
  await clerk.scan(third);
  await shown('このカードです。');
  await clerk.scan(third);
  await clerk.focus('checkbox', '運転免許証');
  await clerk.press('Space');
  const old = clerk.page.getByRole('radio', { name: '持っていない' });
  for (let i = 0; i < (await old.count()); i++) {
    await old.nth(i).focus();
    await clerk.press('Space');
  }
  await clerk.page.locator('input[name=pin]').first().focus();
  await clerk.press('Space');
  await clerk.check('hand-over form');
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-handed-over]').waitFor();
  await clerk.check('handed over');
  await clerk.press('Control+z');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.type('人違い');
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-handed-over]').waitFor({ state: 'detached' });
  await clerk.push('カードの画面', 'link');
  await clerk.heading(`カード ${third}`);
  await shown('人違い');
  await clerk.check('card page');
});

it('exports the list as spreadsheet and as CSV', async () => {
  await clerk.open('カード一覧');
  for (const [key, start] of [['Alt+8', 'PK'], ['Alt+7', '\ufeff']] as const) {
    const downloading = clerk.page.waitForEvent('download');
    await clerk.press(key);
    const path = await (await downloading).path();
    expect((await readFile(path)).toString('utf8').slice(0, start.length)).toBe(start);
  }
});

it('has no accessibility finding on the other screens', async () => {
  for (const screen of ['設定', '予約連携の設定', '外字フォント', '庁内PCの接続', '操作の記録', 'ヘルプ', 'パスワード変更']) await clerk.open(screen);
});

it('opens the card of a scan from a screen that has no scan field', async () => {
  await clerk.open('ホーム');
  await clerk.scan(first, true);
  await clerk.heading(`カード ${first}`);
});

it('says in words when a screen is not there', async () => {
  await clerk.page.evaluate(() => { location.hash = '#/nowhere'; });
  await clerk.heading('画面がありません');
  await clerk.check('unknown screen');
});

it('locks, keeps the screen, and comes back to it', async () => {
  await clerk.open('操作の記録');
  await clerk.push('ロック');
  await clerk.heading('画面をロックしています');
  await clerk.check('locked');
  await clerk.type(secret);
  await clerk.press('Control+Enter');
  await clerk.heading('操作の記録');
});
