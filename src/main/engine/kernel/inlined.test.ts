import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MapType, ProgType } from '../abi/index.ts';
import { BtfKind } from '../btf/index.ts';
import { PseudoSource, assemble, ldImm64 } from '../isa/index.ts';
import { type EngineName } from '../vm/index.ts';
import { TestProcess, testKernel, u32Bytes } from './testing/harness.ts';

const SLEEPABLE = 16;

/** Counts in the element whose index is in the context; -1 where there is none. */
function counter(engine: EngineName, type: number, entries: number, valueSize: number) {
  const p = new TestProcess(testKernel('6.12', { engine }));
  const map = p.createMap(type, 4, valueSize, entries);
  const insns = [
    ...assemble('r1 = *(u32 *)(r1 +0)\n*(u32 *)(r10 -4) = r1\nr2 = r10\nr2 += -4'),
    ...ldImm64(1, BigInt(map), PseudoSource.MAP_FD),
    ...assemble(
      'call bpf_map_lookup_elem#1\nif r0 == 0 goto none\nr1 = *(u32 *)(r0 +4)\nr1 += 1\n*(u32 *)(r0 +4) = r1\nr0 = r1\nexit\nnone:\nr0 = -1\nexit',
    ),
  ];
  const program = p.load(ProgType.SYSCALL, insns, { flags: SLEEPABLE });
  expect(program).toBeGreaterThan(0);
  return {
    run: (index: number) => p.run(program, u32Bytes(index)).retval,
    values: () => Array.from({ length: entries }, (_, i) => p.lookup(map, u32Bytes(i), valueSize)),
  };
}

describe('what compiled code does instead of calling', () => {
  it.each([
    ['an array', MapType.ARRAY],
    ['an array with a value for each CPU', MapType.PERCPU_ARRAY],
    ['a hash table, which it calls for', MapType.HASH],
  ])('finds the same elements of %s as the helper', (_what, type) => {
    const slow = counter('interpreter', type, 5, 12);
    const fast = counter('jit', type, 5, 12);
    const index = fc.oneof(fc.nat(6), fc.constantFrom(0x7fff_ffff, 0x8000_0000, 0xffff_ffff));
    fc.assert(fc.property(index, (i) => void expect(fast.run(i)).toBe(slow.run(i))));
    if (type === MapType.ARRAY) expect(fast.values()).toEqual(slow.values());
  });

  it('counts as bpf_iter_num_next() does', () => {
    const sum = (engine: EngineName) => {
      const p = new TestProcess(testKernel('6.12', { engine }));
      const call = (name: string): string =>
        `call kfunc#${p.kernel.btf.findByNameKind(name, BtfKind.FUNC) ?? 0}`;
      const program = p.load(
        ProgType.SYSCALL,
        assemble(`
          r2 = *(u32 *)(r1 +0)
          r3 = *(u32 *)(r1 +4)
          r6 = 0
          r1 = r10
          r1 += -8
          ${call('bpf_iter_num_new')}
        next:
          r1 = r10
          r1 += -8
          ${call('bpf_iter_num_next')}
          if r0 == 0 goto done
          r1 = *(u32 *)(r0 +0)
          r6 ^= r1
          goto next
        done:
          r1 = r10
          r1 += -8
          ${call('bpf_iter_num_destroy')}
          r0 = r6
          exit`),
        { flags: SLEEPABLE },
      );
      expect(program).toBeGreaterThan(0);
      return (from: number, to: number): number => {
        const context = new Uint8Array(8);
        const view = new DataView(context.buffer);
        view.setInt32(0, from, true);
        view.setInt32(4, to, true);
        return p.run(program, context).retval;
      };
    };
    const slow = sum('interpreter');
    const fast = sum('jit');
    const edge = fc.constantFrom(-0x8000_0000, 0x7fff_fff0, -20, 0);
    fc.assert(
      fc.property(
        edge,
        fc.integer({ min: 0, max: 15 }),
        fc.integer({ min: -3, max: 40 }),
        (at, start, count) => {
          expect(fast(at + start, at + start + count)).toBe(slow(at + start, at + start + count));
        },
      ),
      { numRuns: 60 },
    );
    expect(fast(0, 5)).toBe(0 ^ 1 ^ 2 ^ 3 ^ 4);
  });
});
