// What a mail cannot do without: the same rule as the server's, so that it shows while somebody types.
import type { MailForm, Sheet } from '../types';

const tidy = (name: string) => name.replaceAll('（', '(').replaceAll('）', ')').replace(/[ 　]/g, '');

/** Names of the mandatory variables that the body does not have. */
export function missing(form: Pick<MailForm, 'variables'>, sheet: Sheet): string[] {
  const used = new Set([...sheet.body.matchAll(/\{\{([^{}]*)\}\}/g)].map((m) => tidy(m[1] ?? '')));
  return form.variables.filter((v) => v.must && !used.has(tidy(v.name))).map((v) => v.name);
}
