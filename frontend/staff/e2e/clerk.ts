// A clerk at the keyboard: opens screens, types like a person, scans like a scanner, and has every
// screen checked for accessibility on the way.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { expect } from 'vitest';
import { url } from './server';

export { openBrowser } from './browser';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Pause between the keys of a person; far above the limit for scanners. */
const pace = 60;

export class Clerk {
  private constructor(readonly page: Page, private readonly cdp: CDPSession) {}

  static async sitDown(browser: Browser): Promise<Clerk> {
    // The page's own policy forbids foreign scripts; the checker is one.
    const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'ja-JP', bypassCSP: true, acceptDownloads: true, ignoreHTTPSErrors: true });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(`${url}/`);
    return new Clerk(page, await context.newCDPSession(page));
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: pace });
  }
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key, { delay: 10 });
  }
  /** Fills the fields in their order, Enter leading from one to the next. */
  async fill(...values: string[]): Promise<void> {
    for (const [i, value] of values.entries()) {
      if (i > 0) await this.press('Enter');
      await this.type(value);
    }
  }
  async focus(role: 'button' | 'link' | 'textbox' | 'checkbox' | 'radio' | 'combobox', name: string | RegExp, nth = 0): Promise<void> {
    await this.page.getByRole(role, { name }).nth(nth).focus();
  }
  /** Presses a button or link by the keyboard alone. */
  async push(name: string | RegExp, role: 'button' | 'link' = 'button'): Promise<void> {
    await this.focus(role, name);
    await this.press('Enter');
  }
  /** Opens a screen by the palette: Ctrl+K, its name, Enter. */
  async open(screen: string, heading: string | RegExp = screen): Promise<void> {
    await this.press('Control+k');
    await this.page.getByLabel('画面の名前、通知書番号、氏名').waitFor();
    await this.page.keyboard.insertText(screen);
    await this.press('Enter');
    await this.heading(heading);
    await this.check(screen);
  }
  async heading(name: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name }).waitFor();
  }
  /** Scans a code as a keyboard wedge does: all keys at once, then Enter; with the input method on when ime is set. */
  async scan(code: string, ime = false): Promise<void> {
    const keys = [...code].map((c) => ({ c, code: /\d/.test(c) ? `Digit${c}` : c === '-' ? 'Minus' : `Key${c}` }));
    // The times of a scanner, however busy the machine of the test is.
    let at = Date.now() / 1000 - (keys.length + 1) * 0.008;
    const down = ({ c, code }: { c: string; code: string }) => this.cdp.send('Input.dispatchKeyEvent', ime
      ? { type: 'rawKeyDown', key: 'Process', code, windowsVirtualKeyCode: 229, timestamp: (at += 0.008) }
      : { type: 'keyDown', key: c, code, text: c, windowsVirtualKeyCode: c.charCodeAt(0), timestamp: (at += 0.008) });
    const up = ({ c, code }: { c: string; code: string }) => this.cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', key: c, code, timestamp: at });
    const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, timestamp: at + (keys.length + 1) * 0.008 };
    await Promise.all([
      ...keys.flatMap((k) => [down(k), up(k)]),
      this.cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', text: '\r', ...enter }),
      this.cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter }),
    ]);
  }
  /** Waits for the big word of the last scan that names the card. */
  async result(tone: string, code: string): Promise<string> {
    const big = this.page.locator(`[data-tone="${tone}"]`, { hasText: code });
    await big.waitFor();
    return (await big.textContent()) ?? '';
  }
  /** No finding of the accessibility checker on what is shown now. */
  async check(where: string): Promise<void> {
    await this.page.evaluate(axe);
    const findings = await this.page.evaluate(async (values) => {
      const run = (window as unknown as { axe: { run: (d: Document, o: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run;
      return (await run(document, { runOnly: values })).violations.map((v) => `${v.id}: ${v.nodes[0]?.html.slice(0, 200) ?? ''}`);
    }, tags);
    expect(findings, `accessibility of ${where}`).toEqual([]);
  }
}
