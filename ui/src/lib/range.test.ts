import { describe, expect, test } from 'vitest';
import { errorsOf, intervalOf, momentOf, shifted, spanOf } from './range';

const now = Date.parse('2026-03-31T10:20:30Z');
const at = (text: string) => new Date(momentOf(text, now) ?? NaN).toISOString().replace('.000Z', 'Z');

describe('moments', () => {
  test.each([
    ['now', '2026-03-31T10:20:30Z'], ['now-7d', '2026-03-24T10:20:30Z'], ['now/d', '2026-03-31T00:00:00Z'], ['now/w', '2026-03-30T00:00:00Z'],
    ['now-1M', '2026-02-28T10:20:30Z'], ['now-1M/M', '2026-02-01T00:00:00Z'], ['now/y+1d', '2026-01-02T00:00:00Z'], ['now-1y', '2025-03-31T10:20:30Z'],
    ['2026-01-05', '2026-01-05T00:00:00Z'], ['2026-01-05T10:00:00+02:00', '2026-01-05T08:00:00Z'], ['1767607200', '2026-01-05T10:00:00Z'],
    ['1767607200000', '2026-01-05T10:00:00Z'],
  ])('%s', (text, time) => expect(at(text)).toBe(time));
  test.each(['', 'yesterday', 'now-', 'now-7', 'now-7x', 'now7d', '2026-13-05', '2026-01-05T10', '2026-01-05T10:00:00', 'now-9999999d', `now${'-1d'.repeat(30)}`])(
    '%s is none', (text) => expect(momentOf(text, now)).toBeNull());
});

test('what is wrong is said at the field where it is', () => {
  expect(errorsOf({ from: 'now-7d', to: '' }, now)).toEqual({ from: '', to: '' });
  expect(errorsOf({ from: 'x', to: 'y' }, now)).toEqual({ from: expect.stringContaining('no time'), to: expect.stringContaining('no time') });
  expect(errorsOf({ from: '', to: '' }, now).from).toContain('begins');
  expect(errorsOf({ from: 'now-1d', to: 'now-2d' }, now)).toEqual({ from: '', to: 'The period ends before it begins.' });
  expect(errorsOf({ from: '2027-01-01', to: '' }, now).from).toContain('not come');
});

test('a period moves by its own length and not past now', () => {
  expect(shifted({ from: 'now-7d', to: '' }, -1, now)).toEqual({ from: 'now-14d', to: 'now-7d' });
  expect(shifted({ from: 'now-14d', to: 'now-7d' }, -1, now)).toEqual({ from: 'now-21d', to: 'now-14d' });
  expect(shifted({ from: 'now-14d', to: 'now-7d' }, 1, now)).toEqual({ from: 'now-7d', to: '' });
  expect(shifted({ from: 'now-9d', to: 'now-2d' }, 1, now)).toEqual({ from: 'now-7d', to: '' });
  expect(shifted({ from: 'now-7d', to: '' }, 1, now)).toBeNull();
  expect(shifted({ from: '2026-01-05', to: '2026-01-07' }, -1, now)).toEqual({ from: '2026-01-03T00:00:00Z', to: '2026-01-05T00:00:00Z' });
  expect(shifted({ from: '2026-01-05', to: '2026-01-07' }, 1, now)).toEqual({ from: '2026-01-07T00:00:00Z', to: '2026-01-09T00:00:00Z' });
  expect(shifted({ from: '2026-03-01', to: '2026-03-31' }, 1, now)).toEqual({ from: '2026-03-01T10:20:30Z', to: '' });
  expect(shifted({ from: 'nonsense', to: '' }, -1, now)).toBeNull();
});

test('a period is drawn by days, weeks or months, never in more parts than the server divides into', () => {
  const drawn = (from: string) => intervalOf(spanOf({ from, to: '' }, now)!);
  expect(['now-7d', 'now-62d', 'now-90d', 'now-2y', 'now-5y', 'now-30y', 'now-100y'].map(drawn)).toEqual(
    ['day', 'day', 'week', 'week', 'month', 'month', null]);
});
