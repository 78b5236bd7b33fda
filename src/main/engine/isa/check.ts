import { EngineError } from '../base/index.ts';
import { FRAME_POINTER, callTarget, isJump, isLdImm64, isLocalCall, jumpTarget, opcodeOf } from './decode.ts';
import { type Insn } from './instruction.ts';
import { type FieldRule, PseudoSource } from './opcodes.ts';

function bad(pc: number, problem: string): never {
  throw new EngineError('parse', `instruction ${pc}: ${problem}`, { insn: pc });
}

function checkField(pc: number, name: string, field: string, rule: FieldRule, value: number): void {
  if (rule === 'any') return;
  if (rule === 'register') {
    if (value > FRAME_POINTER) bad(pc, `${name}: register r${value} does not exist (r0 to r10 do)`);
  } else if (value !== rule) {
    bad(pc, `${name}: reserved field ${field} is ${value}, must be ${rule}`);
  }
}

function checkInsn(insns: readonly Insn[], pc: number, insn: Insn): void {
  const entry = opcodeOf(insn);
  if (entry === undefined) bad(pc, `unknown opcode 0x${insn.code.toString(16).padStart(2, '0')}`);
  checkField(pc, entry.name, 'dst', entry.dst, insn.dst);
  checkField(pc, entry.name, 'src', entry.src, insn.src);
  checkField(pc, entry.name, 'off', entry.off, insn.off);
  checkField(pc, entry.name, 'imm', entry.imm, insn.imm);
  if (!isLdImm64(insn)) return;
  const second = insns[pc + 1];
  if (second === undefined) bad(pc, 'ld_imm64 lacks its second slot');
  if (second.code !== 0 || second.dst !== 0 || second.src !== 0 || second.off !== 0) {
    bad(pc + 1, 'the second slot of ld_imm64 must be zero but for its imm');
  }
  if (insn.src > PseudoSource.MAP_IDX_VALUE) bad(pc, `ld_imm64: unknown pseudo source ${insn.src}`);
}

/**
 * Checks the shape of a program as far as no knowledge of a kernel is needed: known opcodes, reserved fields,
 * registers, whole ld_imm64 pairs, jumps and local calls that land on an instruction of the program.
 * @throws EngineError `parse` that names the instruction index.
 */
export function checkInsns(insns: readonly Insn[]): void {
  if (insns.length === 0) throw new EngineError('parse', 'a program needs at least one instruction');
  const seconds = new Set<number>();
  for (let pc = 0; pc < insns.length; pc++) {
    const insn = insns[pc] as Insn;
    checkInsn(insns, pc, insn);
    if (isLdImm64(insn)) seconds.add(++pc);
  }
  insns.forEach((insn, pc) => {
    if (seconds.has(pc)) return;
    const jumps = isJump(insn);
    if (!jumps && !isLocalCall(insn)) return;
    const target = jumps ? jumpTarget(insn, pc) : callTarget(insn, pc);
    if (target < 0 || target >= insns.length) {
      bad(pc, `jumps to ${target}, outside the program of ${insns.length} instructions`);
    }
    if (seconds.has(target)) bad(pc, `jumps into the middle of the ld_imm64 at ${target - 1}`);
  });
}
