import type { Import } from './api-types';
import { counted, whole } from './format';

/** What those who may not import from the page type instead; the server may be running. */
export const sharedCommand = 'fairlead import git https://github.com/acme/shop --data DIR';

export const busy = ({ state }: Import): boolean => state === 'queued' || state === 'running';

/** What is wrong with a typed address, as far as it can be said without the server; an empty text where nothing is. */
export function wrongAddress(text: string): string {
  if (text === '') return 'Write the address of a repository, such as https://github.com/acme/shop.';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'This is no address. Write it as https://github.com/acme/shop.';
  }
  if (url.username || url.password) return 'Leave the name and the password out of the address: they would be shown to others.';
  return '';
}

/** How far an import is, from 0 to 1; null where that cannot be said. */
export function shareOf({ state, phase, commits, commits_total }: Import): number | null {
  if (state !== 'running' || phase === 'fetching') return null;
  if (phase === 'linking') return 1;
  return commits_total ? Math.min(1, commits / commits_total) : null;
}

/** What an import does or did, in one line. */
export function progressText(row: Import): string {
  const { state, phase, commits, commits_total, releases, nothing_new } = row;
  if (state === 'queued') return 'Waits for the one before it.';
  if (state === 'cancelled') return 'Cancelled.';
  if (state === 'failed') return row.error ?? 'It failed.';
  if (state === 'running') {
    if (phase === 'reading') return `Reading: ${whole(commits)}${commits_total === null ? '' : ` of ${whole(commits_total)}`} commits`;
    return phase === 'linking' ? 'Working out what each release shipped…' : 'Fetching the repository…';
  }
  const what = `${counted(commits_total ?? commits, 'commit', 'commits')} and ${counted(releases, 'release', 'releases')}`;
  return nothing_new ? `Nothing new: ${what} were there already.` : `${what} are in.`;
}

/** Where the numbers of an imported repository are: its service, over all of its releases. */
export function numbersOf({ service, first_release_at }: Import): string | null {
  if (!service || !first_release_at) return null;
  return `./?${new URLSearchParams({ service, from: first_release_at.slice(0, 10) })}`;
}
