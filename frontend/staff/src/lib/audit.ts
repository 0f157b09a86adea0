// Lines of the log in words: what an entry is about, and its details.
import { session } from './session.svelte';
import { to } from './router.svelte';
import { hasText, text, textCodes } from './text';

const kinds = 'ui.audit.object_kind.';
const pages: Record<string, { path: string; permission: string }> = {
  card: { path: '/cards/', permission: 'card.view' },
  delivery: { path: '/deliveries/', permission: 'delivery.receive' },
  import: { path: '/imports/', permission: 'import.run' },
  notice_run: { path: '/prints/', permission: 'notice.print' },
};

/** Where the object of an entry is shown; undefined when it has no screen or this person may not open it. */
export function objectHref(object: string): string | undefined {
  const [kind = '', id = ''] = object.split('/');
  const page = pages[kind];
  return page && /^\d+$/.test(id) && session.may(page.permission) ? to(page.path + id) : undefined;
}

/** The object in words: card/12 is a card with its number here. Ids that nobody knows stay in the tip. */
export function objectName(object: string): string {
  const [kind = '', id = ''] = object.replace(/^tenant\/\d+\/(?=.)/, '').split('/');
  const code = kinds + kind;
  if (!hasText(code)) return object;
  return /^\d+$/.test(id) ? `${text(code)} ${id}` : text(code);
}

/** What a person typed for an object, as the log names it: "カード 12" is card/12. Anything else stays as it is. */
export function objectCode(typed: string): string {
  const plain = typed.normalize('NFKC').trim();
  const [, name = '', number = ''] = /^(\D+?)\s*(\d+)$/.exec(plain) ?? [];
  const code = textCodes(kinds).find((c) => text(c) === name);
  return code ? `${code.slice(kinds.length)}/${number}` : plain;
}

const word = (prefix: string, value: string) => (hasText(prefix + value) ? text(prefix + value) : value);

/** A value; what it means may depend on its name ("counter" is a role, or the way of a booking). */
function part(value: unknown, key: string): string {
  if (Array.isArray(value)) return value.map((v) => part(v, key)).join('・');
  if (value && typeof value === 'object') return `{${words(value)}}`;
  const own = `ui.audit.value.${key}.`;
  return hasText(own + String(value)) ? text(own + String(value)) : word('ui.audit.value.', String(value));
}

const words = (value: object) => Object.entries(value).filter(([, v]) => v !== '' && v !== null)
  .map(([key, v]) => `${word('ui.audit.word.', key)}: ${part(v, key)}`).join('、');

/** The detail of an entry as "name: value", without the marks of JSON. */
export function readable(detail: string): string {
  try {
    const value = JSON.parse(detail || 'null') as unknown;
    return value === null ? '' : typeof value === 'object' ? words(value) : part(value, '');
  } catch {
    return detail;
  }
}
