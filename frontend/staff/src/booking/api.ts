// The routes of the booking console: each function is one.
import { common } from '../lib/common';
import { call, get } from '../lib/http';
import type * as T from './types';

export const api = {
  ...common,
  home: () => get<T.Home>('/api/home'),
  access: () => get<T.AccessRules>('/api/access'),
  changeAccess: (b: T.AccessRules) => call<T.AccessRules>('PUT', '/api/access', b),
  choices: () => get<T.Choices>('/api/choices'),
};
