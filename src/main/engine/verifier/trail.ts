/**
 * Which of the processed instructions lie on the path that is walked now. At log level 1 only their lines are kept, so
 * a program is first verified in silence; where it is refused, a second run writes just these lines.
 */

/** Instructions from one branch of a path to the next, counted as they were processed. */
interface Stretch {
  readonly previous: Stretch | undefined;
  readonly from: number;
  readonly to: number;
}

/** A place on a path to go on from later. */
export type TrailMark = Stretch | undefined;

/** The stretches that make up the current path. */
export class Trail {
  #previous: Stretch | undefined = undefined;
  #from = 1;

  /** The path up to and with the instruction that is processed as number `processed`. */
  mark(processed: number): TrailMark {
    return { previous: this.#previous, from: this.#from, to: processed };
  }

  /** Goes on from a mark, or anew, with the next instruction. */
  resume(mark: TrailMark, processed: number): void {
    this.#previous = mark;
    this.#from = processed + 1;
  }

  /** First and last number of each stretch, in order. */
  stretches(processed: number): readonly (readonly [number, number])[] {
    const found: [number, number][] = [];
    for (let at = this.mark(processed); at !== undefined; at = at.previous) {
      if (at.from <= at.to) found.push([at.from, at.to]);
    }
    return found.reverse();
  }
}

/** Tells for each processed instruction in turn whether its lines are wanted. */
export class TrailReader {
  readonly #stretches: readonly (readonly [number, number])[];
  #next = 0;

  constructor(stretches: readonly (readonly [number, number])[]) {
    this.#stretches = stretches;
  }

  /** `processed` must not fall from call to call. */
  isOnTrail(processed: number): boolean {
    let stretch = this.#stretches[this.#next];
    while (stretch !== undefined && stretch[1] < processed) {
      this.#next += 1;
      stretch = this.#stretches[this.#next];
    }
    return stretch !== undefined && stretch[0] <= processed;
  }
}
