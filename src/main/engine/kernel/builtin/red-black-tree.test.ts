import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../vm/index.ts';
import { RedBlackTree } from './red-black-tree.ts';

const NODE = 64;

/** A tree of numbers in memory of its own; each number's node lies at its index. */
class Numbers {
  readonly arena = new Arena({ maximumBytes: 1 << 20 });
  readonly #root = this.arena.allocate(16, { label: 'root' });
  readonly #nodes = this.arena.allocate(NODE * 256, { label: 'nodes' });
  readonly tree = new RedBlackTree(this.arena, this.#root);
  readonly here = new Set<number>();

  at(value: number): bigint {
    return this.#nodes + BigInt(value * NODE);
  }

  valueOf(node: bigint): number {
    return Number(node - this.#nodes) / NODE;
  }

  toggle(value: number): void {
    if (this.here.delete(value)) {
      this.tree.remove(this.at(value));
      return;
    }
    this.here.add(value);
    let [parent, side, isFirst] = [0n, 'left' as 'left' | 'right', true];
    for (let at = this.tree.top; at !== 0n; at = this.tree.child(at, side)) {
      parent = at;
      side = value < this.valueOf(at) ? 'left' : 'right';
      isFirst &&= side === 'left';
    }
    this.tree.insert(this.at(value), parent, side, isFirst);
  }

  /** Values in order; throws where a red node has a red child or two ways differ in black nodes. */
  inOrder(): number[] {
    const values: number[] = [];
    const walk = (node: bigint, parent: bigint, parentIsRed: boolean): number => {
      if (node === 0n) return 0;
      const word = this.arena.readU64(node);
      const isRed = (word & 1n) === 0n;
      if ((word & ~3n) !== parent) throw new Error('wrong parent');
      if (isRed && parentIsRed) throw new Error('red below red');
      const left = walk(this.tree.child(node, 'left'), node, isRed);
      values.push(this.valueOf(node));
      if (walk(this.tree.child(node, 'right'), node, isRed) !== left) throw new Error('unbalanced');
      return left + (isRed ? 0 : 1);
    };
    walk(this.tree.top, 0n, true);
    return values;
  }
}

describe('a red-black tree', () => {
  it('keeps its order, its first node and its balance, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 300, size: 'max' }), (values) => {
        const numbers = new Numbers();
        for (const value of values) {
          numbers.toggle(value);
          const sorted = [...numbers.here].sort((a, b) => a - b);
          expect(numbers.inOrder()).toEqual(sorted);
          expect(numbers.tree.first).toBe(sorted[0] === undefined ? 0n : numbers.at(sorted[0]));
        }
      }),
      { numRuns: 40 },
    );
  });
});
