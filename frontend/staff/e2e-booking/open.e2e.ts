// Bookings without a letter: with the number of the page alone, and confirmed by mail; every kind of field
// that a municipality can ask for.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBrowser } from '../e2e/browser';
import { Outbox } from './outbox';
import { Resident, titled } from './resident';
import { document, forgetAttempts, instant, policy, sql, wakaba } from './town';

let browser: Browser;
let outbox: Outbox;
beforeAll(async () => {
  browser = await openBrowser();
  outbox = await Outbox.open(2);
});
afterAll(async () => {
  await browser.close();
  outbox.close();
});
beforeEach(forgetAttempts);

/** Goes from the first page to the one that checks the choice. */
async function upToConfirm(r: Resident): Promise<void> {
  await r.open('/open');
  await r.page.check('input[name=p][value=pin]');
  await r.send('/open');
  await r.follow('ul.choices a[href*="times"]');
  await r.follow('ul.choices a[href*="confirm"]');
}

describe.each(titled)('$title', ({ way }) => {
  it('BK109 BK901: a booking without a code, and its number', () => Resident.visits(browser, { ...way, town: wakaba }, async (r) => {
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
    await r.send('/key', { key: wakaba.key.replace(/.$/, (d) => String((Number(d) + 1) % 10)) });
    await r.look('key-check', 'key.title', 422);
    await r.send('/key', { key });
    await r.look('key-booking', 'booking.title');
    await r.cancel();
    await r.look('open-cancelled', 'done.cancelled');
  }));
});

/** A field of each kind, required in the way that bookings without a code go. */
const fields = ['text', 'kana', 'digits', 'tel', 'mail', 'date', 'textarea', 'select', 'radio', 'checkbox', 'consent'].map((kind, i) => ({
  id: `own_${kind}`, kind, order: i, personal: ['select', 'radio', 'checkbox', 'consent'].includes(kind) ? 'off' : 'contact',
  labels: { ja: `質問 ${kind}`, 'ja-easy': `質問(しつもん) ${kind}`, en: `Question ${kind}` }, help: { ja: '答えてください。', en: 'Please answer.' },
  options: ['select', 'radio', 'checkbox'].includes(kind) ? ['a', 'b'].map((value) => ({ value, labels: { ja: `答え ${value}`, en: `Answer ${value}` } })) : [],
  use: { accesskey: 'required' }, longest: 0, pattern: '', keepDays: 0, inList: true, heading: '', inMail: false, deleted: false,
}));

describe('by mail', () => {
  beforeAll(() => policy(2, { pii: 'contact', senderAddress: 'yoyaku@wakaba.example', unconfirmedKeys: false, mailsPerDay: 10, keysPerMail: 10 }));

  it.each(titled)('BK110 BK901: a booking that is confirmed by mail: $title', ({ way, n }) => Resident.visits(browser, { ...way, town: wakaba }, async (r) => {
    const to = `open${n}@resident.example`;
    await upToConfirm(r);
    await r.look('mail-confirm', 'confirm.title');
    await r.send('/open/book');
    await r.look('mail-missing', 'confirm.title', 422);
    await r.send('/open/book', { c_mail: 'nobody', c_phone: '12' });
    await r.look('mail-wrong', 'confirm.title', 422);
    await r.send('/open/book', { c_mail: to, c_phone: '' });
    await r.look('mail-pending', 'open.pending');
    await r.context.clearCookies();
    const link = await outbox.link(to, '/mail/');
    await r.visit(link);
    await r.look('mail', 'mail.title');
    await r.visit(link); // looking changes nothing
    await r.follow('main form button');
    await r.look('mail-confirmed', 'done.title');
    await r.visit(link);
    await r.look('mail-again', 'booking.title');
    await upToConfirm(r);
    await r.send('/open/book', { c_mail: to });
    await r.look('mail-pending-again', 'open.pending');
    const late = await outbox.link(to, '/mail/');
    await r.visit(late);
    sql(`UPDATE booking SET until_at = '${instant(-1)}' WHERE tenant = 2 AND state = 'pending'`);
    await r.follow('main form button');
    await r.look('mail-late', 'booking.title', 409);
    await r.visit(late);
    await r.look('mail-late-again', 'booking.title');
  }));

  it('BK107 BK901: every kind of field, empty and wrong', async () => {
    document(2, 'booking.fields', 1, { list: fields });
    await policy(2, { pii: 'full' });
    for (const { way } of titled) {
      await Resident.visits(browser, { ...way, town: wakaba }, async (r) => {
        await upToConfirm(r);
        await r.look('fields', 'confirm.title');
        await r.send('/open/book');
        await r.look('fields-empty', 'confirm.title', 422);
        for (const f of await r.page.locator('main form input:not([type=hidden], [type=checkbox], [type=radio]), main form textarea').all()) await f.fill('6214-9832-0257');
        await r.send('/open/book');
        await r.look('fields-my-number', 'confirm.title', 422);
        expect(await r.page.content()).not.toContain('9832-0257');
      });
    }
  });
});
