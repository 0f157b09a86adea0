import { fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen, takeScans } from '../scan/listen';
import { expectAccessible } from '../test-axe';
import ScanField from './ScanField.svelte';

let stop = () => {};
const fallback = vi.fn();
beforeEach(() => { fallback.mockClear(); stop = listen(fallback); });
afterEach(() => stop());

let clock = 10_000;
/** A key press at a given pause after the last one; happy-dom keeps no time of its own for it. */
function key(target: EventTarget, code: string, pause: number, extra: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent('keydown', { code, key: code, bubbles: true, cancelable: true, ...extra });
  Object.defineProperty(event, 'timeStamp', { value: (clock += pause) });
  return target.dispatchEvent(event);
}
function burst(target: EventTarget, digits: string, extra: KeyboardEventInit = {}, end: string | null = 'Enter'): void {
  clock += 3_000;
  for (const d of digits) key(target, `Digit${d}`, 8, extra);
  if (end) key(target, end, 8, end === 'Enter' ? { key: 'Enter', ...extra } : extra);
}
function show() {
  const on = { scanned: vi.fn(), twice: vi.fn(), bad: vi.fn() };
  const view = render(ScanField, { label: 'スキャン', ...on });
  return { ...on, ...view, field: screen.getByLabelText<HTMLInputElement>('スキャン') };
}

describe('the scan field', () => {
  it('has the focus from the start and a name', async () => {
    const { field, container } = show();
    expect(document.activeElement).toBe(field);
    await expectAccessible(container);
  });
  it('takes a clean burst', () => {
    const { field, scanned } = show();
    burst(field, '9100000017');
    expect(scanned).toHaveBeenCalledExactlyOnceWith('9100000017');
  });
  it('takes a burst with the input method on and an open composition', async () => {
    const { field, scanned } = show();
    await fireEvent.compositionStart(field);
    burst(field, '9100000017', { key: 'Process', keyCode: 229, isComposing: true } as KeyboardEventInit);
    field.value = '９１０００００１あ';
    await new Promise((done) => setTimeout(done, 5));
    expect(scanned).toHaveBeenCalledExactlyOnceWith('9100000017');
  });
  it('takes a burst while the cursor stands elsewhere, and leaves that field as it was', async () => {
    const { scanned } = show();
    const other = document.createElement('input');
    other.value = '理由';
    document.body.append(other);
    other.focus();
    clock += 3_000;
    for (const d of '9100000017') { key(other, `Digit${d}`, 8); other.value += d; }
    key(other, 'Enter', 8, { key: 'Enter' });
    await new Promise((done) => setTimeout(done, 5));
    expect(scanned).toHaveBeenCalledWith('9100000017');
    expect(other.value).toBe('理由');
    other.remove();
  });
  it('lets the Enter of a scanner press no button', () => {
    const { scanned } = show();
    const button = document.createElement('button');
    document.body.append(button);
    button.focus();
    clock += 3_000;
    for (const d of '9100000017') key(button, `Digit${d}`, 8);
    expect(key(button, 'Enter', 8, { key: 'Enter' })).toBe(false);
    expect(scanned).toHaveBeenCalledOnce();
    button.remove();
  });
  it('says that half a code is half a code', () => {
    const { field, scanned, bad } = show();
    burst(field, '91000');
    expect(scanned).not.toHaveBeenCalled();
    expect(bad).toHaveBeenCalledWith(expect.stringContaining('91000'));
  });
  it('counts the same label once within two seconds', () => {
    const { field, scanned, twice } = show();
    burst(field, '9100000017');
    for (const d of '9100000017') key(field, `Digit${d}`, 8);
    key(field, 'Enter', 8, { key: 'Enter' });
    expect(scanned).toHaveBeenCalledOnce();
    expect(twice).toHaveBeenCalledExactlyOnceWith('9100000017');
  });
  it('takes what a person types with Enter, full-width included', async () => {
    const { field, scanned } = show();
    await fireEvent.input(field, { target: { value: 'Ａ1B-０００１２３' } });
    key(field, 'Enter', 500, { key: 'Enter' });
    expect(scanned).toHaveBeenCalledExactlyOnceWith('A1B-000123');
    await tick();
    expect(field.value).toBe('');
  });
  it('refuses kana and says that the input method is on', async () => {
    const { field, scanned, bad } = show();
    await fireEvent.input(field, { target: { value: 'あ１２３' } });
    key(field, 'Enter', 500, { key: 'Enter' });
    expect(scanned).not.toHaveBeenCalled();
    expect(bad).toHaveBeenCalledWith(expect.stringContaining('日本語入力がオン'));
  });
  it('does not run on the Enter that ends a conversion', async () => {
    const { field, scanned } = show();
    await fireEvent.input(field, { target: { value: '１２３' } });
    key(field, 'Enter', 500, { key: 'Enter', isComposing: true });
    expect(scanned).not.toHaveBeenCalled();
  });
  it('turns orange with words when the window loses the focus', async () => {
    show();
    await fireEvent(window, new Event('blur'));
    expect(screen.getByRole('button', { name: 'クリックしてください' })).toBeTruthy();
  });
});

it('a scan that a screen writes into the field under the cursor stays there', async () => {
  const field = document.createElement('input');
  document.body.append(field);
  field.focus();
  const untake = takeScans((scan) => { field.value = scan.code; });
  clock += 3_000;
  for (const d of '9100000017') { key(field, `Digit${d}`, 8); field.value += d; }
  key(field, 'Enter', 8, { key: 'Enter' });
  await new Promise((done) => setTimeout(done, 5));
  expect(field.value).toBe('9100000017');
  untake();
  field.remove();
});

it('a scan on a screen without scan field goes to the program', () => {
  burst(document.body, '9100000017');
  expect(fallback).toHaveBeenCalledWith({ kind: 'scan', code: '9100000017' });
});
