import { printInsn } from '../isa/index.ts';
import { helperPrototype } from './helper-prototypes.ts';
import { type Environment } from './environment.ts';

/** The instruction in the kernel's notation: `(79) r2 = *(u64 *)(r1 +0)`. */
export function printedInsn(env: Environment, index: number): string {
  return printInsn(env.insnAt(index), env.insns[index + 1], {
    helper: helperText,
    kfunc: (insn) => env.kfuncs.get(insn.imm)?.name,
  });
}

/** `bpf_map_lookup_elem`; undefined for a number that no helper has. */
export function helperText(id: number): string | undefined {
  const name = helperPrototype(id)?.name;
  return name === undefined ? undefined : `bpf_${name}`;
}
