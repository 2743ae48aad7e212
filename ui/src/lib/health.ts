import type { Shape } from './activity';
import type { Finding, ServerHealth } from './api-types';

/** One shape per state, as everywhere on the page. */
export const SHAPES: Record<Finding['state'], Shape> = { ok: 'success', warning: 'warning', failing: 'failed' };
export const WORDS: Record<Finding['state'], string> = { ok: 'well', warning: 'warning', failing: 'failing' };

/** What the server's names of checks mean to somebody who did not write it. */
const TITLES: Record<string, string> = {
  store: 'Database', ingest_queue: 'Intake', spool: 'Kept on this machine', projection: 'Reports', derivation: 'Links and numbers',
  descriptors: 'Open files', settings: 'Configuration',
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `sources.github` is called what `sources` call it; a check that is not known here, by its name. */
export function titleOf(check: string, sources: readonly { name: string; title: string }[] = []): string {
  const [group, ...rest] = check.split('.');
  const source = group === 'sources' ? sources.find(({ name }) => name === rest.join('.')) : undefined;
  if (source) return source.title;
  return capital([TITLES[group!] ?? group!, rest.join('.')].filter(Boolean).join(': ').replaceAll('_', ' '));
}

/** What was seen begins in the middle of a sentence, as the command line shows it. */
export const sentenceOf = capital;

export interface Findings { checks: string[]; state: Finding['state']; seen: string; action: string | null }

/**
 * A database that is away shows in whatever needs it, with the same words. Findings that say the same are one, and a
 * cause that one above has named is not told again.
 */
export function gathered(findings: readonly Finding[]): Findings[] {
  const rows: Findings[] = [];
  for (const { check, state, action, seen: said } of findings) {
    const seen = rows.reduce((text, above) => text.replace(`: ${above.seen}`, ''), said);
    const same = rows.find((row) => row.state === state && row.seen === seen && row.action === action);
    if (same) same.checks.push(check);
    else rows.push({ checks: [check], state, seen, action });
  }
  return rows;
}

/** How it is as a whole, in one sentence. */
export function verdictOf({ findings }: ServerHealth): string {
  const count = (state: Finding['state']) => findings.filter((one) => one.state === state).length;
  const parts = [[count('failing'), 'fail', 'fails'], [count('warning'), 'need a look', 'needs a look']] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, many, one]) => `${n} ${n === 1 ? one : many}`);
  return said.length === 0 ? `All ${findings.length} checks are well.` : `Of ${findings.length} checks ${said.join(' and ')}.`;
}
