import { expect, test } from 'vitest';
import { gathered, titleOf, verdictOf } from './health';

test('checks have names for people', () => {
  expect(titleOf('disk')).toBe('Disk');
  expect(titleOf('ingest_queue')).toBe('Intake');
  expect(titleOf('sources.github', [{ name: 'events', title: 'Own events' }, { name: 'github', title: 'GitHub' }])).toBe('GitHub');
  expect(titleOf('sources.gone', [{ name: 'github', title: 'GitHub' }])).toBe('Sources: gone');
  expect(titleOf('settings.tls')).toBe('Configuration: tls');
  expect(titleOf('of_a_later_version')).toBe('Of a later version');
});

test('what says the same stands once', () => {
  const away = { state: 'failing' as const, seen: 'the database is away', action: 'Bring it back.' };
  const rows = gathered([{ check: 'store', ...away }, { check: 'disk', state: 'ok', seen: 'there is room', action: null },
    { check: 'replicas', ...away }, { check: 'projection', ...away, state: 'warning' },
    { check: 'spool', state: 'warning', seen: '3 wait here; no answer: the database is away', action: 'Bring it back.' }]);
  expect(rows.map(({ checks, state }) => [state, ...checks])).toEqual(
    [['failing', 'store', 'replicas'], ['ok', 'disk'], ['warning', 'projection'], ['warning', 'spool']]);
  expect(rows[0]).toMatchObject({ seen: 'the database is away', action: 'Bring it back.' });
  expect(rows[3]!.seen).toBe('3 wait here; no answer');
});

test('the whole is one sentence', () => {
  const health = (...states: Array<'ok' | 'warning' | 'failing'>) => ({ status: 'ok' as const, at: '', version: '',
    findings: states.map((state) => ({ check: 'x', state, seen: '', action: null })) });
  expect(verdictOf(health('ok', 'ok'))).toBe('All 2 checks are well.');
  expect(verdictOf(health('ok', 'warning'))).toBe('Of 2 checks 1 needs a look.');
  expect(verdictOf(health('failing', 'failing', 'warning', 'warning'))).toBe('Of 4 checks 2 fail and 2 need a look.');
});
