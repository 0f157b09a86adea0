// The search form: an empty one, and what was found as a file. The condition goes in the body of the request,
// because addresses are kept in logs.
import { saveBlob } from '../../lib/download';
import { ApiError, postFile } from '../../lib/http';
import type { BookingSearch } from '../types';
import { clock, parseClock } from './clock';

export function blank(): BookingSearch {
  return {
    madeFrom: '', madeUntil: '', dayFrom: '', dayUntil: '', timeFrom: '', timeUntil: '', no: '', window: '', states: [], via: '', operator: '', answers: {},
    code: '', offset: 0, format: '',
  };
}

/** What a link to the search asks for: the bookings of a slot. */
export function linked(query: Record<string, string>): BookingSearch | undefined {
  if (!query.day) return undefined;
  return { ...blank(), dayFrom: query.day, dayUntil: query.day, window: query.window ?? '', timeFrom: query.time ?? '', timeUntil: query.time ?? '' };
}

/** A time as clerks type it (930, 9:30) as the search takes it; anything else stays, for the server to refuse. */
export function timeTyped(typed: string): string {
  const minute = parseClock(typed);
  return minute === undefined ? typed.trim() : clock(minute);
}

export async function saveFile(asked: BookingSearch): Promise<void> {
  const { blob, name } = await postFile(asked.format === 'pdf' ? '/api/search/print' : '/api/search/file', asked);
  if (!blob.size) throw new ApiError(0, 'empty', '');
  saveBlob(blob, name);
}
