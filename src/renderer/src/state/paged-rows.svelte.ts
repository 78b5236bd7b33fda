import { type ApiFailure, type Page } from '../../../preload/contract/index.ts';
import { toFailure } from './failure.ts';

const PAGE = 250;
const KEPT_PAGES = 80;
const IN_FLIGHT = 2;

/**
 * Rows of a list that is too long to hold: pages are asked for when they come into view and kept for a while.
 * Only the newest wish counts, so that a fling over 100,000 rows asks for what is seen at its end.
 */
export class PagedRows<T> {
  readonly #load: (from: number, count: number) => Promise<Page<T>>;
  // One version number stands for all pages: a reader of a row depends on it alone.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #pages = new Map<number, readonly T[]>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #asked = new Map<number, Promise<void>>();
  #first = 0;
  #last = 0;
  #version = $state(0);
  #total = $state(0);
  #loaded = $state(false);
  #failure = $state.raw<ApiFailure>();

  constructor(load: (from: number, count: number) => Promise<Page<T>>) {
    this.#load = load;
  }

  get total(): number {
    return this.#total;
  }

  /** False until the first answer. */
  get loaded(): boolean {
    return this.#loaded;
  }

  get failure(): ApiFailure | undefined {
    return this.#failure;
  }

  /** The row if it is here; reading it makes the reader follow later arrivals. */
  row(position: number): T | undefined {
    void this.#version;
    return this.#pages.get(Math.floor(position / PAGE))?.[position % PAGE];
  }

  /** The row, asked for if need be; absent beyond the end. */
  async at(position: number): Promise<T | undefined> {
    const number = Math.floor(position / PAGE);
    if (!this.#pages.has(number)) await this.#ask(number);
    return this.#pages.get(number)?.[position % PAGE];
  }

  /** Says which rows are seen; those and one page around them will be loaded. */
  want(first: number, last: number): void {
    this.#first = Math.floor(Math.max(0, first) / PAGE);
    this.#last = Math.floor(Math.max(0, last) / PAGE);
    this.#pump();
  }

  /** Loads the first page again; what was seen meanwhile stays until then. */
  async reload(): Promise<void> {
    this.#pages.clear();
    await this.#ask(0);
    this.#pump();
  }

  #pump(): void {
    const lastPage = Math.max(0, Math.ceil(this.#total / PAGE) - 1);
    const wishes: number[] = [];
    for (let page = this.#first; page <= this.#last; page++) wishes.push(page);
    wishes.push(this.#last + 1, this.#first - 1);
    for (const page of wishes) {
      if (this.#asked.size >= IN_FLIGHT) return;
      if (page < 0 || page > lastPage || this.#pages.has(page) || this.#asked.has(page)) continue;
      void this.#ask(page).then(() => {
        if (this.#failure === undefined) this.#pump();
      });
    }
  }

  #ask(page: number): Promise<void> {
    const asked = this.#asked.get(page);
    if (asked !== undefined) return asked;
    const promise = this.#fetch(page).finally(() => this.#asked.delete(page));
    this.#asked.set(page, promise);
    return promise;
  }

  async #fetch(page: number): Promise<void> {
    try {
      const answer = await this.#load(page * PAGE, PAGE);
      this.#pages.set(page, answer.rows);
      this.#total = answer.total;
      this.#failure = undefined;
      this.#forget();
    } catch (error) {
      this.#failure = toFailure(error);
    }
    this.#loaded = true;
    this.#version += 1;
  }

  #forget(): void {
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= KEPT_PAGES) return;
      if (page < this.#first - 1 || page > this.#last + 1) this.#pages.delete(page);
    }
  }
}
