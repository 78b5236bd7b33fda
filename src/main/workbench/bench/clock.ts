/** CPU time of this thread in nanoseconds where Node can tell (23.9 and newer): what other processes do does not count. */
export function cpuTime(): number {
  const threads: { readonly threadCpuUsage?: () => NodeJS.CpuUsage } = process;
  const { user, system } = threads.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) * 1000;
}

/** An action's result and how long it took, in nanoseconds. */
export function timed<T>(action: () => T): { readonly nanoseconds: number; readonly result: T } {
  const start = cpuTime();
  const result = action();
  return { nanoseconds: cpuTime() - start, result };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
