import { fireEvent, render } from '@testing-library/svelte';
import { tick } from 'svelte';
import { expect, it, vi } from 'vitest';
import ReasonDialog from '../components/ReasonDialog.svelte';
import { keys, listenKeys, meaning, names } from './keys.svelte';

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

it('leaves the page below a modal dialog alone, also while the form of the dialog waits', () => {
  const page = vi.fn();
  const form = vi.fn();
  let waiting = false;
  const dialog = Symbol('dialog');
  const ends = [keys.add({ F12: { run: page }, F5: { run: page } }), keys.add({ F12: { run: form, when: () => !waiting } }, dialog)];
  const close = keys.open(dialog);
  expect(keys.press('F12')).toBe(true);
  waiting = true;
  expect(keys.press('F12')).toBe(false);
  expect(keys.press('F5')).toBe(false);
  expect(form).toHaveBeenCalledTimes(1);
  expect(page).not.toHaveBeenCalled();
  close();
  expect(keys.press('F5')).toBe(true);
  ends.forEach((end) => end());
});

it('sends the form of a dialog once for a doubled or held Ctrl+Enter', async () => {
  const page = vi.fn();
  const run = vi.fn(() => new Promise<void>(() => undefined));
  const ends = [keys.add({ F12: { run: page } }), listenKeys()];
  const held = (repeat: boolean) => dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', code: 'Enter', ctrlKey: true, repeat, cancelable: true }));
  held(true);
  expect(page).not.toHaveBeenCalled();
  const shown = render(ReasonDialog, { props: { title: 't', label: 'l', run, close: () => undefined } });
  const field = shown.container.querySelector('input');
  if (!field) throw new Error('no field');
  await fireEvent.input(field, { target: { value: '誤り' } });
  for (const repeat of [false, true, false]) held(repeat);
  await tick();
  held(false);
  expect(run).toHaveBeenCalledTimes(1);
  expect(page).not.toHaveBeenCalled();
  shown.unmount();
  held(false);
  expect(page).toHaveBeenCalledTimes(1);
  ends.forEach((end) => end());
});
