import { expect, it } from 'vitest';
import { heightOf, rowOf, scrollFor } from './virtual';

it('is plain arithmetic as long as browsers can scroll it', () => {
  expect(heightOf(50_000, 34)).toBe(1_700_000);
  expect(rowOf(3_400, 50_000, 34, 680)).toBe(100);
});

it('reaches the last of two million rows', () => {
  const total = 2_000_000;
  const view = 680;
  const bottom = heightOf(total, 34) - view;
  expect(heightOf(total, 34)).toBe(12_000_000);
  expect(rowOf(bottom, total, 34, view)).toBe(total - 20);
});

it('brings a row into view and leaves one in view alone', () => {
  expect(scrollFor(5, 0, 1_000, 34, 340)).toBe(0);
  expect(scrollFor(10, 0, 1_000, 34, 340)).toBe(34);
  expect(scrollFor(0, 3_400, 1_000, 34, 340)).toBe(0);
  const far = scrollFor(1_500_000, 0, 2_000_000, 34, 680);
  const first = rowOf(far, 2_000_000, 34, 680);
  expect(first).toBeLessThanOrEqual(1_500_000);
  expect(first + 20).toBeGreaterThanOrEqual(1_500_000);
});
