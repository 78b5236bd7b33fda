import { type CoreResult } from './core.ts';
import { coreError, type CoreContext } from './core-types.ts';

const EINVAL = 22;
const ERANGE = 34;

/** Opcode parts of include/uapi/linux/bpf_common.h that patching needs. */
const CLASS_MASK = 7;
const CLASS = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, ALU64: 7 } as const;
const SOURCE_REGISTER = 8;
const LD_IMM64 = 0x18;
const CALL = 0x85;
const SIZE_MASK = 0x18;
/** Size bits by bytes. */
const SIZE_BITS = new Map([
  [4, 0x00],
  [2, 0x08],
  [1, 0x10],
  [8, 0x18],
]);

/** The call that a poisoned instruction becomes: 0xbad2310, which verifiers call `invalid func unknown#195896080`. */
export const CORE_POISON_IMM = 195896080;

/** struct bpf_insn: the fields of one slot, changed in place. */
export interface CoreInsn {
  code: number;
  dst: number;
  src: number;
  off: number;
  imm: number;
}

/**
 * Writes a relocation's value into its instruction, or poisons it (relo_core.c: bpf_core_patch_insn).
 * Throws `refused` with errno where the instruction is not what the compiler makes for such a relocation.
 */
export function patchCore(insns: CoreInsn[], at: number, result: CoreResult, context: CoreContext): void {
  const insn = insns[at];
  if (insn === undefined) throw coreError(context, `insn #${at} lies outside the program`, EINVAL);
  if (result.poison) return poison(insns, at);
  switch (insn.code & CLASS_MASK) {
    case CLASS.ALU:
    case CLASS.ALU64:
      return patchImmediate(insn, at, result, context);
    case CLASS.LDX:
    case CLASS.ST:
    case CLASS.STX:
      return patchMemory(insns, insn, at, result, context);
    case CLASS.LD:
      return patchImm64(insns, insn, at, result, context);
    default: {
      const hex = (value: number): string => (value >>> 0).toString(16);
      const fields = `code:0x${hex(insn.code)}, src:0x${hex(insn.src)}, dst:0x${hex(insn.dst)}, off:0x${hex(insn.off)}, imm:0x${hex(insn.imm)}`;
      throw coreError(context, `trying to relocate unrecognized insn #${at}, ${fields}`, EINVAL);
    }
  }
}

function poison(insns: CoreInsn[], at: number): void {
  const slots = insns[at]?.code === LD_IMM64 ? 2 : 1;
  for (const insn of insns.slice(at, at + slots)) {
    Object.assign(insn, { code: CALL, dst: 0, src: 0, off: 0, imm: CORE_POISON_IMM });
  }
}

function unexpected(
  context: CoreContext,
  at: number,
  what: string,
  got: number | bigint,
  result: CoreResult,
): Error {
  const values = `got ${got}, exp ${result.original} -> ${result.value}`;
  return coreError(context, `unexpected insn #${at} (${what}) value: ${values}`, EINVAL);
}

function patchImmediate(insn: CoreInsn, at: number, result: CoreResult, context: CoreContext): void {
  if ((insn.code & SOURCE_REGISTER) !== 0) {
    throw coreError(context, `insn #${at} takes its value from a register`, EINVAL);
  }
  if (result.validate && BigInt.asUintN(64, BigInt(insn.imm)) !== result.original) {
    throw unexpected(context, at, 'ALU/ALU64', insn.imm >>> 0, result);
  }
  insn.imm = Number(BigInt.asIntN(32, result.value));
}

function patchMemory(
  insns: CoreInsn[],
  insn: CoreInsn,
  at: number,
  result: CoreResult,
  context: CoreContext,
): void {
  if (result.validate && BigInt.asUintN(64, BigInt(insn.off)) !== result.original) {
    throw unexpected(context, at, 'LDX/ST/STX', insn.off >>> 0, result);
  }
  if (result.value > 0x7fffn) {
    throw coreError(context, `insn #${at} (LDX/ST/STX) value too big: ${result.value}`, ERANGE);
  }
  if (result.sizeConflict) return poison(insns, at);
  insn.off = Number(result.value);
  if (result.size === result.originalSize) return;
  const bits = insn.code & SIZE_MASK;
  const bytes = [...SIZE_BITS].find(([, value]) => value === bits)?.[0] ?? 0;
  if (bytes !== result.originalSize) {
    throw coreError(
      context,
      `insn #${at} (LDX/ST/STX) unexpected mem size: got ${bytes}, exp ${result.originalSize}`,
      EINVAL,
    );
  }
  const wanted = SIZE_BITS.get(result.size);
  if (wanted === undefined) {
    throw coreError(context, `insn #${at} (LDX/ST/STX) invalid new mem size: ${result.size}`, EINVAL);
  }
  insn.code = (insn.code & ~SIZE_MASK) | wanted;
}

function patchImm64(
  insns: CoreInsn[],
  insn: CoreInsn,
  at: number,
  result: CoreResult,
  context: CoreContext,
): void {
  const second = insns[at + 1];
  const isPlain = insn.code === LD_IMM64 && insn.src === 0 && insn.off === 0;
  if (!isPlain || second === undefined || (second.code | second.dst | second.src | second.off) !== 0) {
    throw coreError(context, `insn #${at} (LDIMM64) has unexpected form`, EINVAL);
  }
  const value = (BigInt(second.imm >>> 0) << 32n) | BigInt(insn.imm >>> 0);
  if (result.validate && value !== result.original) throw unexpected(context, at, 'LDIMM64', value, result);
  insn.imm = Number(BigInt.asIntN(32, result.value));
  second.imm = Number(BigInt.asIntN(32, result.value >> 32n));
}
