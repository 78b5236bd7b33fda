import {
  verifyProgram,
  type VerifierInput,
  type VerifierLog,
  type VerifierResult,
} from '../../verifier/index.ts';
import type { Kernel } from '../kernel.ts';

/** bpf_check() proper: no program runs that this has not accepted. */
export function verify(kernel: Kernel, input: VerifierInput, log: VerifierLog): VerifierResult {
  const { keepVerifierStates: keepStates, verifierProgress: progress } = kernel;
  return verifyProgram({ ...input, keepStates, ...(progress === undefined ? {} : { progress }) }, log);
}
