import { PRIVILEGED, verifierProfile, type VerifierInput, type VerifierMap } from '../../index.ts';
import { FUZZ_MAPS, GUARDED, MAP_BASE, type FuzzProgram } from './program.ts';

const MAPS: readonly VerifierMap[] = FUZZ_MAPS.map((map, index) => ({
  id: index + 1,
  name: map.name,
  type: map.type,
  keySize: map.keySize,
  valueSize: map.valueSize,
  maxEntries: map.entries,
  flags: map.flags,
  frozen: map.contents !== undefined,
  ...(map.isGuarded === true
    ? {
        fields: [
          { kind: 'spin_lock' as const, offset: GUARDED.lock, size: 4 },
          { kind: 'timer' as const, offset: GUARDED.timer, size: 16 },
        ],
      }
    : {}),
}));

/** A fuzz program for the verifier alone: without BTF, so that callbacks are refused. */
export function fuzzInput({ type, attachType, flags, insns }: FuzzProgram, logLevel: number): VerifierInput {
  return {
    insns,
    progType: type,
    expectedAttachType: attachType,
    progFlags: flags,
    gplCompatible: true,
    capabilities: PRIVILEGED,
    logLevel,
    profile: verifierProfile('6.18'),
    mapByFd: (fd) => MAPS[fd - MAP_BASE],
    kernelBtf: undefined,
    attachBtfId: 0,
  };
}
