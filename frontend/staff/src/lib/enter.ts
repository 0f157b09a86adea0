// Enter goes to the next field and never submits, as in Japanese office
// software; the Enter that ends a conversion does nothing at all.

const stops = 'input:not([type=hidden]):not([disabled]), select:not([disabled]), button[data-register]:not([disabled])';

export function isComposing(e: KeyboardEvent): boolean {
  return e.isComposing || e.keyCode === 229;
}

/** The fields of a form in visual order, a group of radio buttons counting as one. */
export function fieldsOf(form: Element): HTMLElement[] {
  const all = [...form.querySelectorAll<HTMLElement>(stops)].filter((el) => el.closest('form') === form);
  return all.filter((el) => {
    if (!(el instanceof HTMLInputElement) || el.type !== 'radio') return true;
    const group = all.filter((o): o is HTMLInputElement => o instanceof HTMLInputElement && o.type === 'radio' && o.name === el.name);
    return el === (group.find((o) => o.checked) ?? group[0]);
  });
}

function step(field: HTMLElement, back: boolean): void {
  const form = field.closest('form');
  if (!form) return;
  const all = fieldsOf(form);
  let at = all.indexOf(field);
  if (at < 0 && field instanceof HTMLInputElement) at = all.findIndex((o) => o instanceof HTMLInputElement && o.name === field.name);
  const next = all[at + (back ? -1 : 1)];
  next?.focus();
  if (next instanceof HTMLInputElement && /^(text|search|password|tel)$/.test(next.type)) next.select();
}

/** Starts the rule for the whole program; fields marked data-run execute on Enter by themselves. */
export function listenEnter(): () => void {
  const down = (e: KeyboardEvent) => {
    if (e.key !== 'Enter' && e.code !== 'Enter') return;
    if (isComposing(e)) {
      e.preventDefault();
      return;
    }
    const field = e.target;
    if (e.ctrlKey || e.altKey || !(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) return;
    if (field.dataset.run !== undefined || field.type === 'file') return;
    if (!field.closest('form')) return;
    e.preventDefault();
    step(field, e.shiftKey);
  };
  addEventListener('keydown', down, { capture: true });
  return () => removeEventListener('keydown', down, { capture: true });
}
