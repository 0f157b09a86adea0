import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, it, vi } from 'vitest';
import DateField from '../components/DateField.svelte';
import Select from '../components/Select.svelte';
import { emptyIn } from './entries';
import { Loader } from './load.svelte';

it('BK504: nothing is searched for while a date of the screen cannot be read', async () => {
  const main = document.body.appendChild(document.createElement('main'));
  render(DateField, { target: main, props: { label: '来場日(から)', today: '2026-11-21' } });
  const found = vi.fn(() => Promise.resolve(1));
  const list = new Loader(found);
  const field = screen.getByLabelText('来場日(から)');
  const type = async (value: string) => {
    await fireEvent.input(field, { target: { value } });
    await fireEvent.keyDown(field, { key: 'F3' });
    await list.ask();
  };
  await type('81315');
  expect(found).not.toHaveBeenCalled();
  expect((list.problem as Error).message).toContain('「来場日(から)」');
  await type('81215');
  expect(found).toHaveBeenCalledOnce();
  expect(list.problem).toBeUndefined();
  main.remove();
});

it('names a required choice that nobody has made', async () => {
  const form = document.body.appendChild(document.createElement('form'));
  render(Select, { target: form, props: { label: '代理の理由', options: [{ value: 'ill', label: '病気' }], none: '選んでください', required: true } });
  expect(emptyIn(form)?.message).toContain('「代理の理由」');
  await fireEvent.change(screen.getByLabelText(/代理の理由/), { target: { value: 'ill' } });
  expect(emptyIn(form)).toBeUndefined();
  form.remove();
});
