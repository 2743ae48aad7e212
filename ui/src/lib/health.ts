import type { Shape } from './activity';
import type { Finding, ServerHealth } from './api-types';

/** One shape per state, as everywhere on the page. */
export const SHAPES: Record<Finding['state'], Shape> = { ok: 'success', warning: 'warning', failing: 'failed' };
export const WORDS: Record<Finding['state'], string> = { ok: 'well', warning: 'warning', failing: 'failing' };

/** `ingest_queue` is `Ingest queue`, `sources.github` is `Source github`. */
export function titleOf(check: string): string {
  const [group, ...rest] = check.split('.');
  const words = (rest.length > 0 ? [group!.replace(/s$/, ''), ...rest] : [group!]).join(' ').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** How it is as a whole, in one sentence. */
export function verdictOf({ findings }: ServerHealth): string {
  const count = (state: Finding['state']) => findings.filter((one) => one.state === state).length;
  const parts = [[count('failing'), 'fail', 'fails'], [count('warning'), 'need a look', 'needs a look']] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, many, one]) => `${n} ${n === 1 ? one : many}`);
  return said.length === 0 ? `All ${findings.length} checks are well.` : `Of ${findings.length} checks ${said.join(' and ')}.`;
}
