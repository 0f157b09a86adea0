import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { listenKeys } from '../lib/keys.svelte';
import { session } from '../lib/session.svelte';
import { expectAccessible } from '../test-axe';
import { api } from './api';
import { oneTime } from './lib/token';
import Reception from './pages/Reception.svelte';
import type { ArrivalResult, BookingRow } from './types';

const booking: BookingRow = {
  id: 'B1', no: '12-0042', windowId: 'W1', windowName: '本庁', slotId: 's', day: '2026-12-08', starts: '2026-12-08T00:00:00.000Z', minutes: 30, side: 'web', via: 'Web',
  state: 'active', stateLabel: '予約中', tone: 'other', units: 1, madeAt: '', counter: '', calledAt: '', procs: ['受取'],
  persons: [{ ord: 1, procs: ['受取'], units: 1, state: 'active', stateLabel: '予約中', tone: 'other', arrivedAt: '', doneAt: '', oldCard: false, handled: [], memo: '' }],
};
const answer = (result: ArrivalResult['result'], tone: ArrivalResult['tone'], kept: boolean): ArrivalResult => ({ result, tone, word: result, message: 'm', code: '12-0042', at: '2026-11-24T00:30:00.000Z', kept, booking });
let stop = () => {};
beforeEach(() => {
  stop = listenKeys();
  session.enter({ permissions: ['reception.work'], own: [], windows: [], allWindows: true, today: '2026-11-24' } as never);
  vi.spyOn(api, 'choices').mockResolvedValue({ windows: [{ id: 'W1', name: '本庁' }], procedures: [], languages: ['ja'], partyMax: 4, reception: 'cloud' });
  vi.spyOn(api, 'visits').mockResolvedValue([]);
  vi.spyOn(api, 'handled').mockResolvedValue([{ code: 'delivered', label: 'カード交付' }]);
});
afterEach(() => { stop(); vi.restoreAllMocks(); });
const offer = '今日・この窓口に変更して受け付ける';

it('BK502 offers a booking of another day to become one of today, by F10 or button', async () => {
  const arrive = vi.spyOn(api, 'arrive').mockResolvedValueOnce(answer('other', 'warn', false)).mockResolvedValueOnce(answer('arrived', 'ok', true));
  const { container } = render(Reception);
  await vi.waitFor(() => expect(api.visits).toHaveBeenCalledWith('W1'));
  const field = screen.getByLabelText<HTMLInputElement>('予約番号・受付番号');
  await fireEvent.input(field, { target: { value: '１２-0042' } });
  await fireEvent.keyDown(field, { key: 'Enter', code: 'Enter' });
  await screen.findByRole('button', { name: offer });
  expect(arrive).toHaveBeenLastCalledWith({ windowId: 'W1', entry: '12-0042', today: false });
  await expectAccessible(container);
  await fireEvent.keyDown(document.body, { key: 'F10', code: 'F10' });
  await vi.waitFor(() => expect(screen.queryByRole('button', { name: offer })).toBeNull());
  expect(arrive).toHaveBeenLastCalledWith({ windowId: 'W1', entry: '12-0042', today: true });
  expect(container.querySelector('.pinned')).toBeNull();
}, 30_000);

it('sends the same request under the same token, and another under another', () => {
  const token = oneTime();
  const first = token.of(['a', 1]);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(token.of(['a', 1])).toBe(first);
  expect(token.of(['a', 2])).not.toBe(first);
});
