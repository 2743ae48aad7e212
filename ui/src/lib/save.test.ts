import { expect, test } from 'vitest';
import { csvOf } from './save';

test('a table keeps its cells apart, leaves unknown ones empty and runs nothing', () =>
  expect(csvOf(['day', 'n'], [['2026-01-05', 3], ['a,"b"', null], ['=1+1', -2]])).toBe('day,n\r\n2026-01-05,3\r\n"a,""b""",\r\n\'=1+1,-2\r\n'));
