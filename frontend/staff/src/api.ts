// The only place that talks to the server. Every function is one route.
import type * as T from './types';
import { text } from './lib/text';

/** A request that the server refused or that never reached it. The message is ready to be shown. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: T.ProblemDetail[] = [],
    readonly args: Record<string, string> = {},
  ) {
    super(message);
  }
}

let token = '';
let onExpired: () => void = () => {};

export function useToken(value: string): void {
  token = value;
}
/** Registers what happens when the server no longer knows the session. */
export function whenExpired(fn: () => void): void {
  onExpired = fn;
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-Kofu-Token'] = token;
  const form = body instanceof FormData;
  if (body !== undefined && !form) headers['Content-Type'] = 'application/json';
  try {
    return await fetch(path, {
      method, headers, credentials: 'same-origin', cache: 'no-store',
      body: body === undefined ? undefined : form ? body : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, 'network', text('ui.error.network'));
  }
}

async function failure(answer: Response): Promise<ApiError> {
  let body: Partial<T.Problem> = {};
  try {
    body = (await answer.json()) as T.Problem;
  } catch { /* not our JSON: a proxy or a crash answered */ }
  const message = body.message || text('ui.error.status', { status: answer.status });
  return new ApiError(answer.status, body.code ?? 'unknown', message, body.details ?? [], body.args ?? {});
}

async function call<R>(method: string, path: string, body?: unknown): Promise<R> {
  const answer = await send(method, path, body);
  if (!answer.ok) {
    const problem = await failure(answer);
    if (problem.status === 401 && path !== '/api/session') onExpired();
    throw problem;
  }
  if (answer.status === 204) return undefined as R;
  return (await answer.json()) as R;
}

const get = <R>(path: string) => call<R>('GET', path);
const post = <R>(path: string, body: unknown = {}) => call<R>('POST', path, body);

/** The query string of the values that are set, with its question mark. */
export function query(values: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') search.set(key, String(value));
  }
  const joined = search.toString();
  return joined ? `?${joined}` : '';
}

export const api = {
  texts: () => get<T.Texts>('/api/texts'),
  setup: () => get<T.Setup>('/api/setup'),
  runSetup: (b: { code: string; organization: string; login: string; name: string; password: string }) =>
    post<T.Me>('/api/setup', b),
  signIn: (login: string, password: string) => post<T.Me>('/api/session', { login, password }),
  signOut: () => call<void>('DELETE', '/api/session'),
  me: () => get<T.Me>('/api/me'),
  changePassword: (old: string, next: string) => post<void>('/api/me/password', { old, new: next }),
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
  handover: (id: number, b: T.HandoverRequest) => post<T.CardPage>(`/api/cards/${id}/handover`, b),
  handoverForm: () => get<T.HandoverForm>('/api/handover-form'),
  undoEvent: (id: number, reason: string) => post<T.CardPage>(`/api/events/${id}/undo`, { reason }),
  undoGroup: (id: string, reason: string) => post<{ undone: number }>(`/api/groups/${id}/undo`, { reason }),
  undoLast: () => post<{ card: T.CardPage }>('/api/undo-last'),

  places: () => get<T.Place[]>('/api/places'),
  newPlaces: (b: T.NewPlaces) => post<T.Place[]>('/api/places', b),
  shelve: (placeCode: string, code: string) =>
    post<T.ScanResult>('/api/shelving/scans', placeCode ? { placeCode, code } : { code }),

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
  cancelRun: (id: number, reason: string) => post<T.PrintRun>(`/api/print-runs/${id}/cancel`, { reason }),
  undoPosted: (id: number, reason: string) => post<T.PrintRun>(`/api/print-runs/${id}/undo-posted`, { reason }),

  fonts: () => get<T.Font[]>('/api/fonts'),
  addFont: (file: File, gaijiSet: string) => {
    const form = new FormData();
    form.set('gaijiSet', gaijiSet);
    form.set('file', file, file.name);
    return post<unknown>('/api/fonts', form);
  },
  saveAs: (url: string, name: string) => post<{ path: string }>('/desk/save-as', { url, name }),

  staff: () => get<T.StaffRow[]>('/api/staff'),
  newStaff: (b: T.NewStaff) => post<T.StaffCreated>('/api/staff', b),
  changeStaff: (id: string, b: T.StaffChange) => call<T.StaffRow>('PUT', `/api/staff/${id}`, b),
  resetStaff: (id: string) => post<{ initialPassword: string }>(`/api/staff/${id}/reset`),
  disableStaff: (id: string) => post<unknown>(`/api/staff/${id}/disable`),
  enableStaff: (id: string) => post<unknown>(`/api/staff/${id}/enable`),
  roles: () => get<T.Role[]>('/api/roles'),
  settings: () => get<T.Settings>('/api/settings'),
  saveSettings: (b: T.Settings) => call<T.Settings>('PUT', '/api/settings', b),
  connection: () => get<T.Connection>('/api/connection'),
  audit: (filter: Record<string, string>, offset: number, limit: number) =>
    get<T.AuditList>(`/api/audit${query({ ...filter, offset, limit })}`),
};
