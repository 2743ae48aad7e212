import { expect, test } from 'vitest';
import type { Import } from './api-types';
import { numbersOf, progressText, shareOf, wrongAddress } from './imports';

const row: Import = { id: '1', url: 'https://x.example/a/b', state: 'running', phase: 'reading', commits_total: 200, commits: 50, events: 50, releases: 0,
  nothing_new: false, remarks: [], repository: null, service: null, first_release_at: null, last_release_at: null, error: null,
  created_at: '2026-01-05T10:00:00Z', started_at: null, finished_at: null };

test('progress is said as far as it is known', () => {
  expect(shareOf(row)).toBe(0.25);
  expect(progressText(row)).toBe('Reading: 50 of 200 commits');
  expect(shareOf({ ...row, phase: 'fetching', commits_total: null, commits: 0 })).toBeNull();
  expect(shareOf({ ...row, commits_total: null })).toBeNull();
  expect(shareOf({ ...row, phase: 'linking' })).toBe(1);
  expect(shareOf({ ...row, state: 'queued', phase: null })).toBeNull();
});

test('an end says what came in, and a failure what to do', () => {
  const done: Import = { ...row, state: 'succeeded', phase: null, commits: 200, releases: 1 };
  expect(progressText(done)).toBe('200 commits and 1 release are in.');
  expect(progressText({ ...done, nothing_new: true })).toBe('Nothing new: 200 commits and 1 release were there already.');
  expect(progressText({ ...row, state: 'failed', error: 'No such host.' })).toBe('No such host.');
});

test('the numbers of a repository reach back to its first release', () => {
  expect(numbersOf(row)).toBeNull();
  expect(numbersOf({ ...row, service: 'a/b', first_release_at: '2005-07-11T01:02:03Z' })).toBe('./?service=a%2Fb&from=2005-07-11');
});

test('what is no address is said before anything is sent', () => {
  expect(wrongAddress('https://github.com/acme/shop')).toBe('');
  expect(wrongAddress('')).toContain('Write');
  expect(wrongAddress('acme')).toContain('no address');
  expect(wrongAddress('https://me:secret@x.example/a')).toContain('password');
});
