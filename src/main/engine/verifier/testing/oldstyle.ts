/** The corpus of ../shared/data/verifier/oldstyle.jsonl as verifier inputs. */
import { readFileSync } from 'node:fs';
import { MapFlag, MapType } from '../../abi/index.ts';
import { fromHex } from '../../base/index.ts';
import { type Btf } from '../../btf/index.ts';
import { decodeInsns, type Insn } from '../../isa/index.ts';
import { type FuzzProgram, mapReference } from './fuzz/program.ts';
import { PRIVILEGED, verifierProfile, type VerifierInput, type VerifierMap } from '../index.ts';

export interface OldstyleCase {
  readonly descr: string;
  readonly type: number;
  readonly flags: number;
  readonly result: number;
  readonly errstr?: string;
  readonly eat: number;
  readonly insns: string;
  readonly kernel618?: { readonly got: boolean; readonly errno: number; readonly log: string };
  readonly [fixup: `fixup_map_${string}`]: readonly number[];
}

function u32(value: number, at: number, bytes: Uint8Array): void {
  new DataView(bytes.buffer).setUint32(at, value, true);
}

function map(
  id: number,
  type: number,
  keySize: number,
  valueSize: number,
  maxEntries: number,
  flags = 0,
): VerifierMap {
  const contents = new Uint8Array(valueSize);
  if (valueSize === 48 && type === MapType.ARRAY) {
    u32(6, 0, contents);
    if (flags === 0) u32(0x0fff_ffff, 44, contents);
  }
  const isReadOnly = (flags & MapFlag.RDONLY_PROG) !== 0;
  return {
    id,
    name: '',
    type,
    keySize,
    valueSize,
    maxEntries,
    flags,
    frozen: isReadOnly,
    readValue: (offset, size) =>
      offset + size <= contents.length ? contents.slice(offset, offset + size) : undefined,
  };
}

const MAPS: Readonly<Record<string, VerifierMap>> = {
  hash_8b: map(1, MapType.HASH, 8, 8, 1),
  hash_16b: map(2, MapType.HASH, 8, 16, 1),
  hash_48b: map(3, MapType.HASH, 8, 48, 1),
  array_48b: map(4, MapType.ARRAY, 4, 48, 1),
  array_ro: map(5, MapType.ARRAY, 4, 48, 1, MapFlag.RDONLY_PROG),
  array_wo: map(6, MapType.ARRAY, 4, 48, 1, MapFlag.WRONLY_PROG),
  array_small: map(7, MapType.ARRAY, 4, 1, 1),
  event_output: map(8, MapType.PERF_EVENT_ARRAY, 4, 4, 1),
  stacktrace: map(9, MapType.STACK_TRACE, 4, 8, 1),
  ringbuf: map(10, MapType.RINGBUF, 0, 0, 4096),
};

/** All cases that carry a real verdict. */
export function readOldstyle(path: string): OldstyleCase[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OldstyleCase)
    .filter((entry) => entry.kernel618 !== undefined);
}

/** The last line of the kernel's log before the statistics. */
export function lastLine(entry: OldstyleCase): string | undefined {
  return entry.kernel618?.log
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('processed '))
    .at(-1);
}

/** What is loaded, without what the kernel knows. */
export interface PlainProgram {
  readonly type: number;
  readonly attachType: number;
  readonly flags: number;
  readonly insns: readonly Insn[];
}

/** A program with the corpus' maps: map fds are 1000 + the map's id. */
export function plainInput(program: PlainProgram, logLevel: number, kernelBtf?: Btf): VerifierInput {
  const byFd = new Map(Object.values(MAPS).map((entry) => [1000 + entry.id, entry]));
  return {
    insns: program.insns,
    progType: program.type,
    expectedAttachType: program.attachType,
    progFlags: program.flags,
    gplCompatible: true,
    capabilities: PRIVILEGED,
    logLevel,
    profile: verifierProfile('6.18'),
    // The recorder's standard streams are open files, but no maps.
    mapByFd: (fd) => byFd.get(fd) ?? (fd >= 0 && fd <= 2 ? 'no-map' : undefined),
    kernelBtf,
    attachBtfId: 0,
  };
}

/** A case as the loader gave it to the kernel. */
export function oldstyleInput(entry: OldstyleCase, logLevel: number, kernelBtf?: Btf): VerifierInput {
  const insns: Insn[] = decodeInsns(fromHex(entry.insns));
  for (const [name, value] of Object.entries(MAPS)) {
    for (const index of entry[`fixup_map_${name}`] ?? []) {
      const insn = insns[index];
      if (insn !== undefined) insn.imm = 1000 + value.id;
    }
  }
  // The test runner's own flags: 1 any alignment, 2 strict alignment, 4 needs a JIT; others are load flags.
  const flags = (entry.flags & ~7) | (entry.flags & 1 ? 2 : 0) | (entry.flags & 2 ? 1 : 0);
  return plainInput(
    { type: entry.type === 0 ? 1 : entry.type, attachType: entry.eat, flags, insns },
    logLevel,
    kernelBtf,
  );
}

const FUZZ_NAMES: Readonly<Record<string, string>> = {
  hash_8b: 'hash8',
  hash_16b: 'hash8',
  hash_48b: 'hash48',
  array_48b: 'array48',
  array_ro: 'rodata',
  array_wo: 'wronly',
  array_small: 'array1',
  event_output: 'events',
  stacktrace: 'stacks',
  ringbuf: 'ring',
};

/** A case as a fuzz program, with maps of nearly the same shape. */
export function oldstyleProgram(entry: OldstyleCase): FuzzProgram {
  const { insns, progType, expectedAttachType, progFlags } = oldstyleInput(entry, 0);
  const copy = insns.map((insn) => ({ ...insn }));
  for (const [name, fuzzName] of Object.entries(FUZZ_NAMES)) {
    for (const index of entry[`fixup_map_${name}`] ?? []) {
      const insn = copy[index];
      if (insn !== undefined) insn.imm = mapReference(fuzzName);
    }
  }
  return { type: progType, attachType: expectedAttachType, flags: progFlags, insns: copy, functions: [] };
}
