// Days as clerks type and read them. A day is "2026-11-21", without zone.
import { text } from './text';

const eras = [
  { letter: 'R', name: '令和', from: '2019-05-01', year: 2018 },
  { letter: 'H', name: '平成', from: '1989-01-08', year: 1988 },
  { letter: 'S', name: '昭和', from: '1926-12-25', year: 1925 },
  { letter: 'T', name: '大正', from: '1912-07-30', year: 1911 },
  { letter: 'M', name: '明治', from: '1868-01-25', year: 1867 },
] as const;
const weekdays = '日月火水木金土';
const dayMs = 86_400_000;

export type Direction = 'future' | 'past' | 'near';
export type Parsed = { day: string } | { problem: string };

function utc(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}
function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
export function addDays(day: string, n: number): string {
  return iso(utc(day) + n * dayMs);
}
export function weekday(day: string): string {
  return weekdays[new Date(utc(day)).getUTCDay()] ?? '';
}
export function isWeekend(day: string): boolean {
  return '土日'.includes(weekday(day));
}

/** "令和8年12月15日(火)"; anything that is not a whole day comes back as it is. */
export function longDay(day: string): string {
  return written(day, (era, year, m, d) => `${era.name}${year === 1 ? '元' : year}年${m}月${d}日`);
}
/** "R8.12.15(火)", for tables. */
export function shortDay(day: string): string {
  return written(day, (era, year, m, d) => `${era.letter}${year}.${m}.${d}`);
}
/** "R8.12.15", where there is no room for the weekday. */
export function plainDay(day: string): string {
  return shortDay(day).replace(/\(.\)$/, '');
}
function written(day: string, format: (era: (typeof eras)[number], year: number, m: number, d: number) => string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return day;
  const era = eras.find((e) => day >= e.from);
  if (!era || Number.isNaN(utc(day))) return day;
  const [y, m, d] = day.split('-').map(Number) as [number, number, number];
  return `${format(era, y - era.year, m, d)}(${weekday(day)})`;
}

const clock = new Intl.DateTimeFormat('ja-JP', {
  timeZone: 'Asia/Tokyo', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
});
function clockParts(instant: string): Record<string, string> {
  return Object.fromEntries(clock.formatToParts(new Date(instant)).map((p) => [p.type, p.value]));
}
/** An instant in Japan: "2026/11/21 19:15". */
export function when(instant: string): string {
  if (!instant || Number.isNaN(Date.parse(instant))) return instant ?? '';
  if (/^\d{4}-\d\d-\d\d$/.test(instant)) return shortDay(instant);
  const p = clockParts(instant);
  return `${p.year}/${p.month}/${p.day} ${p.hour}:${p.minute}`;
}
/** The time of an instant in Japan: "19:15:30". */
export function timeOfDay(instant: string): string {
  if (!instant || Number.isNaN(Date.parse(instant))) return '';
  const p = clockParts(instant);
  return `${p.hour}:${p.minute}:${p.second}`;
}

/** Reads a day the way clerks type it; today decides era, "+3" and days without a year. */
export function parseDay(typed: string, today: string, direction: Direction = 'near'): Parsed {
  const s = typed.normalize('NFKC').trim().toUpperCase().replace(/[−ー―‐]/g, '-');
  if (s === text('ui.date.today') || s === '今日') return { day: today };
  const offset = /^([+-])(\d{1,4})$/.exec(s);
  if (offset) return { day: addDays(today, Number(offset[2]) * (offset[1] === '-' ? -1 : 1)) };
  const full = /^(\d{4})[/.\-年](\d{1,2})[/.\-月](\d{1,2})日?$/.exec(s) ?? /^(\d{4})(\d\d)(\d\d)$/.exec(s);
  if (full) return checked(Number(full[1]), Number(full[2]), Number(full[3]));
  const named = /^(R|H|S|T|M|令和|平成|昭和|大正|明治)\s*(\d{1,2}|元)[/.\-年](\d{1,2})[/.\-月](\d{1,2})日?$/.exec(s);
  if (named) return inEra(named);
  const present = /^(\d{1,2})(\d\d)(\d\d)$/.exec(s);
  if (present) {
    const era = eras.find((e) => today >= e.from) ?? eras[0];
    return checked(era.year + Number(present[1]), Number(present[2]), Number(present[3]));
  }
  const short = /^(\d{1,2})(\d\d)$/.exec(s) ?? /^(\d{1,2})[/.\-月](\d{1,2})日?$/.exec(s);
  if (short) return nearest(Number(short[1]), Number(short[2]), today, direction);
  return { problem: text('ui.date.form') };
}

function inEra(found: RegExpExecArray): Parsed {
  const era = eras.find((e) => e.letter === found[1] || e.name === found[1]);
  if (!era) return { problem: text('ui.date.form') };
  const year = era.year + (found[2] === '元' ? 1 : Number(found[2]));
  const answer = checked(year, Number(found[3]), Number(found[4]));
  if ('day' in answer && eras.find((e) => answer.day >= e.from) !== era) {
    return { problem: text('ui.date.era', { day: found[0] }) };
  }
  return answer;
}

function checked(y: number, m: number, d: number): Parsed {
  if (m < 1 || m > 12) return { problem: text('ui.date.no_month', { month: m }) };
  const day = `${String(y).padStart(4, '0')}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`;
  const ms = utc(day);
  if (Number.isNaN(ms) || iso(ms) !== day) return { problem: text('ui.date.no_day', { month: m, day: d }) };
  return { day };
}

function nearest(m: number, d: number, today: string, direction: Direction): Parsed {
  const year = Number(today.slice(0, 4));
  const tries = [year - 1, year, year + 1].map((y) => checked(y, m, d));
  const days = tries.flatMap((t) => ('day' in t ? [t.day] : []));
  const fitting = days.filter((x) => (direction === 'future' ? x >= today : direction === 'past' ? x <= today : true));
  if (!fitting.length) return checked(year, m, d);
  const distance = (x: string) => Math.abs(utc(x) - utc(today));
  return { day: fitting.reduce((a, b) => (distance(b) < distance(a) ? b : a)) };
}
