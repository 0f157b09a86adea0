// Residents with a letter book, change and cancel, alone and together: without JavaScript on the screen of
// a small phone and with it on a large one. Where the office has to act, the page says so.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBrowser } from '../e2e/browser';
import { Resident, titled, ways } from './resident';
import { aoba, code, fetched, forgetAttempts, instant, policy, sql } from './town';
import { eventually } from './until';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
  await policy(1, { adjacent: false }); // all of a party come at one time
});
afterAll(async () => { await browser.close(); });
beforeEach(forgetAttempts);

/** The code of whoever showed one last. */
const latest = "link = (SELECT link FROM visitor_session WHERE tenant = 1 ORDER BY seen_at DESC, rowid DESC LIMIT 1) AND tenant = 1";
const slotOfLatest = `slot_id = (SELECT slot_id FROM booking_person WHERE ${latest} AND state = 'active')`;

/** The slot of the page that checks the choice, as a condition. */
function chosen(r: Resident): string {
  return `tenant = 1 AND slot_id = '${new URL(r.page.url()).searchParams.get('s') ?? ''}'`;
}

/** Brings somebody who has signed in to the page about those who come along. */
async function upToParty(r: Resident): Promise<void> {
  await r.page.check('input[name=p][value=pin]');
  await r.send('/next');
  await r.follow('main ul.choices a');
  expect(r.page.url()).toContain('/party');
}

async function bring(r: Resident, n: number): Promise<void> {
  const [year = '', month = '', day = ''] = code(n).birth.split('-');
  await r.send('/party', { code: code(n).code, year, month, day });
}

