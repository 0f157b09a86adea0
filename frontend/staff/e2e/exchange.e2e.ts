// The exchange with the booking service as people of a city hall do it for the first time, by the screens
// alone: keys, comparison by two accounts, keys of codes, bundles out and in by a medium, a lost medium, and a
// restore. The booking service is the real one, by its commands.
import { data } from './fresh';
import { copyFileSync, readdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Clerk, openBrowser } from './clerk';
import { Peer } from './peer';
import { accounts } from './server';

const shots = process.env.KOFU_E2E_SHOTS;
/** The folder that stands for a medium in practice. */
const medium = `${data}/medium`;
let browser: Browser;
let clerk: Clerk;
let peer: Peer;

async function signIn(role: string): Promise<void> {
  const account = accounts().find((a) => a.role === role);
  if (!account) throw new Error(`the server has no practice account of ${role}`);
  await clerk.heading('サインイン');
  await clerk.fill(account.login, account.password);
  await clerk.press('Control+Enter');
  await clerk.heading('ホーム');
}
/** Checks what is shown, and keeps a picture of it in both sizes. */
async function look(name: string): Promise<void> {
  await clerk.page.waitForLoadState('networkidle');
  await clerk.check(name);
  expect(await clerk.page.evaluate(() => document.documentElement.scrollWidth), `width of ${name}`).toBeLessThanOrEqual(1366);
  expect(await clerk.page.locator('body').innerText(), `codes shown by ${name}`).not.toMatch(/\b(ui|exchange)\.[a-z_]+/);
  if (!shots) return;
  await clerk.page.screenshot({ path: `${shots}/x-${name}.png` });
  await clerk.page.setViewportSize({ width: 1920, height: 1080 });
  await clerk.page.screenshot({ path: `${shots}/x-${name}-wide.png` });
  await clerk.page.setViewportSize({ width: 1366, height: 768 });
}
const says = (words: string | RegExp) => clerk.page.getByText(words).first().waitFor();
const choose = (path: string) => clerk.page.locator('input[type=file]').first().setInputFiles(path);
const stage = (n: number, stand: string) => clerk.page.locator(`[data-stage="${n}"][data-state="${stand}"]`).waitFor();
async function saved(button: string): Promise<string> {
  const [file] = await Promise.all([clerk.page.waitForEvent('download'), clerk.push(button)]);
  const path = `${peer.folder}/${file.suggestedFilename()}`;
  await file.saveAs(path);
  return path;
}
const written = () => readdirSync(medium).filter((name) => name.endsWith('.kfb'));
/** Writes what is chosen to the medium and returns the new file there. */
async function write(): Promise<string> {
  const before = written();
  await clerk.page.getByRole('radio', { name: /フォルダー「medium」/ }).focus();
  await clerk.press('Space');
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-made]').waitFor();
  return `${medium}/${written().find((name) => !before.includes(name)) ?? ''}`;
}

beforeAll(async () => {
  peer = await Peer.start();
  browser = await openBrowser();
  clerk = await Clerk.sitDown(browser);
  await signIn('管理者');
}, 240_000);
afterAll(async () => {
  await browser.close();
  peer.end();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && shots) await clerk.page.screenshot({ path: `${shots}/failed.png` });
});

it('KT1000: the screen leads through the keys; two people compare them, and one person twice is not enough', async () => {
  await clerk.open('予約連携');
  await says('連携を始める手順');
  await look('begin');
  await clerk.push('鍵の交換を始める', 'link');
  await clerk.heading('鍵の交換');
  await stage(1, 'now');
  await look('keys-none');
  await clerk.page.getByRole('textbox', { name: /団体番号/ }).focus();
  await clerk.type(peer.tenant);
  await clerk.press('Control+Enter');
  await stage(2, 'now');
  await look('keys-made');
  const { file, fingerprint } = peer.keys();
  peer.run('read', [await saved('公開鍵(.kpub)を保存')]);
  await choose(file);
  await stage(4, 'now');
  expect(await clerk.page.getByRole('figure', { name: fingerprint }).count()).toBe(1);
  await look('keys-offered');
  const own = (await clerk.page.getByRole('figure', { name: /^庁内の指紋/ }).getAttribute('aria-label')) ?? '';
  await clerk.push('一致を記録する'); // not ticked yet
  await clerk.focus('checkbox', /8組すべてが一致/);
  await clerk.press('Space');
  await clerk.push('一致を記録する');
  await says('の確認を記録しました');
  expect(await clerk.page.locator('[data-confirm]').count()).toBe(0);
  await look('keys-first');
  await clerk.push('サインアウトして2人目に代わる');
  await signIn('システム管理者');
  await clerk.open('鍵の交換');
  await says('2人目として');
  await clerk.focus('checkbox', /8組すべてが一致/);
  await clerk.press('Space');
  await clerk.push('一致を記録する');
  await stage(5, 'now');
  await says('確認した人');
  await look('keys-compared');
  peer.confirm(own.replace('庁内の指紋 ', ''));
});

