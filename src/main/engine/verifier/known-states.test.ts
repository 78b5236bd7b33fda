import { describe, expect, it } from 'vitest';
import { PRIVILEGED, verifierProfile, verifyProgram } from './index.ts';
import { type Insn } from '../isa/index.ts';

const emit = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({
  code,
  dst,
  src,
  off,
  imm,
});
const SYSCALL = 31;
const SLEEPABLE = 16;

/** Counts r6 up to `limit`, a path through each round. */
function counting(limit: number): Insn[] {
  return [
    emit(0xb7, 6, 0, 0, 0),
    emit(0x07, 6, 0, 0, 1),
    emit(0xa5, 6, 0, -2, limit),
    emit(0xb7, 0, 0, 0, 0),
    emit(0x95, 0, 0, 0, 0),
  ];
}

function verify(insns: Insn[], options: { readonly progress?: (n: number) => void } = {}) {
  return verifyProgram({
    insns,
    progType: SYSCALL,
    expectedAttachType: 0,
    progFlags: SLEEPABLE,
    gplCompatible: true,
    capabilities: PRIVILEGED,
    logLevel: 0,
    profile: verifierProfile('6.12'),
    mapByFd: () => undefined,
    kernelBtf: undefined,
    attachBtfId: 0,
    keepStates: true,
    ...options,
  });
}

describe('what the verifier knew before an instruction', () => {
  it('is every different state of it, whichever paths came by', () => {
    const { states } = verify(counting(20));
    const values = states?.at(1).map(({ registers }) => new Map(registers).get(6));
    expect(values).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
    expect(states?.visits(1)).toBe(20);
    expect(states?.unseen(1)).toBe(0);
    expect(states?.at(4)).toHaveLength(1);
  });

  it('stays within bounds and tells how many visits were not looked at', () => {
    const { states } = verify(counting(5000));
    expect(states?.visits(1)).toBe(5000);
    expect(states?.at(1)).toHaveLength(64);
    expect(states?.unseen(1)).toBe(5000 - 64);
  });
});

describe('a long verification', () => {
  it('tells how many instructions it has processed', () => {
    const told: number[] = [];
    const { statistics } = verify(counting(20_000), { progress: (n) => told.push(n) });
    expect(told).toEqual([0x4000, 0x8000]);
    expect(told.at(-1)).toBeLessThanOrEqual(statistics.processedInsns);
  });

  it('ends with what is thrown where it tells so', () => {
    const progress = (): never => {
      throw new Error('enough');
    };
    expect(() => verify(counting(20_000), { progress })).toThrow('enough');
  });
});
