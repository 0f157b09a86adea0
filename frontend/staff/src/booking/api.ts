// The routes of the booking console: each function is one.
import { common } from '../lib/common';
import { get } from '../lib/http';
import type * as T from './types';

export const api = {
  ...common,
  home: () => get<T.Home>('/api/home'),
  windowNames: () => get<T.WindowName[]>('/api/window-names'),
};
