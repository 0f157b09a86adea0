// The booking console on screen. Every page is one line of this table, in the order of the menu.
import type { Program, ScreenDef } from '../lib/screens';
import Audit from '../pages/Audit.svelte';
import Help from '../pages/Help.svelte';
import Password from '../pages/Password.svelte';
import Staff from '../pages/Staff.svelte';
import TwoStep from '../pages/TwoStep.svelte';
import { api } from './api';
import Access from './pages/Access.svelte';
import Home from './pages/Home.svelte';
import Roles from './pages/Roles.svelte';

const screens: ScreenDef[] = [
  { key: 'booking_home', pattern: '/', page: Home, icon: 'home', menu: true },
  { key: 'staff', pattern: '/staff', page: Staff, permission: 'staff.manage', icon: 'counter', menu: true },
  { key: 'roles', pattern: '/roles', page: Roles, permission: 'staff.manage', icon: 'lock', menu: true },
  { key: 'access', pattern: '/access', page: Access, permission: 'staff.manage', icon: 'lock', menu: true },
  { key: 'audit', pattern: '/audit', page: Audit, permission: 'audit.view', icon: 'log', menu: true },
  { key: 'password', pattern: '/password', page: Password, icon: 'lock' },
  { key: 'twostep', pattern: '/two-step', page: TwoStep, icon: 'lock' },
  { key: 'help', pattern: '/help', page: Help, icon: 'help' },
];

export const program: Program = {
  screens,
  also: {},
  topics: ['keys'],
  windows: async () => (await api.choices()).windows,
};
