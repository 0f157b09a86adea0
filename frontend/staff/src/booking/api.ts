// The routes of the booking console: each function is one.
import { common } from '../lib/common';
import { saveAnswer } from '../lib/download';
import { call, get, post, postFile, query } from '../lib/http';
import { text } from '../lib/text';
import type * as T from './types';

const at = (window: string) => `/api/windows/${encodeURIComponent(window)}`;
const booking = (id: string) => `/api/bookings/${encodeURIComponent(id)}`;
function fileForm(file: File): FormData {
  const form = new FormData();
  form.set('file', file, file.name);
  return form;
}

/** What the municipality decides, with its versions. */
const document = <D>(path: string) => ({
  load: () => get<D>(path),
  save: (d: D) => call<D>('PUT', path, d),
  editions: () => get<T.Edition[]>(`${path}/history`),
  edition: (version: number) => get<D>(`${path}/history/${version}`),
});

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
  booking: (id: string) => get<T.BookingPage>(booking(id)),
  book: (b: T.NewBooking) => post<T.BookingRow>('/api/bookings', b),
  changeBooking: (id: string, b: T.BookingChange) => post<T.BookingRow>(`${booking(id)}/change`, b),
  cancelBooking: (id: string, b: T.BookingCancel) => post<T.BookingRow>(`${booking(id)}/cancel`, b),

  resetNumber: (b: T.PasswordHelp) => post<T.ResetNumber>('/api/reset-numbers', b),

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

  policy: document<T.Policy>('/api/policy'),
  notices: document<T.Notices>('/api/notices'),
  fields: document<T.Fields>('/api/fields'),
  wording: document<T.Wording>('/api/wording'),
  inquiryChoices: document<T.InquiryChoices>('/api/inquiry-choices'),
  town: () => get<T.Town>('/api/town'),
  saveTown: (b: T.Town) => call<T.Town>('PUT', '/api/town', b),
  procedures: () => get<T.ProcedureForm[]>('/api/procedures'),
  saveProcedure: (b: T.ProcedureForm) => call<T.SlotReport>('PUT', `/api/procedures/${b.code}`, b),
  labels: (lang: string) => get<T.Label[]>(`/api/labels${query({ lang })}`),
  showLabel: (b: T.LabelDraft) => post<T.LabelShown>('/api/labels/preview', b),
  mailForms: (lang: string) => get<T.MailForms>(`/api/mail-forms${query({ lang })}`),
  saveMailForm: (b: T.MailChange) => call<T.MailForms>('PUT', '/api/mail-forms', b),
  mailEditions: () => get<T.Edition[]>('/api/mail-forms/history'),
  mailEdition: (version: number, lang: string) => get<T.MailForms>(`/api/mail-forms/history/${version}${query({ lang })}`),
  showMail: (b: T.MailDraft) => post<T.Sheet>('/api/mail-forms/preview', b),
  tryMail: (b: T.MailDraft) => post<void>('/api/mail-forms/test', b),
  mailServer: () => get<T.MailServerForm>('/api/mail-server'),
  saveMailServer: (b: T.MailServerForm) => call<T.MailServerForm>('PUT', '/api/mail-server', b),
  tryMailServer: () => post<void>('/api/mail-server/test'),
  mailServerEditions: () => get<T.Edition[]>('/api/mail-server/history'),

  inquiryOffer: () => get<T.InquiryOffer>('/api/inquiries/offer'),
  inquiries: (b: T.InquiryFilter) => post<T.InquiryList>('/api/inquiries/search', b),
  inquiryFile: (b: T.InquiryFilter) => saveAnswer('/api/inquiries/file', b, text('ui.screen.inquiries')),
  phoneCall: (entry: string) => post<T.PhoneCall>('/api/inquiries/call', { entry }),
  saveInquiry: (id: string, b: T.InquiryForm) => (id ? call<T.InquiryRow>('PUT', `/api/inquiries/${id}`, b) : post<T.InquiryRow>('/api/inquiries', b)),

  searchChoices: () => get<T.SearchChoices>('/api/search/choices'),
  search: (b: T.BookingSearch) => post<T.FoundBookings>('/api/search', b),
  searches: () => get<T.SavedSearch[]>('/api/searches'),
  keepSearch: (b: T.SavedSearch) => post<T.SavedSearch>('/api/searches', b),
  dropSearch: (id: string) => call<void>('DELETE', `/api/searches/${encodeURIComponent(id)}`),
  reveal: (id: string, reason: string) => post<T.ContactValue[]>(`${booking(id)}/contact/reveal`, { reason }),

  exchange: () => get<T.ExchangePage>('/api/exchange'),
  takeBundle: (file: File) => post<T.BundleTaken>('/api/exchange/in', fileForm(file)),
  giveBundle: () => postFile('/api/exchange/out', {}),
  bundleForm: (id: string) => `/api/exchange/bundles/${encodeURIComponent(id)}/form`,
  bundleLost: (id: string) => post<void>(`/api/exchange/bundles/${encodeURIComponent(id)}/lost`),
  acceptEpoch: () => post<void>('/api/exchange/accept'),
  exchangeKeys: () => get<T.ExchangeKeysPage>('/api/exchange/keys'),
  makeExchangeKeys: () => post<void>('/api/exchange/keys'),
  exchangeKeyFile: '/api/exchange/keys/file',
  exchangeForm: '/api/exchange/keys/form',
  rotateExchangeKeys: () => post<void>('/api/exchange/keys/rotate'),
  readPeer: (file: File) => post<void>('/api/exchange/peer', fileForm(file)),
  confirmPeer: (fingerprint: string) => post<void>('/api/exchange/peer/confirm', { fingerprint }),
  rejectPeer: () => post<void>('/api/exchange/peer/reject'),
  reconciliation: () => get<T.Reconciliation>('/api/reconciliation'),
  asides: () => get<T.AsideRow[]>('/api/exchange/asides'),
  retryAside: (id: string) => post<void>(`/api/exchange/asides/${encodeURIComponent(id)}/retry`),
  dropAside: (id: string, reason: string) => post<void>(`/api/exchange/asides/${encodeURIComponent(id)}/drop`, { reason }),

  reports: () => get<T.ReportChoice[]>('/api/reports'),
  report: (kind: string, q: Record<string, string>) => get<T.ReportPage>(`/api/reports/${kind}${query(q)}`),
  dayLists: (window: string) => get<T.DayList[]>(`${at(window)}/day-lists`),
  dayListURL: (window: string, day: string) => `${at(window)}/day-lists/${day}`,
};
