import { expect, test } from 'vitest';
import { firstCommand } from './first-event';

test('the command carries the address, a token where one is needed, and an event of now', () => {
  const now = Date.parse('2026-01-05T10:00:00.700Z');
  const open = firstCommand('https://fairlead.example/base/', now, null);
  expect(open).toContain("'https://fairlead.example/base/api/v1/events'");
  expect(open).not.toContain('Authorization');
  expect(open).toContain('"finished_at":"2026-01-05T10:00:00Z"');
  expect(firstCommand('https://fairlead.example/', now, 'fl_x')).toContain('-H "Authorization: Bearer fl_x"');
});
