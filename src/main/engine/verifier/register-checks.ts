/** Registers as operands (check_reg_arg) and bounds that contradict each other (reg_bounds_sanity_check). */
import { Errno, ProgFlag } from '../abi/index.ts';
import { boundsViolation } from './bounds.ts';
import { type Environment } from './environment.ts';
import { markRegisterRead, readsWholeRegister } from './liveness.ts';
import { FRAME_POINTER, REGISTERS, type FrameState } from './state.ts';
import { type Register } from './register.ts';
import { RegType } from './reg-type.ts';

/** A register that is read. */
export function checkSource(env: Environment, regno: number): void {
  if (regno >= REGISTERS) env.reject(Errno.EINVAL, `R${regno} is invalid`);
  env.scratchRegister(regno);
  if (env.frame.peek(regno).type === RegType.NOT_INIT) env.reject(Errno.EACCES, `R${regno} !read_ok`);
  markRegisterRead(env, env.frame, regno, readsWholeRegister(env, env.insnAt(env.insn), regno));
}

/** A register that is written; what it holds then is the caller's business. */
export function checkDestination(env: Environment, regno: number): void {
  if (regno >= REGISTERS) env.reject(Errno.EINVAL, `R${regno} is invalid`);
  env.scratchRegister(regno);
  if (regno === FRAME_POINTER) env.reject(Errno.EACCES, 'frame pointer is read only');
  env.frame.writtenRegisters |= 1 << regno;
}

function hex64(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}

function hex32(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** Bounds that contradict each other: a bug the kernel notes in its log, then it knows nothing of the register. */
export function sanityCheck(env: Environment, r: Register, where: string): void {
  const violation = boundsViolation(r);
  if (violation === undefined) return;
  env.say(
    `${env.input.profile.code >= 6016 ? 'verifier bug: ' : ''}REG INVARIANTS VIOLATION (${where}): ${violation} u64=[${hex64(r.uminExact)}, ${hex64(r.umaxExact)}] ` +
      `s64=[${hex64(r.sminExact)}, ${hex64(r.smaxExact)}] u32=[${hex32(r.u32Min)}, ${hex32(r.u32Max)}] ` +
      `s32=[${hex32(r.s32Min)}, ${hex32(r.s32Max)}] var_off=(${hex64(r.varOff.value)}, ${hex64(r.varOff.mask)})\n`,
  );
  if ((env.input.progFlags & ProgFlag.TEST_REG_INVARIANTS) !== 0) env.reject(Errno.EFAULT);
  r.markUnbounded();
}

/** R0 to R5 hold nothing after a call. */
export function clearCallerSaved(env: Environment, frame: FrameState): void {
  for (let i = 0; i <= 5; i++) {
    env.markNotInit(frame.register(i));
    env.scratchRegister(i);
  }
  frame.writtenRegisters |= 0b111111;
}
