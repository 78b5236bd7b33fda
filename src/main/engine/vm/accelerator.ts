import { type RunState } from './run-state.ts';

/** Runs ahead of the interpreter where nobody watches; the interpreter does what this leaves to it. */
export interface Accelerator {
  /**
   * Executes instructions of the running function from the state's place on, and leaves the state as the interpreter would
   * have: registers, memory, place, instructions counted. It stops where it likes, at the latest before the first
   * instruction that calls, returns, faults, changes more than one register, or for which the fuel does not last.
   */
  advance(state: RunState): void;
}
