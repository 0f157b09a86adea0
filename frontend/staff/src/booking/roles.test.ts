import { expect, it } from 'vitest';
import { hasText } from '../lib/text';
import { cellOf, deeds, functionsOf } from './roles';

const permissions = ['booking.view', 'booking.edit', 'booking.export', 'booking.print', 'reception.work', 'opening.edit', 'resident.view', 'resident.reveal',
  'inquiry.edit', 'report.view', 'report.export', 'report.print', 'master.edit', 'staff.manage', 'audit.view'];

it('gives every permission a cell of its own', () => {
  const cells = functionsOf(permissions).flatMap((fn) => deeds.map((deed) => cellOf(permissions, fn, deed)).filter(Boolean));
  expect([...cells].sort()).toEqual([...permissions].sort());
});

it('has a text for every row and column', () => {
  const codes = [...functionsOf(permissions).map((fn) => `ui.roles.function.${fn}`), ...deeds.map((deed) => `ui.roles.deed.${deed}`)];
  expect(codes.filter((code) => !hasText(code))).toEqual([]);
});

it('leaves a cell empty where a function has no such deed', () => {
  expect(cellOf(permissions, 'audit', 'edit')).toBeUndefined();
});
