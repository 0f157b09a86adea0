// The page checkers over all pages that the residents have seen, and proof that they see anything: a
// page for each defect of staff-ui.md §8.2 that at least one of them must find.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser } from '../e2e/browser';
import { findings } from './axe';
import { htmlValidate, pagesIn, vnu } from './checkers';
import { ownFindings } from './own';

/** The folder in which the residents have kept the pages that they have seen. */
const kept = process.env.KOFU_PAGES ?? '';
let browser: Browser;
let folder: string;
beforeAll(async () => {
  browser = await openBrowser();
  folder = mkdtempSync(`${tmpdir()}/kofu-pages-`);
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

it('BK901: html-validate finds nothing on any page', async () => {
  const files = pagesIn(kept);
  expect(files.length, `pages in ${kept}`).toBeGreaterThan(100);
  expect(await htmlValidate(files)).toEqual([]);
});

it('BK901: vnu finds nothing on any page', async () => {
  expect(await vnu(pagesIn(kept))).toEqual([]);
});

const page = (head: string, body: string, html = '<html lang="ja">'): string =>
  `<!DOCTYPE html>${html}<head><meta charset="utf-8">${head}</head><body><main><h1>予約</h1>${body}</main></body></html>`;
const head = '<title>予約</title><meta name="viewport" content="width=device-width, initial-scale=1">';

/** Defects, and what of the finding names them. */
const defects: [name: string, html: string, finding: RegExp][] = [
  ['contrast', page(head, '<p style="color:#999;background:#fff">うすい文字</p>'), /color-contrast/],
  ['title', page('<title></title>', '<p>文</p>'), /document-title|empty-title/],
  ['lang', page(head, '<p>文</p>', '<html>'), /html-has-lang/],
  ['alt', page(head, '<p><img src="data:,"></p>'), /image-alt|wcag\/h37/],
  ['link name', page(head, '<p><a href="/x"></a></p>'), /link-name|wcag\/h30/],
  ['meta refresh', page(`${head}<meta http-equiv="refresh" content="5">`, '<p>文</p>'), /meta-refresh/],
  ['target size', page(head, '<p><button type="button" style="width:10px;height:10px;padding:0">あ</button><button type="button" style="width:10px;height:10px;padding:0">い</button></p>'), /target-size/],
  ['heading order', page(head, '<h4>あと</h4>'), /heading-order|heading-level/],
  ['landmarks', `<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8">${head}</head><body><h1>予約</h1><p>文</p></body></html>`, /region|landmark/],
  ['duplicate id', page(head, '<p id="a">あ</p><p id="a">い</p>'), /no-dup-id|Duplicate ID/],
  ['deprecated elements', page(head, '<p><font color="red">文</font></p>'), /deprecated|obsolete/],
  ['missing required attribute', page(head, '<form action="/x"><button>送る</button></form>'), /no-implicit-button-type|element-required-attributes/],
  ['placeholder-only input', page(head, '<p><input type="text" placeholder="番号"></p>'), /input without a visible label/],
  ['table without th', page(head, '<table><caption>日</caption><tbody><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></tbody></table>'), /table without th/],
  ['th without scope', page(head, '<table><caption>日</caption><tbody><tr><th>1</th><td>2</td></tr></tbody></table>'), /th without scope/],
  ['clickable div', page(head, '<div onclick="go()">すすむ</div>'), /clickable, but neither/],
  ['picture without a name', page(head, '<p><svg width="9" height="9"><circle r="4" /></svg></p>'), /picture without a name/],
];

it.each(defects)('BK901: a page with a planted defect is found: %s', async (name, html, finding) => {
  const file = `${folder}/${name.replaceAll(' ', '-')}.html`;
  writeFileSync(file, html);
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } });
  const tab = await context.newPage();
  await tab.goto(`file://${file}`);
  const found = [...await findings(tab), ...await tab.evaluate(ownFindings), ...await htmlValidate([file])];
  expect(found.join('\n')).toMatch(finding);
  await context.close();
});

it('BK901: vnu finds what it is for, and a clean page passes all checkers', async () => {
  const clean = `${folder}/clean.html`;
  writeFileSync(clean, page(head, '<p>文</p>'));
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(`file://${clean}`);
  expect([...await findings(tab), ...await tab.evaluate(ownFindings), ...await htmlValidate([clean]), ...await vnu([clean])]).toEqual([]);
  await context.close();
  const planted = defects.filter(([name]) => ['title', 'alt', 'duplicate id', 'deprecated elements', 'heading order'].includes(name)).map(([name]) => `${folder}/${name.replaceAll(' ', '-')}.html`);
  const found = (await vnu(planted)).join('\n');
  for (const file of planted) expect(found).toContain(file.slice(folder.length + 1));
});
