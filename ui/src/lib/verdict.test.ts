import { expect, test } from 'vitest';
import type { Alert, Deployment, Incident } from './api-types';
import { verdictOf } from './verdict';

const now = Date.parse('2026-01-05T12:00:00Z');
const common = { id: 'x', key: 'x', simulated: false, source: 'events', type: 't' };
const deployment = (status: string): Deployment => ({ ...common, service: 'shop', version: '2.0', status, finished_at: '2026-01-05T11:46:00Z' });
const incident: Incident = { ...common, status: 'open' };
const alert: Alert = { ...common, severity: 'low' };

test('without anything nothing is claimed', () =>
  expect(verdictOf({ incidents: [], alerts: [], latest: [], now }).level).toBe('unknown'));

test('without trouble it says when production last changed', () =>
  expect(verdictOf({ incidents: [], alerts: [], latest: [deployment('success')], now })).toEqual(
    { level: 'good', text: 'Nothing is wrong that Fairlead knows of.', detail: 'Last production deployment 14 min ago: shop 2.0.' }));

test('all that is wrong is in one sentence', () =>
  expect(verdictOf({ incidents: [incident], alerts: [alert, alert], latest: [deployment('failed')], now })).toEqual(
    { level: 'bad', text: '1 incident is open, 2 alerts are firing and the latest deployment of \u2068shop\u2069 failed.',
      detail: 'No successful production deployment is known.' }));

test('a mild alert is a warning', () =>
  expect(verdictOf({ incidents: [], alerts: [alert], latest: [deployment('success')], now }).level).toBe('warning'));

test('a single incident is named', () =>
  expect(verdictOf({ incidents: [{ ...incident, title: 'Slow answers', opened_at: '2026-01-05T11:50:00Z' }], alerts: [], latest: [deployment('success')], now }).detail)
    .toBe('\u2068Slow answers\u2069, for 10 min. Last production deployment 14 min ago: shop 2.0.'));
