import type { Import, ImportList } from './api-types';
import { Refusal, ask, send } from './api.svelte';
import { busy } from './imports';

const POLL_MS = 1000;

/** The imports that the server knows, read again every second while one of them is under way. */
export class Imports {
  rows = $state.raw<readonly Import[]>([]);
  error = $state.raw<Refusal | null>(null);
  #running = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    this.#running = true;
    void this.refresh();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.rows = (await ask<ImportList>('api/v1/imports')).items;
      this.error = null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.error = error;
    }
    // Also after a failed read: the server may come back while an import goes on.
    if (this.#running && (this.error || this.rows.some(busy))) this.#timer = setTimeout(() => void this.refresh(), POLL_MS);
  }

  async cancel(id: string): Promise<void> {
    try {
      await send('DELETE', `api/v1/imports/${id}`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.error = error;
      return;
    }
    await this.refresh();
  }
}
