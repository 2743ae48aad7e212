import { address } from './url.svelte';

/** Into a part of the period, and back to where it was left; the browser's own back button does the same. */
class Zoom {
  #left: Array<{ from: string; to: string }> = [];

  into(from: string, to: string): void {
    this.#left.push({ from: address.get('from'), to: address.get('to') });
    address.set({ from, to });
  }

  out(): void {
    const left = this.#left.pop();
    if (left) address.set(left);
  }
}

export const zoom = new Zoom();
