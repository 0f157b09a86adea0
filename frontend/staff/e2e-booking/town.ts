// The practice municipalities of the tested service, and what only its database can be made to say:
// a card that is not ready, a slot that has just filled up. service.ts says where they are.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { eventually } from './until';

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run build/e2e-booking.sh`);
  return value;
}

/** The folder of the practice data. */
const data = given('KOFU_BOOKING_DATA');
/** Where the residents' pages are: the port belongs to every municipality. */
const port = given('KOFU_BOOKING_PORT');

export interface Code { code: string; birth: string }
export interface Account { role: string; login: string; password: string }
interface Town { name: string; host: string; accounts: Account[]; codes: Code[]; key: string; keyNo: string }

const towns = (JSON.parse(readFileSync(`${data}/practice.json`, 'utf8')) as { towns: Town[] }).towns;
const [first, second] = towns;
if (!first || !second) throw new Error('the practice data has fewer than two municipalities');
/** Takes codes of letters. */
export const aoba: Town = first;
/** Takes bookings without a code as well. */
export const wakaba: Town = second;

/** The n-th code that has no booking. The first two belong to one household. */
export function code(n: number, of = aoba): Code {
  const found = of.codes[n];
  if (!found) throw new Error(`the practice data has no code ${n}`);
  return found;
}

export function address(town: Town, path: string): string {
  return `http://${town.host}:${port}${path}`;
}

/** The database of the running service. */
export const database = `${data}/kofu-booking.db`;

/** Runs statements against it. */
export function sql(statements: string): string {
  return execFileSync('sqlite3', ['-cmd', '.timeout 60000', database, statements], { encoding: 'utf8' }).trim();
}

export function instant(minutesFromNow: number): string {
  return new Date(Date.now() + minutesFromNow * 60_000).toISOString();
}

/** Nobody has tried any code yet: the tests come from few addresses, and often. */
export function forgetAttempts(): void {
  sql('DELETE FROM attempt_count; DELETE FROM attempt_lock');
}

/** Makes a version of a document of settings. */
export function document(tenant: number, name: string, version: number, value: object): void {
  sql(`INSERT INTO setting SELECT ${tenant}, '${name}', ${version}, '${JSON.stringify(value).replaceAll("'", "''")}', '${instant(0)}', 'test'`);
}

interface Answer { status: number; body: string; cookies: string }

function asked(town: Town, path: string, more: RequestOptions, form = ''): Promise<Answer> {
  const headers = { Host: `${town.host}:${port}`, 'X-Forwarded-For': '198.51.100.254', ...more.headers };
  return new Promise((done, fail) => {
    request({ ...more, host: '127.0.0.1', port, path, headers }, (answer) => {
      const cookies = (answer.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]).join('; ');
      let body = '';
      answer.setEncoding('utf8').on('data', (part) => { body += part; }).on('end', () => { done({ status: answer.statusCode ?? 0, body, cookies }); });
    }).on('error', fail).end(form);
  });
}

/** A page for somebody without cookies. */
export function fetched(town: Town, path: string): Promise<Answer> { return asked(town, path, {}); }

/** What comes back for a form. */
export function posted(town: Town, path: string, form: string, cookie: string): Promise<Answer> {
  return asked(town, path, { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: cookie } }, form);
}

let settings = 0;

/**
 * Changes what a municipality has decided, and returns when its pages know it and whatever was changed
 * before: with each change its phone number becomes another, which stands on every page.
 */
export async function policy(tenant: number, change: Record<string, unknown> = {}): Promise<void> {
  const [version, body] = sql(`SELECT version || '|' || body FROM setting WHERE tenant = ${tenant} AND name = 'booking.policy' ORDER BY version DESC LIMIT 1`).split(/\|(.*)/s);
  const phone = `03-0000-${String(++settings).padStart(4, '0')}`;
  document(tenant, 'booking.policy', Number(version) + 1, { ...JSON.parse(body ?? '{}') as object, ...change, phone });
  const town = tenant === 1 ? aoba : wakaba;
  await eventually(async () => (await fetched(town, '/ja/help')).body.includes(phone), 'the pages know the new settings');
}

const texts = new Map<string, Map<string, string>>();
/** The texts of a language by key. */
export function words(lang: string): Map<string, string> {
  const known = texts.get(lang);
  if (known) return known;
  const lines = readFileSync(new URL(`../../public/text/${lang}.toml`, import.meta.url), 'utf8').matchAll(/^"([^"]+)" = (".*")$/gm);
  const map = new Map([...lines].map((m) => [m[1] ?? '', JSON.parse(m[2] ?? '""') as string]));
  texts.set(lang, map);
  return map;
}

export function word(lang: string, key: string): string {
  return words(lang).get(key) ?? words('ja').get(key) ?? '';
}
