// The appliance on screen.
import { api } from './api';
import Fresh from './components/Fresh.svelte';
import { go } from './lib/router.svelte';
import { standing } from './lib/standing.svelte';
import type { Program, ScreenDef } from './lib/screens';
import Audit from './pages/Audit.svelte';
import CardList from './pages/CardList.svelte';
import CardPage from './pages/CardPage.svelte';
import Cases from './pages/Cases.svelte';
import CloseDay from './pages/CloseDay.svelte';
import Connection from './pages/Connection.svelte';
import Counter from './pages/Counter.svelte';
import Deliveries from './pages/Deliveries.svelte';
import Exchange from './pages/Exchange.svelte';
import ExchangeCarries from './pages/ExchangeCarries.svelte';
import ExchangeIn from './pages/ExchangeIn.svelte';
import ExchangeKeys from './pages/ExchangeKeys.svelte';
import ExchangeLost from './pages/ExchangeLost.svelte';
import ExchangeOut from './pages/ExchangeOut.svelte';
import ExchangeRestore from './pages/ExchangeRestore.svelte';
import Fonts from './pages/Fonts.svelte';
import Handover from './pages/Handover.svelte';
import Help from './pages/Help.svelte';
import Home from './pages/Home.svelte';
import ImportRun from './pages/ImportRun.svelte';
import Imports from './pages/Imports.svelte';
import Linkage from './pages/Linkage.svelte';
import Password from './pages/Password.svelte';
import Picking from './pages/Picking.svelte';
import Places from './pages/Places.svelte';
import PrintRun from './pages/PrintRun.svelte';
import Prints from './pages/Prints.svelte';
import Reception from './pages/Reception.svelte';
import Reports from './pages/Reports.svelte';
import Seats from './pages/Seats.svelte';
import Settings from './pages/Settings.svelte';
import Shelving from './pages/Shelving.svelte';
import Staff from './pages/Staff.svelte';
import Today from './pages/Today.svelte';
import TwoStep from './pages/TwoStep.svelte';
import { sound } from './scan/sound.svelte';

const screens: ScreenDef[] = [
  { key: 'home', pattern: '/', page: Home, icon: 'home', menu: true },
  { key: 'imports', pattern: '/imports', page: Imports, permission: 'import.run', icon: 'import', menu: true },
  { key: 'import', pattern: '/imports/:id', of: ImportRun, permission: 'import.run', within: 'imports' },
  { key: 'deliveries', pattern: '/deliveries', page: Deliveries, permission: 'delivery.receive', icon: 'scan', menu: true },
  { key: 'reception', pattern: '/deliveries/:id', of: Reception, permission: 'delivery.receive', within: 'deliveries' },
  { key: 'shelving', pattern: '/shelving', page: Shelving, permission: 'card.work', icon: 'shelf', menu: true },
  { key: 'cards', pattern: '/cards', page: CardList, permission: 'card.view', icon: 'list', menu: true },
  { key: 'card', pattern: '/cards/:id', of: CardPage, permission: 'card.view', within: 'cards' },
  { key: 'prints', pattern: '/prints', page: Prints, permission: 'notice.print', icon: 'letter', menu: true },
  { key: 'print', pattern: '/prints/:id', of: PrintRun, permission: 'notice.print', within: 'prints' },
  { key: 'today', pattern: '/today', page: Today, permission: 'visit.handover', icon: 'counter', menu: true },
  { key: 'seats', pattern: '/seats', page: Seats, permission: 'visit.handover', icon: 'clock', menu: true },
  { key: 'picking', pattern: '/picking', page: Picking, permission: 'card.work', icon: 'shelf', menu: true },
  { key: 'counter', pattern: '/counter', page: Counter, permission: 'visit.handover', icon: 'counter', menu: true },
  { key: 'handover', pattern: '/counter/:id', of: Handover, permission: 'visit.handover', within: 'counter' },
  { key: 'cases', pattern: '/cases', page: Cases, permission: 'exchange.decide', icon: 'warn', menu: true },
  { key: 'exchange', pattern: '/exchange', page: Exchange, permission: 'exchange.carry', icon: 'swap', menu: true },
  { key: 'exchange_keys', pattern: '/exchange/keys', page: ExchangeKeys, permission: 'exchange_keys.manage', within: 'exchange' },
  { key: 'exchange_out', pattern: '/exchange/out', page: ExchangeOut, permission: 'exchange.carry', within: 'exchange' },
  { key: 'exchange_in', pattern: '/exchange/in', page: ExchangeIn, permission: 'exchange.carry', within: 'exchange' },
  { key: 'exchange_lost', pattern: '/exchange/lost', page: ExchangeLost, permission: 'exchange.carry', within: 'exchange' },
  { key: 'exchange_restore', pattern: '/exchange/restore', page: ExchangeRestore, permission: 'exchange.carry', within: 'exchange' },
  { key: 'exchange_carries', pattern: '/exchange/carries', page: ExchangeCarries, permission: 'exchange.carry', within: 'exchange' },
  { key: 'reports', pattern: '/reports', page: Reports, permission: 'card.view', icon: 'list', menu: true },
  { key: 'closing', pattern: '/closing', page: CloseDay, permission: 'visit.handover', icon: 'lock', menu: true },
  { key: 'places', pattern: '/places', page: Places, permission: 'card.view', icon: 'shelf', menu: true },
  { key: 'settings', pattern: '/settings', page: Settings, permission: 'settings.manage', icon: 'gear', menu: true },
  { key: 'linkage', pattern: '/linkage', page: Linkage, permission: 'settings.manage', icon: 'gear', menu: true },
  { key: 'fonts', pattern: '/fonts', page: Fonts, permission: 'settings.manage', icon: 'gear', menu: true },
  { key: 'staff', pattern: '/staff', page: Staff, permission: 'staff.manage', icon: 'counter', menu: true },
  { key: 'connection', pattern: '/connection', page: Connection, icon: 'link', menu: true },
  { key: 'audit', pattern: '/audit', page: Audit, permission: 'audit.view', icon: 'log', menu: true },
  { key: 'password', pattern: '/password', page: Password, icon: 'lock' },
  { key: 'twostep', pattern: '/two-step', page: TwoStep, icon: 'lock' },
  { key: 'help', pattern: '/help', page: Help, icon: 'help' },
];

const search = (typed: string) => `/cards?q=${encodeURIComponent(typed)}`;

export const program: Program = {
  screens,
  also: { print: 'prints' },
  topics: ['keys', 'twelve'],
  beside: Fresh,
  badge: (key) => (key === 'cases' ? standing.value?.cases ?? 0 : 0),
  shown: () => void standing.load(),
  scanned: async (scan) => {
    try {
      go(`/cards/${(await api.lookup(scan.code)).id}`);
    } catch {
      sound.play('error');
      go(search(scan.code));
    }
  },
  finder: {
    permission: 'card.view', title: 'ui.palette.title', label: 'ui.palette.label', hint: 'ui.palette.hint', all: 'ui.palette.search',
    byCode: async (code) => `/cards/${(await api.lookup(code)).id}`, byText: search,
  },
};
