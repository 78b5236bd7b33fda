import { describe, expect, it } from 'vitest';
import { Errno } from '../abi/index.ts';
import { type Insn } from '../isa/index.ts';
import { type VerifierInput, type VerifierResult, verifyProgram } from './index.ts';
import { Random } from './testing/fuzz/emitter.ts';
import { FuzzGenerator } from './testing/fuzz/generator.ts';
import { fuzzInput } from './testing/fuzz/input.ts';
import { mutate } from './testing/fuzz/mutate.ts';

class TooLong extends Error {}

/** Gives up after 16,384 instructions: a random loop may run to the limit of a million. */
function verifyInTime(input: VerifierInput): VerifierResult | undefined {
  const progress = (): never => {
    throw new TooLong();
  };
  try {
    return verifyProgram({ ...input, progress });
  } catch (error) {
    if (error instanceof TooLong) return undefined;
    throw error;
  }
}

describe('any program at all', () => {
  it('gets a verdict with words, never an exception', () => {
    const generator = new FuzzGenerator(7);
    let accepted = 0;
    for (let i = 0; i < 200; i++) {
      const made = generator.program();
      const program = i % 3 === 0 ? { ...made, insns: mutate(generator.random, made.insns) } : made;
      const result = verifyInTime(fuzzInput(program, 1));
      if (result?.errno === 0) accepted++;
      else if (result !== undefined) expect(result.message).not.toBe('');
    }
    expect(accepted).toBeGreaterThan(3);
  });

  it('is refused in order when every field is random', () => {
    const generator = new Random(11);
    for (let i = 0; i < 2000; i++) {
      const insns: Insn[] = [];
      for (let k = 1 + generator.below(12); k > 0; k--) {
        insns.push({
          code: generator.below(256),
          dst: generator.below(16),
          src: generator.below(16),
          off: generator.below(65536) - 32768,
          imm: generator.below(4) === 0 ? generator.below(2 ** 32) | 0 : generator.below(16) - 8,
        });
      }
      insns.push({ code: 0x95, dst: 0, src: 0, off: 0, imm: 0 });
      const type = generator.below(34);
      const result = verifyInTime(fuzzInput({ type, attachType: 0, flags: 0, insns, functions: [] }, 1));
      expect([0, ...Object.values<number>(Errno)]).toContain(Math.abs(result?.errno ?? 0));
    }
  });
});
