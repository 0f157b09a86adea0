import { expect, it } from 'vitest';
import { clock, hourOf, parseClock } from './clock';

it.each([['930', 570], ['9:30', 570], ['９時３０分', 570], ['0900', 540], ['24:00', 1440], ['17', 1020], ['9時', 540]])('reads %s', (typed, minute) => expect(parseClock(typed)).toBe(minute));
it.each(['25:00', '9:75', 'abc', '', '24:01'])('refuses «%s»', (typed) => expect(parseClock(typed)).toBeUndefined());
it('writes minutes and instants', () => {
  expect([clock(570), clock(0), clock(1440)]).toEqual(['09:30', '00:00', '24:00']);
  expect(hourOf('2026-12-15T01:30:00.000Z')).toBe('10:30');
});
