// The screens of the program: address, permission, page. Menu, palette and help are made from this table.
import type { Component } from 'svelte';
import type { IconName } from '../components/Icon.svelte';
import Audit from '../pages/Audit.svelte';
import CardList from '../pages/CardList.svelte';
import CardPage from '../pages/CardPage.svelte';
import Connection from '../pages/Connection.svelte';
import Counter from '../pages/Counter.svelte';
import Deliveries from '../pages/Deliveries.svelte';
import Fonts from '../pages/Fonts.svelte';
import Handover from '../pages/Handover.svelte';
import Help from '../pages/Help.svelte';
import Home from '../pages/Home.svelte';
import ImportRun from '../pages/ImportRun.svelte';
import Imports from '../pages/Imports.svelte';
import Password from '../pages/Password.svelte';
import Places from '../pages/Places.svelte';
import PrintRun from '../pages/PrintRun.svelte';
import Prints from '../pages/Prints.svelte';
import Reception from '../pages/Reception.svelte';
import Settings from '../pages/Settings.svelte';
import Shelving from '../pages/Shelving.svelte';
import Staff from '../pages/Staff.svelte';
import type { Route } from './router.svelte';

/** A screen is a page, or the page of one thing, whose number the address names. */
export interface ScreenDef {
  key: string; pattern: string; page?: Component<Record<string, never>>; of?: Component<{ id: number }>;
  permission?: string; icon?: IconName; menu?: boolean;
}

export const screens: ScreenDef[] = [
  { key: 'home', pattern: '/', page: Home, icon: 'home', menu: true },
  { key: 'imports', pattern: '/imports', page: Imports, permission: 'import.run', icon: 'import', menu: true },
  { key: 'import', pattern: '/imports/:id', of: ImportRun, permission: 'import.run' },
  { key: 'deliveries', pattern: '/deliveries', page: Deliveries, permission: 'delivery.receive', icon: 'scan', menu: true },
  { key: 'reception', pattern: '/deliveries/:id', of: Reception, permission: 'delivery.receive' },
  { key: 'shelving', pattern: '/shelving', page: Shelving, permission: 'card.work', icon: 'shelf', menu: true },
  { key: 'cards', pattern: '/cards', page: CardList, permission: 'card.view', icon: 'list', menu: true },
  { key: 'card', pattern: '/cards/:id', of: CardPage, permission: 'card.view' },
  { key: 'prints', pattern: '/prints', page: Prints, permission: 'notice.print', icon: 'letter', menu: true },
  { key: 'print', pattern: '/prints/:id', of: PrintRun, permission: 'notice.print' },
  { key: 'counter', pattern: '/counter', page: Counter, permission: 'visit.handover', icon: 'counter', menu: true },
  { key: 'handover', pattern: '/counter/:id', of: Handover, permission: 'visit.handover' },
  { key: 'places', pattern: '/places', page: Places, permission: 'card.view', icon: 'shelf', menu: true },
  { key: 'settings', pattern: '/settings', page: Settings, permission: 'settings.manage', icon: 'gear', menu: true },
  { key: 'fonts', pattern: '/fonts', page: Fonts, permission: 'settings.manage', icon: 'gear', menu: true },
  { key: 'staff', pattern: '/staff', page: Staff, permission: 'staff.manage', icon: 'counter', menu: true },
  { key: 'connection', pattern: '/connection', page: Connection, icon: 'link', menu: true },
  { key: 'audit', pattern: '/audit', page: Audit, permission: 'audit.view', icon: 'log', menu: true },
  { key: 'password', pattern: '/password', page: Password, icon: 'lock' },
  { key: 'help', pattern: '/help', page: Help, icon: 'help' },
];

/** Addresses that the server's tasks use beside ours. */
const also: Record<string, string> = { print: 'prints' };

/** The screen of an address and the number in it. */
export function screenOf(route: Route): { screen: ScreenDef; id: number } | undefined {
  const parts = route.parts.map((part, i) => (i === 0 ? (also[part] ?? part) : part));
  for (const screen of screens) {
    const want = screen.pattern.split('/').filter(Boolean);
    if (want.length !== parts.length) continue;
    if (want.every((part, i) => part === parts[i] || (part === ':id' && /^\d+$/.test(parts[i] ?? '')))) {
      const at = want.indexOf(':id');
      return { screen, id: at < 0 ? 0 : Number(parts[at]) };
    }
  }
  return undefined;
}
