// The routes that every program with staff screens has: each function is one.
import type * as T from '../types';
import { call, get, post, query } from './http';

export const common = {
  texts: () => get<T.Texts>('/api/texts'),
  setup: () => get<T.Setup>('/api/setup'),
  runSetup: (b: { code: string; organization: string; login: string; name: string; password: string }) =>
    post<T.Me>('/api/setup', b),
  signIn: (login: string, password: string, code = '') => post<T.Me>('/api/session', code ? { login, password, code } : { login, password }),
  signOut: () => call<void>('DELETE', '/api/session'),
  me: () => get<T.Me>('/api/me'),
  changePassword: (old: string, next: string) => post<void>('/api/me/password', { old, new: next }),
  factor: () => get<T.FactorState>('/api/me/totp'),
  startFactor: (password: string) => post<T.Factor>('/api/me/totp', { password }),
  confirmFactor: (code: string) => post<T.FactorRecovery>('/api/me/totp/confirm', { code }),
  staff: () => get<T.StaffRow[]>('/api/staff'),
  newStaff: (b: T.NewStaff) => post<T.StaffCreated>('/api/staff', b),
  changeStaff: (id: string, b: T.StaffChange) => call<T.StaffRow>('PUT', `/api/staff/${id}`, b),
  resetStaff: (id: string) => post<{ initialPassword: string }>(`/api/staff/${id}/reset`),
  disableStaff: (id: string) => post<unknown>(`/api/staff/${id}/disable`),
  enableStaff: (id: string) => post<unknown>(`/api/staff/${id}/enable`),
  endFactor: (id: string) => call<T.StaffRow>('DELETE', `/api/staff/${id}/totp`),
  roles: () => get<T.Role[]>('/api/roles'),
  permissions: () => get<string[]>('/api/permissions'),
  changeRole: (id: string, b: T.RoleChange) => call<void>('PUT', `/api/roles/${id}`, b),
  audit: (filter: Record<string, string>, offset: number, limit: number) =>
    get<T.AuditList>(`/api/audit${query({ ...filter, offset, limit })}`),
};
