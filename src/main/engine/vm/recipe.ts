import { type HelperFunction } from './types.ts';

/**
 * What a helper or kfunc computes, in terms that compiled code can do itself: a value of 64 bits from R1 … R5 and memory.
 * Compiled code makes the call after all where a recipe says so, and where an access is not one that a program may do.
 */
export type Recipe =
  /** The low 32 bits, zero-extended. */
  | { readonly kind: 'low32'; readonly of: Recipe }
  /** Little-endian bytes, zero-extended. */
  | { readonly kind: 'load'; readonly bytes: 4 | 8; readonly address: Recipe }
  /** Modulo 2^64. */
  | { readonly kind: 'add' | 'multiply'; readonly left: Recipe; readonly right: Recipe }
  /** Unsigned comparison. */
  | {
      readonly kind: 'if-less';
      readonly left: Recipe;
      readonly right: Recipe;
      readonly then: Recipe;
      readonly otherwise: Recipe;
    }
  /** Writes the low bytes of a value; what comes then cannot make the call any more. */
  | {
      readonly kind: 'store';
      readonly bytes: 4 | 8;
      readonly address: Recipe;
      readonly value: Recipe;
      readonly then: RecipeLeaf;
    }
  | RecipeLeaf
  /** The call itself. */
  | { readonly kind: 'call' };

type RecipeLeaf =
  | { readonly kind: 'constant'; readonly value: bigint }
  /** R1 … R5 by number. */
  | { readonly kind: 'argument'; readonly number: 1 | 2 | 3 | 4 | 5 };

/** Short names to write recipes with. */
export const recipe = {
  call: { kind: 'call' },
  constant: (value: bigint): RecipeLeaf => ({ kind: 'constant', value }),
  argument: (number: 1 | 2 | 3 | 4 | 5): RecipeLeaf => ({ kind: 'argument', number }),
  low32: (of: Recipe): Recipe => ({ kind: 'low32', of }),
  load: (bytes: 4 | 8, address: Recipe, offset = 0): Recipe => ({
    kind: 'load',
    bytes,
    address:
      offset === 0
        ? address
        : { kind: 'add', left: address, right: { kind: 'constant', value: BigInt(offset) } },
  }),
  store: (bytes: 4 | 8, address: Recipe, value: Recipe, then: RecipeLeaf): Recipe => ({
    kind: 'store',
    bytes,
    address,
    value,
    then,
  }),
  add: (left: Recipe, right: Recipe): Recipe => ({ kind: 'add', left, right }),
  multiply: (left: Recipe, right: Recipe): Recipe => ({ kind: 'multiply', left, right }),
  ifLess: (left: Recipe, right: Recipe, then: Recipe, otherwise: Recipe): Recipe => ({
    kind: 'if-less',
    left,
    right,
    then,
    otherwise,
  }),
} as const;

/** A helper that compiled code need not call: what it does must be what the recipe says. */
export function inlined(implementation: HelperFunction, inline: Recipe): HelperFunction {
  return Object.assign(implementation, { inline });
}
