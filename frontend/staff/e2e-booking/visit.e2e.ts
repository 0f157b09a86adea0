// Residents book, change and cancel, without JavaScript on the screen of a small phone and with it on a
// large one. Where they go wrong, the page says so; where the office has to act, it says that too.
import { request } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBrowser } from '../e2e/clerk';
import { Resident, type Way } from './resident';
import { aoba, address, forgetAttempts, instant, settled, sql, wakaba, type Code } from './town';

let browser: Browser;
beforeAll(async () => { browser = await openBrowser(); });
afterAll(async () => { await browser.close(); });
beforeEach(forgetAttempts);

const small = { js: false, width: 240, height: 320 };
const large = { js: true, width: 1366, height: 768 };
const ways: Way[] = ['ja', 'ja-easy', 'en'].flatMap((lang) => [{ lang, ...small }, { lang, ...large }]);
const titled = ways.map((way) => ({ way, title: `${way.lang} at ${way.width} px ${way.js ? 'with' : 'without'} JavaScript` }));

/** The n-th code that has no booking. The first two belong to one household. */
function code(n: number, of = aoba): Code {
  const found = of.codes[n];
  if (!found) throw new Error(`the practice data has no code ${n}`);
  return found;
}

/** The code of whoever showed one last. */
const latest = "link = (SELECT link FROM visitor_session WHERE tenant = 1 ORDER BY seen_at DESC, rowid DESC LIMIT 1) AND tenant = 1";
const slotOfLatest = `slot_id = (SELECT slot_id FROM booking_person WHERE ${latest} AND state = 'active')`;

async function withResident(way: Way, act: (r: Resident) => Promise<void>): Promise<void> {
  const r = await Resident.come(browser, way);
  try { await act(r); } finally { await r.leave(); }
}

async function cancel(r: Resident): Promise<void> {
  await r.follow('a[href$="/cancel"]');
  await r.send('/b/');
}

