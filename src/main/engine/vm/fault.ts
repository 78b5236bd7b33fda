import { EngineError, hexOf } from '../base/index.ts';
import { type FaultKind, type SourceLine, type VmProgram } from './types.ts';

/** One function that was running, the innermost first. */
export interface CallSite {
  readonly program: VmProgram;
  /** First instruction of the function. */
  readonly entry: number;
  /** Instruction it stands at: the faulting one, or the call it waits for. */
  readonly pc: number;
}

export interface FaultPlace {
  readonly program: VmProgram;
  readonly pc: number;
  /** R0 … R10, unsigned; undefined for one that holds nothing the rest of the program could read (JIT only). */
  readonly registers: readonly (bigint | undefined)[];
  readonly callStack: readonly CallSite[];
  /** The address of a bad access. */
  readonly address?: bigint;
}

/** The last source line that begins at or before the instruction. */
export function lineAt(program: VmProgram, pc: number): SourceLine | undefined {
  const lines = program.lines ?? [];
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle] as SourceLine).insn <= pc) low = middle + 1;
    else high = middle;
  }
  return lines[low - 1];
}

/** A running program did what would crash, or what the engine does not let it do. */
export class VmFault extends EngineError {
  readonly kind: FaultKind;
  readonly program: VmProgram;
  /** Instruction index. */
  readonly pc: number;
  readonly line: SourceLine | undefined;
  readonly registers: readonly (bigint | undefined)[];
  readonly callStack: readonly CallSite[];
  readonly address: bigint | undefined;

  constructor(kind: FaultKind, what: string, place: FaultPlace) {
    const line = lineAt(place.program, place.pc);
    const source = line === undefined ? '' : ` (${line.file}:${line.line})`;
    super('fault', `${place.program.name}, instruction ${place.pc}${source}: ${what}`, {
      kind,
      program: place.program.name,
      insn: place.pc,
      file: line?.file,
      line: line?.line,
      address: place.address,
      registers: place.registers.map((value) => (value === undefined ? '?' : hexOf(value))),
      callStack: place.callStack.map((site) => `${site.program.name}:${site.pc}`),
    });
    this.name = 'VmFault';
    this.kind = kind;
    this.program = place.program;
    this.pc = place.pc;
    this.line = line;
    this.registers = place.registers;
    this.callStack = place.callStack;
    this.address = place.address;
  }
}
