import { Refusal, session } from './api.svelte';

/**
 * One thing that the page reads and reads again. What was read stays while a newer answer is on its way or the server
 * refuses. However often it is asked to refresh, one read runs at a time and `gapMs` lie between two.
 */
export class Resource<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<Refusal | null>(null);
  /** Chosen anew, and the old answer is still shown. */
  outdated = $state(false);

  #load: (signal: AbortSignal) => Promise<T>;
  #gapMs: number;
  #abort: AbortController | null = null;
  #wanted = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(load: (signal: AbortSignal) => Promise<T>, gapMs: number) {
    this.#load = load;
    this.#gapMs = gapMs;
  }

  /** Something changed on the server. */
  refresh(): void {
    if (this.#abort || this.#timer !== undefined) this.#wanted = true;
    else void this.#read();
  }

  /** The question changed: what is on its way is of no use. */
  restart(): void {
    this.#abort?.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.outdated = this.data !== null;
    void this.#read();
  }

  clear(): void {
    this.#abort?.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#abort = null;
    this.#wanted = false;
    this.data = null;
    this.error = null;
  }

  async #read(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.#wanted = false;
    try {
      const data = await this.#load(abort.signal);
      if (abort.signal.aborted) return;
      this.data = data;
      this.error = null;
    } catch (error) {
      if (abort.signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      this.error = error;
      if (error.wantsLogin) session.refused = true;
    } finally {
      if (this.#abort === abort) this.#finish();
    }
  }

  #finish(): void {
    this.#abort = null;
    this.outdated = false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#wanted) void this.#read();
    }, this.#gapMs);
  }
}
