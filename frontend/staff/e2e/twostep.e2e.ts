// The second factor: set up with an app, asked for at sign-in, ended by the administrator.
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { Clerk, openBrowser } from './clerk';
import { accounts, type Account } from './server';

const account = (role: string): Account => {
  const found = accounts().find((a) => a.role === role);
  if (!found) throw new Error(`the server has no practice account of ${role}`);
  return found;
};

/** What an app shows for the secret, some steps of 30 seconds from now (RFC 6238). */
function codeOf(secret: string, steps: number): string {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(step).digest();
  const at = (mac[19] ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function signIn(clerk: Clerk, who: Account): Promise<void> {
  await clerk.heading('サインイン');
  await clerk.fill(who.login, who.password);
  await clerk.press('Control+Enter');
}

it('asks for the code of an app, and lets the administrator end it', async () => {
  const auditor = account('監査');
  const browser = await openBrowser();
  const clerk = await Clerk.sitDown(browser);
  const { page } = clerk;
  await signIn(clerk, auditor);
  await clerk.heading('ホーム');
  await clerk.open('2 段階認証');
  await clerk.type(auditor.password);
  await clerk.press('Control+Enter');
  await page.getByRole('img', { name: '認証アプリで読み取る QR コード' }).waitFor();
  await clerk.check('QR code');
  const secret = (await page.locator('.secret').innerText()).trim();
  await clerk.focus('textbox', /認証コード/);
  await clerk.type(codeOf(secret, 0));
  await clerk.press('Control+Enter');
  await page.getByRole('heading', { name: '回復コード' }).waitFor();
  await clerk.check('recovery codes');
  const recovery = await page.locator('.codes li').allInnerTexts();
  expect(recovery).toHaveLength(10);

  await clerk.push('サインアウト');
  await signIn(clerk, auditor);
  await page.getByLabel(/認証コード/).waitFor();
  await clerk.check('second step');
  await clerk.type('000000');
  await clerk.press('Control+Enter');
  await page.getByText('コードが違うか').waitFor();
  await clerk.focus('textbox', /認証コード/);
  await clerk.type(codeOf(secret, 1)); // the one of now has been used
  await clerk.press('Control+Enter');
  await clerk.heading('ホーム');

  await clerk.push('サインアウト');
  await signIn(clerk, account('システム管理者'));
  await clerk.heading('ホーム');
  await clerk.open('職員');
  await clerk.push(/^2 段階認証を解除/);
  await page.getByRole('button', { name: /^2 段階認証を解除/ }).waitFor({ state: 'detached' });
  await clerk.push('サインアウト');
  await signIn(clerk, auditor);
  await clerk.heading('ホーム');
  await browser.close();
});
