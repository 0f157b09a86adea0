import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hasText } from './lib/text';
import { program as booking } from './booking/program';
import { program } from './program';

const screens = [...program.screens, ...booking.screens];

/** All sources of the screens, tests left out. */
function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return /\.(svelte|ts)$/.test(entry.name) && !entry.name.includes('test') ? [readFileSync(path, 'utf8')] : [];
  });
}

it('has a text for every code that the screens name', () => {
  const codes = sources('src').flatMap((source) => [...source.matchAll(/text\(\s*'([a-z]+\.[\w.]+)'/g)].map((m) => m[1] ?? ''));
  expect(codes.length).toBeGreaterThan(300);
  expect([...new Set(codes)].filter((code) => !hasText(code))).toEqual([]);
});

it('has a name for every screen and a help text behind F1', () => {
  const missing = screens.flatMap((s) => [`ui.screen.${s.key}`, ...(s.key === 'help' ? [] : [`help.${s.key}.title`, `help.${s.key}.body`])]).filter((code) => !hasText(code));
  expect(missing).toEqual([]);
});

it('finds every screen without number by kana in the palette', () => {
  expect(screens.filter((s) => !s.pattern.includes(':')).map((s) => `ui.screen_kana.${s.key}`).filter((code) => !hasText(code))).toEqual([]);
});

it('has no Japanese sentence outside the catalogue but the one for a missing catalogue', () => {
  const strays = sources('src').flatMap((source) => source.replace(/\/\/.*|<!--[\s\S]*?-->|\/\*[\s\S]*?\*\//g, '').match(/'[^'\n]*[ぁ-ん]{2}[^'\n]*'/g) ?? []);
  expect(strays).toEqual([expect.stringContaining('サーバーに接続できません')]);
});
