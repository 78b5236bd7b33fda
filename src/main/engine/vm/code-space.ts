import { EngineError } from '../base/index.ts';
import { INSN_BYTES } from '../isa/index.ts';
import { type VmProgram } from './types.ts';

/** Where the code of programs seems to lie (the x86-64 kernel's module area); an instruction has 8 bytes there. */
export const CODE_BASE = 0xffff_ffff_c000_0000n;
const CODE_END = 0xffff_ffff_fff0_0000n;
const ALIGN = 64n;

/** Addresses of functions: what ld_imm64 PSEUDO_FUNC loads. Nothing can be read there. */
export class CodeSpace {
  readonly #bases = new WeakMap<VmProgram, bigint>();
  #next = CODE_BASE;

  /** Address of an instruction of the program. */
  addressOf(program: VmProgram, pc: number): bigint {
    let base = this.#bases.get(program);
    if (base === undefined) {
      base = this.#next;
      const size = BigInt((program.insns.length + 1) * INSN_BYTES);
      this.#next = base + ((size + ALIGN - 1n) / ALIGN) * ALIGN;
      if (this.#next > CODE_END)
        throw new EngineError('refused', 'no room for more programs', { errno: -12 });
      this.#bases.set(program, base);
    }
    return base + BigInt(pc * INSN_BYTES);
  }

  /** The instruction of the program at an address. */
  pcAt(program: VmProgram, address: bigint): number | undefined {
    const base = this.#bases.get(program);
    if (base === undefined) return undefined;
    const distance = address - base;
    const pc = Number(distance) / INSN_BYTES;
    return Number.isInteger(pc) && pc >= 0 && pc < program.insns.length ? pc : undefined;
  }
}
