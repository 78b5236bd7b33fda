import { EngineError } from '../base/index.ts';
import { type ScalarRules } from './scalar-alu.ts';

/** What differs between kernels in the verifier's rules and words, as data. */
export interface VerifierProfile {
  /** As the user writes it: `6.12`. */
  readonly name: string;
  /** major * 1000 + minor. */
  readonly code: number;
  /** Registers written since the last checkpoint are printed as `R1_w=` (until 6.17). */
  readonly printsLiveness: boolean;
  /** Level 2 begins with the table of live registers (since 6.16). */
  readonly printsLiveRegisters: boolean;
  /** Map pointers print their map's name (since 6.9). */
  readonly printsMapNames: boolean;
  /** File and line behind the source text (since 6.9). */
  readonly printsLineNumbers: boolean;
  /** "invalid indirect access to stack", later "invalid write to stack" (since 6.13). */
  readonly namesIndirectStackAccess: boolean;
  /** Reading a constant from a frozen read-only map with sign extension, BPF_MOVSX and so on (6.6). */
  readonly cpuV4: boolean;
  /** may_goto (6.9). */
  readonly mayGoto: boolean;
  /** load-acquire and store-release (6.15). */
  readonly loadAcquire: boolean;
  /** Bounds of a negation and of shifts of unknown values are computed (6.17, 6.13). */
  readonly tracksNegation: boolean;
  /** Byte swaps keep what is known of the bits (7.0, and stable branches from 6.18 on). */
  readonly tracksByteSwap: boolean;
  /** Reads of slots are marked on the states before, and counted (until 6.17); since then a data flow tells them. */
  readonly walksStates: boolean;
  /** Loops are strongly connected components of the program; until 6.16 they are found while it is walked. */
  readonly findsComponents: boolean;
  /** A helper's use of a dynptr prints it again (6.14). */
  readonly printsUsedDynptrs: boolean;
  /** Only registers that are read later learn from their equals (7.0, and stable branches from 6.18 on). */
  readonly linksLiveOnly: boolean;
  /** Registers that nobody reads later are left out of every comparison of states, also for loops (6.16). */
  readonly comparesLiveOnly: boolean;
  /** See findSingleValues() of bounds.ts. */
  readonly findsSingleValues: boolean;
  /** A callback may leave objects to its caller and release its caller's (6.13). */
  readonly callbacksShareReferences: boolean;
  /** How bounds of sums and products are found. */
  readonly scalarRules: ScalarRules;
  /** `& constant` and `| constant` of a value that is -1 or 0 splits the path (6.18, and 6.12 stable). */
  readonly forksScalars: boolean;
  /** Linked scalars with a constant between them (6.10). */
  readonly linkedConstants: boolean;
  /** The constant between them may be negative, subtracted, or of 32 bits (7.0, and stable branches from 6.18 on). */
  readonly linkedDifferences: boolean;
  /** A packet load in a subprogram may end it (6.18, and 6.12 stable). */
  readonly packetLoadMayExit: boolean;
  /** What an atomic instruction fetched from the stack is as precise as what was there (7.0, and 6.12 stable). */
  readonly tracksFetches: boolean;
  /** That a pointer is not NULL decides comparisons of 32 bits with 0 as well (seen in 6.18, not in 6.12). */
  readonly comparesPointerHalves: boolean;
  /** More branches than may wait are E2BIG whoever asks (6.19, and 6.12 stable). */
  readonly branchLimitIsTooBig: boolean;
  /** NULL for an argument that may be NULL counts as precise (7.0, and 6.12 stable). */
  readonly nullIsPrecise: boolean;
  /** The number of rounds of bpf_loop() may not be a pointer; elsewhere the search for what it came from fails (7.0, and 6.12 stable). */
  readonly takesOnlyScalars: boolean;
  /** Spills around calls that keep registers go (6.12). */
  readonly removesSpills: boolean;
  /** A tail call in a subprogram may end it, with any result and another packet (6.19, and 6.18 stable). */
  readonly tailCallMayExit: boolean;
  /** Instruction limit of root. */
  readonly instructionLimit: number;
}

/** Profile of a kernel version such as `6.12` or `6.12.117`. Throws `usage` for what is no version. */
export function verifierProfile(version: string): VerifierProfile {
  const match = /^v?(\d+)\.(\d+)/.exec(version.trim());
  if (match === null) {
    throw new EngineError('usage', `'${version}' is no kernel version; write it like 6.12`, { version });
  }
  const code = Number(match[1]) * 1000 + Number(match[2]);
  return {
    name: `${match[1]}.${match[2]}`,
    code,
    printsLiveness: code < 6017,
    printsLiveRegisters: code >= 6016,
    printsMapNames: code >= 6009,
    printsLineNumbers: code >= 6009,
    namesIndirectStackAccess: code < 6013,
    cpuV4: code >= 6006,
    mayGoto: code >= 6009,
    loadAcquire: code >= 6015,
    tracksNegation: code >= 6017,
    tracksByteSwap: code >= 6018,
    walksStates: code < 6018,
    findsComponents: code >= 6017,
    printsUsedDynptrs: code >= 6014,
    linksLiveOnly: code >= 6018,
    comparesLiveOnly: code >= 6016,
    findsSingleValues: code >= 6018,
    callbacksShareReferences: code >= 6013,
    scalarRules: {
      wrapsTogether: code >= 6017,
      multipliesSigned: code >= 6014,
      multipliesByUnion: code >= 6018,
    },
    forksScalars: code === 6012 || code >= 6018,
    linkedConstants: code >= 6010,
    linkedDifferences: code >= 6018,
    packetLoadMayExit: code === 6012 || code >= 6018,
    tracksFetches: code === 6012 || code >= 7000,
    comparesPointerHalves: code >= 6018,
    branchLimitIsTooBig: code === 6012 || code >= 6019,
    nullIsPrecise: code === 6012 || code >= 7000,
    takesOnlyScalars: code === 6012 || code >= 7000,
    removesSpills: code >= 6012,
    tailCallMayExit: code >= 6018,
    instructionLimit: 1_000_000,
  };
}
