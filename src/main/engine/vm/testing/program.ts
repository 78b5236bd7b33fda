import { assemble } from '../../isa/index.ts';
import { type HelperFunction, type VmProgram } from '../index.ts';

/** A program of assembly text, with these helpers by number. */
export function program(source: string, helpers: [number, HelperFunction][] = []): VmProgram {
  return { name: 'test', tag: source, insns: assemble(source), helpers: new Map(helpers), kfuncs: new Map() };
}
