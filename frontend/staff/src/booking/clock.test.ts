import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { listenKeys } from '../lib/keys.svelte';
import FieldsExample from './components/FieldsExample.svelte';

let stop: () => void;
beforeEach(() => { stop = listenKeys(); });
afterEach(() => stop());

async function type(label: string, value: string): Promise<void> {
  const field = screen.getByLabelText<HTMLInputElement>(label);
  field.focus();
  await fireEvent.input(field, { target: { value } });
}
const send = () => fireEvent.keyDown(document.activeElement ?? document.body, { key: 'Enter', code: 'Enter', ctrlKey: true });

it('BK302: a time and a number are registered as they were typed, Ctrl+Enter being pressed in the field', async () => {
  const register = vi.fn();
  render(FieldsExample, { register });
  await type('終了', '1745');
  await type('定員', '１２');
  await send();
  expect(register).toHaveBeenCalledWith(17 * 60 + 45, 12);
  expect(screen.getByLabelText<HTMLInputElement>('終了').value).toBe('17:45');
});

it('BK302: what is no time or no number is named, and nothing is registered instead of it', async () => {
  const register = vi.fn();
  render(FieldsExample, { register });
  for (const [label, wrong, right] of [['終了', '25:00', '12:00'], ['定員', '三', '3']] as const) {
    await type(label, wrong);
    await send();
    expect((await screen.findByRole('alert')).textContent).toContain(label);
    expect(screen.getByLabelText(label).getAttribute('aria-invalid')).toBe('true');
    expect(register).not.toHaveBeenCalled();
    await type(label, right);
  }
  await send();
  expect(register).toHaveBeenCalledWith(12 * 60, 3);
});
