import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../base/index.ts';
import { assemble } from '../isa/index.ts';
import { Arena, type HelperFunction, type Recipe, type VmProgram, inlined, recipe } from '../vm/index.ts';
import { createMachine } from './index.ts';

const CALLED = 0xca11n;

/** What compiled code should make of a recipe; undefined: it calls. */
function evaluate(arena: Arena, args: readonly bigint[], item: Recipe): bigint | undefined {
  const value = (of: Recipe): bigint | undefined => evaluate(arena, args, of);
  switch (item.kind) {
    case 'constant':
      return BigInt.asUintN(64, item.value);
    case 'argument':
      return args[item.number - 1];
    case 'low32': {
      const of = value(item.of);
      return of === undefined ? undefined : BigInt.asUintN(32, of);
    }
    case 'load': {
      const address = value(item.address);
      if (address === undefined || !arena.accessible(address, item.bytes, false)) return undefined;
      return item.bytes === 8 ? arena.readU64(address) : BigInt(arena.readU32(address));
    }
    case 'store': {
      const address = value(item.address);
      if (address === undefined || !arena.accessible(address, item.bytes, true)) return undefined;
      const stored = value(item.value);
      if (stored === undefined) return undefined;
      if (item.bytes === 8) arena.writeU64(address, stored);
      else arena.writeU32(address, Number(BigInt.asUintN(32, stored)));
      return value(item.then);
    }
    case 'add':
    case 'multiply': {
      const left = value(item.left);
      const right = left === undefined ? undefined : value(item.right);
      if (left === undefined || right === undefined) return undefined;
      return BigInt.asUintN(64, item.kind === 'add' ? left + right : left * right);
    }
    case 'if-less': {
      const left = value(item.left);
      const right = left === undefined ? undefined : value(item.right);
      if (left === undefined || right === undefined) return undefined;
      return value(left < right ? item.then : item.otherwise);
    }
    case 'call':
      return undefined;
  }
}

const number = fc.oneof(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const { tree } = fc.letrec<{ tree: Recipe; leaf: Recipe }>((tie) => ({
  leaf: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<1 | 2 | 3 | 4 | 5>(1, 2, 3, 4, 5).map(recipe.argument) },
    { weight: 2, arbitrary: number.map(recipe.constant) },
    { weight: 1, arbitrary: fc.constant<Recipe>(recipe.call) },
  ),
  tree: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    tie('leaf'),
    fc
      .tuple(fc.constantFrom<4 | 8>(4, 8), fc.constantFrom<1 | 2>(1, 2), fc.integer({ min: -9, max: 60 }))
      .map(([bytes, through, offset]) => recipe.load(bytes, recipe.argument(through), offset)),
    fc.tuple(fc.constantFrom<4 | 8>(4, 8), tie('tree')).map(([bytes, of]) => recipe.load(bytes, of)),
    tie('tree').map(recipe.low32),
    fc
      .tuple(fc.constantFrom<4 | 8>(4, 8), fc.integer({ min: -9, max: 60 }), tie('tree'))
      .map(([bytes, offset, stored]) =>
        recipe.store(
          bytes,
          recipe.add(recipe.argument(1), recipe.constant(BigInt(offset))),
          stored,
          recipe.argument(2),
        ),
      ),
    fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => recipe.add(left, right)),
    fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => recipe.multiply(left, right)),
    fc
      .tuple(tie('tree'), tie('tree'), tie('tree'), tie('tree'))
      .map(([left, right, then, otherwise]) => recipe.ifLess(left, right, then, otherwise)),
  ),
}));

describe('a recipe in compiled code', () => {
  it('gives what it says, and calls where it says so or memory may not be read', () => {
    const arena = new Arena({ maximumBytes: 1 << 20 });
    const machine = createMachine(arena);
    const buffer = arena.allocate(50, { label: 'buffer' });
    const inner = arena.allocate(16, { label: 'inner' });
    const reset = (): void => {
      arena.bytesAt(buffer, 50).forEach((_, i, bytes) => (bytes[i] = i * 5 + 1));
      arena.writeU64(buffer + 8n, inner);
    };
    const insns = assemble('r6 = 3\ncall #1\nr0 += r6\nr0 -= 3\nexit');
    let calls = 0;
    let values = 0;
    fc.assert(
      fc.property(tree, number, number, number, (item, third, fourth, fifth) => {
        const helper: HelperFunction = inlined(() => CALLED, item);
        const program: VmProgram = {
          name: 'recipe',
          tag: 'recipe',
          insns,
          helpers: new Map([[1, helper]]),
          kfuncs: new Map(),
        };
        const args = [buffer, inner, third, fourth, fifth];
        reset();
        const expected = evaluate(arena, args, item);
        const memory = toHex(arena.bytesAt(buffer, 50));
        reset();
        if (expected === undefined) calls++;
        else values++;
        const { r0, instructions } = machine.run(program, args, { engine: 'jit' });
        expect([r0, instructions]).toEqual([expected ?? CALLED, 5]);
        expect(toHex(arena.bytesAt(buffer, 50))).toBe(memory);
      }),
      { numRuns: 500 },
    );
    expect(Math.min(calls, values)).toBeGreaterThan(50);
  });
});
