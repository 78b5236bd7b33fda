import { AttachType, Errno, ProgType } from '../../abi/index.ts';
import { attachRawTracepoint, attachTracing } from '../attach/tracing.ts';
import type { Command } from '../command.ts';
import { fail } from '../errors.ts';

/** BPF_RAW_TRACEPOINT_OPEN: bpf_raw_tp_link_attach(). Programs that know their target from the load take no name. */
export function rawTracepointOpen(command: Command): number {
  command.checkAttr();
  const { task } = command;
  const prog = task.progByFd(command.s32(8));
  const name = command.u64(0);
  const cookie = command.kernel.profile.code >= 6010 ? command.u64(16) : 0n;
  switch (prog.type) {
    case ProgType.TRACING:
    case ProgType.EXT:
    case ProgType.LSM:
      if (name !== 0n) fail(Errno.EINVAL, 'the target is given at load, not by name');
      if (prog.type === ProgType.TRACING && prog.expectedAttachType === AttachType.TRACE_RAW_TP) {
        return attachRawTracepoint(task, prog, tracepointOf(prog.attachName), cookie);
      }
      return attachTracing(task, prog, 0n);
    case ProgType.RAW_TRACEPOINT:
    case ProgType.RAW_TRACEPOINT_WRITABLE:
      if (name === 0n) fail(Errno.EFAULT, 'name is null');
      return attachRawTracepoint(task, prog, userString(command, name), cookie);
    default:
      fail(Errno.EINVAL, 'programs of this type do not attach to raw tracepoints');
  }
}

/** The name is `char __user *` also for a program that asks. */
function userString(command: Command, address: bigint): string {
  let text = '';
  for (let i = 0; i < 127; i++) {
    const byte = command.userMemory.read(address + BigInt(i), 1)?.[0];
    if (byte === undefined) fail(Errno.EFAULT, 'name cannot be read');
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** `btf_trace_sys_enter` names the tracepoint sys_enter. */
export function tracepointOf(typedefName: string): string {
  return typedefName.replace(/^btf_trace_/, '');
}
