import { type Connection, guarded } from './database.ts';

/** Named values, each anything JSON can hold. What they mean is the caller's business. */
export interface SettingsRepository {
  get(key: string): unknown;
  all(): Readonly<Record<string, unknown>>;
  set(key: string, value: unknown): void;
  remove(key: string): void;
}

export function settingsRepository(connection: Connection): SettingsRepository {
  const select = connection.prepare<[string], { value: string }>('SELECT value FROM settings WHERE key = ?');
  const selectAll = connection.prepare<[], { key: string; value: string }>(
    'SELECT key, value FROM settings ORDER BY key',
  );
  const upsert = connection.prepare<[string, string]>(
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const erase = connection.prepare<[string]>('DELETE FROM settings WHERE key = ?');
  return {
    get: (key) =>
      guarded(connection, () => {
        const row = select.get(key);
        return row === undefined ? undefined : (JSON.parse(row.value) as unknown);
      }),
    all: () =>
      guarded(connection, () =>
        Object.fromEntries(selectAll.all().map(({ key, value }) => [key, JSON.parse(value) as unknown])),
      ),
    set: (key, value) => guarded(connection, () => void upsert.run(key, JSON.stringify(value))),
    remove: (key) => guarded(connection, () => void erase.run(key)),
  };
}
