import { AttachType, Errno, LinkType, ProgType } from '../abi/index.ts';
import { low32, u64 } from '../base/index.ts';
import { type HelperCall } from '../vm/index.ts';
import {
  type BpfProg,
  type Kernel,
  type Task,
  errnoOf,
  installLink,
  taskContextOf,
} from '../kernel/index.ts';
import { type AttachHost } from './attach-host.ts';
import { type BpfDevice } from './device.ts';
import { type HidBpfOps } from './ops.ts';

/** HID_BPF_MAX_PROGS_PER_DEV: event programs on one device. */
const MAX_EVENT_PROGRAMS = 64;
/** HID_BPF_MAX_PROGS: the jump table of all devices. */
const MAX_PROGRAMS = 1024;
/** HID_BPF_FLAG_INSERT_HEAD, the only flag. */
const INSERT_HEAD = 1;

/** What an fmod_ret program is for, by the function that it is loaded for (enum hid_bpf_prog_type). */
const MEMBERS: Readonly<Record<string, 'deviceEvent' | 'descriptorFixup'>> = {
  hid_bpf_device_event: 'deviceEvent',
  hid_bpf_rdesc_fixup: 'descriptorFixup',
};
/** Kernel functions on the fmod_ret list (hid_bpf_fmodret_ids). Nothing but the jump table calls the first two. */
const MODIFIABLE = ['hid_bpf_device_event', 'hid_bpf_rdesc_fixup', '__hid_bpf_tail_call'];

/**
 * HID-BPF of Linux 6.3 to 6.10: fmod_ret programs that a SYSCALL program attaches to a device with hid_bpf_attach_prog()
 * (drivers/hid/bpf/hid_bpf_dispatch.c and hid_bpf_jmp_table.c).
 */
export class HidBpfTracing {
  readonly #kernel: Kernel;
  readonly #host: AttachHost;
  /** The jump table: which slots are taken. The index of a program is what it reads as ctx->index. */
  readonly #slots: boolean[] = [];

  /** Makes the functions known that programs may be loaded for. */
  constructor(kernel: Kernel, host: AttachHost) {
    this.#kernel = kernel;
    this.#host = host;
    for (const name of MODIFIABLE) kernel.registerAttachableFunction({ name, modifiable: true });
  }

  /** The kfunc hid_bpf_attach_prog(hid_id, prog_fd, flags): a link's descriptor, or a negative errno. */
  attachProgram(call: HelperCall, hidId: bigint, programFd: bigint, flags: bigint): bigint {
    const task = taskContextOf(call)?.task;
    if (task === undefined) return u64(-Errno.EBADF);
    return u64(errnoOf(() => this.#attach(task, low32(hidId), low32(programFd) | 0, low32(flags))));
  }

  #attach(task: Task, hidId: number, programFd: number, flags: number): number {
    if ((flags & ~INSERT_HEAD) !== 0) return -Errno.EINVAL;
    const device = this.#host.deviceById(hidId);
    if (device === undefined) return -Errno.EINVAL;
    const program = task.progByFd(programFd);
    const member = memberOf(program);
    // HID_BPF_PROG_TYPE_UNDEF is -1 and handed on as it is.
    if (member === undefined) return -Errno.EPERM;
    if (member === 'deviceEvent') device.allocateBuffer();
    const count = device.ops.filter((ops) => ops[member] !== undefined).length;
    if (count >= (member === 'deviceEvent' ? MAX_EVENT_PROGRAMS : 1)) return -Errno.E2BIG;
    const slot = this.#freeSlot();
    if (slot === undefined) return -Errno.ENOMEM;
    return this.#link(task, device, program, member, slot, (flags & INSERT_HEAD) !== 0);
  }

  #freeSlot(): number | undefined {
    for (let slot = 0; slot < MAX_PROGRAMS; slot++) if (this.#slots[slot] !== true) return slot;
    return undefined;
  }

  /** __hid_bpf_attach_prog(): the program is in force while the link is there. */
  #link(
    task: Task,
    device: BpfDevice,
    program: BpfProg,
    member: 'deviceEvent' | 'descriptorFixup',
    slot: number,
    before: boolean,
  ): number {
    const ops: HidBpfOps = {
      before,
      deviceEvent: undefined,
      descriptorFixup: undefined,
      hardwareRequest: undefined,
      outputReport: undefined,
      [member]: program,
      tableIndex: slot,
    };
    const release = (): void => {
      this.#slots[slot] = false;
      if (this.#host.deviceById(device.hid.id) === device) this.#host.detach(device, ops);
    };
    task.fds.reserve();
    this.#slots[slot] = true;
    const link = this.#kernel.createLink(
      LinkType.UNSPEC,
      program.get(),
      { release },
      `${program.attachName} of ${device.hid.sysName}`,
    );
    const fd = installLink(task, link);
    this.#host.attach(device, ops);
    return fd;
  }
}

/** hid_bpf_get_prog_attach_type(). */
function memberOf(program: BpfProg): 'deviceEvent' | 'descriptorFixup' | undefined {
  if (program.type !== ProgType.TRACING || program.expectedAttachType !== AttachType.MODIFY_RETURN)
    return undefined;
  return MEMBERS[program.attachName];
}
