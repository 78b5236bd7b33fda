/** Warnings about accepted programs that no kernel gives. */
import { ProgType } from '../abi/index.ts';
import { type Environment } from './environment.ts';
import { lineOf } from './print.ts';
import { RegType } from './reg-type.ts';
import { type Register } from './register.ts';

/** Error pointers hold -1 … -4095; anything below is taken for a valid pointer. */
const MAX_ERRNO = 4095;

function warn(env: Environment, code: string, message: string): void {
  const insn = env.insn;
  if (env.warnings.some((warning) => warning.insn === insn && warning.code === code)) return;
  const line = lineOf(env, insn);
  env.warnings.push({ insn, code, message, ...(line === undefined ? {} : { line }) });
}

/**
 * The result of hid_device_event becomes an error pointer where it is negative, and the verifier does not look at its
 * range: below -4095 the kernel follows that pointer and faults.
 */
export function warnOfEventResult(env: Environment, r: Register): void {
  if (env.input.progType !== ProgType.STRUCT_OPS || env.attachName !== 'hid_device_event') return;
  if (r.type !== RegType.SCALAR || r.s32Min >= -MAX_ERRNO) return;
  if (r.s32Max < -MAX_ERRNO) {
    warn(
      env,
      'return-below-maxerrno',
      `hid_device_event returns ${r.s32Min === r.s32Max ? String(r.s32Min) : 'a value below -4095'}: the kernel takes results below -4095 for a valid pointer and crashes`,
    );
  } else {
    warn(
      env,
      'return-may-be-below-maxerrno',
      'The result of hid_device_event is not bounded: the kernel accepts the program, but crashes should it return less than -4095',
    );
  }
}
