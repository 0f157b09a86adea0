// The practice municipalities of the tested service, and what only its database can be made to say:
// a card that is not ready, a slot that has just filled up. build/e2e-booking.sh says where they are.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

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

export function address(town: Town, path: string): string {
  return `http://${town.host}:${port}${path}`;
}

/** Runs statements against the database of the running service. */
export function sql(statements: string): string {
  return execFileSync('sqlite3', ['-cmd', '.timeout 20000', `${data}/kofu-booking.db`, statements], { encoding: 'utf8' }).trim();
}

export function instant(minutesFromNow: number): string {
  return new Date(Date.now() + minutesFromNow * 60_000).toISOString();
}

/** Nobody has tried any code yet: the tests come from few addresses, and often. */
export function forgetAttempts(): void {
  sql('DELETE FROM attempt_count; DELETE FROM attempt_lock');
}

/** Changes what a municipality has decided; the pages know it after two seconds. */
export async function policy(tenant: number, change: Record<string, unknown>): Promise<void> {
  const [version, body] = sql(`SELECT version || '|' || body FROM setting WHERE tenant = ${tenant} AND name = 'booking.policy' ORDER BY version DESC LIMIT 1`).split(/\|(.*)/s);
  document(tenant, 'booking.policy', Number(version) + 1, { ...JSON.parse(body ?? '{}') as object, ...change });
  await settled();
}

/** Makes a version of a document of settings. */
export function document(tenant: number, name: string, version: number, value: object): void {
  sql(`INSERT INTO setting SELECT ${tenant}, '${name}', ${version}, '${JSON.stringify(value).replaceAll("'", "''")}', '${instant(0)}', 'test'`);
}

/** Waits until the pages have read again what they remember of the municipality. */
export async function settled(): Promise<void> {
  await new Promise((done) => setTimeout(done, 2_300));
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
