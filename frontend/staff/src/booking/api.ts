// The routes of the booking console: each function is one.
import { common } from '../lib/common';
import { call, get, post, query } from '../lib/http';
import type * as T from './types';

const at = (window: string) => `/api/windows/${encodeURIComponent(window)}`;
const booking = (id: string) => `/api/bookings/${encodeURIComponent(id)}`;
function fileForm(file: File): FormData {
  const form = new FormData();
  form.set('file', file, file.name);
  return form;
}

export const api = {
  ...common,
  home: () => get<T.Home>('/api/home'),
  access: () => get<T.AccessRules>('/api/access'),
  changeAccess: (b: T.AccessRules) => call<T.AccessRules>('PUT', '/api/access', b),
  choices: () => get<T.Choices>('/api/choices'),

  windows: () => get<T.Window[]>('/api/windows'),
  saveWindow: (b: T.Window) => call<T.SlotReport>('PUT', at(b.id), b),
  pattern: (window: string) => get<T.Pattern[]>(`${at(window)}/pattern`),
  savePattern: (window: string, b: T.Pattern[]) => call<T.SlotReport>('PUT', `${at(window)}/pattern`, b),
  copyPattern: (from: string, to: string) => post<T.SlotReport>(`${at(to)}/pattern/copy`, { from }),
  exceptions: (window: string) => get<T.Exception[]>(`${at(window)}/exceptions`),
  addException: (b: T.Exception) => post<T.SlotReport>('/api/exceptions', b),
  removeException: (window: string, id: string) => call<T.SlotReport>('DELETE', `${at(window)}/exceptions/${encodeURIComponent(id)}`),
  month: (window: string, month: string) => get<T.CalendarDay[]>(`${at(window)}/month${query({ month })}`),
  day: (window: string, day: string) => get<T.DayPage>(`${at(window)}/days/${day}`),
  over: () => get<T.SlotRow[]>('/api/over'),
  copy: (b: T.CopyRequest) => post<T.Outcome>('/api/copies', b),
  openingFile: (file: File, dry: boolean) => post<T.Outcome>(`/api/opening-files${query({ dry: dry ? 1 : 0 })}`, fileForm(file)),
  batches: () => get<T.Batch[]>('/api/batches'),
  undoBatch: (id: string) => post<T.SlotReport>(`/api/batches/${encodeURIComponent(id)}/undo`),
  holidays: (year: number) => get<T.HolidayName[]>(`/api/holidays${query({ year })}`),
  holidayFile: (file: File, dry: boolean) => post<T.Holidays>(`/api/holidays${query({ dry: dry ? 1 : 0 })}`, fileForm(file)),
  closingPlan: (b: T.Exception) => post<T.ClosingPlan>('/api/closings/plan', b),
  close: (b: T.ClosingRequest) => post<T.ClosingDone>('/api/closings', b),

  find: (entry: string) => post<T.Found>('/api/find', { entry }),
  seats: (window: string, from: string, days: number) => get<T.SlotRow[]>(`${at(window)}/seats${query({ from, days })}`),
  booking: (id: string) => get<T.BookingRow>(booking(id)),
  book: (b: T.NewBooking) => post<T.BookingRow>('/api/bookings', b),
  changeBooking: (id: string, b: T.BookingChange) => post<T.BookingRow>(`${booking(id)}/change`, b),
  cancelBooking: (id: string, b: T.BookingCancel) => post<T.BookingRow>(`${booking(id)}/cancel`, b),

  handled: () => get<{ code: string; label: string }[]>('/api/handled'),
  arrive: (b: T.ArrivalScan) => post<T.ArrivalResult>('/api/arrivals', b),
  receive: (id: string, b: T.ReceptionAct) => post<T.BookingRow>(`${booking(id)}/reception`, b),
  callIn: (id: string, counter: string) => post<T.BookingRow>(`${booking(id)}/call`, { counter }),
  endCall: (id: string, counter: string) => post<T.BookingRow>(`${booking(id)}/end-call`, { counter }),
  board: () => get<T.Board>('/api/board'),
  visits: (window: string, day = '') => get<T.VisitRow[]>(`${at(window)}/visits${query({ day })}`),
  missing: (window: string) => get<T.Missing>(`${at(window)}/missing`),
  closeDay: (window: string, day: string) => post<T.DayClosed>(`${at(window)}/day-close`, { day }),

  wishes: () => get<T.WishRow[]>('/api/wishes'),
  answerWish: (id: string, b: T.WishAnswer) => post<T.BookingRow>(`/api/wishes/${encodeURIComponent(id)}/answer`, b),
  withdrawWish: (id: string) => post<void>(`/api/wishes/${encodeURIComponent(id)}/withdraw`),

  mails: (state: string) => get<T.Outbox>(`/api/mails${query({ state })}`),
  phoneTasks: (done: boolean) => get<T.PhoneTask[]>(`/api/phone-tasks${query({ done: done ? 1 : 0 })}`),
  called: (id: string) => post<void>(`/api/phone-tasks/${encodeURIComponent(id)}/called`),
};
