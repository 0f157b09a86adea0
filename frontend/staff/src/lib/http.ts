// The only place that talks to the server.
import type { Problem, ProblemDetail } from '../types';
import { reasons } from './reasons.svelte';
import { text } from './text';

/** A request that the server refused or that never reached it. The message is ready to be shown. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: ProblemDetail[] = [],
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

async function send(method: string, path: string, body?: unknown, reason = ''): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (reason) headers['X-Kofu-Reason'] = encodeURIComponent(reason);
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
  let body: Partial<Problem> = {};
  try {
    body = (await answer.json()) as Problem;
  } catch { /* not our JSON: a proxy or a crash answered */ }
  const message = body.message || text('ui.error.status', { status: answer.status });
  return new ApiError(answer.status, body.code ?? 'unknown', message, body.details ?? [], body.args ?? {});
}

/** One request and its answer as the server wrote it; 204 gives nothing. */
export async function call<R>(method: string, path: string, body?: unknown, reason = ''): Promise<R> {
  const answer = await send(method, path, body, reason);
  if (!answer.ok) {
    const problem = await failure(answer);
    if (problem.code === 'accesslog.reason_missing' && !reason && !(body && typeof body === 'object' && 'reason' in body)) {
      const given = await reasons.ask();
      if (given) return call(method, path, body, given);
    }
    if (problem.status === 401 && path !== '/api/session') onExpired();
    throw problem;
  }
  if (answer.status === 204) return undefined as R;
  return (await answer.json()) as R;
}

export const get = <R>(path: string) => call<R>('GET', path);
export const post = <R>(path: string, body: unknown = {}) => call<R>('POST', path, body);

/** A file that the server makes of a request, with its name. */
export async function postFile(path: string, body: unknown): Promise<{ blob: Blob; name: string }> {
  const answer = await send('POST', path, body);
  if (!answer.ok) {
    const problem = await failure(answer);
    if (problem.status === 401) onExpired();
    throw problem;
  }
  return { blob: await answer.blob(), name: fileName(answer.headers.get('Content-Disposition') ?? '') };
}

/** The name that a header gives a file: coded where it is more than ASCII, otherwise plain or in quotes. */
function fileName(header: string): string {
  const coded = /filename\*=utf-8''([^;]+)/i.exec(header)?.[1];
  return coded ? decodeURIComponent(coded) : /filename="?([^";]+)/i.exec(header)?.[1] ?? 'kofu';
}

/** The query string of the values that are set, with its question mark. */
export function query(values: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') search.set(key, String(value));
  }
  const joined = search.toString();
  return joined ? `?${joined}` : '';
}

/** The file that a question is answered with, whose words may not stand in an address. */
export async function file(path: string, body: unknown): Promise<Blob> {
  const answer = await send('POST', path, body);
  if (!answer.ok) throw await failure(answer);
  return answer.blob();
}
