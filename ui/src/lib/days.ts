import type { Deployment } from './api-types';

export interface Column {
  /** The start of the day or week, as `2026-01-05`. */
  from: string;
  success: number;
  failed: number;
  other: number;
}

const DAY = 86_400_000;
const COLUMNS_MAX = 92;

/** The calendar day of an instant in a zone: `2026-01-05`. */
export function dayOf(at: number, formatter: Intl.DateTimeFormat): string {
  return formatter.format(at);
}

export const dayFormatter = (zone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });

export function outcomeOf(deployment: Deployment): 'success' | 'failed' | 'other' {
  if (deployment.status === 'success') return 'success';
  return deployment.status === 'failed' ? 'failed' : 'other';
}

/**
 * Deployments per day of the reporting zone, or per several days where a period has more than `COLUMNS_MAX` of them.
 * Days without one are there and empty.
 */
export function columnsOf(deployments: readonly Deployment[], from: number, to: number, zone: string): { columns: Column[]; days: number } {
  const formatter = dayFormatter(zone);
  const first = Date.parse(dayOf(from, formatter));
  const count = Math.round((Date.parse(dayOf(Math.max(from, to - 1), formatter)) - first) / DAY) + 1;
  const days = Math.ceil(count / COLUMNS_MAX);
  const columns: Column[] = Array.from({ length: Math.ceil(count / days) }, (_, i) => (
    { from: new Date(first + i * days * DAY).toISOString().slice(0, 10), success: 0, failed: 0, other: 0 }));
  for (const deployment of deployments) {
    if (!deployment.at) continue;
    const day = Math.round((Date.parse(dayOf(Date.parse(deployment.at), formatter)) - first) / DAY);
    const column = columns[Math.floor(day / days)];
    if (column) column[outcomeOf(deployment)] += 1;
  }
  return { columns, days };
}

/** A round number at or above `max`, for the top of an axis. */
export function axisTop(max: number): number {
  if (max <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(max));
  for (const step of [1, 2, 4, 5, 10]) {
    if (step * power >= max) return step * power;
  }
  return max;
}
