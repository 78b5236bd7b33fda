import {
  verifyProgram,
  type VerifierInput,
  type VerifierLog,
  type VerifierResult,
} from '../../verifier/index.ts';
import type { Kernel } from '../kernel.ts';
import { missingFunction } from '../translation/translate.ts';

/** bpf_check() proper: no program runs that this has not accepted. */
export function verify(kernel: Kernel, input: VerifierInput, log: VerifierLog): VerifierResult {
  const { keepVerifierStates: keepStates, verifierProgress: progress } = kernel;
  const { insns, progType: type, expectedAttachType } = input;
  return verifyProgram(
    {
      ...input,
      keepStates,
      missingFunction: (verified) =>
        missingFunction({ kernel, type, expectedAttachType, spec: { insns, verified } }),
      ...(progress === undefined ? {} : { progress }),
    },
    log,
  );
}
