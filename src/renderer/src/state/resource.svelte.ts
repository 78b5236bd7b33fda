import { type ApiFailure } from '../../../preload/contract/index.ts';
import { toFailure } from './failure.ts';

/** Something asked from main and shown: its last value, whether it is being asked again, and why that failed. */
export class Resource<T> {
  readonly #load: () => Promise<T>;
  #value = $state.raw<T>();
  #failure = $state.raw<ApiFailure>();
  #loading = $state(false);
  #again = false;
  #running: Promise<void> | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  get value(): T | undefined {
    return this.#value;
  }

  get failure(): ApiFailure | undefined {
    return this.#failure;
  }

  get loading(): boolean {
    return this.#loading;
  }

  /** Asks again. While one question is under way, any number of further ones become a single one after it. */
  refresh(): Promise<void> {
    if (this.#running !== undefined) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    this.#loading = true;
    do {
      this.#again = false;
      try {
        this.#value = await this.#load();
        this.#failure = undefined;
      } catch (error) {
        this.#failure = toFailure(error);
      }
    } while (this.#again);
    this.#loading = false;
  }
}
