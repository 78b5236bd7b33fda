/** A whole number from 0 on below the limit. */
export type Random = (limit: number) => number;

/** A generator that gives the same numbers for the same seed (xorshift32). */
export function generator(seed: number): Random {
  let state = Math.imul(seed, 2654435761) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % limit;
  };
}
