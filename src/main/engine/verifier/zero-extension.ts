/** 32-bit results that need their upper half cleared by an instruction of its own (opt_subreg_zext_lo32_rnd_hi32). */
import { AtomicOp, InsnClass, InsnMode, InsnSize, type Insn } from '../isa/index.ts';
import { type Environment } from './environment.ts';
import { successors } from './flow.ts';
import { readsWholeRegister, registersOf } from './liveness.ts';

const COMPARE_AND_SWAP_32 = InsnClass.STX | InsnMode.ATOMIC | InsnSize.W;

/** All 64 bits of R0, which holds a number, are read. */
function readsR0(env: Environment, insn: Insn): boolean {
  if ((registersOf(env, insn).use & 1) === 0) return false;
  if ((insn.code & 7) === InsnClass.STX) return (insn.code & 0x18) === InsnSize.DW;
  return readsWholeRegister(env, insn, 0);
}

/** Some way from here on reads all of R0 before it is written. */
function isReadWhole(env: Environment, from: number): boolean {
  const visited = new Set<number>();
  const open = [...successors(env, from)];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (visited.has(at) || !env.factsAt(at).seen) continue;
    visited.add(at);
    const insn = env.insnAt(at);
    if (readsR0(env, insn)) return true;
    if ((registersOf(env, insn).def & 1) === 0) open.push(...successors(env, at));
  }
  return false;
}

/**
 * Compare-and-swaps of 32 bits whose result is read whole. x86 clears the upper half where the swap fails only, so the kernel
 * does it for all.
 */
export function findZeroExtended(env: Environment): Set<number> {
  const found = new Set<number>();
  env.insns.forEach((insn, at) => {
    const isSwap = insn.code === COMPARE_AND_SWAP_32 && insn.imm === AtomicOp.CMPXCHG;
    if (isSwap && env.factsAt(at).seen && isReadWhole(env, at)) found.add(at);
  });
  return found;
}