it('KT107: the keys of the codes go first, then the records; both are read back from the medium', async () => {
  await clerk.push('連携コードの鍵を書き出す', 'link');
  await clerk.heading('連携ファイルの書き出し');
  await clerk.page.getByRole('radio', { name: '連携コードの鍵', checked: true }).waitFor();
  await clerk.page.getByRole('textbox', { name: /媒体番号/ }).fill('USB-007');
  await clerk.page.getByRole('textbox', { name: /承認番号/ }).fill('R8-総-0042');
  await clerk.page.getByRole('textbox', { name: /承認者/ }).fill('市民課長 佐藤');
  await look('out');
  const codes = await write();
  await says('書き込んだ内容と一致');
  await look('out-done');
  await clerk.push('搬送記録票を印刷');
  await clerk.page.locator('iframe').waitFor();
  await clerk.push('続けて連携データを書き出す');
  await clerk.page.getByRole('radio', { name: '連携データ', checked: true }).waitFor();
  const first = await write();
  for (const file of [codes, first]) peer.run('take', [file]);
  const given = String(peer.run('give', ['--out', peer.folder]).file);
  copyFileSync(given, `${medium}/back.kfb`);
});

it('KT107: what came back is looked at and taken in from the medium, and the first bundle has arrived', async () => {
  await clerk.open('予約連携');
  await says('未達');
  await look('half');
  await clerk.push(/^取り込む/, 'link');
  await clerk.heading('連携ファイルの取り込み');
  await clerk.page.locator('[data-file="back.kfb"]').waitFor();
  await look('in');
  await clerk.page.locator('[data-file="back.kfb"]').focus();
  await clerk.press('Enter');
  await clerk.page.locator('[data-look]').waitFor();
  await look('in-look');
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-taken]').waitFor();
  await look('in-taken');
  await clerk.open('予約連携');
  await says('届いた');
  expect(await clerk.page.getByText('連携を始める手順').count()).toBe(0);
  await look('running');
  await clerk.open('搬送の記録');
  await clerk.page.locator('[data-carry][data-state="arrived"]').waitFor();
  await look('carries');
});

it('KT1000: a file that is no bundle is refused with what to do', async () => {
  await clerk.open('連携ファイルの取り込み');
  await clerk.page.locator('input[type=file]').setInputFiles({ name: 'other.kfb', mimeType: 'application/octet-stream', buffer: Buffer.from('no bundle') });
  await says(/E-DECRYPT/);
  await look('refused');
});

it('KT107: a lost medium is recorded by its way, and says what comes next', async () => {
  await clerk.open('媒体紛失');
  await clerk.page.locator('input[name=bundle]').first().focus();
  await clerk.press('Space');
  await look('lost');
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-lost="out"]').waitFor();
  await look('lost-done');
});

it('Case 11: after a restore the screen waits for the answer and has the counts compared', async () => {
  await clerk.open('復元後の確認');
  await look('restore');
  await clerk.push('復元後の確認を始める');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.press('Control+Enter');
  await stage(2, 'now');
  await look('restore-wait');
  await clerk.push('書き出す', 'link');
  await clerk.heading('連携ファイルの書き出し');
  const asks = await write();
  expect(() => peer.run('take', [asks])).toThrow(/E-EPOCH|バックアップ/);
  peer.run('accept');
  peer.run('take', [asks]);
  copyFileSync(String(peer.run('give', ['--out', peer.folder]).file), `${medium}/answer.kfb`);
  await clerk.open('連携ファイルの取り込み');
  await clerk.page.locator('[data-file="answer.kfb"]').focus();
  await clerk.press('Enter');
  await clerk.page.locator('[data-look]').waitFor();
  await clerk.press('Control+Enter');
  await clerk.page.locator('[data-taken]').waitFor();
  await clerk.open('復元後の確認');
  await stage(3, 'now');
  await look('restore-compare');
  await clerk.focus('checkbox', /件数を比べ/);
  await clerk.press('Space');
  await clerk.push('確認して再開');
  await clerk.page.getByRole('dialog').waitFor();
  await clerk.press('Control+Enter');
  await says('再開しました');
});
