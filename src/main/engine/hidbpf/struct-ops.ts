import { Errno } from '../abi/index.ts';
import { type Arena } from '../vm/index.ts';
import { type BpfProg, type Kernel, type StructOpsSpec } from '../kernel/index.ts';
import { type AttachHost } from './attach-host.ts';
import { type BpfDevice } from './device.ts';
import { type HidLayouts, type StructLayout } from './layout.ts';
import { type HidBpfOps } from './ops.ts';
import { type HidBpfProfile } from './profile.ts';
import { writeRules } from './write-rules.ts';

/** HID_BPF_MAX_PROGS_PER_DEV: struct_ops tables on one device, whatever hooks they have. */
const MAX_OPS_PER_DEVICE = 64;
/** BPF_F_BEFORE, the only flag that hid_bpf_ops takes. */
const BPF_F_BEFORE = 1 << 3;
/** Members that a sleepable program may stand in (hid_bpf_ops_check_member). */
const SLEEPABLE_MEMBERS: readonly string[] = ['hid_rdesc_fixup', 'hid_hw_request', 'hid_hw_output_report'];

/** The struct_ops type hid_bpf_ops (drivers/hid/bpf/hid_bpf_struct_ops.c, Linux 6.11 and later). */
export class HidBpfOpsType {
  readonly #kernel: Kernel;
  readonly #arena: Arena;
  readonly #layout: StructLayout;
  readonly #host: AttachHost;
  /** By the address of the kernel's copy of the struct. */
  readonly #registered = new Map<bigint, { readonly ops: HidBpfOps; readonly device: BpfDevice }>();

  /** Registers the type with the kernel. */
  constructor(
    kernel: Kernel,
    layouts: HidLayouts,
    ops: StructLayout,
    profile: HidBpfProfile,
    host: AttachHost,
  ) {
    this.#kernel = kernel;
    this.#arena = kernel.arena;
    this.#layout = ops;
    this.#host = host;
    kernel.registerStructOps(this.#spec(layouts, profile));
  }

  #spec(layouts: HidLayouts, profile: HidBpfProfile): StructOpsSpec {
    const hidId = BigInt(this.#layout.member('hid_id').offset);
    const flags = BigInt(this.#layout.member('flags').offset);
    const arena = this.#arena;
    return {
      name: 'hid_bpf_ops',
      checkMember: (_member, name, sleepable) =>
        sleepable && !SLEEPABLE_MEMBERS.includes(name) ? -Errno.EINVAL : 0,
      initMember: (_member, name, kdata, udata) => {
        if (name === 'hid_id') {
          arena.writeU32(kdata + hidId, arena.readU32(udata + hidId));
          return 1;
        }
        if (name !== 'flags') return 0;
        const value = arena.readU32(udata + flags);
        if ((value & ~BPF_F_BEFORE) !== 0) return -Errno.EINVAL;
        arena.writeU32(kdata + flags, value);
        return 1;
      },
      reg: (kdata) => this.#register(kdata),
      unreg: (kdata) => this.#unregister(kdata),
      verifier: { structAccess: writeRules(layouts, profile) },
    };
  }

  #member(kdata: bigint, name: string): number {
    return this.#arena.readU32(kdata + BigInt(this.#layout.member(name).offset));
  }

  #opsAt(kdata: bigint): HidBpfOps {
    const program = (member: string): BpfProg | undefined => this.#kernel.structOpsProgram(kdata, member);
    return {
      before: (this.#member(kdata, 'flags') & BPF_F_BEFORE) !== 0,
      deviceEvent: program('hid_device_event'),
      descriptorFixup: program('hid_rdesc_fixup'),
      hardwareRequest: program('hid_hw_request'),
      outputReport: program('hid_hw_output_report'),
    };
  }

  /** hid_bpf_reg(). */
  #register(kdata: bigint): number {
    if (this.#registered.has(kdata)) return -Errno.EINVAL;
    const ops = this.#opsAt(kdata);
    const device = this.#host.deviceById(this.#member(kdata, 'hid_id'));
    if (device === undefined) return -Errno.EINVAL;
    if (device.ops.length >= MAX_OPS_PER_DEVICE) return -Errno.E2BIG;
    if (ops.descriptorFixup !== undefined && device.descriptorOps !== undefined) return -Errno.EINVAL;
    this.#registered.set(kdata, { ops, device });
    this.#host.attach(device, ops);
    return 0;
  }

  /** hid_bpf_unreg(). */
  #unregister(kdata: bigint): void {
    const entry = this.#registered.get(kdata);
    if (entry === undefined) return;
    this.#registered.delete(kdata);
    this.#host.detach(entry.device, entry.ops);
  }

  /** The device is gone: its tables stay in the kernel without effect. */
  forget(device: BpfDevice): void {
    for (const [kdata, entry] of this.#registered)
      if (entry.device === device) this.#registered.delete(kdata);
  }
}
