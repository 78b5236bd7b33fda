/** Warnings about accepted programs that no kernel gives. */
import { ProgType } from '../abi/index.ts';
import { type Environment } from './environment.ts';
import { lineOf } from './print.ts';
import { RegType } from './reg-type.ts';
import { type Register } from './register.ts';

/** HID_MAX_BUFFER_SIZE and HID_MAX_DESCRIPTOR_SIZE: no report and no descriptor is longer. */
const MAX_REPORT = 16384;
const MAX_DESCRIPTOR = 4096;

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
  if (r.type !== RegType.SCALAR) return;
  if (r.s32Min > MAX_REPORT) {
    warn(
      env,
      'report-dropped',
      `hid_device_event returns ${r.s32Min} or more: no report is longer than ${MAX_REPORT} bytes, so the kernel drops every report that comes here`,
    );
  }
  if (r.s32Min >= -MAX_ERRNO) return;
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

/** hid_bpf_get_data() of more bytes than any device has: it gives NULL whenever it is called. */
export function warnOfGetData(env: Environment): void {
  const limit = env.attachName === 'hid_rdesc_fixup' ? MAX_DESCRIPTOR : MAX_REPORT;
  const end = env.register(2).umin + env.register(3).umin;
  if (end <= limit) return;
  const what = limit === MAX_DESCRIPTOR ? 'report descriptor' : 'report';
  warn(
    env,
    'get-data-too-large',
    `hid_bpf_get_data() up to byte ${end} always gives NULL: no ${what} is longer than ${limit} bytes`,
  );
}
