import { expect, test } from 'vitest';
import type { Deployment } from './api-types';
import { axisTop, columnsOf } from './days';
import { partsOf } from './range';

const deployment = (at: string, status: string): Deployment => ({ at, status, id: at, key: at, simulated: false, source: 'events', type: 'deployment' });

test('days follow the reporting zone, and empty days are there', () => {
  const { columns, days } = columnsOf(
    [deployment('2026-01-05T23:30:00Z', 'success'), deployment('2026-01-05T10:00:00Z', 'failed'), deployment('2026-01-07T10:00:00Z', 'cancelled')],
    Date.parse('2026-01-05T00:00:00Z'), Date.parse('2026-01-08T00:00:00Z'), 'Europe/Berlin');
  expect(days).toBe(1);
  expect(columns.map((c) => [c.from, c.success, c.failed, c.other])).toEqual([
    ['2026-01-05', 0, 1, 0], ['2026-01-06', 1, 0, 0], ['2026-01-07', 0, 0, 1], ['2026-01-08', 0, 0, 0]]);
});

test('a long period takes several days together and loses none', () => {
  const { columns, days } = columnsOf([deployment('2020-01-01T00:00:00Z', 'success'), deployment('2025-12-31T12:00:00Z', 'success')],
    Date.parse('2020-01-01T00:00:00Z'), Date.parse('2026-01-01T00:00:00Z'), 'UTC');
  expect(days).toBe(24);
  expect(columns.length).toBeLessThanOrEqual(92);
  expect(columns.reduce((sum, c) => sum + c.success, 0)).toBe(2);
});

test('the axis ends at a round number', () => expect([0, 4, 5, 11, 90, 100].map(axisTop)).toEqual([4, 4, 5, 20, 100, 100]));

test('parts cover a period without gap or overlap', () => {
  const day = 86_400_000;
  for (const [length, count] of [[1, 8], [7, 7], [30, 10], [3650, 10]] as const) {
    const parts = partsOf({ from: 0, to: length * day });
    expect(parts).toHaveLength(count);
    expect(parts[0]!.from).toBe(0);
    expect(parts.at(-1)!.to).toBe(length * day);
    parts.slice(1).forEach((part, i) => expect(part.from).toBe(parts[i]!.to));
  }
  expect(partsOf({ from: 5, to: 5 })).toEqual([]);
});
