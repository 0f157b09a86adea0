import { expect, it } from 'vitest';
import { meaning, names } from './keys.svelte';

const press = (init: KeyboardEventInit) => meaning(new KeyboardEvent('keydown', init));

it('reaches every key of the bar by itself and by a second way', () => {
  expect(names.map((key) => press({ key, code: key }))).toEqual([...names]);
  const digits = names.slice(0, 10).map((_, i) => press({ key: '1', code: `Digit${(i + 1) % 10}`, altKey: true }));
  expect(digits).toEqual(names.slice(0, 10));
  expect(press({ key: 'Enter', code: 'Enter', ctrlKey: true })).toBe('F12');
  expect(press({ key: 'z', code: 'KeyZ', ctrlKey: true })).toBe('F11');
  expect(press({ key: 'p', code: 'KeyP', ctrlKey: true })).toBe('F9');
});

it('takes no key of a conversion for a command', () => {
  expect(press({ key: 'Enter', code: 'Enter', ctrlKey: true, isComposing: true })).toBeUndefined();
});
