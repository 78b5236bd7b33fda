/** What the processor wants to be protected from, and what it can: code differs by it. */
export interface Processor {
  /** Targets of indirect calls and jumps are marked (CONFIG_X86_KERNEL_IBT). */
  readonly marksTargets: boolean;
  /** Shifts by any register (BMI2). */
  readonly hasBmi2: boolean;
  /** Returns go through a function that keeps speculation from following (X86_FEATURE_RETHUNK). */
  readonly returnsByThunk: boolean;
  /** Jumps through a register go through a function (X86_FEATURE_RETPOLINE). */
  readonly jumpsByThunk: boolean;
  /** A breakpoint behind returns (CONFIG_MITIGATION_SLS). */
  readonly stopsBehindReturns: boolean;
  /** A breakpoint behind jumps through a register (CONFIG_MITIGATION_SLS or _RETPOLINE). */
  readonly stopsBehindJumps: boolean;
}

/** A processor that needs no protection from speculation, and a kernel that is built without. */
export const PLAIN_PROCESSOR: Processor = {
  marksTargets: true,
  hasBmi2: true,
  returnsByThunk: false,
  jumpsByThunk: false,
  stopsBehindReturns: false,
  stopsBehindJumps: false,
};
