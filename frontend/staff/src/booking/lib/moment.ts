// Moments of notices: "2026-12-01 00:00" in Japan, 24:00 included.
import type { Notice } from '../types';
import { clock, parseClock } from './clock';

/** Reads "2026/12/3 24:00", full-width too; anything else stays as it is, for the server to refuse. */
export function moment(typed: string): string {
  const s = typed.normalize('NFKC').trim();
  const found = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s+(\S+))?$/.exec(s);
  const minute = found ? parseClock(found[4] ?? '0:00') : undefined;
  if (!found || minute === undefined) return s;
  return `${found[1]}-${found[2]?.padStart(2, '0')}-${found[3]?.padStart(2, '0')} ${clock(minute)}`;
}

/** Whether a notice shows at a moment. */
export function phase(n: Pick<Notice, 'from' | 'until'>, now: string): 'now' | 'later' | 'over' {
  if (n.from && now < n.from) return 'later';
  return n.until && now >= n.until ? 'over' : 'now';
}
