/** The arithmetic of charts: round axes, columns under a pointer, lines with gaps. */

/** Each can be halved into another round number, also where it counts things, from 4 on. */
const ROUND = [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10];

/** A round number at or above `max`. */
export function roundUp(max: number): number {
  if (!(max > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  for (const step of ROUND) {
    if (step * power >= max * (1 - 1e-9)) return Number((step * power).toPrecision(2));
  }
  return max;
}

/** The top of an axis for a value: round in the unit in which people read it. */
export function topOf(max: number, unit: string): number {
  if (unit === 'ratio') return Math.min(1, roundUp(max * 100) / 100);
  if (unit !== 'seconds') return roundUp(max);
  const base = max >= 48 * 3600 ? 86_400 : max >= 90 * 60 ? 3600 : max >= 90 ? 60 : 1;
  return roundUp(max / base) * base;
}

export type Points = ReadonlyArray<readonly [x: number, y: number]>;

/** Unbroken pieces of a line: where a value is unknown the line ends and begins anew. */
export function piecesOf(values: ReadonlyArray<number | null>, place: (value: number, i: number) => readonly [number, number]): Points[] {
  const pieces: Array<Array<readonly [number, number]>> = [];
  let open = false;
  values.forEach((value, i) => {
    if (value === null) {
      open = false;
      return;
    }
    if (!open) pieces.push([]);
    pieces.at(-1)!.push(place(value, i));
    open = true;
  });
  return pieces;
}

export const pathOf = (points: Points): string => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}`;

/** Places `from` and `to` (inclusive) of the runs of unknown values. */
export function gapsOf(values: ReadonlyArray<number | null>): Array<{ from: number; to: number }> {
  const gaps: Array<{ from: number; to: number }> = [];
  values.forEach((value, i) => {
    if (value !== null) return;
    const last = gaps.at(-1);
    if (last && last.to === i - 1) last.to = i;
    else gaps.push({ from: i, to: i });
  });
  return gaps;
}

const HATCH = 8;

/** Slanting lines that fill a rectangle: what is hatched is not known. */
export function hatchOf(left: number, top: number, width: number, height: number): string {
  let path = '';
  for (let at = left - height; at < left + width; at += HATCH) {
    const from = Math.max(at, left);
    const to = Math.min(at + height, left + width);
    if (from < to) path += `M${from.toFixed(1)} ${(top + height - (from - at)).toFixed(1)}L${to.toFixed(1)} ${(top + height - (to - at)).toFixed(1)}`;
  }
  return path;
}

/** The column that an arrow key, Home or End leads to; undefined for any other key. */
export function columnByKey(key: string, at: number | null, count: number): number | undefined {
  if (count === 0) return undefined;
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  if (key === 'ArrowRight') return at === null ? 0 : Math.min(at + 1, count - 1);
  if (key === 'ArrowLeft') return at === null ? count - 1 : Math.max(at - 1, 0);
  return undefined;
}
