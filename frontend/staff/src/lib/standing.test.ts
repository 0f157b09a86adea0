import { expect, it } from 'vitest';
import { ageOf, since } from './standing.svelte';

const heard = { heardAt: '2026-11-20T23:40:00Z', oldAt: '2026-11-24T23:40:00Z', tooOldAt: '2026-11-25T23:40:00Z' };

it('tells how old the state of the booking service is (KT-1000)', () => {
  const at = (instant: string) => ageOf(heard, Date.parse(instant));
  expect([at('2026-11-24T23:39:59Z'), at('2026-11-24T23:40:00Z'), at('2026-11-25T23:40:00Z')]).toEqual(['new', 'old', 'too_old']);
  expect(ageOf({ heardAt: '', oldAt: '', tooOldAt: '' }, 0)).toBe('never');
});

it('says an age in its largest unit', () => {
  const after = (minutes: number) => since(heard.heardAt, Date.parse(heard.heardAt) + minutes * 60_000);
  expect(after(-5)).toEqual({ unit: 'minutes', n: 0 });
  expect(after(59)).toEqual({ unit: 'minutes', n: 59 });
  expect(after(180)).toEqual({ unit: 'hours', n: 3 });
  expect(after(2 * 1440)).toEqual({ unit: 'days', n: 2 });
});
