import { createMachine } from '../engine/jit/index.ts';
import { Arena, runConformance } from '../engine/vm/index.ts';

/** Memory of a conformance run: the suite's programs use a few kilobytes. */
const MEMORY = 1 << 20;

/** Runs a program of the bpf_conformance suite with either engine; R0 as hex. Throws EngineError for what is malformed or faults. */
export function conformance(memoryHex: string, programHex: string, engine: 'interpreter' | 'jit'): string {
  return runConformance(memoryHex, programHex, createMachine(new Arena({ maximumBytes: MEMORY })), engine);
}
