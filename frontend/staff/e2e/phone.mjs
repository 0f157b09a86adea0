// Books an appointment with the code of a letter, as somebody does who holds a small phone without
// JavaScript, and prints the number of the booking. Called by `make story`:
//   node phone.mjs '{"port":…,"host":…,"code":…,"birth":"1965-04-01","slot":"W1@2026-12-01T09:30","shots":folder}'
import { chromium } from 'playwright-core';

const { port, host, code, birth, slot, shots } = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: process.env.KOFU_CHROMIUM ?? '/usr/bin/chromium-headless-shell',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    `--host-resolver-rules=MAP ${host} 127.0.0.1:${port}`],
});
try {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false, locale: 'ja-JP' });
  const page = await context.newPage();
  let n = 0;
  const look = async () => {
    // Nothing sticks out to the side: it fits a small phone.
    const wide = await page.locator('html').evaluate((e) => e.scrollWidth);
    if (wide > 360) throw new Error(`${page.url()} is ${wide} px wide`);
    n++;
    if (shots) await page.screenshot({ path: `${shots}/${n}.png`, fullPage: true });
  };
  await page.goto(`http://${host}/ja/code`);
  await look();
  const [year, month, day] = birth.split('-');
  await page.locator('[name=code]').fill(code);
  await page.locator('[name=year]').fill(year);
  await page.locator('[name=month]').fill(String(Number(month)));
  await page.locator('[name=day]').fill(String(Number(day)));
  await page.locator('form:has([name=code]) button[type=submit]').click();
  await look();
  await page.locator(`a[href*="d=${slot.slice(3, 13)}"]`).first().click();
  await look();
  await page.locator(`a[href*="${slot.slice(14).replace(':', '%3A')}"], a[href*="${slot.slice(14)}"]`).first().click();
  await look();
  await page.locator('form[action$="/book"] button[type=submit]').click();
  await look();
  const text = await page.locator('main').innerText();
  const no = /\b\d{2}-\d{4}\b/.exec(text);
  if (!text.includes('予約しました') || !no) throw new Error(text);
  process.stdout.write(no[0]);
} finally {
  await browser.close();
}
