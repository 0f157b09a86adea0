// How the settings are shown: sections, choices, and what a new line of a list looks like.
import type { LabelStock, Settings } from '../types';
import { text, textCodes } from './text';

export interface Option { value: string; label: string }

/** The sections of the screen and the settings in each; the town table comes by import and is not typed. */
export const sections: { key: string; fields: (keyof Settings)[] }[] = [
  { key: 'organization', fields: ['organization'] },
  { key: 'pickup', fields: ['pickup'] },
  { key: 'notice', fields: ['notice'] },
  { key: 'printers', fields: ['printers'] },
  { key: 'stocks', fields: ['stocks'] },
  { key: 'statusLabels', fields: ['statusLabels'] },
  { key: 'lan', fields: ['lan', 'idleMinutes', 'registryGaiji', 'deliveryGaiji'] },
];

/** An empty line for a list of the settings. */
export const blanks: Record<string, () => Record<string, unknown>> = {
  printers: () => ({ name: '', offsetX: 0, offsetY: 0, scaleX: 1, scaleY: 1 }),
  'notice.bringItems': () => ({ route: 'self', age: 'any', title: '', items: [] }),
  stocks: () => ({ id: '', name: '', maker: '', paper: 'A4', paperW: 210, paperH: 297, columns: 2, rows: 6, labelW: 84, labelH: 42, pitchX: 86, pitchY: 42, left: 20, top: 22.5 }),
};

/** The choices of a setting that is not free text. Paths carry no list numbers. */
export function choices(path: string, stocks: LabelStock[]): Option[] | undefined {
  const words = (prefix: string, values: string[]) => values.map((value) => ({ value, label: text(`${prefix}${value}`) }));
  if (path === 'notice.order') return words('ui.print.order.', ['shelf', 'post', 'kana', 'number']);
  if (path === 'notice.bringItems.route') return words('receiver.', ['self', 'legal', 'proxy']);
  if (path === 'notice.bringItems.age') return words('ui.settings.age.', ['any', 'under15']);
  if (path === 'notice.stock' && stocks.length) return stocks.map((s) => ({ value: s.id, label: s.name }));
  return undefined;
}

/** Own words for states: one line for each state that can be renamed. */
export function withAllStatuses(settings: Settings): Settings {
  const codes = textCodes('status.').map((code) => code.slice('status.'.length));
  return { ...settings, statusLabels: Object.fromEntries(codes.map((c) => [c, settings.statusLabels[c] ?? ''])) };
}

/** Empty words mean the usual ones and are not stored. */
export function withoutEmptyStatuses(settings: Settings): Settings {
  return { ...settings, statusLabels: Object.fromEntries(Object.entries(settings.statusLabels).filter(([, word]) => word.trim())) };
}

/** The name of a setting for a person. */
export function labelOf(path: string): string {
  const status = /^statusLabels\.(.+)$/.exec(path)?.[1];
  return text(status ? `status.${status}` : `settings.field.${path}`);
}
