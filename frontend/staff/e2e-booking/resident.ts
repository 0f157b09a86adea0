// A resident with a browser, with JavaScript or without. Every page that comes is checked at once for
// what only a browser knows, and kept for the page checkers, which look at all of them in the end.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Browser, BrowserContext, BrowserContextOptions, Page, Response } from 'playwright-core';
import { expect } from 'vitest';
import { findings } from './axe';
import { ownFindings } from './own';
import { address, aoba, type Code, word, words } from './town';

/** The folder in which pages are kept. */
const kept = process.env.KOFU_PAGES ?? '';
const shots = process.env.KOFU_SHOTS ?? '';
const seen = new Set<string>();
const checked = new Set<string>();
let people = 0;

export interface Way { lang: string; js: boolean; width: number; height: number; town?: typeof aoba }

export const small = { js: false, width: 240, height: 320 };
export const large = { js: true, width: 1366, height: 768 };
/** Each language of the first three on a small phone without JavaScript and on a large screen with it. */
export const ways: Way[] = ['ja', 'ja-easy', 'en'].flatMap((lang) => [{ lang, ...small }, { lang, ...large }]);
export const titled = ways.map((way, n) => ({ way, n, title: `${way.lang} at ${way.width} px ${way.js ? 'with' : 'without'} JavaScript` }));

export class Resident {
  private last: Response | undefined;
  private requests = 0;
  private constructor(readonly way: Way, readonly context: BrowserContext, readonly page: Page) {
    page.setDefaultTimeout(60_000);
    page.on('request', (request) => { if (!request.redirectedFrom() && !request.url().startsWith('data:')) this.requests++; });
    page.on('response', (response) => {
      if (response.request().isNavigationRequest() && (response.status() < 300 || response.status() >= 400)) this.last = response;
    });
  }

  static async come(browser: Browser, way: Way, more: BrowserContextOptions = {}): Promise<Resident> {
    people++;
    const context = await browser.newContext({
      viewport: { width: way.width, height: way.height }, javaScriptEnabled: way.js, bypassCSP: way.js, locale: 'ja-JP',
      // Each of them comes from somewhere else.
      extraHTTPHeaders: { 'X-Forwarded-For': `198.51.${Math.floor(people / 250)}.${people % 250 + 1}` }, ...more,
    });
    return new Resident(way, context, await context.newPage());
  }
  async leave(): Promise<void> { await this.context.close(); }
  /** Lets somebody act and closes their browser afterwards. */
  static async visits(browser: Browser, way: Way, act: (r: Resident) => Promise<void>): Promise<void> {
    const r = await Resident.come(browser, way);
    try { await act(r); } finally { await r.leave(); }
  }

  private get town(): typeof aoba { return this.way.town ?? aoba; }
  at(path: string): string { return address(this.town, `/${this.way.lang}${path}`); }
  word(key: string): string { return word(this.way.lang, key); }

