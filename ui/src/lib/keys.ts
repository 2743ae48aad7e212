export type KeyAction =
  | 'palette' | 'help' | 'overview' | 'sources' | 'import' | 'pause' | 'theme' | 'next' | 'previous' | 'earlier' | 'later';

const SINGLE: Record<string, KeyAction> = {
  '/': 'palette', '?': 'help', p: 'pause', t: 'theme', j: 'next', k: 'previous', '[': 'earlier', ']': 'later',
};
const AFTER_G: Record<string, KeyAction> = { o: 'overview', s: 'sources', i: 'import' };
/** What an open dialog leaves to the page. */
const IN_DIALOG: ReadonlySet<KeyAction> = new Set(['next', 'previous']);

const typesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Turns keys into actions; `g` waits for one more. Keys typed into a field are its own. */
export class Keys {
  #afterG = false;

  action(event: KeyboardEvent, singleKeys: boolean, inDialog: boolean): KeyAction | null {
    const action = this.#action(event, singleKeys);
    return action && inDialog && !IN_DIALOG.has(action) ? null : action;
  }

  #action(event: KeyboardEvent, singleKeys: boolean): KeyAction | null {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') return 'palette';
    // AltGr is how many keyboards write brackets, and tells itself as Ctrl and Alt.
    const altGraph = event.getModifierState('AltGraph');
    if (!singleKeys || (!altGraph && (event.ctrlKey || event.altKey)) || event.metaKey || typesText(event.target)) return null;
    const table = this.#afterG ? AFTER_G : SINGLE;
    this.#afterG = !this.#afterG && event.key === 'g';
    return table[event.key] ?? null;
  }
}

/**
 * Moves the focus to the next (1) or the one before (-1) of the rows that can be opened: those of the topmost dialog, or of
 * the page. A row is what carries `data-row`.
 */
export function moveRow(direction: 1 | -1): void {
  const inside = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document;
  const rows = [...inside.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? rows[0] : rows[Math.min(Math.max(at + direction, 0), rows.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}
