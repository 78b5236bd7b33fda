import { EngineError } from '../base/index.ts';
import { CheckedMemory } from './access.ts';
import { VmFault, type FaultPlace } from './fault.ts';
import { type Machine } from './machine.ts';
import { type Stack } from './stack.ts';
import {
  type CallbackRequest,
  type FaultKind,
  type HelperCall,
  type ProgramMemory,
  type VmProgram,
} from './types.ts';

/** What one run of a program is, whichever engine does it; also the face that helpers see. */
export class Run implements HelperCall {
  readonly machine: Machine;
  readonly stack: Stack;
  readonly memory: ProgramMemory;
  readonly runContext: unknown;
  /** Instructions the run may still execute. */
  fuel: number;
  /** Instructions executed. */
  instructions = 0;
  /** Runs to make one after another. */
  repeat = 1;
  /** Bytes to copy before each of them, as offsets in memory. */
  restore: { readonly to: number; readonly from: number; readonly size: number } | undefined = undefined;
  /** Tail calls made so far. */
  tailCalls = 0;
  /** The program that was started. */
  readonly mainProgram: VmProgram;
  /** The program that made the current call. */
  program: VmProgram;
  /** Instruction index of the current call. */
  pc = 0;
  /** The engine's answer to "where are we": registers and call stack. */
  place: () => FaultPlace;

  constructor(machine: Machine, program: VmProgram, stack: Stack, fuel: number, runContext: unknown) {
    this.machine = machine;
    this.mainProgram = program;
    this.program = program;
    this.stack = stack;
    this.fuel = fuel;
    this.runContext = runContext;
    this.place = () => ({ program: this.program, pc: this.pc, registers: [], callStack: [] });
    this.memory = new CheckedMemory(machine.arena, (kind, what, address) => this.fault(kind, what, address));
  }

  onUndo(undo: () => void): void {
    this.machine.arena.recorder?.onUndo(undo);
  }

  fault(kind: FaultKind, message: string, address?: bigint): never {
    const place = this.place();
    throw new VmFault(kind, message, address === undefined ? place : { ...place, address });
  }

  /** The first instruction of the function a callback request names; a fault if it is none of this program's. */
  entryOf(request: CallbackRequest, program: VmProgram): number {
    const entry = this.machine.entryAt(program, request.function);
    if (entry === undefined) {
      return this.fault(
        'bad-helper',
        `callback to 0x${request.function.toString(16)}, no function of ${program.name}`,
      );
    }
    if (request.args.length > 5) throw new EngineError('usage', 'a callback takes at most five arguments');
    return entry;
  }
}