describe.each(titled)('$title', ({ way }) => {
  it('BK208 BK901 BK903: pages that everybody can read', () => withResident(way, async (r) => {
    await r.open('/');
    await r.look('start', 'start.title');
    for (const [path, title] of [['language', 'language.title'], ['view', 'view.title'], ['help', 'help.title'], ['privacy', 'privacy.title'], ['accessibility', 'accessibility.title']]) {
      await r.open(`/${path}`);
      await r.look(path ?? '', title);
    }
    await r.open('/free');
    await r.look('free-windows');
    if (await r.page.locator('ul.choices a[href*="w="]').count()) await r.follow('ul.choices a[href*="w="]');
    await r.look('free-days', 'free.title');
    await r.follow('.pager a[href*="view=month"]');
    await r.look('free-month', 'free.title');
    await r.follow('.pager a:not([href*="view=month"])');
    await r.follow('ul.choices a[href*="times"]');
    await r.look('free-times');
  }));

  it('BK208 BK901 BK903: a code that is wrong in every way', () => withResident(way, async (r) => {
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

  it('BK208 BK901 BK903: two people book, change and cancel', () => withResident(way, async (r) => {
    await r.signIn(code(0));
    await r.look('procedure', 'procedure.title');
    await r.send('/next');
    await r.look('procedure-none', 'procedure.title', 422);
    for (const p of await r.page.locator('input[name=p]').all()) await p.check();
    await r.send('/next');
    await r.look('window', 'window.title');
    await r.follow('main ul.choices a');
    await r.look('party', 'party.title');
    await r.send('/party', { code: '1', year: '', month: '', day: '' });
    await r.look('party-wrong', 'party.title', 422);
    const [year = '', month = '', day = ''] = code(1).birth.split('-');
    await r.send('/party', { code: code(1).code, year, month, day });
    await r.look('party-two', 'party.title');
    await r.follow('main a.button.main');
    await r.look('days', 'days.title');
    await r.follow('.pager a[href*="view=month"]');
    await r.look('month', 'days.title');
    await r.follow('table.month a');
    await r.look('times', 'times.title');
    await r.follow('ul.choices a[href*="confirm"], ul.choices a[href*="next"]');
    await r.look('confirm', 'confirm.title');
    await r.book();
    await r.look('booked', 'done.title');
    await r.follow('a[href$="/days"]');
    await r.look('move-days', 'change.title');
    await r.follow('ul.choices a[href*="times"]');
    await r.look('move-times', 'times.title');
    await r.follow('ul.choices a[href*="confirm"]');
    await r.look('move-confirm', 'change.confirm');
    await r.send('/b/');
    await r.look('moved', 'done.changed');
    await r.follow('a[href$="/leave"]');
    await r.look('leave', 'leave.title');
    await r.send('/b/');
    await r.look('left', 'done.left');
    await r.signIn(code(1));
    await r.look('already', 'booking.title');
    await r.follow('a[href$="/cancel"]');
    await r.look('cancel', 'cancel.title');
    await r.follow('main a.button');
    await r.look('kept', 'booking.title');
    await r.follow('a[href$="/cancel"]');
    if (await r.page.locator('#reason').count()) await r.page.selectOption('#reason', { index: 1 });
    await r.send('/b/');
    await r.look('cancelled', 'done.cancelled');
    await r.send('/end');
    await r.look('ended', 'start.title');
  }));

  it('BK208 BK901: what has changed between two pages', () => withResident(way, async (r) => {
    await r.signIn(code(2));
    await r.upToDays();
    await r.upToConfirm();
    const slot = /[?&]s=([^&]+)/.exec(r.page.url())?.[1] ?? '';
    const where = `tenant = 1 AND slot_id = '${decodeURIComponent(slot)}'`;
    const taken = sql(`SELECT web_taken FROM slot WHERE ${where}`);
    sql(`UPDATE slot SET web_taken = web_cap WHERE ${where}`);
    await r.send('/book');
    await r.look('just-full', 'times.title', 409);
    sql(`UPDATE slot SET web_taken = ${taken} WHERE ${where}`);

    await r.upToDaysAgain();
    await r.upToConfirm();
    await r.context.clearCookies({ name: /visit|form/ });
    await r.send('/book');
    await r.look('code-again');
    await r.show(code(2));
    await r.look('confirm-again', 'confirm.title');
    await r.book();
    const state = `SELECT change_until || '|' || cancel_until || '|' || own_until FROM slot WHERE tenant = 1 AND ${slotOfLatest}`;
    const [change, end, own] = sql(state).split('|');
    sql(`UPDATE slot SET change_until = '${instant(-5)}', cancel_until = '${instant(-5)}', own_until = '' WHERE tenant = 1 AND ${slotOfLatest}`);
    const to = r.page.url().replace(/[?].*/, '');
    await r.go(() => r.page.goto(to));
    await r.look('past-deadline', 'booking.title');
    expect(await r.text()).toContain(r.word('booking.deadline_past'));
    await r.go(() => r.page.goto(`${to}/cancel`));
    await r.look('past-deadline-cancel', '', await r.status());
    await r.go(() => r.page.goto(`${to}/days`));
    await r.look('past-deadline-days', '', await r.status());
    sql(`UPDATE slot SET change_until = '${change}', cancel_until = '${end}', own_until = '${own}' WHERE tenant = 1 AND ${slotOfLatest}`);
    await r.go(() => r.page.goto(to));
    await cancel(r);
    await r.look('cancelled', 'done.cancelled');
  }));

  it('BK208 BK901: codes that cannot book now', () => withResident(way, async (r) => {
    await r.signIn(code(3));
    const set = (state: string): string => sql(`UPDATE member SET ${state} WHERE ${latest}`);
    const [from, until] = sql(`SELECT book_from || '|' || book_until FROM member WHERE ${latest}`).split('|');
    const fresh = `state = 'ready', procs = 'pin receive', office_only = 0, book_from = '${from}', book_until = '${until}'`;
    try {
      set("state = 'issued'");
      await r.signIn(code(3));
      await r.look('procedure-waiting');
      set("state = 'issued', procs = 'receive'");
      await r.signIn(code(3));
      await r.look('not-ready', 'notready.title');
      set(`state = 'ready', book_from = '${instant(60 * 24 * 5)}'`);
      await r.signIn(code(3));
      await r.look('not-yet', 'notyet.title');
      set(`book_from = '${from}', office_only = 1`);
      await r.signIn(code(3));
      await r.look('office-only', 'code.title', 403);
    } finally { set(fresh); }
  }));

  it('BK901: pages of errors', () => withResident(way, async (r) => {
    await r.open('/nowhere');
    await r.look('404', 'error.404.title', 404);
    await r.open('/book');
    await r.look('405', 'error.405.title', 405);
    await r.open('/b/01K0000000000000000000000000-0000000000');
    await r.look('no-booking', '', 404);
    await r.open('/mail/0000000000000000');
    await r.look('mail-dead', '', await r.status());
    await r.open('/code');
    await r.page.locator('#code').evaluate((e: HTMLInputElement) => { e.removeAttribute('maxlength'); e.value = '1'.repeat(40_000); });
    await r.send('/code');
    await r.look('413', 'error.413.title', 413);
    await r.go(() => r.page.goto(`data:text/html,<form method="post" action="${r.at('/code')}"><button>x</button></form>`));
    await r.follow('button');
    await r.look('403', 'error.403.title', 403);
    await r.open('/code');
    for (let tries = 0; tries < 12 && await r.status() !== 429; tries++) await r.show({ code: code(4).code, birth: '1950-01-01' });
    await r.look('429', '', 429);
    forgetAttempts();
  }));

  it('BK901: a booking without a code', () => withResident({ ...way, town: wakaba }, async (r) => {
    forgetAttempts();
    await r.open('/');
    await r.look('open-start', 'start.title');
    await r.open('/open');
    await r.look('open', 'open.title');
    await r.send('/open');
    await r.look('open-none', 'open.title', 422);
    await r.page.check('input[name=p][value=pin]');
    await r.send('/open');
    await r.look('open-days', 'days.title');
    await r.follow('ul.choices a[href*="times"]');
    await r.look('open-times', 'times.title');
    await r.follow('ul.choices a[href*="confirm"]');
    await r.look('open-confirm', 'confirm.title');
    await r.send('/open/book');
    await r.look('open-booked', 'done.title');
    const key = (/9\d{3}[- ]\d{4}[- ]\d{4}[- ]\d{4}/.exec(await r.text()) ?? [''])[0];
    await r.context.clearCookies();
    await r.open('/key');
    await r.look('key', 'key.title');
    await r.send('/key', { key: '9571' });
    await r.look('key-wrong', 'key.title', 422);
    await r.send('/key', { key });
    await r.look('key-booking', 'booking.title');
    await cancel(r);
    await r.look('open-cancelled', 'done.cancelled');
  }));
});

describe('for all languages', () => {
  it('BK902: text size and contrast stay on the next page and in the next browser', async () => {
    for (const lang of ['ja', 'ja-easy', 'en']) {
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
      const later = await Resident.come(browser, way, { storageState });
      await later.open('/free');
      await later.look('free-xl-high');
      expect(await later.page.locator('html').getAttribute('class')).toMatch(/xl.*high|high.*xl/);
      for (const path of ['/', '/code', '/view', '/help', '/language']) {
        await later.open(path);
        await later.look(`xl-high${path.replace('/', '-')}`);
      }
      await later.leave();
    }
  });

  it('BK208 BK903: a whole booking in every other language', async () => {
    const guide = await Resident.come(browser, { lang: 'ja', ...small });
    await guide.open('/language');
    const languages = await guide.page.locator('main ul.choices a').evaluateAll((links) => links.map((a) => a.getAttribute('href')?.split('/')[1] ?? ''));
    await guide.leave();
    for (const lang of languages.filter((l) => !['ja', 'ja-easy', 'en'].includes(l))) {
      for (const size of [small, large]) {
        await withResident({ lang, ...size }, async (r) => {
          await r.open('/');
          await r.look('start', 'start.title');
          await r.signIn(code(6));
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
          await cancel(r);
          await r.look('cancelled', 'done.cancelled');
        });
      }
    }
  });

  it('BK901: a letter\'s QR, a wrong host, and days without any time', async () => {
    for (const lang of ['ja', 'ja-easy', 'en']) {
      await withResident({ lang, ...large }, async (r) => {
        await r.go(() => r.page.goto(address(aoba, `/C/${code(7).code.replaceAll('-', '')}`)));
        expect(r.page.url()).not.toContain(code(7).code.slice(0, 4));
        await r.look('letter');
        sql("UPDATE tenant SET opens_on = '2199-01-01' WHERE tenant = 1");
        try {
          await settled();
          await r.signIn(code(7));
          await r.upToDays();
          await r.look('no-days', 'days.title');
        } finally { sql("UPDATE tenant SET opens_on = '' WHERE tenant = 1"); }
        await settled();
      });
    }
  });

  it('BK901: outside the hours of acceptance, frozen, and broken', async () => {
    const everywhere = async (name: string, path: string, status: number, before?: (r: Resident) => Promise<void>, hurt?: string, heal?: string): Promise<void> => {
      const all = await Promise.all(ways.map((way) => Resident.come(browser, way)));
      for (const r of all) await before?.(r);
      if (hurt) sql(hurt);
      try {
        await settled();
        for (const r of all) {
          await r.open(path);
          await r.look(name, '', status);
        }
      } finally { if (heal) sql(heal); }
      for (const r of all) await r.leave();
      await settled();
    };
    const now = new Date(Date.now() + 9 * 3_600_000);
    const minute = now.getUTCHours() * 60 + now.getUTCMinutes();
    const [from, until] = minute > 720 ? [60, 120] : [1320, 1380];
    await everywhere('closed-hours', '/', 200, undefined, `UPDATE tenant SET from_minute = ${from}, until_minute = ${until} WHERE tenant = 1`);
    await everywhere('closed-hours-code', '/code', 200);
    await everywhere('closed-hours-free', '/free', 200, undefined, undefined, 'UPDATE tenant SET from_minute = 0, until_minute = 1440 WHERE tenant = 1');
    sql(`INSERT INTO town VALUES (1, '', '${instant(-1)}') ON CONFLICT (tenant) DO UPDATE SET frozen_at = excluded.frozen_at`);
    await new Promise((done) => setTimeout(done, 5_500)); // the list of municipalities is read every five seconds
    await everywhere('frozen', '/', 503, undefined, undefined, "UPDATE town SET frozen_at = '' WHERE tenant = 1");
    await new Promise((done) => setTimeout(done, 5_500));
    await everywhere('500', '/code', 500, (r) => r.signIn(code(8)), 'ALTER TABLE visitor_session RENAME TO visitor_gone', 'ALTER TABLE visitor_gone RENAME TO visitor_session');
  });

  it('BK901 TB20: the waiting room, and a service that is busy', async () => {
    const hang = (): (() => void) => { // a form that never ends
      const sent = request({ host: '127.0.0.1', port: process.env.KOFU_BOOKING_PORT, method: 'POST', path: '/ja/code', headers: { Host: 'localhost', 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': 20 } });
      sent.on('error', () => undefined);
      sent.flushHeaders();
      sent.write('code');
      return () => sent.destroy();
    };
    for (const [name, status, n] of [['waiting', 200, 20], ['busy', 503, 30]] as const) {
      for (const way of ways) {
        const free = Array.from({ length: n }, hang);
        await new Promise((done) => setTimeout(done, 300));
        await withResident(way, async (r) => {
          await r.open('/');
          await r.look(name, '', status);
        });
        for (const end of free) end();
      }
    }
  });
});
