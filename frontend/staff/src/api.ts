// The routes of the appliance: each function is one.
import type * as T from './types';
import { common } from './lib/common';
import { call, get, post, query } from './lib/http';

function formOf(file: File): FormData {
  const form = new FormData();
  form.set('file', file, file.name);
  return form;
}

export const api = {
  ...common,
  home: () => get<T.Home>('/api/home'),

  importProfiles: () => get<T.ImportProfile[]>('/api/import-profiles'),
  imports: (limit = 50) => get<T.ImportRun[]>(`/api/imports${query({ limit })}`),
  importRun: (id: number) => get<T.ImportRun>(`/api/imports/${id}`),
  previewImport: (file: File, profile: string) => {
    const form = new FormData();
    if (profile) form.set('profile', profile);
    form.set('file', file, file.name);
    return post<T.ImportRun>('/api/imports', form);
  },
  applyImport: (id: number) => post<T.ImportRun>(`/api/imports/${id}/apply`),
  cancelImport: (id: number) => post<T.ImportRun>(`/api/imports/${id}/cancel`),
  undoImport: (id: number, reason: string) => post<T.ImportRun>(`/api/imports/${id}/undo`, { reason }),

  deliveries: () => get<T.Delivery[]>('/api/deliveries'),
  delivery: (id: number) => get<T.DeliveryPage>(`/api/deliveries/${id}`),
  deliveryCards: (id: number, only: string, offset: number, limit: number) =>
    get<T.Paged<T.CardRow>>(`/api/deliveries/${id}/cards${query({ only, offset, limit })}`),
  newDelivery: (b: { lotNo: string; shippedOn: string; numbers: string[] }) => post<T.Delivery>('/api/deliveries', b),
  scanDelivery: (id: number, code: string, box?: string) =>
    post<T.ScanResult>(`/api/deliveries/${id}/scans`, box ? { code, box } : { code }),
  closeDelivery: (id: number) => post<T.Delivery>(`/api/deliveries/${id}/close`),

  cards: (filter: T.CardFilter, offset: number, limit: number) =>
    get<T.CardList>(`/api/cards${query({ ...filter, offset, limit })}`),
  lookup: (code: string) => get<{ id: number }>(`/api/cards/lookup${query({ code })}`),
  card: (id: number) => get<T.CardPage>(`/api/cards/${id}`),
  act: (id: number, b: T.ActRequest) => post<T.CardPage>(`/api/cards/${id}/acts`, b),
  bulk: (b: T.Bulk) => post<T.BulkResult>('/api/cards/bulk', b),
  viewShield: (id: number) => post<T.Shield>(`/api/cards/${id}/shield/view`),
  setShield: (id: number, b: T.ShieldRequest) => post<T.Shield>(`/api/cards/${id}/shield`, b),
  endShield: (id: number, reason: string) => post<T.Shield>(`/api/cards/${id}/shield/end`, { reason }),
  handover: (id: number, b: T.HandoverRequest) => post<T.CardPage>(`/api/cards/${id}/handover`, b),
  handoverForm: () => get<T.HandoverForm>('/api/handover-form'),
  undoEvent: (id: number, reason: string) => post<T.CardPage>(`/api/events/${id}/undo`, { reason }),
  undoGroup: (id: string, reason: string) => post<{ undone: number }>(`/api/groups/${id}/undo`, { reason }),
  undoLast: () => post<{ card: T.CardPage }>('/api/undo-last'),

  places: () => get<T.Place[]>('/api/places'),
  newPlaces: (b: T.NewPlaces) => post<T.Place[]>('/api/places', b),
  shelve: (placeCode: string, code: string) =>
    post<T.ScanResult>('/api/shelving/scans', placeCode ? { placeCode, code } : { code }),

  counter: () => get<T.Counters>('/api/counter'),
  visits: (window: string, day = '') => get<T.VisitDay>(`/api/counter/visits${query({ window, day })}`),
  arrive: (b: T.ArrivalRequest) => post<T.ArrivalResult>('/api/counter/arrivals', b),
  walkIn: (b: T.WalkInRequest) => post<T.CounterBooking>('/api/counter/walk-ins', b),
  visitAct: (bk: string, b: T.VisitAct) => post<T.CounterBooking>(`/api/counter/bookings/${bk}/acts`, b),
  seats: (window: string, day: string) => get<T.SeatDay>(`/api/counter/seats${query({ window, day })}`),
  guest: (code: string) => post<T.Guest>('/api/counter/guests', { code }),
  bookSeat: (b: T.SeatRequest) => post<T.CounterBooking>('/api/counter/bookings', b),
  moveSeat: (bk: string, b: T.SeatMove) => post<T.CounterBooking>(`/api/counter/bookings/${bk}/move`, b),
  picks: (b: { day: string; window: string; since: string }) => get<T.PickList>(`/api/counter/picks${query(b)}`),
  pick: (day: string, code: string) => post<T.ScanResult>('/api/counter/picks', { day, code }),
  returns: () => get<T.ReturnRow[]>('/api/counter/returns'),
  putBack: (code: string) => post<T.ScanResult>('/api/counter/returns', { code }),
  closing: () => get<T.ClosingRow[]>('/api/counter/closing'),
  closeDay: (b: T.ClosingRequest) => post<T.DayClosed>('/api/counter/closing', b),

  cases: (q: { state: string; kind: string }) => get<T.CaseList>(`/api/cases${query(q)}`),
  decideCase: (id: number, b: T.CaseDecision) => post<T.ExchangeCase>(`/api/cases/${id}`, b),
  moveCase: (id: number, b: T.CaseMove) => post<T.ExchangeCase>(`/api/cases/${id}/move`, b),
  standing: () => get<T.Standing>('/api/standing'),

  exchange: () => get<T.ExchangeState>('/api/exchange'),
  makeKeys: (tenant: string) => post<T.ExchangeState>('/api/exchange/keys', { tenant }),
  rotateKeys: () => post<T.ExchangeState>('/api/exchange/keys/rotation'),
  readPeer: (file: File) => post<T.ExchangeState>('/api/exchange/peer', formOf(file)),
  confirmPeer: (fingerprint: string) => post<T.ExchangeState>('/api/exchange/peer/confirmation', { fingerprint }),
  rejectPeer: () => post<T.ExchangeState>('/api/exchange/peer/rejection'),
  exchangeAddress: (address: string) => call<T.ExchangeState>('PUT', '/api/exchange/address', { address }),
  media: () => get<T.ExchangeMedium[]>('/api/exchange/media'),
  eject: (id: string, carryId: number) => post<undefined>(`/api/exchange/media/${id}/ejection`, { carryId }),
  exportBundle: (b: T.ExportRequest) => post<T.CarryRow>('/api/exchange/exports', b),
  exportStep: () => get<T.ExportStep>('/api/exchange/exports/step'),
  lookAtFile: (file: File) => post<T.Incoming>('/api/exchange/incoming', formOf(file)),
  lookAtMedium: (mediumId: string, name: string) => post<T.Incoming>('/api/exchange/incoming/from-medium', { mediumId, name }),
  takeBundle: (id: string, b: T.TakeRequest) => post<T.TakenResult>(`/api/exchange/incoming/${id}/take`, b),
  sync: () => post<T.TakenResult>('/api/exchange/sync'),
  lost: (b: T.LossRequest) => post<T.ExchangeState>('/api/exchange/losses', b),
  beginRestore: () => post<T.ExchangeState>('/api/exchange/restore'),
  confirmRestore: () => post<T.ExchangeState>('/api/exchange/restore/confirmation'),
  carries: (q: { direction: string; way: string; from: string; until: string }) => get<T.CarryList>(`/api/exchange/carries${query(q)}`),

  stocks: () => get<T.LabelStock[]>('/api/label-stocks'),
  due: (offset: number, limit: number) => get<T.DueList>(`/api/notices/due${query({ offset, limit })}`),
  printRuns: () => get<T.PrintRun[]>('/api/print-runs'),
  printRun: (id: number) => get<T.PrintRun>(`/api/print-runs/${id}`),
  newPrintRun: (b: T.NewRun) =>
    post<T.PrintRun>('/api/print-runs', b),
  decide: (id: number, decisions: T.GlyphDecision[]) =>
    post<T.PrintRun>(`/api/print-runs/${id}/decisions`, { decisions }),
  render: (id: number) => post<T.PrintRun>(`/api/print-runs/${id}/render`),
  posted: (id: number, b: T.Posting) => post<T.PrintRun>(`/api/print-runs/${id}/posted`, b),
  release: (id: number) => get<T.Release>(`/api/print-runs/${id}/release`),
  releaseCodes: (id: number, b: T.ReleaseRequest) => post<T.Release>(`/api/print-runs/${id}/release`, b),
  cancelRun: (id: number, reason: string) => post<T.PrintRun>(`/api/print-runs/${id}/cancel`, { reason }),
  undoPosted: (id: number, reason: string) => post<T.PrintRun>(`/api/print-runs/${id}/undo-posted`, { reason }),

  reports: () => get<T.Choice[]>('/api/reports'),
  report: (kind: string, q: { from: string; until: string }) => get<T.ReportPage>(`/api/reports/${kind}${query(q)}`),

  fonts: () => get<T.Font[]>('/api/fonts'),
  addFont: (file: File, gaijiSet: string) => {
    const form = new FormData();
    form.set('gaijiSet', gaijiSet);
    form.set('file', file, file.name);
    return post<unknown>('/api/fonts', form);
  },
  saveAs: (url: string, name: string) => post<{ path: string }>('/desk/save-as', { url, name }),

  settings: () => get<T.Settings>('/api/settings'),
  saveSettings: (b: T.Settings) => call<T.Settings>('PUT', '/api/settings', b),
  linkage: () => get<T.LinkagePage>('/api/linkage'),
  saveLinkage: (b: T.Linkage) => call<T.LinkagePage>('PUT', '/api/linkage', b),
  connection: () => get<T.Connection>('/api/connection'),
};
