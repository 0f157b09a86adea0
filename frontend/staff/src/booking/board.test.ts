import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { listenKeys } from '../lib/keys.svelte';
import { expectAccessible } from '../test-axe';
import { api } from './api';
import Board from './pages/Board.svelte';
import type { Counts } from './types';

const none: Counts = { booked: 0, late: 0, arrived: 0, serving: 0, done: 0, missed: 0 };
const board = (arrived: number) => ({ at: '2026-11-24T00:30:00.000Z', windows: [{ id: 'W1', name: '本庁', total: { ...none, arrived, booked: 5 - arrived }, rows: [{ minute: 600, ...none, arrived, booked: 5 - arrived }] }] });
let stop = () => {};
beforeEach(() => { vi.useFakeTimers(); stop = listenKeys(); });
afterEach(() => { stop(); vi.useRealTimers(); vi.restoreAllMocks(); });

it('BK505 shows an arrival of another counter within 5 s, and nothing while it is paused', async () => {
  let arrived = 0;
  const asked = vi.spyOn(api, 'board').mockImplementation(async () => board(arrived));
  const { container } = render(Board);
  await vi.advanceTimersByTimeAsync(10);
  const total = () => container.querySelector('[data-total][data-stage="arrived"]')?.textContent;
  expect(total()).toBe('0');
  arrived = 1;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(total()).toBe('1');
  await fireEvent.keyDown(document.body, { key: 'F2', code: 'F2' });
  expect(screen.getByText('停止中')).toBeTruthy();
  arrived = 2;
  const before = asked.mock.calls.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([total(), asked.mock.calls.length]).toEqual(['1', before]);
  await fireEvent.click(screen.getByRole('button', { name: '再開' }));
  await vi.advanceTimersByTimeAsync(10);
  expect(total()).toBe('2');
  vi.useRealTimers();
  await expectAccessible(container);
});