describe.each(titled)('$title', ({ way }) => {
  it('BK208 BK901 BK903: two people book, change and cancel', () => Resident.visits(browser, way, async (r) => {
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
    await bring(r, 1);
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
    await r.page.selectOption('#reason', { index: 1 });
    await r.send('/b/');
    await r.look('cancelled', 'done.cancelled');
    await r.send('/end');
    await r.look('ended', 'start.title');
  }));

  it('BK206 BK901: more people than a time has seats, and than a booking takes', () => Resident.visits(browser, way, async (r) => {
    await r.signIn(code(3));
    await r.upToDays();
    await r.follow('main a[href*="/party"]');
    await bring(r, 3);
    await r.look('party-already', 'party.title', 409);
    await bring(r, 4);
    await r.follow('main a.button.main');
    await r.upToConfirm();
    const where = chosen(r);
    const taken = sql(`SELECT web_taken FROM slot WHERE ${where}`);
    const before = sql('SELECT count(*) FROM booking');
    sql(`UPDATE slot SET web_taken = web_open - 1 WHERE ${where}`);
    await r.send('/book');
    await r.look('few-left', 'times.title', 409);
    expect(await r.text()).toContain(r.word('error.slot.few_left').replace('{left}', '1').replace('{wanted}', '2'));
    expect(sql('SELECT count(*) FROM booking')).toBe(before);
    sql(`UPDATE slot SET web_taken = ${taken} WHERE ${where}`);
    await r.open('/party?p=pin&w=HON');
    await bring(r, 5);
    await bring(r, 6);
    await r.look('party-full', 'party.title');
    await r.follow('main a.button.main');
    await r.look('too-many-for-a-time', 'days.title');
    expect(await r.page.locator('ul.choices a').count()).toBe(0);
  }));

  it('BK208 BK901: what has changed between two pages', () => Resident.visits(browser, way, async (r) => {
    await r.signIn(code(2));
    await r.upToDays();
    await r.upToConfirm();
    const where = chosen(r);
    const taken = sql(`SELECT web_taken FROM slot WHERE ${where}`);
    sql(`UPDATE slot SET web_taken = web_open WHERE ${where}`);
    await r.send('/book');
    await r.look('just-full', 'times.title', 409);
    sql(`UPDATE slot SET web_taken = ${taken} WHERE ${where}`);

    await r.upToDaysAgain();
    await r.upToConfirm();
    await r.context.clearCookies({ name: /visit|form/ });
    await r.send('/book');
    await r.look('code-again', 'code.title');
    await r.show(code(2));
    await r.look('confirm-again', 'confirm.title');
    await r.book();
    const [change, end, own] = sql(`SELECT change_until || '|' || cancel_until || '|' || own_until FROM slot WHERE tenant = 1 AND ${slotOfLatest}`).split('|');
    sql(`UPDATE slot SET change_until = '${instant(-5)}', cancel_until = '${instant(-5)}', own_until = '' WHERE tenant = 1 AND ${slotOfLatest}`);
    const to = r.page.url().replace(/[?].*/, '');
    await r.visit(to);
    await r.look('past-deadline', 'booking.title');
    expect(await r.text()).toContain(r.word('booking.deadline_past'));
    await r.visit(`${to}/cancel`);
    await r.look('past-deadline-cancel', 'booking.title');
    sql(`UPDATE slot SET change_until = '${change}', cancel_until = '${end}', own_until = '${own}' WHERE tenant = 1 AND ${slotOfLatest}`);
    await r.visit(to);
    await r.cancel();
    await r.look('cancelled', 'done.cancelled');
  }));

  it('Case05 BK201: a day that the office closes is offered no more', () => Resident.visits(browser, way, async (r) => {
    await r.signIn(code(2));
    await r.upToDays();
    await r.upToConfirm();
    const [window = '', day = ''] = sql(`SELECT window_id || '|' || day FROM slot WHERE ${chosen(r)}`).split('|');
    const free = async (): Promise<boolean> => (await fetched(aoba, `/${way.lang}/free/times?w=${window}&d=${day}`)).body.includes(`${day}T`);
    expect(await free()).toBe(true);
    sql(`INSERT INTO closed_day VALUES (1, '${window}', '${day}', 0)`);
    try {
      await eventually(async () => !await free(), 'the pages know that the day is closed');
      await r.send('/book');
      await r.look('day-closed', 'times.title', 409);
      expect(await r.text()).toContain(r.word('confirm.nothing'));
      await r.upToDaysAgain();
      await r.look('days-without-it', 'days.title');
      const chosenOn = r.page.locator(`main a[href*="times"][href*="d=${day}"]`);
      expect(await chosenOn.count()).toBe(0);
      await r.follow('.pager a[href*="view=month"]');
      await r.look('month-without-it', 'days.title');
      expect(await chosenOn.count()).toBe(0);
    } finally { sql('DELETE FROM closed_day WHERE tenant = 1'); }
  }));

  it('BK208 BK901: codes that cannot book now', () => Resident.visits(browser, way, async (r) => {
    await r.signIn(code(7));
    const set = (state: string): string => sql(`UPDATE member SET ${state} WHERE ${latest}`);
    const [from, until] = sql(`SELECT book_from || '|' || book_until FROM member WHERE ${latest}`).split('|');
    try {
      set("state = 'issued'");
      await r.signIn(code(7));
      await r.look('procedure-waiting', 'procedure.title');
      set("state = 'issued', procs = 'receive'");
      await r.signIn(code(7));
      await r.look('not-ready', 'notready.title');
      set(`state = 'ready', book_from = '${instant(60 * 24 * 5)}'`);
      await r.signIn(code(7));
      await r.look('not-yet', 'notyet.title');
      set(`book_from = '${from}', office_only = 1`);
      await r.signIn(code(7));
      await r.look('office-only', 'code.title', 403);
    } finally { set(`state = 'ready', procs = 'pin receive', office_only = 0, book_from = '${from}', book_until = '${until}'`); }
  }));
});

it('BK211 BK901: a household in one letter ticks who comes along', async () => {
  await policy(1, { groupMode: 'tick' });
  for (const way of ways) {
    forgetAttempts();
    await Resident.visits(browser, way, async (r) => {
      await r.signIn(code(0));
      await upToParty(r);
      await r.look('household', 'party.title');
      await r.page.check('input[name=mem]');
      await r.follow('form:has(input[name=mem]) button');
      await r.look('household-days', 'days.title');
    });
  }
  await policy(1, { groupMode: 'each_code' });
});

it('BK901: a letter\'s QR, and days without any time', async () => {
  const off = 'UPDATE tenant SET opens_on = ';
  for (const way of ways) {
    await Resident.visits(browser, way, async (r) => {
      await r.visit(r.at('/x').replace(/\/[^/]+\/x$/, `/C/${code(8).code.replaceAll('-', '')}`));
      expect(r.page.url()).not.toContain(code(8).code.slice(0, 4));
    });
  }
  sql(`${off}'2199-01-01' WHERE tenant = 1`);
  try {
    await policy(1);
    for (const way of ways) {
      await Resident.visits(browser, way, async (r) => {
        await r.open('/code?letter=check');
        await r.look('letter-wrong', 'code.title');
        await r.signIn(code(8));
        await r.upToDays();
        await r.look('no-days', 'days.title');
      });
    }
  } finally { sql(`${off}'' WHERE tenant = 1`); }
});
