/** A signal that SIGINT and SIGTERM give, or so many seconds. */
export function interruption(seconds?: number): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  if (seconds !== undefined) setTimeout(() => controller.abort(), seconds * 1000).unref();
  return controller.signal;
}
