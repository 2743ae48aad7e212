export type KeyAction = 'palette' | 'help' | 'overview' | 'sources' | 'pause' | 'theme';

const SINGLE: Record<string, KeyAction> = { '/': 'palette', '?': 'help', p: 'pause', t: 'theme' };
const AFTER_G: Record<string, KeyAction> = { o: 'overview', s: 'sources' };

const typesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Turns keys into actions; `g` waits for one more. Keys typed into a field, and any under an open dialog, are its own. */
export class Keys {
  #afterG = false;

  action(event: KeyboardEvent, singleKeys: boolean): KeyAction | null {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') return 'palette';
    if (!singleKeys || event.ctrlKey || event.metaKey || event.altKey || typesText(event.target)) return null;
    const table = this.#afterG ? AFTER_G : SINGLE;
    this.#afterG = !this.#afterG && event.key === 'g';
    return table[event.key] ?? null;
  }
}
