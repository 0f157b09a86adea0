import { describe, expect, it } from 'vitest';
import { blank, linked } from './search';

describe('a link to the search', () => {
  it('asks for the bookings of a slot', () => {
    expect(linked({ day: '2026-11-25', window: 'HON', time: '09:30' })).toEqual({
      ...blank(), dayFrom: '2026-11-25', dayUntil: '2026-11-25', window: 'HON', timeFrom: '09:30', timeUntil: '09:30',
    });
  });
  it('asks for nothing without a day', () => {
    expect(linked({})).toBeUndefined();
  });
});
