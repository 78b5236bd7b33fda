import { AttachType, Errno, ProgFlag, ProgType } from '../abi/index.ts';
import { viewOf } from '../base/index.ts';
import { BtfKind, type Btf } from '../btf/index.ts';
import { type ProgramSpec } from '../elf/index.ts';
import { assemble, encodeInsns } from '../isa/index.ts';
import { type BpfCalls } from './calls.ts';
import { refuse } from './load-error.ts';

/** The kernel function that puts an fmod_ret program on a device, Linux 6.3 to 6.10. */
const ATTACH_KFUNC = 'hid_bpf_attach_prog';
/** Functions whose fmod_ret programs are HID-BPF's. */
const TARGETS: readonly (string | undefined)[] = ['hid_bpf_device_event', 'hid_bpf_rdesc_fixup'];

/** Takes { u32 hid; s32 prog_fd; u32 flags; s32 retval } and calls the kernel function with the first three. */
function attachProgram(kfunc: number): string {
  return `
    r6 = r1
    r1 = *(u32 *)(r6 +0)
    r2 = *(u32 *)(r6 +4)
    r3 = *(u32 *)(r6 +8)
    call ${ATTACH_KFUNC}#${kfunc}
    *(u32 *)(r6 +12) = r0
    r0 = 0
    exit`;
}
const CONTEXT_SIZE = 16;
const RETVAL = 12;

/** True for a program that hid_bpf_attach_prog() takes. */
export function isHidTracing(program: ProgramSpec): boolean {
  return (
    program.progType === ProgType.TRACING &&
    program.expectedAttachType === AttachType.MODIFY_RETURN &&
    TARGETS.includes(program.attachTarget)
  );
}

/** Loads the SYSCALL program that attaches. Its descriptor, or a negative errno. Throws stage 'loader' on a kernel without the function. */
export function loadHidAttach(calls: BpfCalls, kernelBtf: Btf | undefined): number {
  const id = kernelBtf?.findByNameKind(ATTACH_KFUNC, BtfKind.FUNC);
  if (id === undefined) {
    throw refuse(
      `this kernel has no ${ATTACH_KFUNC}(): fmod_ret programs for HID are of Linux 6.3 to 6.10; build the driver as struct_ops for 6.11 and later`,
      Errno.ESRCH,
    );
  }
  return calls.progLoad(
    {
      insns: encodeInsns(assemble(attachProgram(id))),
      license: 'GPL',
      funcInfo: new Uint8Array(),
      lineInfo: new Uint8Array(),
      fdArray: new Uint8Array(),
      values: { prog_type: ProgType.SYSCALL, prog_name: 'attach_prog', prog_flags: ProgFlag.SLEEPABLE },
    },
    0,
  ).result;
}

/** Runs the attach program: a link's descriptor, or a negative errno. `flags`: 1 puts the program before all others. */
export function runHidAttach(
  calls: BpfCalls,
  attachFd: number,
  hidId: number,
  programFd: number,
  flags: number,
): number {
  const context = new Uint8Array(CONTEXT_SIZE);
  const view = viewOf(context);
  view.setUint32(0, hidId, true);
  view.setInt32(4, programFd, true);
  view.setUint32(8, flags, true);
  const run = calls.testRun({ programFd: attachFd, context });
  return run.result < 0 ? run.result : viewOf(run.context).getInt32(RETVAL, true);
}
