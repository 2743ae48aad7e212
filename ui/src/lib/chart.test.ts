import { expect, test } from 'vitest';
import { columnByKey, gapsOf, hatchOf, pathOf, piecesOf, roundUp, topOf } from './chart';

test('an axis ends at a round number in the unit that is read', () => {
  expect([0, 0.3, 5, 11, 90, 100, 124, 250].map(roundUp)).toEqual([1, 0.3, 6, 12, 100, 100, 160, 300]);
  expect(topOf(0.188, 'ratio')).toBe(0.2);
  expect(topOf(0.97, 'ratio')).toBe(1);
  expect(topOf(17.6 * 3600, 'seconds')).toBe(20 * 3600);
  expect(topOf(3 * 86_400, 'seconds')).toBe(3 * 86_400);
  expect(topOf(40, 'seconds')).toBe(40);
});

test('half of an axis for counts is a count', () => {
  for (let max = 4; max < 5000; max += 1) expect(Number.isInteger(roundUp(max) / 2), `${max}`).toBe(true);
});

test('a line is broken where a value is unknown, and never touches zero there', () => {
  const pieces = piecesOf([1, 2, null, null, 3], (value, i) => [i, value]);
  expect(pieces).toEqual([[[0, 1], [1, 2]], [[4, 3]]]);
  expect(pathOf(pieces[0]!)).toBe('M0.0 1.0L1.0 2.0');
  expect(gapsOf([null, 1, null, null, 3, null])).toEqual([{ from: 0, to: 0 }, { from: 2, to: 3 }, { from: 5, to: 5 }]);
});

test('a hatching stays inside of its rectangle', () => {
  const numbers = [...hatchOf(10, 20, 30, 40).matchAll(/([\d.-]+) ([\d.-]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
  expect(numbers.length).toBeGreaterThan(4);
  for (const [x, y] of numbers) {
    expect(x).toBeGreaterThanOrEqual(10);
    expect(x).toBeLessThanOrEqual(40);
    expect(y).toBeGreaterThanOrEqual(20);
    expect(y).toBeLessThanOrEqual(60);
  }
});

test('keys lead through the columns and not past them', () => {
  expect(columnByKey('ArrowRight', null, 3)).toBe(0);
  expect(columnByKey('ArrowRight', 2, 3)).toBe(2);
  expect(columnByKey('ArrowLeft', null, 3)).toBe(2);
  expect(columnByKey('ArrowLeft', 0, 3)).toBe(0);
  expect(columnByKey('End', 0, 3)).toBe(2);
  expect(columnByKey('a', 0, 3)).toBeUndefined();
  expect(columnByKey('Home', null, 0)).toBeUndefined();
});
