import type { ProgramCode } from '../../../verifier/testing/fuzz/door.ts';
import type { Insn } from '../../../isa/index.ts';

/** Immediates of calls and 64-bit constants are addresses, or come from them: they differ from boot to boot. */
const CALL = 0x85;
const LD_IMM64 = 0x18;
/** r = r with this offset: what is added is the address of this CPU's data. */
const MOVE = 0xbf;
const ADDR_PERCPU = -1;

function line(insn: Insn, before: Insn | undefined, next: Insn | undefined): string {
  const { code, dst, src, off, imm } = insn;
  const isPerCpu = next?.code === MOVE && next.off === ADDR_PERCPU && next.dst === dst;
  const isAddress = isPerCpu || code === CALL || code === LD_IMM64 || before?.code === LD_IMM64;
  return `${code.toString(16).padStart(2, '0')} r${dst} r${src} ${off} ${isAddress ? '-' : imm}`;
}

/** A program after the kernel's rewriting, in lines that are alike for all kernels that do the same. */
export function shownCode({ xlated, lengths }: ProgramCode): { xlated: string[]; bytes: number[] } {
  return { xlated: xlated.map((insn, i) => line(insn, xlated[i - 1], xlated[i + 1])), bytes: [...lengths] };
}
