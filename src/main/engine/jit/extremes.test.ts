import { describe, expect, it } from 'vitest';
import { type Insn, assemble } from '../isa/index.ts';
import { Arena, type HelperFunction, type HelperResult, VmFault, type VmProgram } from '../vm/index.ts';
import { createMachine, translate } from './index.ts';

const ENGINES = ['interpreter', 'jit'] as const;

function program(insns: readonly Insn[], helpers: readonly HelperFunction[] = []): VmProgram {
  return {
    name: 'extreme',
    tag: 'extreme',
    insns,
    helpers: new Map(helpers.map((helper, i) => [i + 1, helper])),
    kfuncs: new Map(),
  };
}

function lines(count: number, text: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => text(i)).join('\n');
}

/** What both engines say of a program, which must be the same. */
function outcome(insns: readonly Insn[], helpers: readonly HelperFunction[] = [], fuel = 1_000_000): unknown {
  const [first, second] = ENGINES.map((engine) => {
    const machine = createMachine(new Arena({ maximumBytes: 1 << 20 }));
    const buffer = machine.arena.allocate(64, { label: 'buffer' });
    try {
      return machine.run(program(insns, helpers), [buffer], { engine, fuel });
    } catch (error) {
      if (!(error instanceof VmFault)) throw error;
      return { kind: error.kind, pc: error.pc, stack: error.callStack.map(({ pc }) => pc) };
    }
  });
  expect(second).toEqual(first);
  return first;
}

describe('both engines, at the limits', () => {
  it('run a program of a million instructions', { timeout: 60_000 }, () => {
    const insns: Insn[] = Array.from({ length: 999_999 }, () => ({
      code: 0x07,
      dst: 0,
      src: 0,
      off: 0,
      imm: 3,
    }));
    insns.push({ code: 0x95, dst: 0, src: 0, off: 0, imm: 0 });
    expect(outcome(insns)).toEqual({ r0: 2_999_997n, instructions: 1_000_000 });
  });

  it('jump as far as gotol goes', () => {
    const source = `r0 = 1\ngotol far\n${lines(40_000, () => 'r0 += 1')}\nfar:\nr0 += 5\nexit`;
    expect(outcome(assemble(source))).toEqual({ r0: 6n, instructions: 4 });
  });

  it.each([
    [20, true],
    [300, false],
  ])('run loops that are entered in their middle, %i of them', (count, compiled) => {
    const source = `
      r0 = 0
      r6 = 0
      ${lines(
        count,
        (i) => `r6 = 3
          if r1 == ${i} goto middle${i}
        top${i}:
          r0 += 1
        middle${i}:
          r0 += 10
          r6 -= 1
          if r6 != 0 goto top${i}`,
      )}
      exit`;
    const insns = assemble(source);
    expect(translate(program(insns), [0]) !== undefined).toBe(compiled);
    expect(outcome(insns)).toEqual({ r0: BigInt(33 * count), instructions: 2 + 14 * count + 1 });
  });

  it('run loops within loops within loops', { timeout: 60_000 }, () => {
    const nest = (depth: number): string =>
      `r0 = 0\n${lines(depth, (i) => `l${i}:\nr0 += 1`)}\n${lines(depth, (i) => `if r0 == -1 goto l${depth - 1 - i}`)}\nexit`;
    expect(outcome(assemble(nest(100)))).toEqual({ r0: 100n, instructions: 202 });
    expect(outcome(assemble(nest(2000)))).toEqual({ r0: 2000n, instructions: 4002 });
  });

  it('end a long loop at the same instruction when the fuel is used up', () => {
    const insns = assemble('r0 = 0\nl:\nr0 += 1\nif r0 != 1000000 goto l\nexit');
    expect(outcome(insns, [], 3_000_000)).toEqual({ r0: 1_000_000n, instructions: 2_000_002 });
    for (const fuel of [999_999, 1_000_000, 1_000_001, 2_000_001, 2_000_002]) {
      const result = outcome(insns, [], fuel);
      if (fuel < 1_999_999) expect(result).toMatchObject({ kind: 'out-of-fuel', pc: 2 });
    }
  });

  it('nest callbacks in callbacks until the frames are used up', () => {
    // R0 of the innermost is the depth; the helper calls the function whose address R1 is, with the depth plus one.
    const call: HelperFunction = (_call, code, depth): HelperResult => ({
      kind: 'callback',
      function: code,
      args: [code, depth + 1n],
      then: (r0) => r0,
    });
    const nested = (most: number): Insn[] =>
      assemble(
        `r1 = func f\nr2 = 0\ncall #1\nexit\nf:\nr0 = r2\nif r2 == ${most} goto out\ncall #1\nout:\nexit`,
      );
    expect(outcome(nested(7), [call])).toMatchObject({ r0: 7n });
    expect(outcome(nested(8), [call])).toMatchObject({ kind: 'call-depth', stack: [7, 7, 7, 7, 7, 7, 7, 3] });
  });

  it('tail-call from a subprogram: its caller goes on with what the other program returns', () => {
    const target = program(assemble('r0 = *(u8 *)(r1 +1)\nr0 += 40\nexit'));
    const giant: VmProgram = {
      ...program(assemble(`${lines(33_000, () => 'r2 += 1')}\nr0 = r2\nexit`)),
      tag: 'giant',
    };
    const source = assemble('call f\nr0 += 2\nexit\nf:\ncall #1\nr0 = 1000\nexit');
    expect(outcome(source, [() => ({ kind: 'tail-call', program: target })])).toEqual({
      r0: 42n,
      instructions: 7,
    });
    expect(outcome(source, [() => ({ kind: 'tail-call', program: giant })])).toMatchObject({ r0: 33_002n });
  });

  it.each([
    ['lock *(u64 *)(r1 +4) += r2', 'unaligned'],
    ['lock *(u32 *)(r1 +2) |= r2', 'unaligned'],
    ['r2 = atomic64_xchg((u64 *)(r1 +1), r2)', 'unaligned'],
    ['r3 = load_acquire((u64 *)(r1 +4))', 'unaligned'],
    ['store_release((u16 *)(r1 +3), r2)', 'unaligned'],
    ['lock *(u64 *)(r1 +60) += r2', 'out-of-bounds'],
    ['r3 = *(u64 *)(r10 -516)', 'stack-overflow'],
    ['*(u64 *)(r10 +0) = r2', 'stack-overflow'],
    ['*(u8 *)(r10 -513) = r2', 'stack-overflow'],
    ['r3 = *(u64 *)(r10 -3)', 'stack-overflow'],
  ])('fault alike at %s', (text, kind) => {
    expect(outcome(assemble(`r2 = 1\n${text}\nr0 = 0\nexit`))).toMatchObject({ kind, pc: 1 });
  });

  it('allow an unaligned plain access, as on x86-64', () => {
    expect(outcome(assemble('*(u64 *)(r1 +3) = 258\nr0 = *(u16 *)(r1 +3)\nexit'))).toMatchObject({
      r0: 258n,
    });
  });
});
