export type Theme = 'system' | 'light' | 'dark';

const THEME_PLACE = 'fairlead-theme'; // index.html reads it before the first paint
const SHORTCUTS_PLACE = 'fairlead-shortcuts';

const storedTheme = (): Theme => {
  const stored = localStorage.getItem(THEME_PLACE);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
};

/** What belongs to the person at this browser, not to what is looked at. */
class Preferences {
  #theme = $state<Theme>(storedTheme());
  #singleKeys = $state(localStorage.getItem(SHORTCUTS_PLACE) !== 'off');

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    if (theme === 'system') {
      localStorage.removeItem(THEME_PLACE);
      delete document.documentElement.dataset['theme'];
    } else {
      localStorage.setItem(THEME_PLACE, theme);
      document.documentElement.dataset['theme'] = theme;
    }
  }

  /** Shortcuts of one key disturb whoever dictates; they can be switched off. */
  get singleKeys(): boolean {
    return this.#singleKeys;
  }

  set singleKeys(on: boolean) {
    this.#singleKeys = on;
    localStorage.setItem(SHORTCUTS_PLACE, on ? 'on' : 'off');
  }
}

export const preferences = new Preferences();
