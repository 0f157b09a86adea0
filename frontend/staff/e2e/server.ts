// Where the tested server is and who may sign in first. build/e2e.sh says so in the environment.
import { readFileSync } from 'node:fs';

export const url = (process.env.KOFU_E2E_URL ?? process.env.KOFU_URL ?? '').replace(/\/$/, '');
if (!url) throw new Error('KOFU_E2E_URL (or KOFU_URL) names no server; run build/e2e.sh');

export interface Account { login: string; password: string; role: string }

const banner = process.env.KOFU_BANNER ? readFileSync(process.env.KOFU_BANNER, 'utf8') : '';

/** The code for the first account, when the server has none yet. */
export const installationCode = process.env.KOFU_E2E_CODE ?? /インストールコード: (\S+)/.exec(banner)?.[1] ?? '';

/** The accounts that the server offered at its start. */
export function accounts(): Account[] {
  const { KOFU_E2E_LOGIN: login, KOFU_E2E_PASSWORD: password } = process.env;
  if (login && password) return [{ login, password, role: 'システム管理者' }];
  return [...banner.matchAll(/利用者: (\S+)\s+パスワード: (\S+)\s+（([^）]*)）/g)].map((m) => ({ login: m[1] ?? '', password: m[2] ?? '', role: m[3] ?? '' }));
}
