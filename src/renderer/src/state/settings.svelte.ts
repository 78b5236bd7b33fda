import { type Settings, type Transport } from '../../../preload/contract/index.ts';

const THEME_KEY = 'hidsmith.theme';

function isTheme(value: string | null): value is Settings['theme'] {
  return value === 'system' || value === 'light' || value === 'dark';
}

function rememberedTheme(): Settings['theme'] {
  const value = window.localStorage.getItem(THEME_KEY);
  return isTheme(value) ? value : 'system';
}

/** The user's settings, and the theme that follows from them and from the system. */
export class SettingsState {
  readonly #transport: Transport;
  readonly #dark = window.matchMedia('(prefers-color-scheme: dark)');
  #systemDark = $state(this.#dark.matches);
  /** Remembered in the page too, so that the first frame already has the right colours. */
  value = $state.raw<Settings>({
    theme: rememberedTheme(),
    kernel: '',
    engine: 'interpreter',
    compilerPath: '',
  });
  readonly theme = $derived<'light' | 'dark'>(
    this.value.theme === 'system' ? (this.#systemDark ? 'dark' : 'light') : this.value.theme,
  );

  constructor(transport: Transport) {
    this.#transport = transport;
    this.#dark.addEventListener('change', (event) => {
      this.#systemDark = event.matches;
    });
  }

  async refresh(): Promise<void> {
    this.#take(await this.#transport.call('settings.get', {}));
  }

  async set(settings: Partial<Settings>): Promise<void> {
    this.#take({ ...this.value, ...settings });
    this.#take(await this.#transport.call('settings.set', { settings }));
  }

  #take(value: Settings): void {
    this.value = value;
    window.localStorage.setItem(THEME_KEY, value.theme);
  }
}
