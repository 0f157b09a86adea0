// The other languages, on the screen of a small phone; text size and contrast.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openBrowser } from '../e2e/browser';
import { Resident } from './resident';
import { code, forgetAttempts } from './town';

let browser: Browser;
beforeAll(async () => { browser = await openBrowser(); });
afterAll(async () => { await browser.close(); });
beforeEach(forgetAttempts);

const others = ['zh-Hans', 'zh-Hant', 'ko', 'vi', 'pt-BR', 'es', 'fil', 'ne', 'id', 'my', 'th'];

it('BK903: these are all languages', () => Resident.visits(browser, { lang: 'ja', js: false, width: 240, height: 320 }, async (r) => {
  await r.open('/language');
  const offered = await r.page.locator('main ul.choices a').evaluateAll((links) => links.map((a) => a.getAttribute('href')?.split('/')[1] ?? ''));
  expect(offered).toEqual(['ja', 'ja-easy', 'en', ...others]);
}));

it.each(others)('BK208 BK903: a whole booking in %s', (lang) => Resident.visits(browser, { lang, js: true, width: 240, height: 320 }, async (r) => {
  await r.open('/');
  await r.look('start', 'start.title');
  await r.open('/code');
  await r.send('/code');
  await r.look('code-empty', 'code.title', 422);
  await r.show(code(6));
  await r.look('procedure', 'procedure.title');
  await r.upToDays();
  await r.look('days', 'days.title');
  await r.follow('.pager a[href*="view=month"]');
  await r.look('month', 'days.title');
  await r.follow('.pager a:not([href*="view=month"])');
  await r.upToConfirm();
  await r.look('confirm', 'confirm.title');
  await r.book();
  await r.look('booked', 'done.title');
  await r.cancel();
  await r.look('cancelled', 'done.cancelled');
}));

it.each(['ja', 'ja-easy', 'en'])('BK902: text size and contrast stay on the next page and in the next browser, in %s', async (lang) => {
  const way = { lang, js: false, width: 320, height: 480 };
  const r = await Resident.come(browser, way);
  await r.open('/view');
  await r.follow('a[href*="size=xl"]');
  await r.open('/view');
  await r.follow('a[href*="high=1"]');
  await r.signIn(code(5));
  await r.look('procedure-xl-high', 'procedure.title');
  expect(await r.page.locator('html').getAttribute('class')).toMatch(/xl.*high|high.*xl/);
  const storageState = await r.context.storageState();
  await r.leave();
  // What has no time to live ends with the browser.
  storageState.cookies = storageState.cookies.filter((c) => c.expires > 0);
  const later = await Resident.come(browser, { ...way, js: true }, { storageState });
  await later.open('/free');
  await later.look('free-xl-high', 'free.window');
  expect(await later.page.locator('html').getAttribute('class')).toMatch(/xl.*high|high.*xl/);
  for (const path of ['/', '/code', '/view', '/help', '/language', '/free?w=HON', '/free?w=HON&view=month']) {
    await later.open(path);
    await later.look(`xl-high${path.replaceAll(/[/?&=]/g, '-')}`);
  }
  await later.leave();
});
