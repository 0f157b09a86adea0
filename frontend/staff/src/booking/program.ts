// The booking console on screen. Every page is one line of this table, in the order of the menu.
import type { Program, ScreenDef } from '../lib/screens';
import Audit from '../pages/Audit.svelte';
import Help from '../pages/Help.svelte';
import Password from '../pages/Password.svelte';
import Staff from '../pages/Staff.svelte';
import TwoStep from '../pages/TwoStep.svelte';
import { go } from '../lib/router.svelte';
import { session } from '../lib/session.svelte';
import { handed } from './lib/handed.svelte';
import { api } from './api';
import Access from './pages/Access.svelte';
import Asides from './pages/Asides.svelte';
import Board from './pages/Board.svelte';
import Book from './pages/Book.svelte';
import Calendar from './pages/Calendar.svelte';
import Calls from './pages/Calls.svelte';
import Closing from './pages/Closing.svelte';
import Exchange from './pages/Exchange.svelte';
import ExchangeKeys from './pages/ExchangeKeys.svelte';
import Fields from './pages/Fields.svelte';
import DayLists from './pages/DayLists.svelte';
import Home from './pages/Home.svelte';
import Inquiries from './pages/Inquiries.svelte';
import InquiryCall from './pages/InquiryCall.svelte';
import InquiryChoices from './pages/InquiryChoices.svelte';
import MailForms from './pages/MailForms.svelte';
import Mails from './pages/Mails.svelte';
import MailServer from './pages/MailServer.svelte';
import Missing from './pages/Missing.svelte';
import Notices from './pages/Notices.svelte';
import Openings from './pages/Openings.svelte';
import Over from './pages/Over.svelte';
import Policy from './pages/Policy.svelte';
import Procedures from './pages/Procedures.svelte';
import Reception from './pages/Reception.svelte';
import Reconcile from './pages/Reconcile.svelte';
import Reports from './pages/Reports.svelte';
import Search from './pages/Search.svelte';
import WindowPage from './pages/WindowPage.svelte';
import Windows from './pages/Windows.svelte';
import Wishes from './pages/Wishes.svelte';
import Wording from './pages/Wording.svelte';
import Roles from './pages/Roles.svelte';