  async go(act: () => Promise<unknown>): Promise<void> {
    this.last = undefined;
    this.requests = 0;
    await act();
    await this.page.waitForLoadState();
  }
  async status(): Promise<number> { return this.last?.status() ?? 0; }
  /** Opens an address of the language. */
  async open(path: string): Promise<void> { await this.go(() => this.page.goto(this.at(path))); }
  async follow(selector: string): Promise<void> {
    await this.go(() => Promise.all([this.page.waitForEvent('load'), this.page.locator(selector).first().click()]));
  }
  /** Sends the form that goes to an address. */
  async send(action: string, fields: Record<string, string> = {}): Promise<void> {
    const [first] = Object.keys(fields);
    const form = `form[action*="/${this.way.lang}${action}"]${first ? `:has(#${first})` : ''}`;
    for (const [id, value] of Object.entries(fields)) await this.page.fill(`${form} #${id}`, value);
    await this.follow(`${form} button[type=submit]`);
  }
  async show(code: Code): Promise<void> {
    const [year = '', month = '', day = ''] = code.birth.split('-');
    await this.send('/code', { code: code.code, year, month, day });
  }
  /** Signs in on a fresh page and comes to the first page with a choice. */
  async signIn(code: Code): Promise<void> {
    await this.open('/code');
    await this.show(code);
  }
  /** Chooses procedures, window and people who come along, as far as it is asked, up to the days. */
  async upToDays(window = 0, procedure = 'pin'): Promise<void> {
    if (this.page.url().includes('/procedure')) {
      await this.page.check(`input[name=p][value=${procedure}]`);
      await this.send('/next');
    }
    if (this.page.url().includes('/window')) await this.follow(`main ul.choices li:nth-child(${window + 1}) a`);
    if (this.page.url().includes('/party')) await this.follow('main a.button.main');
    expect(this.page.url()).toContain('/days');
  }
  /** From the times back to the days. */
  async upToDaysAgain(): Promise<void> { await this.follow('main > p:last-of-type a[href*="days"]'); }
  /** Chooses the first free time of the n-th free day. */
  async upToConfirm(n = 0): Promise<void> {
    await this.go(() => Promise.all([this.page.waitForEvent('load'), this.page.locator('ul.choices a[href*="times"]').nth(n).click()]));
    await this.follow('ul.choices a[href*="confirm"], ul.choices a[href*="next"]');
    expect(this.page.url()).toContain('/confirm');
  }
  async book(): Promise<void> {
    await this.send('/book');
    expect(this.page.url(), await this.page.locator('main').innerText()).toContain('/b/');
  }
  async text(): Promise<string> { return (await this.page.locator('main').textContent()) ?? ''; }

  /** Cancels the booking that is shown. */
  async cancel(): Promise<void> {
    await this.follow('a[href$="/cancel"]');
    await this.send('/b/');
  }
  /** Opens the address of a mail or a bookmark. */
  async visit(url: string): Promise<void> { await this.go(() => this.page.goto(url)); }

  /** Checks the page that has come and keeps it. title is the key of its heading, status that of the answer. */
  async look(name: string, title = '', status = 200): Promise<void> {
    const { lang, js, width, height } = this.way;
    const where = `${name} in ${lang} at ${width} px${js ? '' : ' without JavaScript'} (${this.page.url()})`;
    const response = this.last;
    if (!response) throw new Error(`${where}: no page has come`);
    const raw = await response.body();
    const html = raw.toString('utf8');
    const shown = await this.page.locator('body').innerText();
    expect(response.status(), `status of ${where}: ${shown}`).toBe(status);
    expect.soft(raw.length, `bytes of ${where}`).toBeLessThanOrEqual(20 * 1024);
    expect.soft(this.requests, `requests of ${where}`).toBeLessThanOrEqual(3);
    if (title) expect.soft(await this.page.locator('h1').textContent(), `heading of ${where}`).toBe(this.word(title));
    const keys = words('ja');
    expect.soft([...shown.matchAll(/[a-z_]+(?:\.[a-z0-9_]+)+/g)].map((m) => m[0]).filter((key) => keys.has(key) || key.startsWith('error.')), `keys shown by ${where}`).toEqual([]);
    expect.soft(shown, `something left open by ${where}`).not.toMatch(/\{[a-z]+\}|<no value>|%!|undefined|null/);
    const plain = html.replace(/(name="(?:token|once|sealed)" value=)"[^"]*"/g, '$1""').replace(/\/b\/[\w.-]{20,}/g, '/b/').replace(/03-?0000-?\d{4}/g, '');
    const digest = createHash('sha256').update(plain).digest('hex');
    if (kept && !seen.has(digest)) {
      mkdirSync(kept, { recursive: true });
      writeFileSync(`${kept}/${lang}-${name}-${digest.slice(0, 8)}.html`, html);
    }
    seen.add(digest);
    // A small phone may be a little less small, too.
    for (const [w, h] of width < 360 ? [[width, height], [360, 640]] as const : [[width, height]] as const) {
      if (w !== width) await this.page.setViewportSize({ width: w, height: h });
      await this.measure(`${where} shown at ${w} px`, w, digest);
      if (shots) {
        mkdirSync(shots, { recursive: true });
        await this.page.screenshot({ path: `${shots}/${lang}-${w}-${name}.png`, fullPage: true });
      }
      if (w !== width) await this.page.setViewportSize({ width, height });
    }
  }
  private async measure(where: string, width: number, digest: string): Promise<void> {
    expect.soft(await this.page.evaluate(() => document.documentElement.scrollWidth), `width of ${where}`).toBeLessThanOrEqual(width);
    const inside = `${digest} ${width}`;
    if (checked.has(inside)) return;
    checked.add(inside);
    expect.soft(await this.page.evaluate(ownFindings), `own rules for ${where}`).toEqual([]);
    if (this.way.js) expect.soft(await findings(this.page), `axe for ${where}`).toEqual([]);
  }
}
