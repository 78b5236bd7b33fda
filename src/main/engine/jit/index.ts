import { type Arena, Machine } from '../vm/index.ts';
import { Jit } from './engine.ts';

/** A machine with both engines. */
export function createMachine(arena: Arena): Machine {
  const machine = new Machine(arena);
  const jit = new Jit(machine);
  machine.use('jit', (run, program, entry, args) => jit.run(run, program, entry, args));
  return machine;
}

export { Jit } from './engine.ts';
export { translate } from './translate.ts';