const screens: ScreenDef[] = [
  { key: 'booking_home', pattern: '/', page: Home, icon: 'home', menu: true },
  { key: 'booking_reception', pattern: '/reception', page: Reception, permission: 'reception.work', icon: 'scan', menu: true },
  { key: 'booking_calls', pattern: '/calls', page: Calls, permission: 'reception.work', icon: 'counter', menu: true },
  { key: 'booking_board', pattern: '/board', page: Board, permission: 'booking.view', icon: 'list', menu: true },
  { key: 'booking_book', pattern: '/book', page: Book, permission: 'booking.edit', icon: 'clock', menu: true },
  { key: 'booking_wishes', pattern: '/wishes', page: Wishes, permission: 'booking.view', icon: 'clock', menu: true },
  { key: 'booking_search', pattern: '/search', page: Search, permission: 'booking.view', icon: 'list', menu: true },
  { key: 'booking_reports', pattern: '/reports', page: Reports, permission: 'report.view', icon: 'list', menu: true },
  { key: 'booking_daylists', pattern: '/day-lists', page: DayLists, permission: 'booking.view', icon: 'letter', menu: true },
  { key: 'booking_missing', pattern: '/missing', page: Missing, permission: 'booking.view', icon: 'warn', menu: true },
  { key: 'booking_reconcile', pattern: '/reconciliation', page: Reconcile, permission: 'booking.view', icon: 'link', menu: true },
  { key: 'booking_mails', pattern: '/mails', page: Mails, permission: 'booking.view', icon: 'letter', menu: true },
  { key: 'inquiry_call', pattern: '/inquiries/call', page: InquiryCall, permission: 'inquiry.edit', icon: 'scan', menu: true },
  { key: 'inquiries', pattern: '/inquiries', page: Inquiries, permission: 'inquiry.edit', icon: 'list', menu: true },
  { key: 'booking_windows', pattern: '/windows', page: Windows, permission: 'opening.edit', icon: 'gear', menu: true },
  { key: 'booking_window', pattern: '/windows/:name', named: WindowPage, permission: 'opening.edit', within: 'booking_windows' },
  { key: 'booking_calendar', pattern: '/calendar/:name', named: Calendar, permission: 'opening.edit', within: 'booking_windows' },
  { key: 'booking_openings', pattern: '/openings', page: Openings, permission: 'opening.edit', icon: 'import', menu: true },
  { key: 'booking_closing', pattern: '/closing', page: Closing, permission: 'opening.edit', icon: 'stop', menu: true },
  { key: 'booking_over', pattern: '/over', page: Over, permission: 'booking.view', icon: 'error', menu: true },
  { key: 'booking_exchange', pattern: '/exchange', page: Exchange, permission: 'exchange.work', icon: 'link', menu: true },
  { key: 'booking_asides', pattern: '/exchange/asides', page: Asides, permission: 'exchange.work', within: 'booking_exchange' },
  { key: 'booking_keys', pattern: '/exchange/keys', page: ExchangeKeys, permission: 'exchange_keys.manage', within: 'booking_exchange' },
  { key: 'policy', pattern: '/policy', page: Policy, permission: 'master.edit', icon: 'gear', menu: true },
  { key: 'procedures', pattern: '/procedures', page: Procedures, permission: 'master.edit', icon: 'list', menu: true },
  { key: 'wording', pattern: '/wording', page: Wording, permission: 'master.edit', icon: 'letter', menu: true },
  { key: 'mail_forms', pattern: '/mail-forms', page: MailForms, permission: 'master.edit', icon: 'letter', menu: true },
  { key: 'mail_server', pattern: '/mail-server', page: MailServer, permission: 'master.edit', icon: 'gear', menu: true },
  { key: 'notices', pattern: '/notices', page: Notices, permission: 'master.edit', icon: 'warn', menu: true },
  { key: 'fields', pattern: '/fields', page: Fields, permission: 'master.edit', icon: 'list', menu: true },
  { key: 'inquiry_choices', pattern: '/inquiry-choices', page: InquiryChoices, permission: 'master.edit', icon: 'list', menu: true },
  { key: 'staff', pattern: '/staff', page: Staff, permission: 'staff.manage', icon: 'counter', menu: true },
  { key: 'roles', pattern: '/roles', page: Roles, permission: 'staff.manage', icon: 'lock', menu: true },
  { key: 'access', pattern: '/access', page: Access, permission: 'staff.manage', icon: 'lock', menu: true },
  { key: 'audit', pattern: '/audit', page: Audit, permission: 'audit.view', icon: 'log', menu: true },
  { key: 'password', pattern: '/password', page: Password, icon: 'lock' },
  { key: 'twostep', pattern: '/two-step', page: TwoStep, icon: 'lock' },
  { key: 'help', pattern: '/help', page: Help, icon: 'help' },
];

/** Where a number is looked up that was scanned or typed on another screen. */
const lookUps = [{ path: '/book', permission: 'booking.edit' }, { path: '/reception', permission: 'reception.work' }, { path: '/inquiries/call', permission: 'inquiry.edit' }];
function handOver(entry: string): string {
  const at = lookUps.find((l) => session.may(l.permission));
  if (at) handed.entry = entry;
  return at?.path ?? '/';
}

export const program: Program = {
  screens,
  also: {},
  topics: ['keys'],
  windows: async () => (await api.choices()).windows,
  scanned: async (scan) => { if (lookUps.some((l) => session.may(l.permission))) go(handOver(scan.code)); },
  finder: {
    permission: 'booking.edit', title: 'ui.palette.booking_title', label: 'ui.palette.booking', hint: 'ui.palette.hint', all: 'ui.palette.booking_open',
    byCode: async (code) => handOver(code), byText: handOver,
  },
};
