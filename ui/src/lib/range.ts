export const RANGES: ReadonlyArray<readonly [from: string, label: string]> = [
  ['now-24h', 'Last 24 hours'], ['now-7d', 'Last 7 days'], ['now-30d', 'Last 30 days'], ['now-90d', 'Last 90 days'],
  ['now-1y', 'Last year'], ['now-5y', 'Last 5 years'], ['now-30y', 'Last 30 years'],
];

export const DEFAULT_FROM = 'now-7d';

export interface Span {
  from: number;
  to: number;
}

const HOUR = 3_600_000;
const POINTS_MAX = 10;

/** Equal parts of a period for a trend line: whole days where they are few, else ten or fewer. */
export function partsOf({ from, to }: Span): Span[] {
  const length = to - from;
  if (!(length > 0)) return [];
  const days = length / (24 * HOUR);
  const count = days <= 1.5 ? 8 : days <= POINTS_MAX ? Math.round(days) : POINTS_MAX;
  return Array.from({ length: count }, (_, i) => ({
    from: Math.round(from + (length * i) / count),
    to: Math.round(from + (length * (i + 1)) / count),
  }));
}
