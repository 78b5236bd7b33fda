import { verifyProgram, type VerifierInput, type VerifierResult } from '../../verifier/index.ts';
import type { Kernel } from '../kernel.ts';

/** bpf_check() proper: no program runs that this has not accepted. */
export function verify(kernel: Kernel, input: VerifierInput): VerifierResult {
  return verifyProgram({ ...input, keepStates: kernel.keepVerifierStates });
}
