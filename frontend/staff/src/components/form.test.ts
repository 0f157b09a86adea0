import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../lib/http';
import { listenEnter } from '../lib/enter';
import { listenKeys } from '../lib/keys.svelte';
import { expectAccessible } from '../test-axe';
import FormExample from './FormExample.svelte';

let stops: (() => void)[] = [];
beforeEach(() => { stops = [listenEnter(), listenKeys()]; });
afterEach(() => stops.forEach((stop) => stop()));
const enter = (extra = {}) => fireEvent.keyDown(document.activeElement ?? document.body, { key: 'Enter', code: 'Enter', ...extra });

const fillIn = (value = '1') => fireEvent.input(screen.getByLabelText(/番号/), { target: { value } });

describe('Enter', () => {
  it('visits every field once, ends on the button and sends nothing', async () => {
    const register = vi.fn();
    render(FormExample, { register });
    screen.getByLabelText(/番号/).focus();
    const visited: string[] = [];
    for (let i = 0; i < 5; i++) {
      await enter();
      visited.push(document.activeElement?.tagName === 'BUTTON' ? 'BUTTON' : (document.activeElement as HTMLInputElement).type);
    }
    expect(visited).toEqual(['text', 'select-one', 'radio', 'checkbox', 'BUTTON']);
    expect(register).not.toHaveBeenCalled();
  });
  it('with Shift goes back', async () => {
    render(FormExample, { register: vi.fn() });
    screen.getByLabelText('日付').focus();
    await enter({ shiftKey: true });
    expect(document.activeElement).toBe(screen.getByLabelText(/番号/));
  });
  it('that ends a conversion stays where it is', async () => {
    render(FormExample, { register: vi.fn() });
    const field = screen.getByLabelText(/番号/);
    field.focus();
    await enter({ isComposing: true });
    expect(document.activeElement).toBe(field);
  });
});

describe('a form', () => {
  it('registers by Ctrl+Enter from any field, and once while it waits', async () => {
    let finish = () => {};
    const register = vi.fn(() => new Promise<void>((done) => { finish = done; }));
    render(FormExample, { register });
    await fillIn();
    screen.getByLabelText('日付').focus();
    await enter({ ctrlKey: true });
    await enter({ ctrlKey: true });
    expect(register).toHaveBeenCalledOnce();
    finish();
  });
  it('names the required fields that are empty, and sends nothing', async () => {
    const register = vi.fn();
    render(FormExample, { register });
    await fillIn(' ');
    screen.getByLabelText('日付').focus();
    await enter({ ctrlKey: true });
    const list = await screen.findByRole('alert');
    expect(list.textContent).toContain('「番号」を入力してください');
    expect(list.textContent).not.toContain('日付');
    expect(register).not.toHaveBeenCalled();
    await fillIn();
    await enter({ ctrlKey: true });
    expect(register).toHaveBeenCalledOnce();
  });
  it('beside another one registers where the cursor is, and keeps the key while it waits', async () => {
    const finish: (() => void)[] = [];
    const slow = () => vi.fn(() => new Promise<void>((done) => { finish.push(done); }));
    const [above, below] = [slow(), slow()];
    for (const register of [above, below]) render(FormExample, { register });
    const times = () => [above.mock.calls.length, below.mock.calls.length];
    const [first, second] = screen.getAllByLabelText(/番号/);
    for (const field of [first, second]) if (field) await fireEvent.input(field, { target: { value: '12' } });
    first?.focus();
    await enter({ ctrlKey: true });
    await enter({ ctrlKey: true });
    expect(times()).toEqual([1, 0]);
    first?.blur();
    await enter({ ctrlKey: true });
    expect(times()).toEqual([1, 0]);
    finish.forEach((done) => done());
    await vi.waitFor(() => expect(screen.queryByText('処理中…')).toBeNull());
    await enter({ ctrlKey: true });
    expect(times()).toEqual([1, 1]);
    finish.forEach((done) => done());
  });
  it('shows message, place and value of a refusal on top', async () => {
    render(FormExample, { register: () => Promise.reject(new ApiError(422, 'x', '保存していません。', [{ code: 'y', message: '形が違います。', row: 3, column: '番号', value: 'A1' }])) });
    await fillIn();
    await fireEvent.click(screen.getByRole('button', { name: '登録' }));
    const list = await screen.findByRole('alert');
    for (const part of ['保存していません。', '3 行目', '「番号」', '「A1」', '形が違います。']) expect(list.textContent).toContain(part);
    expect(document.activeElement).toBe(list);
  });
  it('names the place of a refusal once, where the message has it already', async () => {
    render(FormExample, { register: () => Promise.reject(new ApiError(422, 'x', '反映していません。', [{ code: 'y', message: '2 行目「日付」の値「2026-13-05」: 日付として読めません。', row: 2, column: '日付', value: '2026-13-05' }])) });
    await fillIn();
    await fireEvent.click(screen.getByRole('button', { name: '登録' }));
    expect((await screen.findByRole('alert')).textContent.split('2026-13-05')).toHaveLength(2);
  });
  it('turns full-width digits into half-width on leaving a code field', async () => {
    render(FormExample, { register: vi.fn() });
    const field = screen.getByLabelText<HTMLInputElement>(/番号/);
    await fireEvent.input(field, { target: { value: '１２３' } });
    await fireEvent.blur(field);
    expect(field.value).toBe('123');
  });
  it('shows both calendars and the weekday of a typed day', async () => {
    render(FormExample, { register: vi.fn() });
    const field = screen.getByLabelText<HTMLInputElement>('日付');
    await fireEvent.input(field, { target: { value: '81215' } });
    await fireEvent.blur(field);
    expect(field.value).toBe('2026/12/15');
    expect(document.body.textContent).toContain('令和8年12月15日(火)');
  });
  it('has a name for everything', async () => {
    const { container } = render(FormExample, { register: vi.fn() });
    await expectAccessible(container);
  });
});
