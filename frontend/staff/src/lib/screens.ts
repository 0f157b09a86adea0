// What a program is made of on screen: its table of screens and how it finds things. Menu, palette and help
// are made from it.
import { getContext, setContext, type Component } from 'svelte';
import type { IconName } from '../components/Icon.svelte';
import type { Scanned } from '../scan/listen';
import type { Route } from './router.svelte';

/** A screen is a page, or the page of one thing, which the address names by number (:id) or by name (:name). */
export interface ScreenDef {
  key: string; pattern: string; page?: Component<Record<string, never>>; of?: Component<{ id: number }>; named?: Component<{ id: string }>;
  permission?: string; icon?: IconName; menu?: boolean;
  /** The menu entry that is lit while this screen shows. */
  within?: string;
}

export interface Program {
  screens: ScreenDef[];
  /** Addresses of tasks that have no screen of their own. */
  also: Record<string, string>;
  /** Help texts beside those of the screens. */
  topics: string[];
  /** The windows at which people can work, where there are such. */
  windows?: () => Promise<{ id: string; name: string }[]>;
  /** What a scan opens on a screen that has no field for it. */
  scanned?: (scan: Scanned) => Promise<void>;
  /** What the head shows beside the day. */
  beside?: Component<Record<string, never>>;
  /** How much waits on a screen, for the menu. */
  badge?: (key: string) => number;
  /** Runs whenever another screen is shown. */
  shown?: () => void;
  /** What the palette finds beside screens. */
  finder?: Finder;
}

/** Texts are named by their codes; what is found is the address of a screen. */
export interface Finder {
  permission: string; title: string; label: string; hint: string; all: string;
  byCode: (code: string) => Promise<string>;
  byText: (typed: string) => string;
}

const key = Symbol('program');
export function provide(program: Program): void {
  setContext(key, program);
}
export function theProgram(): Program {
  return getContext<Program>(key);
}

const places: Record<string, RegExp> = { ':id': /^\d+$/, ':name': /./ };

/** The screen of an address, with the number or name in it. */
export function screenOf(program: Pick<Program, 'screens' | 'also'>, route: Route): { screen: ScreenDef; id: number; name: string } | undefined {
  const parts = route.parts.map((part, i) => (i === 0 ? (program.also[part] ?? part) : part));
  for (const screen of program.screens) {
    const want = screen.pattern.split('/').filter(Boolean);
    if (want.length !== parts.length) continue;
    if (want.every((part, i) => part === parts[i] || places[part]?.test(parts[i] ?? ''))) {
      const name = parts[want.findIndex((part) => part in places)] ?? '';
      return { screen, id: Number(name) || 0, name };
    }
  }
  return undefined;
}
