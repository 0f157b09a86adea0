// Columns and filters of the card list; screen, clipboard and export show the same.
import type { CardFilter, CardRow, HoldChip } from '../types';
import { plainDay } from './date';
import type { Column } from './pages.svelte';
import { text } from './text';

const filterKeys = ['status', 'procedure', 'custody', 'hold', 'lot', 'place', 'due', 'q', 'sort'] as const;

/** The filter without empty and unknown keys. */
export function clean(values: Record<string, string | undefined>): CardFilter {
  return Object.fromEntries(filterKeys.flatMap((key) => (values[key] ? [[key, values[key]]] : [])));
}

export function holdChips(holds: HoldChip[]): { tone: 'error' | 'warn'; label: string; stop: boolean }[] {
  return holds.map((h) => ({ tone: h.severity === 'STOP' ? 'error' : 'warn', label: h.label, stop: h.severity === 'STOP' }));
}

/** The end of a path, where places differ from each other; the whole path is in the tip. */
const near = (path: string) => path.split(' › ').slice(-3).join(' › ');

export function cardColumns(): Column<CardRow>[] {
  const t = (key: string) => text(`ui.card.${key}`);
  return [
    { key: 'noticeNo', title: t('noticeNo'), width: '104px', code: true, sort: 'noticeNo', value: (r) => r.noticeNo, href: (r) => `/cards/${r.id}` },
    { key: 'status', title: t('status'), width: '126px', sort: 'status', value: (r) => r.statusLabel, chip: (r) => [{ tone: r.statusTone, label: r.statusLabel }] },
    { key: 'name', title: t('name'), sort: 'kana', value: (r) => r.name, gaiji: (r) => r.gaijiSet },
    { key: 'holds', title: t('holds'), width: '128px', value: (r) => r.holds.map((h) => h.label).join('・'), chip: (r) => (r.holds.length ? holdChips(r.holds) : undefined) },
    { key: 'place', title: t('place'), sort: 'place', value: (r) => r.place, short: near },
    { key: 'lotNo', title: t('lotNo'), width: '114px', code: true, sort: 'lot', value: (r) => r.lotNo },
    { key: 'boxNo', title: t('boxNo'), width: '44px', code: true, value: (r) => r.boxNo },
    { key: 'receivedOn', title: t('receivedOn'), width: '90px', sort: '-receivedAt', value: (r) => plainDay(r.receivedOn) },
    { key: 'noticeOn', title: t('noticeOn'), width: '90px', value: (r) => plainDay(r.noticeOn) },
    { key: 'deadline', title: t('deadline'), width: '90px', sort: 'deadline', value: (r) => plainDay(r.deadline) },
  ];
}

/** Rows for a spreadsheet; numbers that are codes keep their zeros because they are quoted as text. */
export function tsv<T>(columns: Column<T>[], rows: T[]): string {
  const cell = (c: Column<T>, row: T) => {
    const value = c.value(row).replace(/[\t\r\n]/g, ' ');
    return (c.code && /^[\d.-]+$/.test(value)) || /^[=+\-@]/.test(value) ? `'${value}` : value;
  };
  return [columns.map((c) => c.title).join('\t'), ...rows.map((row) => columns.map((c) => cell(c, row)).join('\t'))].join('\n') + '\n';
}
