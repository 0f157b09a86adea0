import { describe, expect, it } from 'vitest';
import { charOf, Decoder, isCode, repair, Repeats, type Reading } from './decoder';

const keyOf = (c: string) => (/\d/.test(c) ? `Digit${c}` : c === '-' ? 'Minus' : `Key${c}`);

/** Presses the keys of a text with the given pause and returns all readings. */
function press(decoder: Decoder, text: string, pause: number, last?: string): Reading[] {
  let at = 1_000;
  const keys = [...text].map(keyOf);
  if (last) keys.push(last);
  return keys.map((code) => decoder.feed({ code, timeStamp: (at += pause) }));
}

describe('a burst of a scanner', () => {
  it.each(['Enter', 'NumpadEnter', 'Tab'])('ends with %s', (end) => {
    expect(press(new Decoder(), '9100000017', 8, end).at(-1)).toEqual({ kind: 'scan', code: '9100000017' });
  });
  it('keeps letters and the hyphen of a notice number', () => {
    expect(press(new Decoder(), 'A1B-000123', 12, 'Enter').at(-1)).toEqual({ kind: 'scan', code: 'A1B-000123' });
  });
  it('is the same with Shift before capitals', () => {
    const decoder = new Decoder();
    let at = 0;
    const codes = ['ShiftLeft', 'KeyA', 'Digit1', 'ShiftLeft', 'KeyB', 'Digit0', 'Digit0', 'Digit0', 'Digit1', 'Digit2', 'Digit3', 'Enter'];
    expect(codes.map((code) => decoder.feed({ code, timeStamp: (at += 9) })).at(-1)).toEqual({ kind: 'scan', code: 'A1B000123' });
  });
  it('ends by silence when the scanner sends no Enter', () => {
    const decoder = new Decoder();
    press(decoder, '9100000017', 8);
    expect(decoder.idle(1_080 + 50)).toEqual({ kind: 'typing' });
    expect(decoder.idle(1_080 + 130)).toEqual({ kind: 'scan', code: '9100000017' });
  });
  it('of seven keys is half a code', () => {
    expect(press(new Decoder(), '9100000', 8, 'Enter').at(-1)).toEqual({ kind: 'half', code: '9100000' });
  });
  it('tells itself while it runs, so that its keys are no commands', () => {
    expect(press(new Decoder(), '91000000', 8).map((r) => r.kind)).toEqual(['typing', 'typing', 'typing', ...Array<string>(5).fill('burst')]);
  });
});

describe('a person', () => {
  it('typing ten digits at 120 ms is not a scanner', () => {
    expect(press(new Decoder(), '9100000017', 120, 'Enter').every((r) => r.kind === 'typing')).toBe(true);
  });
  it('typing at 36 ms is not a scanner, at 35 ms it is', () => {
    expect(press(new Decoder(), '9100000017', 36, 'Enter').at(-1)?.kind).toBe('typing');
    expect(press(new Decoder(), '9100000017', 35, 'Enter').at(-1)?.kind).toBe('scan');
  });
  it('undoing with Ctrl+Z just before a scan does not spoil it', () => {
    const decoder = new Decoder();
    decoder.feed({ code: 'KeyZ', ctrlKey: true, timeStamp: 1_000 });
    expect(press(decoder, '9100000017', 8, 'Enter').at(-1)).toEqual({ kind: 'scan', code: '9100000017' });
  });
  it('typing before a scan does not spoil it', () => {
    const decoder = new Decoder();
    decoder.feed({ code: 'Digit7', timeStamp: 100 });
    expect(press(decoder, '9100000017', 8, 'Enter').at(-1)).toEqual({ kind: 'scan', code: '9100000017' });
  });
});

it('reads digits of both key blocks and nothing else', () => {
  expect(['Digit7', 'Numpad7', 'KeyZ', 'Minus', 'NumpadSubtract', 'Space', 'F1', 'Convert'].map(charOf)).toEqual(['7', '7', 'Z', '-', '-', '', '', '']);
});

it('repairs full-width text and refuses kana', () => {
  expect(repair('Ａ1ｂー０００１２３ ')).toBe('A1B-000123');
  expect(isCode(repair('１２３'))).toBe(true);
  expect(isCode(repair('あち１２'))).toBe(false);
});

it('knows a second reading within two seconds', () => {
  const repeats = new Repeats();
  expect([repeats.twice('A', 0), repeats.twice('A', 1_999), repeats.twice('B', 2_100), repeats.twice('B', 4_101)]).toEqual([false, true, false, false]);
});
