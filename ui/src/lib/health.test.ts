import { expect, test } from 'vitest';
import { titleOf, verdictOf } from './health';

test('checks have names for people', () => {
  expect(titleOf('disk')).toBe('Disk');
  expect(titleOf('ingest_queue')).toBe('Ingest queue');
  expect(titleOf('sources.github')).toBe('Source github');
  expect(titleOf('settings.tls')).toBe('Setting tls');
});

test('the whole is one sentence', () => {
  const health = (...states: Array<'ok' | 'warning' | 'failing'>) => ({ status: 'ok' as const, at: '', version: '',
    findings: states.map((state) => ({ check: 'x', state, seen: '', action: null })) });
  expect(verdictOf(health('ok', 'ok'))).toBe('All 2 checks are well.');
  expect(verdictOf(health('ok', 'warning'))).toBe('Of 2 checks 1 needs a look.');
  expect(verdictOf(health('failing', 'failing', 'warning', 'warning'))).toBe('Of 4 checks 2 fail and 2 need a look.');
});
