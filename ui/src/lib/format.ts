/** Numbers and times as people say them. Pure: what depends on now or on a zone takes it. */

const rounded = (value: number): string => {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(digits)).toLocaleString('en', { maximumFractionDigits: digits });
};

export const whole = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 0 });

export const counted = (count: number, one: string, several: string): string => `${whole(count)} ${count === 1 ? one : several}`;

/** A quantity and the word behind it, so that they can be set in two sizes. */
export interface Quantity {
  number: string;
  unit: string;
}

const of = (number: string, unit: string): Quantity => ({ number, unit });

function duration(seconds: number): Quantity {
  if (seconds < 1) return of(rounded(seconds), 's');
  if (seconds < 90) return of(String(Math.round(seconds)), 's');
  if (seconds < 90 * 60) return of(String(Math.round(seconds / 60)), 'min');
  if (seconds < 48 * 3600) return of(Number((seconds / 3600).toFixed(1)).toString(), 'h');
  return of(Number((seconds / 86_400).toFixed(1)).toLocaleString('en'), 'days');
}

export function quantity(value: number, unit: string): Quantity {
  if (unit === 'seconds') return duration(value);
  if (unit === 'ratio') return of(rounded(value * 100), '%');
  if (unit !== 'per_day') return of(rounded(value), '');
  if (value >= 1 || value === 0) return of(rounded(value), 'per day');
  return value >= 1 / 7 ? of(rounded(value * 7), 'per week') : of(rounded(value * 30), 'per 30 days');
}

export function valueText(value: number, unit: string): string {
  const { number, unit: word } = quantity(value, unit);
  return word ? `${number} ${word}` : number;
}

export interface Delta {
  arrow: '▲' | '▼' | '=';
  word: 'better' | 'worse' | 'unchanged';
  change: string;
}

/** The change from `previous`: shares in points, everything else in per cent or as a multiple. */
export function deltaOf(value: number, previous: number, unit: string, better: 'up' | 'down'): Delta {
  if (value === previous) return { arrow: '=', word: 'unchanged', change: '' };
  const up = value > previous;
  const word = up === (better === 'up') ? 'better' : 'worse';
  const arrow = up ? '▲' : '▼';
  if (unit === 'ratio') return { arrow, word, change: `${rounded(Math.abs(value - previous) * 100)} points` };
  if (previous === 0) return { arrow, word, change: `from ${valueText(0, unit)}` };
  const ratio = value / previous;
  if (Math.abs(ratio - 1) < 0.01) return { arrow: '=', word: 'unchanged', change: 'almost' };
  if (ratio >= 3) return { arrow, word, change: `${rounded(ratio)} ×` };
  return { arrow, word, change: `${Math.round(Math.abs(ratio - 1) * 100)} %` };
}

export function ago(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1000);
  if (seconds < -60) return `in ${span(-seconds)}`;
  if (seconds < 5) return 'now';
  return `${span(seconds)} ago`;
}

/** One unit is enough to say how old something is. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** With the zone's name. `zone` is an IANA name, or undefined for the reader's own. */
export function absolute(at: number, zone: string | undefined): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: zone })
    + ` ${zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone}`;
}

/** The day of an instant in a zone, as an axis has room for; over `years` only month and year. */
export const dateIn = (time: string, zone: string, years = false): string =>
  new Date(time).toLocaleDateString('en-GB', { ...(years ? { year: 'numeric' } : { day: 'numeric' }), month: 'short', timeZone: zone });

/** The day of an instant in a zone, as tables have it: `2026-01-05`. */
export function dayIn(time: string, zone: string): string {
  const format = new Intl.DateTimeFormat('en', { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: zone });
  // Put together here: how a locale orders a date changes from one browser to the next.
  const part = Object.fromEntries(format.formatToParts(new Date(time)).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}`;
}

const LINE_MAX = 200;

/** The first line of what a tool sent, short enough for a row. */
export function oneLine(text: string): string {
  const end = text.search(/[\r\n]/);
  const line = end < 0 ? text : text.slice(0, end);
  return line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)}…` : line;
}
