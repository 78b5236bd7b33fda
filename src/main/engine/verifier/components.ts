/**
 * Loops of the control flow while they are walked, since 6.17 (bpf_scc_visit of verifier.c): a path that comes back to a
 * state whose other paths are not finished learns what those need only once the whole loop is done.
 */
import { type Environment } from './environment.ts';
import { frameInsn } from './equality.ts';
import { markAllPrecise, propagatePrecision } from './precision.ts';
import { type PathState } from './state.ts';

/** Rounds of passing precision on before everything counts as precise (MAX_BACKEDGE_ITERS). */
const MAX_ROUNDS = 64;

/** A path that ended because an unfinished state covered it. */
interface Backedge {
  readonly state: PathState;
  readonly covering: PathState;
}

/** One loop, entered by one chain of calls. */
interface LoopVisit {
  entry: PathState | undefined;
  backedges: Backedge[];
}

/** Loops that are walked in one function that is verified on its own. */
export class LoopVisits {
  readonly #env: Environment;
  readonly #visits = new Map<string, LoopVisit>();
  #backedges = 0;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Backedges of all loops that are not done. */
  get backedges(): number {
    return this.#backedges;
  }

  /** The calls and the number of the outermost loop that a state is in, as the log names it; undefined outside of loops. */
  #nameOf(state: PathState): string | undefined {
    const callsites: number[] = [];
    for (let frame = 0; frame < state.frames.length; frame++) {
      const insn = frameInsn(state, frame, state.insn);
      const { component } = this.#env.factsAt(insn);
      if (component !== 0) return `(${[...callsites, component].join(',')})`;
      callsites.push(insn);
    }
    return undefined;
  }

  #say(what: string, name: string): void {
    if (this.#env.log.tracesEverything) this.#env.say(`SCC ${what} ${name}\n`);
  }

  /** A new checkpoint may be the first of a loop (maybe_enter_scc). */
  enter(state: PathState): void {
    const name = this.#nameOf(state);
    if (name === undefined) return;
    let visit = this.#visits.get(name);
    if (visit === undefined) {
      visit = { entry: undefined, backedges: [] };
      this.#visits.set(name, visit);
    }
    if (visit.entry !== undefined) return;
    visit.entry = state;
    this.#say('enter', name);
  }

  /** All paths from a state are finished: with its first checkpoint a loop is done (maybe_exit_scc). */
  exit(state: PathState): void {
    const name = this.#nameOf(state);
    const visit = name === undefined ? undefined : this.#visits.get(name);
    if (name === undefined || visit === undefined || visit.entry !== state) return;
    this.#say('exit', name);
    visit.entry = undefined;
    this.#backedges -= visit.backedges.length;
    this.#propagate(visit.backedges);
    visit.backedges = [];
  }

  /** The path in `state` ends at `covering`, which is unfinished (add_scc_backedge). */
  addBackedge(covering: PathState, state: PathState): void {
    const name = this.#nameOf(covering);
    const visit = name === undefined ? undefined : this.#visits.get(name);
    if (name === undefined || visit === undefined) this.#env.bug('add backedge: no SCC in verification path');
    this.#say('backedge', name);
    visit.backedges.unshift({ state, covering });
    this.#backedges += 1;
  }

  /** Precision that a state's paths need may not all be known yet (incomplete_read_marks). */
  isIncomplete(state: PathState): boolean {
    if (this.#backedges === 0) return false;
    const name = this.#nameOf(state);
    return name !== undefined && (this.#visits.get(name)?.backedges.length ?? 0) > 0;
  }

  #propagate(backedges: readonly Backedge[]): void {
    for (let changed = backedges.length > 0, round = 0; changed; round++) {
      if (round > MAX_ROUNDS) {
        if (this.#env.log.tracesEverything) this.#env.say('propagate_backedges: too many iterations\n');
        for (const { state } of backedges) markAllPrecise(this.#env, state);
        return;
      }
      changed = false;
      for (const { state, covering } of backedges) {
        if (propagatePrecision(this.#env, covering, state)) changed = true;
      }
    }
  }
}
