import { afterEach, describe, expect, it, vi } from 'vitest';
import { api } from './api';
import { download, saveList } from './lib/download';
import { ApiError, postFile, query, useToken, whenExpired } from './lib/http';
import { session } from './lib/session.svelte';

function answer(status: number, body: unknown) {
  const fetched = vi.fn().mockResolvedValue(new Response(body === undefined ? null : JSON.stringify(body), { status }));
  vi.stubGlobal('fetch', fetched);
  return fetched;
}
afterEach(() => vi.unstubAllGlobals());

describe('a request', () => {
  it('that changes something carries the token', async () => {
    useToken('abc');
    const fetched = answer(200, {});
    await api.applyImport(3);
    expect(fetched.mock.calls[0]?.[0]).toBe('/api/imports/3/apply');
    expect(fetched.mock.calls[0]?.[1].headers['X-Kofu-Token']).toBe('abc');
  });
  it('that only reads does not', async () => {
    const fetched = answer(200, []);
    await api.deliveries();
    expect(fetched.mock.calls[0]?.[1].headers).not.toHaveProperty('X-Kofu-Token');
  });
  it('without a body in the answer gives nothing', async () => {
    answer(204, undefined);
    expect(await api.changePassword('a', 'b')).toBeUndefined();
  });
});

describe('a file', () => {
  it.each([
    ['attachment; filename=1-cloud-1-552-5720db41.kfb', '1-cloud-1-552-5720db41.kfb'],
    ['attachment; filename="a b.kfb"', 'a b.kfb'],
    ["attachment; filename*=utf-8''%E5%BE%85%E6%A9%9F.xlsx", '待機.xlsx'],
  ])('is called as the server calls it: %s', async (header, name) => {
    vi.stubGlobal('fetch', vi.fn().mockResolvedValue(new Response('x', { headers: { 'Content-Disposition': header } })));
    expect((await postFile('/api/exchange/give', {})).name).toBe(name);
  });
  it('that is refused is no file, and locks the screen when the session has ended', async () => {
    const expired = vi.fn();
    whenExpired(expired);
    answer(409, { code: 'relay.put_back', message: '作れません。' });
    expect(await postFile('/api/exchange/give', {}).catch((e: unknown) => e)).toMatchObject({ status: 409, code: 'relay.put_back', message: '作れません。' });
    expect(expired).not.toHaveBeenCalled();
    answer(401, { code: 'gate.sign_in_first', message: 'サインインしてください。' });
    expect(await postFile('/api/exchange/give', {}).catch((e: unknown) => e)).toBeInstanceOf(ApiError);
    expect(expired).toHaveBeenCalledOnce();
  });
  it('that the desktop window saves is named by its place; one that it cannot save is an error', async () => {
    session.enter({ door: 'desk', today: '2026-11-24' } as never);
    answer(200, { path: 'C:\\U\\a.csv' });
    expect(await saveList('/api/cases/file', '要連絡', 'csv-cp932')).toContain('C:\\U\\a.csv');
    const fetched = answer(422, { code: 'desk.cannot_save', message: '保存できません。' });
    expect(await download('/api/exchange/keys/file', 'a.kpub').catch((e: unknown) => e)).toMatchObject({ message: '保存できません。' });
    expect(JSON.parse(fetched.mock.calls[0]?.[1].body)).toEqual({ url: '/api/exchange/keys/file', name: 'a.kpub' });
    session.me = undefined;
  });
});

describe('a refusal', () => {
  it('keeps message, code and places', async () => {
    answer(422, { code: 'delivery.bad_rows', message: '1 行を取り込めません。', details: [{ code: 'x', message: '番号の形が違います。', row: 2, column: '交付通知書番号', value: 'A' }] });
    const problem = await api.closeDelivery(1).catch((e: unknown) => e);
    expect(problem).toBeInstanceOf(ApiError);
    expect(problem).toMatchObject({ status: 422, code: 'delivery.bad_rows', message: '1 行を取り込めません。', details: [{ row: 2, value: 'A' }] });
  });
  it('of the session locks the screen', async () => {
    const expired = vi.fn();
    whenExpired(expired);
    answer(401, { code: 'gate.unauthenticated', message: 'サインインしてください。' });
    await api.home().catch(() => {});
    expect(expired).toHaveBeenCalledOnce();
  });
  it('of a wrong password does not', async () => {
    const expired = vi.fn();
    whenExpired(expired);
    answer(401, { code: 'staff.login', message: '違います。' });
    await api.signIn('a', 'b').catch(() => {});
    expect(expired).not.toHaveBeenCalled();
  });
  it('that is not ours still says something', async () => {
    vi.stubGlobal('fetch', vi.fn().mockResolvedValue(new Response('<html>', { status: 502 })));
    expect(await api.home().catch((e: Error) => e.message)).toContain('502');
  });
  it('by a lost connection says what to do', async () => {
    vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('failed')));
    expect(await api.home().catch((e: Error) => e.message)).toContain('接続できません');
  });
});

it('leaves empty values out of an address', () => {
  expect(query({ q: '', lot: '1', offset: 0, place: undefined })).toBe('?lot=1&offset=0');
});
