import { DEFAULT_FROM } from './range';

/** The names that the API reads as well. */
export type Parameter = 'service' | 'environment' | 'team' | 'from' | 'to' | 'tz' | 'profile' | 'simulated';
/** What only concerns the view. */
export type ViewParameter = 'compare' | 'live' | 'explain';

const ASKED: readonly Parameter[] = ['service', 'environment', 'team', 'from', 'to', 'tz', 'profile', 'simulated'];

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

  link(page: string): string {
    const kept = new URLSearchParams(this.#parameters);
    kept.delete('explain');
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
