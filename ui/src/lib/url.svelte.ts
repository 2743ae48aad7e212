import { DEFAULT_FROM, type Period } from './range';

/** The names that the API reads as well. */
export type Parameter = 'service' | 'environment' | 'team' | 'from' | 'to' | 'tz' | 'profile' | 'simulated';
/** What only concerns the view. */
export type ViewParameter = 'compare' | 'live' | 'explain' | 'open';

const ASKED: readonly Parameter[] = ['service', 'environment', 'team', 'from', 'to', 'tz', 'profile', 'simulated'];

function zoneOrOwn(name: string): string | undefined {
  if (!name) return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    return undefined;
  }
}

/** The page's state is its address: nothing that a person chose is kept anywhere else. */
class Address {
  #parameters = $state.raw(new URLSearchParams(location.search));
  #path = $state(location.pathname);

  constructor() {
    addEventListener('popstate', () => this.#read());
  }

  #read(): void {
    this.#parameters = new URLSearchParams(location.search);
    this.#path = location.pathname;
  }

  /** The last part of the path: `` or `sources`. */
  get page(): string {
    return this.#path.slice(this.#path.lastIndexOf('/') + 1);
  }

  get(name: Parameter | ViewParameter): string {
    return this.#parameters.get(name) ?? '';
  }

  get period(): Period {
    return { from: this.get('from') || DEFAULT_FROM, to: this.get('to') };
  }

  /** The zone that times are shown in; undefined is the reader's own, also where the address names none that exists. */
  get zone(): string | undefined {
    return zoneOrOwn(this.get('tz'));
  }

  /** A discrete choice: the back button returns to what was before. */
  set(changes: Partial<Record<Parameter | ViewParameter, string>>): void {
    const next = new URLSearchParams(this.#parameters);
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    history.pushState(null, '', next.size > 0 ? `?${next}` : location.pathname);
    this.#read();
  }

  /** To another page, with the same choices. */
  go(page: string): void {
    history.pushState(null, '', this.link(page));
    this.#read();
  }

  /** What a click on a link to another page does; one that wants a new tab or window is the browser's. */
  visit(event: MouseEvent, page: string): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    this.go(page);
  }

  link(page: string): string {
    const kept = new URLSearchParams(this.#parameters);
    kept.delete('explain');
    kept.delete('open');
    return kept.size > 0 ? `./${page}?${kept}` : `./${page}`;
  }

  /** What the API is asked with, as a query. */
  get query(): string {
    const asked = new URLSearchParams();
    for (const name of ASKED) {
      const value = this.#parameters.get(name);
      if (value) asked.set(name, value);
    }
    if (!asked.has('from')) asked.set('from', DEFAULT_FROM);
    return asked.toString();
  }

  /** Those of `names` that are chosen, with `more`, as a query. */
  part(names: readonly Parameter[], more: Record<string, string>): string {
    const asked = new URLSearchParams(more);
    for (const name of names) {
      const value = this.#parameters.get(name);
      if (value && !(name in more)) asked.set(name, value);
    }
    return asked.toString();
  }
}

export const address = new Address();
