import { type UsageRange } from './types.ts';
import { joinUsage } from './usages.ts';

interface Run {
  /** First usage as the item gave it. */
  start: number;
  count: number;
  /** Bytes of the item: up to 2 the usage takes the usage page, with 4 it brings its own. */
  size: number;
  page: number;
}

function usageAt(run: Run, index: number): number {
  const value = (run.start + index) >>> 0;
  return run.size <= 2 ? joinUsage(run.page, value) : value;
}

/** Local items since the last main item (struct hid_local), usages kept as runs so that a range of 12288 costs nothing. */
export class LocalState {
  readonly #maxUsages: number;
  #runs: Run[] = [];
  #count = 0;
  usageMinimum = 0;
  delimiterDepth = 0;
  #delimiterBranch = 0;

  constructor(maxUsages: number) {
    this.#maxUsages = maxUsages;
  }

  /** Number of usages so far (usage_index). */
  get count(): number {
    return this.#count;
  }
  /** Only the first delimited set is taken. */
  get ignoresUsages(): boolean {
    return this.#delimiterBranch > 1;
  }

  reset(): void {
    this.#runs = [];
    this.#count = 0;
    this.usageMinimum = 0;
    this.delimiterDepth = 0;
    this.#delimiterBranch = 0;
  }

  /** The first usage, 0 without any. */
  first(): number {
    const run = this.#runs[0];
    return run === undefined ? 0 : usageAt(run, 0);
  }

  /** True if that usage is among them. */
  includes(usage: number): boolean {
    return this.#runs.some((run) => {
      const first = usageAt(run, 0);
      return usage >= first && usage < first + run.count;
    });
  }

  /** Opens or closes a delimiter; returns the kernel's complaint. */
  delimiter(open: boolean): string | undefined {
    if (open) {
      if (this.delimiterDepth !== 0) return 'nested delimiters';
      this.delimiterDepth += 1;
      this.#delimiterBranch += 1;
      return undefined;
    }
    if (this.delimiterDepth < 1) return 'bogus close delimiter';
    this.delimiterDepth -= 1;
    return undefined;
  }

  /** Adds one usage (hid_add_usage); returns the kernel's complaint. */
  add(usage: number, size: number, page: number): string | undefined {
    return this.#addRun({ start: usage, count: 1, size, page });
  }

  /** Usage Maximum (hid_parser_local): adds all from the minimum on, as many as there is room for. */
  addRange(maximum: number, size: number, page: number): { clipped: boolean; problem: string | undefined } {
    let last = maximum;
    const span = (maximum - this.usageMinimum) >>> 0;
    const clipped = (span + this.#count) >>> 0 >= this.#maxUsages;
    if (clipped) {
      last = (this.#maxUsages - this.#count + this.usageMinimum - 1) >>> 0;
      if (last === 0) return { clipped, problem: 'no more usage index available' };
    }
    if (last < this.usageMinimum) return { clipped, problem: undefined };
    const problem = this.#addRun({
      start: this.usageMinimum,
      count: last - this.usageMinimum + 1,
      size,
      page,
    });
    return { clipped, problem };
  }

  #addRun(run: Run): string | undefined {
    const room = this.#maxUsages - this.#count;
    const problem = run.count > room ? 'usage index exceeded' : undefined;
    run.count = Math.min(run.count, room);
    if (run.count === 0) return problem;
    const previous = this.#runs.at(-1);
    const follows =
      previous !== undefined &&
      previous.size === run.size &&
      previous.page === run.page &&
      previous.start + previous.count === run.start;
    if (follows) previous.count += run.count;
    else this.#runs.push(run);
    this.#count += run.count;
    return problem;
  }

  /**
   * A main item gives its usage page to the short usages before it, back to the first one that has it already
   * (hid_concatenate_last_usage_page; HID 1.11, 6.2.2.8).
   */
  concatenateLastUsagePage(page: number): void {
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i] as Run;
      if (run.size > 2) continue;
      if ((run.page & 0xffff) === page) break;
      run.page = page;
    }
  }

  /** The usages as declared. */
  ranges(): UsageRange[] {
    return this.#runs.flatMap((run) => {
      const minimum = usageAt(run, 0);
      const maximum = usageAt(run, run.count - 1);
      if (maximum >= minimum) return [{ minimum, maximum }];
      // A short range that runs over 0xffff goes on at usage 0 of its page.
      const page = minimum - (minimum & 0xffff);
      return [
        { minimum, maximum: page + 0xffff },
        { minimum: page, maximum },
      ];
    });
  }
}
