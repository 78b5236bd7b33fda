import { type SettingsRepository } from '../host/store/index.ts';
import { type Settings } from '../../preload/contract/index.ts';

const DEFAULTS: Settings = { theme: 'system', kernel: '6.12', engine: 'jit', compilerPath: '' };

/** The settings, with defaults for what was never set. */
export function readSettings(repository: SettingsRepository): Settings {
  const stored = repository.all();
  const text = <K extends keyof Settings>(key: K): Settings[K] => {
    const value = stored[key];
    return typeof value === 'string' ? (value as Settings[K]) : DEFAULTS[key];
  };
  return {
    theme: text('theme'),
    kernel: text('kernel'),
    engine: text('engine'),
    compilerPath: text('compilerPath'),
  };
}

/** Stores what is given and returns all settings. */
export function writeSettings(repository: SettingsRepository, changes: Partial<Settings>): Settings {
  for (const [key, value] of Object.entries(changes)) if (value !== undefined) repository.set(key, value);
  return readSettings(repository);
}
