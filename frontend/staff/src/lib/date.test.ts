import { describe, expect, it } from 'vitest';
import { longDay, parseDay, shortDay, timeOfDay, when } from './date';

const today = '2026-11-21';

describe('a typed day', () => {
  it.each(['81215', 'R8.12.15', '2026/12/15', '1215', '+24', '８１２１５', '令和8年12月15日', '20261215', 'r8/12/15', '12/15'])('%s is 2026-12-15', (typed) => {
    expect(parseDay(typed, today)).toEqual({ day: '2026-12-15' });
  });
  it('refuses month 13 in words', () => {
    expect(parseDay('81315', today)).toEqual({ problem: expect.stringContaining('13月はありません') });
  });
  it('refuses 31 November', () => {
    expect(parseDay('1131', today)).toEqual({ problem: expect.stringContaining('11月31日はありません') });
  });
  it('knows today, and days counted from it', () => {
    expect(parseDay('今日', today)).toEqual({ day: today });
    expect(parseDay('-1', today)).toEqual({ day: '2026-11-20' });
  });
  it('without a year is the nearest in the direction of the field', () => {
    expect(parseDay('0105', today)).toEqual({ day: '2027-01-05' });
    expect(parseDay('0105', today, 'past')).toEqual({ day: '2026-01-05' });
    expect(parseDay('1120', today, 'future')).toEqual({ day: '2027-11-20' });
  });
  it('takes 29 February only in leap years', () => {
    expect(parseDay('R10.2.29', today)).toEqual({ day: '2028-02-29' });
    expect('problem' in parseDay('R9.2.29', today)).toBe(true);
  });
  it('refuses a day outside its era', () => {
    expect('problem' in parseDay('H31.5.1', today)).toBe(true);
    expect(parseDay('H31.4.30', today)).toEqual({ day: '2019-04-30' });
    expect(parseDay('令和元年5月1日', today)).toEqual({ day: '2019-05-01' });
  });
  it('refuses words', () => {
    expect('problem' in parseDay('あした', today)).toBe(true);
  });
});

describe('a shown day', () => {
  it('is written in the era with its weekday', () => {
    expect(longDay('2026-12-15')).toBe('令和8年12月15日(火)');
    expect(longDay('2019-05-01')).toBe('令和元年5月1日(水)');
    expect(shortDay('1989-01-07')).toBe('S64.1.7(土)');
  });
  it('that is not wholly known stays as it is', () => {
    expect(longDay('1965-00-00')).toBe('1965-00-00');
    expect(shortDay('')).toBe('');
  });
  it('of an instant is the one in Japan', () => {
    expect(when('2026-11-24T15:30:05.000Z')).toBe('2026/11/25 00:30');
    expect(timeOfDay('2026-11-24T15:30:05.000Z')).toBe('00:30:05');
  });
});
