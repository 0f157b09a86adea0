// Kinds of fields, and options as people write them: one a line, "値 = 表示".
import type { Option } from '../types';

export const kinds = ['text', 'kana', 'digits', 'tel', 'mail', 'date', 'textarea', 'select', 'radio', 'checkbox', 'consent'];
export const patterns = ['postal', 'number', 'alnum', 'katakana', 'hiragana'];
export const choosable = (kind: string) => ['select', 'radio', 'checkbox', 'consent'].includes(kind);

export function writeOptions(list: Option[]): string {
  return list.map((o) => (o.value === o.labels.ja ? o.value : `${o.value} = ${o.labels.ja ?? ''}`)).join('\n');
}

/** Reads the lines; labels in other languages stay with their value. */
export function readOptions(typed: string, before: Option[]): Option[] {
  return typed.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => {
    const at = line.search(/[=＝]/);
    const value = (at < 0 ? line : line.slice(0, at)).trim();
    const ja = (at < 0 ? line : line.slice(at + 1)).trim();
    return { value, labels: { ...(before.find((o) => o.value === value)?.labels ?? {}), ja } };
  });
}
