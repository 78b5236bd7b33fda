import { type Arena, Machine } from '../vm/index.ts';
import { Jit } from './engine.ts';
import { FastInterpreter } from './fast-interpreter.ts';

/** A machine with both engines, and an interpreter that is fast while nobody records. */
export function createMachine(arena: Arena): Machine {
  const machine = new Machine(arena);
  machine.accelerator = new FastInterpreter(arena);
  const jit = new Jit(machine);
  machine.use('jit', (run, program, entry, args) => jit.run(run, program, entry, args));
  return machine;
}

export { Jit } from './engine.ts';
export { translate } from './translate.ts';
