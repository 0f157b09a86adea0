// How the exchange with the booking service stands and what waits. It is asked for when another screen is
// shown, never by a clock: a session without a person at the keyboard has to fall asleep.
import { api } from '../api';
import type { Standing } from '../types';
import { Loader } from './load.svelte';

export const standing = new Loader<Standing>(() => api.standing());

export type Age = 'new' | 'old' | 'too_old' | 'never';
/** How old the state of the booking service is at a time. */
export function ageOf(s: Pick<Standing, 'heardAt' | 'oldAt' | 'tooOldAt'>, now: number): Age {
  if (!s.heardAt) return 'never';
  if (now >= Date.parse(s.tooOldAt)) return 'too_old';
  return now >= Date.parse(s.oldAt) ? 'old' : 'new';
}
/** The time since an instant in its largest unit, for a text of the catalogue. */
export function since(instant: string, now: number): { unit: 'minutes' | 'hours' | 'days'; n: number } {
  const minutes = Math.max(0, Math.floor((now - Date.parse(instant)) / 60_000));
  if (minutes < 60) return { unit: 'minutes', n: minutes };
  return minutes < 48 * 60 ? { unit: 'hours', n: Math.floor(minutes / 60) } : { unit: 'days', n: Math.floor(minutes / 1440) };
}
