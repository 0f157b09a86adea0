// Times of day as clerks type and read them. A time is minutes since midnight.
import { timeOfDay } from '../../lib/date';

/** 570 is "09:30". */
export function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

/** Reads "930", "9:30", "9時30分", full-width too; undefined for anything that is no time up to 24:00. */
export function parseClock(typed: string): number | undefined {
  const s = typed.normalize('NFKC').trim();
  const found = /^(\d{1,2})[:時.](\d{1,2})?分?$/.exec(s) ?? /^(\d{1,2})(\d\d)$/.exec(s) ?? /^(\d{1,2})$/.exec(s);
  if (!found) return undefined;
  const minute = Number(found[1]) * 60 + Number(found[2] ?? 0);
  return Number(found[2] ?? 0) < 60 && minute <= 1440 ? minute : undefined;
}

/** The time of an instant in Japan without seconds. */
export function hourOf(instant: string): string {
  return timeOfDay(instant).slice(0, 5);
}
