// What stands in the fields of a screen before it is sent.
import { flushSync } from 'svelte';
import { text } from './text';

const named = (fields: (Element | null)[]) => fields.map((f) => `「${f?.querySelector('label')?.firstChild?.textContent ?? ''}」`).join('');

/** The fields whose text is no date, time or number: they would be sent as something else than what stands in them. */
export function unreadIn(root: ParentNode | null | undefined): Error | undefined {
  flushSync(); // a field that was read by the same key says what it thinks of its text
  const fields = [...(root?.querySelectorAll('[data-unread]') ?? [])];
  return fields.length ? new Error(text('ui.form.unread', { fields: named(fields) })) : undefined;
}

/** The required fields in which nothing is written. */
export function emptyIn(root: ParentNode | null | undefined): Error | undefined {
  const fields = [...(root?.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>('[aria-required="true"]') ?? [])].filter((f) => !f.value.trim());
  return fields.length ? new Error(text('ui.form.empty', { fields: named(fields.map((f) => f.parentElement)) })) : undefined;
}
