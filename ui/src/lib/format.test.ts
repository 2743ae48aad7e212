import { describe, expect, test } from 'vitest';
import { ago, dateIn, dayIn, deltaOf, oneLine, span, valueText } from './format';

describe('values', () => {
  test.each([
    [0, 'seconds', '0 s'], [89, 'seconds', '89 s'], [90, 'seconds', '2 min'], [5400, 'seconds', '1.5 h'], [63_396, 'seconds', '17.6 h'],
    [172_800, 'seconds', '2 days'], [0.125, 'ratio', '12.5 %'], [0, 'ratio', '0 %'], [1, 'ratio', '100 %'],
    [3.714, 'per_day', '3.71 per day'], [0.5, 'per_day', '3.5 per week'], [0.1, 'per_day', '3 per 30 days'], [0, 'per_day', '0 per day'],
  ])('%s %s is %s', (value, unit, text) => expect(valueText(value, unit)).toBe(text));
});

describe('deltas', () => {
  test('a share changes by points, and less failure is better', () =>
    expect(deltaOf(0.1, 0.125, 'ratio', 'down')).toEqual({ arrow: '▼', word: 'better', change: '2.5 points' }));
  test('a duration changes by per cent', () =>
    expect(deltaOf(150, 100, 'seconds', 'down')).toEqual({ arrow: '▲', word: 'worse', change: '50 %' }));
  test('a large growth is a multiple', () => expect(deltaOf(4, 1, 'per_day', 'up').change).toBe('4 ×'));
  test('from nothing there is no per cent', () => expect(deltaOf(4, 0, 'per_day', 'up').change).toBe('from 0 per day'));
  test('less than one in a hundred is no change', () => {
    expect(deltaOf(100.9, 100, 'seconds', 'down').word).toBe('unchanged');
    expect(deltaOf(101, 100, 'seconds', 'down').word).toBe('worse');
  });
  test('the same is neither better nor worse', () => expect(deltaOf(2, 2, 'per_day', 'up').word).toBe('unchanged'));
});

test('ages take one unit', () => {
  expect(span(59)).toBe('59 s');
  expect(span(3599)).toBe('59 min');
  expect(span(47 * 3600)).toBe('47 h');
  expect(span(48 * 3600)).toBe('2 days');
  expect(ago(0, 4000)).toBe('now');
  expect(ago(120_000, 0)).toBe('in 2 min');
});

test('a row shows one line of bounded length', () => {
  expect(oneLine('one\ntwo')).toBe('one');
  expect(oneLine('x'.repeat(200))).toHaveLength(200);
  expect(oneLine('x'.repeat(201))).toBe(`${'x'.repeat(200)}…`);
});

test('days are those of the zone', () => {
  expect(dayIn('2026-01-04T23:00:00Z', 'Europe/Berlin')).toBe('2026-01-05');
  expect(dateIn('2026-01-04T23:00:00Z', 'Europe/Berlin')).toBe('5 Jan');
  expect(dateIn('2026-01-04T23:00:00Z', 'UTC', true)).toBe('Jan 2026');
});
