export const RANGES: ReadonlyArray<readonly [from: string, label: string]> = [
  ['now-24h', 'Last 24 hours'], ['now-7d', 'Last 7 days'], ['now-30d', 'Last 30 days'], ['now-90d', 'Last 90 days'],
  ['now-1y', 'Last year'], ['now-5y', 'Last 5 years'], ['now-30y', 'Last 30 years'],
];

export const DEFAULT_FROM = 'now-7d';

/** From this length on an axis has no room for days. */
export const YEARS_FROM_MS = 400 * 86_400_000;

/** Instants in milliseconds; `to` is exclusive. */
export interface Span {
  from: number;
  to: number;
}

/** A period as the address has it: an empty `to` is now. */
export interface Period {
  from: string;
  to: string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = /^(?:([+-])(\d{1,6})|\/)([smhdwMy])/;
const FIXED: Record<string, number> = { s: 1000, m: 60_000, h: HOUR, d: DAY, w: 7 * DAY };
const TEXT_MAX = 64;
const SECONDS_MAX = 1e11; // as the server has it: a larger number counts milliseconds

/** The same day of another month, or that month's last one. */
function addMonths(at: number, months: number): number {
  const moved = new Date(at);
  const day = moved.getUTCDate();
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + months);
  const last = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
  return moved.setUTCDate(Math.min(day, last));
}

function startOf(at: number, unit: string): number {
  const date = new Date(at);
  if (unit === 'y') return Date.UTC(date.getUTCFullYear(), 0);
  if (unit === 'M') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  if (unit === 'w') return startOf(at - ((date.getUTCDay() + 6) % 7) * DAY, 'd'); // Monday
  return Math.floor(at / FIXED[unit]!) * FIXED[unit]!;
}

function relative(steps: string, now: number): number | null {
  let at = now;
  for (let rest = steps; rest !== '';) {
    const step = STEP.exec(rest);
    if (!step) return null;
    const [all, sign, count, unit] = step as unknown as [string, string | undefined, string, string];
    rest = rest.slice(all.length);
    if (sign === undefined) at = startOf(at, unit);
    else {
      const amount = Number(count) * (sign === '-' ? -1 : 1);
      const fixed = FIXED[unit];
      at = fixed === undefined ? addMonths(at, unit === 'y' ? amount * 12 : amount) : at + amount * fixed;
    }
    if (Number.isNaN(at)) return null;
  }
  return at;
}

/**
 * The instant that a text means in the grammar of `from` and `to`, or null where it means none. Days are those of UTC:
 * good enough to check what somebody types and to choose how fine to draw; the server, which knows the zone, decides.
 */
export function momentOf(text: string, now: number): number | null {
  if (text.length > TEXT_MAX) return null;
  if (text.startsWith('now')) return relative(text.slice(3), now);
  if (/^-?\d+(\.\d+)?$/.test(text)) return Math.abs(Number(text)) < SECONDS_MAX ? Number(text) * 1000 : Number(text);
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

export interface PeriodErrors {
  from: string;
  to: string;
}

/** What is wrong with a typed period, for each field; empty texts where nothing is. */
export function errorsOf({ from, to }: Period, now: number): PeriodErrors {
  const noTime = 'This is no time. Write 2026-01-05, 2026-01-05T10:00:00Z or now-7d.';
  const begins = momentOf(from, now);
  const ends = to === '' ? now : momentOf(to, now);
  if (begins === null) return { from: from === '' ? 'Say when the period begins.' : noTime, to: ends === null ? noTime : '' };
  if (ends === null) return { from: '', to: noTime };
  if (begins > now) return { from: 'This has not come yet.', to: '' };
  return begins >= ends ? { from: '', to: 'The period ends before it begins.' } : { from: '', to: '' };
}

export function spanOf({ from, to }: Period, now: number): Span | null {
  const begins = momentOf(from, now);
  const ends = to === '' ? now : momentOf(to, now);
  return begins === null || ends === null || begins >= ends ? null : { from: begins, to: Math.min(ends, now) };
}

export type Interval = 'day' | 'week' | 'month';

/** How fine a period is drawn; null where even months are more than the server divides into. */
export function intervalOf({ from, to }: Span): Interval | null {
  const days = (to - from) / DAY;
  if (days <= 62) return 'day';
  if (days <= 800) return 'week';
  return days <= 12_000 ? 'month' : null;
}

const seconds = (at: number): string => new Date(Math.round(at / 1000) * 1000).toISOString().replace('.000Z', 'Z');

/** The period of the same length before (-1) or after (1); null where it has not come yet. */
export function shifted(period: Period, direction: -1 | 1, now: number): Period | null {
  const begins = /^now-(\d+)([smhdwMy])$/.exec(period.from);
  const ends = /^now(?:-(\d+)([smhdwMy]))?$/.exec(period.to || 'now');
  if (begins && ends && (ends[2] ?? begins[2]) === begins[2]) {
    const first = Number(begins[1]);
    const last = Number(ends[1] ?? 0);
    if (direction === 1 && last === 0) return null;
    const until = Math.max(0, last - direction * (first - last));
    return { from: `now-${until + first - last}${begins[2]}`, to: until === 0 ? '' : `now-${until}${begins[2]}` };
  }
  const span = spanOf(period, now);
  if (!span || (direction === 1 && span.to >= now)) return null;
  const to = Math.min(now, span.to + direction * (span.to - span.from));
  return { from: seconds(to - (span.to - span.from)), to: to === now ? '' : seconds(to) };
}

/** A period that is not offered by name, as short as can be. */
export function periodText({ from, to }: Period): string {
  const ago = (text: string) => text.replace(/T00:00:00Z$/, '').replace(/^now-(\d+)d$/, '$1 days ago').replace(/^now-(\d+)h$/, '$1 h ago');
  return to === '' ? `Since ${ago(from)}` : `${ago(from)} to ${ago(to)}`;
}
