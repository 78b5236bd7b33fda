/** What was known before each instruction, for an inspector: different states once each, within bounded memory. */
import { type InstructionStates, type KnownState } from './types.ts';

/** Different states that are kept for one instruction, and for the whole program. */
const PER_INSTRUCTION = 64;
const IN_ALL = 100_000;

interface Visits {
  /** State by its text. */
  readonly states: Map<string, KnownState>;
  visits: number;
  unseen: number;
}

export class KnownStates implements InstructionStates {
  readonly #byInsn = new Map<number, Visits>();
  #kept = 0;

  /** A path comes by an instruction; `state` is asked only where it may be kept: making it takes time. */
  add(insn: number, state: () => KnownState): void {
    let known = this.#byInsn.get(insn);
    if (known === undefined) {
      known = { states: new Map(), visits: 0, unseen: 0 };
      this.#byInsn.set(insn, known);
    }
    known.visits += 1;
    if (known.states.size >= PER_INSTRUCTION || this.#kept >= IN_ALL) {
      known.unseen += 1;
      return;
    }
    const one = state();
    const key = JSON.stringify(one);
    if (known.states.has(key)) return;
    known.states.set(key, one);
    this.#kept += 1;
  }

  at(insn: number): readonly KnownState[] {
    return [...(this.#byInsn.get(insn)?.states.values() ?? [])];
  }

  visits(insn: number): number {
    return this.#byInsn.get(insn)?.visits ?? 0;
  }

  unseen(insn: number): number {
    return this.#byInsn.get(insn)?.unseen ?? 0;
  }
}
