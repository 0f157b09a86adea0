// Passwords: the first one after the code, signing in with it, and a new one by a mail or by the number
// that staff tell.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openBrowser } from '../e2e/browser';
import { Outbox } from './outbox';
import { Resident, titled } from './resident';
import { code, forgetAttempts, policy, sql } from './town';

let browser: Browser;
let outbox: Outbox;
beforeAll(async () => {
  browser = await openBrowser();
  outbox = await Outbox.open(1);
  sql("UPDATE member SET birth_mac = '' WHERE tenant = 1 AND kind = 'code'");
  await policy(1, { authModes: ['link+password'], senderAddress: 'yoyaku@aoba.example', mailsPerDay: 10, resetBy: 'pin' });
});
afterAll(async () => {
  await browser.close();
  outbox.close();
});
beforeEach(forgetAttempts);

const first = 'hototogisu naku 7', second = 'kawazu tobikomu 9';

it.each(titled)('BK105 BK106 BK901: a password, forgotten and chosen again: $title', ({ way, n }) => Resident.visits(browser, way, async (r) => {
  const { code: number } = code(n);
  const to = `word${n}@resident.example`;
  await r.open('/code');
  await r.look('with-password', 'code.title');
  await r.send('/code', { code: number });
  await r.look('password', 'password.title');
  await r.send('/password', { password: 'short', again: 'short' });
  await r.look('password-short', 'password.title', 422);
  await r.send('/password', { password: first, again: second, c_mail: 'nobody' });
  await r.look('password-differ', 'password.title', 422);
  await r.send('/password', { password: first, again: first, c_mail: to });
  await r.look('password-chosen', 'procedure.title');
  await r.context.clearCookies();
  await r.open('/code');
  await r.send('/code', { code: number, password: second });
  await r.look('password-wrong', 'code.title', 403);

  await r.follow('main a[href$="/forgot"]');
  await r.look('forgot', 'forgot.title');
  await r.send('/forgot');
  await r.look('forgot-empty', 'forgot.title', 422);
  await r.send('/forgot', { code: number, c_mail: to });
  await r.look('forgot-sent', 'forgot.done');
  const link = await outbox.link(to, '/mail/');
  await r.visit(link);
  await r.look('reset', 'password.reset_title');
  await r.send('/mail/', { password: second, again: first });
  await r.look('reset-differ', 'password.reset_title', 422);
  await r.send('/mail/', { password: second, again: second });
  await r.look('reset-done', 'password.changed');
  await r.visit(link);
  await r.look('reset-dead', 'mail.dead', 404);
  await r.open('/code');
  await r.send('/code', { code: number, password: second });
  await r.look('password-entered', 'procedure.title');

  await r.open('/forgot');
  await r.follow('main a[href$="/pin"]');
  await r.look('pin', 'pin.title');
  await r.send('/pin', { code: '1', pin: '', password: first, again: second });
  await r.look('pin-empty', 'pin.title', 422);
  await r.send('/pin', { code: number, pin: '000000', password: first, again: first });
  await r.look('pin-wrong', 'pin.title', 409);
}));

it.each(titled.slice(0, 1).concat(titled.slice(3, 4)))('BK105 BK901: too many wrong passwords: $title', ({ way }) => Resident.visits(browser, way, async (r) => {
  await r.open('/code');
  for (let tries = 0; tries < 12 && await r.status() !== 429; tries++) await r.send('/code', { code: code(0).code, password: 'not this one' });
  await r.look('password-locked', 'code.title', 429);
  forgetAttempts();
}));

it.each(titled)('BK106 BK901: a new code by post: $title', async ({ way, n }) => {
  if (n === 0) await policy(1, { resetBy: 'post', senderAddress: '' });
  await Resident.visits(browser, way, async (r) => {
    await r.open('/forgot');
    await r.look('forgot-post', 'forgot.title');
    expect(await r.page.locator('main form').count()).toBe(0);
    await r.open('/pin');
    await r.look('pin-off', 'error.404.title', 404);
  });
});
