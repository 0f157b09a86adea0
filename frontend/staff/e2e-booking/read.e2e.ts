// What residents read before they book, what they type wrongly, and pages of errors: without JavaScript
// on the screen of a small phone and with it on a large one.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBrowser } from '../e2e/browser';
import { Resident, titled } from './resident';
import { code, forgetAttempts, wakaba } from './town';

let browser: Browser;
beforeAll(async () => { browser = await openBrowser(); });
afterAll(async () => { await browser.close(); });
beforeEach(forgetAttempts);

describe.each(titled)('$title', ({ way }) => {
  it('BK208 BK901 BK903: pages that everybody can read', () => Resident.visits(browser, way, async (r) => {
    await r.open('/');
    await r.look('start', 'start.title');
    for (const page of ['language', 'view', 'help', 'privacy', 'accessibility']) {
      await r.open(`/${page}`);
      await r.look(page, `${page}.title`);
    }
    await r.open('/free');
    await r.look('free-windows', 'free.window');
    await r.follow('ul.choices a[href*="w="]');
    await r.look('free-days', 'free.title');
    await r.follow('.pager a[href*="view=month"]');
    await r.look('free-month', 'free.title');
    await r.follow('.pager a:not([href*="view=month"])');
    await r.follow('ul.choices a[href*="times"]');
    await r.look('free-times', 'free.title');
  }));

  it('BK208 BK901 BK903: a code that is wrong in every way', () => Resident.visits(browser, way, async (r) => {
    await r.open('/code');
    await r.look('code', 'code.title');
    await r.send('/code');
    await r.look('code-empty', 'code.title', 422);
    expect(await r.page.title()).toMatch(new RegExp(`^${r.word('error.prefix')}`));
    expect(await r.text()).toContain(r.word('error.linkcode.empty'));
    const right = code(0).code;
    for (const [name, typed, key] of [
      ['check', right.replace(/\d$/, (d) => String((Number(d) + 1) % 10)), 'error.linkcode.check'],
      ['length', right.slice(0, -1), 'error.linkcode.length'],
      ['letters', 'ABCD', 'error.linkcode.not_digits'],
      ['my-number', '123456789018', 'error.linkcode.my_number'],
      ['key', wakaba.key, 'error.linkcode.access_key'],
    ] as const) {
      await r.send('/code', { code: typed, year: '1970', month: '2', day: '3' });
      await r.look(`code-${name}`, 'code.title', 422);
      expect(await r.text()).toContain(r.word(key).replace('{digits}', '15'));
      if (name === 'my-number') expect(await r.page.content()).not.toContain(typed);
    }
    await r.send('/code', { code: right, year: '1970', month: '13', day: '3' });
    await r.look('code-birth', 'code.title', 422);
    await r.show(code(9, wakaba));
    await r.look('code-unknown', 'code.title', 403);
    expect(await r.text()).toContain(r.word('error.member.cannot_book').slice(0, 8));
  }));

  it('BK901: pages of errors', () => Resident.visits(browser, way, async (r) => {
    await r.open('/nowhere');
    await r.look('404', 'error.404.title', 404);
    await r.open('/book');
    await r.look('405', 'error.405.title', 405);
    await r.open('/b/01K0000000000000000000000000-0000000000');
    await r.look('no-booking', 'error.404.title', 404);
    await r.open('/mail/0000000000000000');
    await r.look('mail-dead', 'mail.dead', 404);
    await r.open('/code');
    await r.page.locator('#code').evaluate((e: HTMLInputElement) => { e.removeAttribute('maxlength'); e.value = '1'.repeat(40_000); });
    await r.send('/code');
    await r.look('413', 'error.413.title', 413);
    await r.visit(`data:text/html,<form method="post" action="${r.at('/code')}"><button>x</button></form>`);
    await r.follow('button');
    await r.look('403', 'error.403.title', 403);
    await r.open('/code');
    for (let tries = 0; tries < 12 && await r.status() !== 429; tries++) await r.show({ code: code(4).code, birth: '1950-01-01' });
    await r.look('429', 'code.title', 429);
    forgetAttempts();
  }));
});
