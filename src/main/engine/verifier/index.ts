export { verifierProfile, type VerifierProfile } from './profile.ts';
export {
  KfuncFlag,
  PRIVILEGED,
  type AccessKind,
  type InstructionStates,
  type KfuncInfo,
  type KfuncObject,
  type KnownState,
  type ProgramBtf,
  type ProgramLine,
  type ProvedFacts,
  type RewrittenAccess,
  type RewritingFacts,
  type SpecialField,
  type StructOpsTarget,
  type StructWrite,
  type StructWriteVerdict,
  type SubprogramInfo,
  type VerifiedProgram,
  type VerifierCapabilities,
  type VerifierInput,
  type VerifierMap,
  type VerifierResult,
  type VerifierStatistics,
  type VerifierWarning,
} from './types.ts';
export { specialFieldsOf } from './special-fields.ts';
export { verifyProgram } from './verifier.ts';
export { VerifierLog } from './log.ts';
export { explainMessage, explainVerdict, type Explanation } from './explain.ts';
export { helperPrototype } from './helper-prototypes.ts';
