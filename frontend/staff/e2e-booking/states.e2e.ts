// The service when it takes no bookings: outside its hours, frozen, broken, crowded.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, it } from 'vitest';
import { openBrowser } from '../e2e/browser';
import { Resident, ways } from './resident';
import { crowded, pause } from './crowd';
import { aoba, code, fetched, forgetAttempts, instant, policy, sql, word } from './town';
import { eventually } from './until';

let browser: Browser;
beforeAll(async () => { browser = await openBrowser(); });
afterAll(async () => { await browser.close(); });
beforeEach(forgetAttempts);

/** Lets everybody look at an address. */
async function everybody(name: string, path: string, title: string, status: number): Promise<void> {
  for (const way of ways) {
    await Resident.visits(browser, way, async (r) => {
      await r.open(path);
      await r.look(name, title, status);
    });
  }
}

it('BK305 BK901: outside the hours and the period of acceptance', async () => {
  const now = new Date(Date.now() + 9 * 3_600_000);
  const [from, until] = now.getUTCHours() >= 12 ? [60, 120] : [1320, 1380];
  sql(`UPDATE tenant SET from_minute = ${from}, until_minute = ${until} WHERE tenant = 1`);
  await policy(1);
  await everybody('closed-hours', '/', 'start.title', 200);
  await everybody('closed-hours-code', '/code', 'code.title', 200);
  await everybody('closed-hours-free', '/free', 'free.window', 200);
  sql("UPDATE tenant SET from_minute = 0, until_minute = 1440, opens_on = '2199-01-01' WHERE tenant = 1");
  await policy(1);
  await everybody('before-period', '/', 'start.title', 200);
  sql("UPDATE tenant SET opens_on = '2020-01-01', closes_on = '2020-02-01' WHERE tenant = 1");
  await policy(1);
  await everybody('after-period', '/', 'start.title', 200);
  sql("UPDATE tenant SET opens_on = '', closes_on = '' WHERE tenant = 1");
  await policy(1);
});

it('BK901: frozen by the operator', async () => {
  sql(`INSERT INTO town VALUES (1, '', '${instant(-1)}') ON CONFLICT (tenant) DO UPDATE SET frozen_at = excluded.frozen_at`);
  await eventually(async () => (await fetched(aoba, '/ja/')).status === 503, 'the service knows that it is frozen');
  await everybody('frozen', '/', 'frozen.title', 503);
  sql("UPDATE town SET frozen_at = '' WHERE tenant = 1");
  await eventually(async () => (await fetched(aoba, '/ja/')).status === 200, 'the service knows that it goes on');
});

it('BK901: broken', async () => {
  const all = await Promise.all(ways.map((way) => Resident.come(browser, way)));
  for (const r of all) await r.signIn(code(8));
  sql('ALTER TABLE visitor_session RENAME TO visitor_gone');
  try {
    for (const r of all) {
      await r.open('/code');
      await r.look('500', 'error.500.title', 500);
    }
  } finally { sql('ALTER TABLE visitor_gone RENAME TO visitor_session'); }
  for (const r of all) await r.leave();
});

/** What somebody gets who has never been here, or nothing within a second. */
async function stranger(): Promise<{ status: number; body: string } | false> {
  return await Promise.race([fetched(aoba, '/ja/').catch(() => false as const), pause(1000)]);
}

it('BK901 TB20: more people than places', () => crowded(40, async () => {
  await eventually(async () => { const s = await stranger(); return s && s.status === 503; }, 'all places are taken');
  await everybody('busy', '/', 'error.503.title', 503);
}));

it('BK901 TB11: a rush opens the waiting room, which lets in one person a second', async () => {
  await eventually(async () => {
    await crowded(100, () => pause(2000));
    await Promise.all(Array.from({ length: 200 }, () => fetched(aoba, '/ja/')));
    const s = await stranger();
    return s && s.body.includes(word('ja', 'waiting.title'));
  }, 'the waiting room opens');
  await everybody('waiting', '/', 'waiting.title', 200);
});
