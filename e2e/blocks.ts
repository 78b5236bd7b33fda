import { type Page } from '@playwright/test';

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Begin and length by the clock, in microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** Processor time in microseconds. */
  readonly tdur?: number;
  readonly args: {
    readonly name?: string;
    readonly chrome_mojo_event_info?: { readonly mojo_interface_tag?: string };
  };
}

function threadOf(event: TraceEvent): string {
  return `${event.pid}:${event.tid}`;
}

/** True if the test itself asked the page in this task (where something is, how it looks): no user's window does that. */
function isOfTheTest(task: TraceEvent, asked: readonly TraceEvent[]): boolean {
  const end = task.ts + (task.dur ?? 0);
  return asked.some((event) => threadOf(event) === threadOf(task) && event.ts >= task.ts && event.ts <= end);
}

/**
 * Milliseconds of the longest task of the window's main thread while `work` goes on: how long the window was blocked.
 * Processor time, from the browser's own trace, so that a machine which is busy with other things does not count.
 */
export async function longestBlock(page: Page, work: () => Promise<void>): Promise<number> {
  const browser = page.context().browser();
  if (browser === null) return longestTask(page, work);
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
  await work();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: TraceEvent[];
  };
  const events = trace.traceEvents;
  const main = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map((event) => threadOf(event)),
  );
  const asked = events.filter(
    ({ args }) => args.chrome_mojo_event_info?.mojo_interface_tag === 'blink.mojom.DevToolsSession',
  );
  const tasks = events.filter(
    (event) => event.name.endsWith('RunTask') && main.has(threadOf(event)) && !isOfTheTest(event, asked),
  );
  if (tasks.length === 0) throw new Error('the trace has no tasks of the main thread');
  return Math.round(Math.max(...tasks.map(({ tdur }) => tdur ?? 0)) / 1000);
}

/** The same by the page's own long-task entries (wall clock): where there is no browser to trace, or for long work. */
export async function longestTask(page: Page, work: () => Promise<void>): Promise<number> {
  await page.evaluate(`
    window.longTasks = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.longTasks.push(Math.round(entry.duration));
    }).observe({ entryTypes: ['longtask'] });
  `);
  await work();
  return Number(await page.evaluate('Math.max(0, ...window.longTasks)'));
}
