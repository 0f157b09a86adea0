import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../api';
import { ApiError } from '../lib/http';
import { listenKeys } from '../lib/keys.svelte';
import { session } from '../lib/session.svelte';
import type { ExchangeCase } from '../types';
import Cases from './Cases.svelte';

const decisions = [{ code: 'refuse', label: '断る' }, { code: 'keep', label: '残す' }];
const one = (id: number): ExchangeCase => ({
  id, kind: 1, kindLabel: `件 ${id}`, what: '', said: '', toDo: '', openedAt: '', bookings: [], seats: [], decisions,
  decision: '', decisionLabel: '', note: '', decidedAt: '', decidedBy: '',
});
let open: ExchangeCase[] = [];
let stop = () => {};
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  stop = listenKeys();
  open = [one(1), one(2), one(3)];
  session.enter({ permissions: ['exchange.decide', 'list.export'], door: 'desk', today: '2026-11-24' } as never);
  vi.spyOn(api, 'standing').mockRejectedValue(new ApiError(0, 'network', ''));
  vi.spyOn(api, 'cases').mockImplementation(() => Promise.resolve({ rows: structuredClone(open), kinds: [], open: open.length }));
  vi.spyOn(api, 'decideCase').mockImplementation((id) => {
    open = open.filter((c) => c.id !== id);
    return Promise.resolve({ ...one(id), decisionLabel: '残す' });
  });
});
afterEach(() => { stop(); vi.restoreAllMocks(); vi.useRealTimers(); });

async function shown() {
  render(Cases);
  await vi.waitFor(() => expect(screen.getByRole('heading', { name: '件 1' })).toBeTruthy());
}
async function press(key: string) {
  await fireEvent.keyDown(document.activeElement ?? document.body, { key });
  await vi.advanceTimersByTimeAsync(50); // no scanner has typed it
}
const decided = () => vi.mocked(api.decideCase).mock.calls.map(([id, body]) => [id, body.decision]);

describe('a key that decides', () => {
  it('decides the case that is shown; the second press of a doubled key does not decide the next one', async () => {
    await shown();
    await press('k');
    await vi.waitFor(() => expect(screen.getByRole('heading', { name: '件 2' })).toBeTruthy());
    await press('k');
    expect(decided()).toEqual([[1, 'keep']]);
    await vi.advanceTimersByTimeAsync(500);
    await press('r');
    expect(decided()).toEqual([[1, 'keep'], [2, 'refuse']]);
  });
  it('does nothing while somebody writes a note', async () => {
    await shown();
    screen.getByRole('textbox').focus();
    await press('k');
    expect(decided()).toEqual([]);
  });
});

it('keeps the note of a case while its list is read anew, and carries it to no other case', async () => {
  await shown();
  const note = () => screen.getByRole<HTMLInputElement>('textbox');
  await fireEvent.input(note(), { target: { value: '電話した' } });
  await press('F5');
  expect(api.cases).toHaveBeenCalledTimes(2);
  expect(note().value).toBe('電話した');
  await fireEvent.keyDown(screen.getByRole('grid'), { key: 'ArrowDown' });
  expect(screen.getByRole('heading', { name: '件 2' })).toBeTruthy();
  expect(note().value).toBe('');
});

it('says why the desktop window could not save the list', async () => {
  vi.spyOn(api, 'saveAs').mockRejectedValue(new ApiError(500, 'desk.cannot_save', '保存できません。'));
  await shown();
  await press('F7');
  await vi.waitFor(() => expect(screen.getByRole('alert').textContent).toContain('保存できません。'));
  expect(document.querySelector('[data-done]')).toBeNull();
});
