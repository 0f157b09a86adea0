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
