// The waiting list: residents say when they can come, are told by a mail or by phone that a seat has come
// free, and take it, decline it or let its time pass.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBrowser } from '../e2e/browser';
import { Outbox } from './outbox';
import { Resident, titled, type Way } from './resident';
import { code, forgetAttempts, instant, policy, sql } from './town';
import { eventually } from './until';

let browser: Browser;
let outbox: Outbox;
beforeAll(async () => {
  browser = await openBrowser();
  outbox = await Outbox.open(1);
  await policy(1, { senderAddress: 'yoyaku@aoba.example', mailsPerDay: 10 });
});
afterAll(async () => {
  await browser.close();
  outbox.close();
});
beforeEach(forgetAttempts);

/** Every seat is taken: whoever waits goes on waiting until one comes free. */
const full = (): string => sql('UPDATE slot SET web_open = MIN(web_taken, web_cap) WHERE tenant = 1');
const seats = (): string => sql('UPDATE slot SET web_open = web_cap WHERE tenant = 1');

const mailOf = (n: number): string => `wish${n}@resident.example`;

/** Fills the form and sends it. */
async function wish(r: Resident, notify: 'mail' | 'phone', value: string): Promise<void> {
  const boxes = r.page.locator('input[name=p]');
  if (await boxes.count()) await boxes.first().check();
  await r.page.check(`input[name=notify][value=${notify}]`);
  await r.page.fill(`#c_${notify}`, value);
  await r.send('/wish');
}

/** Signs in and opens the form. */
async function waitFor(way: Way, n: number, notify: 'mail' | 'phone', value: string): Promise<void> {
  await Resident.visits(browser, way, async (r) => {
    await r.signIn(code(n));
    await r.open('/wish');
    await wish(r, notify, value);
    await r.look(`wished-${notify}`, 'wish.title');
  });
}

const each = async (act: (way: Way, n: number) => Promise<void>): Promise<void> => {
  for (const { way, n } of titled) await act(way, n);
};
/** Waits until nobody of those who have been here waits any more: the job that serves wishes ends them. */
const over = (): Promise<boolean> => eventually(() => sql("SELECT count(*) FROM wish JOIN wish_person USING (tenant, wish_id) WHERE tenant = 1 AND state IN ('open', 'offered') AND link IN (SELECT link FROM visitor_session)") === '0', 'all wishes have ended');
/** Offers to those who have been here; the practice data has other people who wait. */
const offers = (): number => Number(sql("SELECT count(*) FROM booking_person WHERE tenant = 1 AND state = 'offered' AND link IN (SELECT link FROM visitor_session)"));

describe.each(titled)('$title', ({ way, n }) => {
  beforeAll(full);
  it('BK212 BK901: a wish, with what is missing, withdrawn and made again', () => Resident.visits(browser, way, async (r) => {
    await r.signIn(code(n));
    await r.open('/free?w=HON');
    await r.follow('main a[href*="/wish"]');
    await r.look('wish', 'wish.title');
    await r.send('/wish');
    await r.look('wish-nothing', 'wish.title', 422);
    const days = await r.page.locator('#from option').evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value));
    await r.page.selectOption('#from', days[5] ?? '');
    await r.page.selectOption('#to', days[2] ?? '');
    await wish(r, 'mail', mailOf(n));
    await r.look('wish-days', 'wish.title', 422);
    await r.page.selectOption('#to', days.at(-1) ?? '');
    await wish(r, 'mail', '');
    await r.look('wish-mail', 'wish.title', 422);
    await wish(r, 'phone', '');
    await r.look('wish-phone', 'wish.title', 422);
    await r.page.check('input[name=wd][value="2"]');
    await r.page.check('input[name=band][value=am]');
    await wish(r, 'phone', '+81-90-1234-5678');
    await r.look('wished', 'wish.title');
    await r.send('/wish/withdraw');
    await r.look('wish-withdrawn', 'wish.title');
    await wish(r, 'mail', mailOf(n));
    await r.look('wished-again', 'wish.title');
  }));
});

it('BK212 BK901: an offer by mail that is declined', async () => {
  seats();
  await each((way, n) => Resident.visits(browser, way, async (r) => {
    await r.visit(await outbox.link(mailOf(n), '/b/'));
    await r.look('offer-to-anybody', 'offer.title');
    await r.follow('main a.button.main');
    await r.show(code(n));
    await r.look('offer', 'offer.title');
    await r.follow('form[action$="/decline"] button');
    await r.look('declined', 'booking.title');
  }));
  await over();
});

it('BK212 BK901: an offer by phone that is answered too late', async () => {
  full();
  await each((way, n) => waitFor(way, n, 'phone', '0552370000'));
  seats();
  await eventually(() => offers() === titled.length, 'everybody has an offer');
  await each((way, n) => Resident.visits(browser, way, async (r) => {
    await r.signIn(code(n));
    await r.look('offer-after-code', 'offer.title');
    const link = `(SELECT link FROM visitor_session WHERE tenant = 1 ORDER BY seen_at DESC, rowid DESC LIMIT 1)`;
    sql(`UPDATE booking SET until_at = '${instant(-1)}' WHERE tenant = 1 AND state = 'offered' AND booking_id IN (SELECT booking_id FROM booking_person WHERE tenant = 1 AND link = ${link})`);
    const to = r.page.url();
    await r.follow('form[action$="/accept"] button');
    await r.look('offer-late', 'booking.title', 409);
    await r.visit(to);
    await r.look('offer-over', 'booking.title');
  }));
  await over();
});

it('BK212 BK901: an offer by mail that is taken in place of a booking', async () => {
  await each((way, n) => Resident.visits(browser, way, async (r) => {
    await r.signIn(code(n));
    await r.upToDays();
    await r.upToConfirm(3);
    await r.book();
    full();
    await r.follow('main a[href*="/wish"]');
    await r.look('wish-with-booking', 'wish.title');
    await wish(r, 'mail', mailOf(n));
    await r.look('wished-with-booking', 'wish.title');
    seats();
    await r.visit(await outbox.link(mailOf(n), '/b/'));
    await r.look('offer-with-booking', 'offer.title');
    await r.follow('form[action$="/accept"] button');
    await r.look('accepted', 'done.title');
    await r.cancel();
    await r.look('cancelled', 'done.cancelled');
  }));
  expect(offers()).toBe(0);
});
