import { fromHex, toHex } from '../base/index.ts';
import { decodeInsns } from '../isa/index.ts';
import { Arena } from './arena.ts';
import { Machine } from './machine.ts';
import { type EngineName, type HelperFunction, type VmProgram } from './types.ts';

/** The suite's one helper, number 5: gives back its first argument. */
const unwind: HelperFunction = (_call, r1) => r1;

/**
 * Runs one program of the bpf_conformance suite: R1 points to the memory (0 if there is none), R2 is its length.
 * @param memoryHex bytes as hex, blanks allowed; may be empty
 * @param programHex instructions as hex
 * @returns R0 as hex without prefix, as the plugin protocol wants it on standard output
 * @throws EngineError `parse` for bad hex or a malformed program, VmFault if the program faults
 */
export function runConformance(
  memoryHex: string,
  programHex: string,
  machine: Machine = new Machine(new Arena({ maximumBytes: 1 << 20 })),
  engine: EngineName = 'interpreter',
): string {
  const memory = fromHex(memoryHex);
  const bytes = fromHex(programHex);
  const program: VmProgram = {
    name: 'conformance',
    tag: toHex(bytes.subarray(0, 8)),
    insns: decodeInsns(bytes),
    helpers: new Map([[5, unwind]]),
    kfuncs: new Map(),
  };
  const { arena } = machine;
  const address = memory.length === 0 ? 0n : arena.allocate(memory.length, { label: 'memory' });
  if (memory.length > 0) arena.write(address, memory);
  try {
    return machine.run(program, [address, BigInt(memory.length)], { engine }).r0.toString(16);
  } finally {
    if (memory.length > 0) arena.free(address);
  }
}
