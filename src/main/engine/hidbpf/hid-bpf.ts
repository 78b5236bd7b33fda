import { Errno } from '../abi/index.ts';
import { Emitter, EngineError } from '../base/index.ts';
import { BtfKind } from '../btf/index.ts';
import { type HidBus, type HidDevice } from '../hid/index.ts';
import { type BpfProg, type Kernel, type StructOpsSpec } from '../kernel/index.ts';
import { VmFault } from '../vm/index.ts';
import { ContextReader, HidContext } from './context.ts';
import { BpfDevice } from './device.ts';
import { Dispatcher, type HidBpfWarning } from './dispatch.ts';
import { hidKfuncs } from './kfuncs.ts';
import { type HidLayouts, hidLayouts } from './layout.ts';
import { type HidBpfOps } from './ops.ts';
import { type HidBpfProfile, hidBpfProfile } from './profile.ts';
import { writeRules } from './write-rules.ts';

/** BPF_F_BEFORE, the only flag that hid_bpf_ops takes. */
const BPF_F_BEFORE = 1 << 3;
/** Members that a sleepable program may stand in (hid_bpf_ops_check_member). */
const SLEEPABLE_MEMBERS: readonly string[] = ['hid_rdesc_fixup', 'hid_hw_request', 'hid_hw_output_report'];

/**
 * HID-BPF, plugged into a simulated kernel as the real one's HID subsystem plugs itself in: kernel functions and the struct_ops
 * type hid_bpf_ops (drivers/hid/bpf). Devices come from the bus, which knows nothing of BPF.
 */
export class HidBpf {
  readonly profile: HidBpfProfile;
  /** What a real kernel would not survive, or does silently. */
  readonly warnings = new Emitter<HidBpfWarning>();
  readonly #kernel: Kernel;
  readonly #bus: HidBus;
  readonly #layouts: HidLayouts;
  readonly #dispatcher: Dispatcher;
  readonly #devices = new Map<HidDevice, BpfDevice>();
  readonly #byAddress = new Map<bigint, BpfDevice>();
  readonly #registered = new Map<bigint, { readonly ops: HidBpfOps; readonly device: BpfDevice }>();
  readonly #allocated = new Map<bigint, HidContext>();

  /** True where the kernel has HID-BPF as struct_ops (6.11 and later) and its BTF knows the types. */
  static isAvailable(kernel: Kernel): boolean {
    return (
      hidBpfProfile(kernel.profile.name).api === 'struct_ops' &&
      kernel.btf.findByNameKind('hid_bpf_ops', BtfKind.STRUCT) !== undefined
    );
  }

  /** Registers everything with the kernel. Throws `unsupported` where it is not available. */
  constructor(kernel: Kernel, bus: HidBus) {
    this.profile = hidBpfProfile(kernel.profile.name);
    if (!HidBpf.isAvailable(kernel)) {
      throw new EngineError(
        'unsupported',
        `HID-BPF is simulated as struct_ops, which came with Linux 6.11; this kernel is ${kernel.profile.name}`,
      );
    }
    this.#kernel = kernel;
    this.#bus = bus;
    this.#layouts = hidLayouts(kernel.btf);
    this.#dispatcher = new Dispatcher({
      arena: kernel.arena,
      run: (program, args) => this.#run(program, args),
      warn: (warning) => this.warnings.emit(warning),
    });
    const kfuncs = hidKfuncs({
      profile: this.profile,
      contexts: new ContextReader(kernel.arena, this.#layouts),
      deviceAt: (address) => this.#byAddress.get(address),
      deviceById: (id) => {
        const hid = bus.find(id);
        return hid === undefined ? undefined : this.#device(hid);
      },
      newContext: (device) => this.#newContext(device),
      releaseContext: (address) => this.#releaseContext(address),
    });
    for (const kfunc of kfuncs) kernel.registerKfunc(kfunc);
    kernel.registerStructOps(this.#structOps());
    bus.removed.on((hid) => this.#forget(hid));
  }

  #device(hid: HidDevice): BpfDevice {
    const known = this.#devices.get(hid);
    if (known !== undefined) return known;
    const device = new BpfDevice(this.#kernel.arena, this.#layouts, hid);
    this.#devices.set(hid, device);
    this.#byAddress.set(device.address, device);
    return device;
  }

  #newContext(device: BpfDevice): HidContext {
    const context = new HidContext(this.#kernel.arena, this.#layouts, 'hid_bpf_allocate_context');
    context.set(device.address, 0n, 0, 0, false);
    this.#allocated.set(context.address, context);
    return context;
  }

  #releaseContext(address: bigint): boolean {
    const context = this.#allocated.get(address);
    if (context === undefined) return false;
    this.#allocated.delete(address);
    context.free();
    return true;
  }

  /** A table's function returns int: the low 32 bits of R0. What the engine catches as a fault counts as a dropped report. */
  #run(program: BpfProg, args: readonly bigint[]): number {
    try {
      return Number(BigInt.asIntN(32, this.#kernel.runProgram(program, args)));
    } catch (error) {
      if (!(error instanceof VmFault)) throw error;
      this.warnings.emit({ code: 'program-fault', message: `${program.name}: ${error.message}` });
      return -Errno.EFAULT;
    }
  }

  /** The programs' view of names and quirks, written back to the device: call it before names are shown. */
  readBack(hid: HidDevice): void {
    this.#devices.get(hid)?.readBack();
  }

  /** Programs attached to a device, in the order in which their tables run. */
  attachedPrograms(hid: HidDevice): readonly BpfProg[] {
    const programs = (this.#devices.get(hid)?.ops ?? []).flatMap((ops) => [
      ops.deviceEvent,
      ops.descriptorFixup,
      ops.hardwareRequest,
      ops.outputReport,
    ]);
    return programs.filter((program) => program !== undefined);
  }

  /* ---- struct_ops ---- */

  #structOps(): StructOpsSpec {
    const ops = this.#layouts.ops;
    const hidId = BigInt(ops.member('hid_id').offset);
    const flags = BigInt(ops.member('flags').offset);
    const { arena } = this.#kernel;
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
      verifier: {
        structAccess: writeRules(this.#layouts, this.profile),
      },
    };
  }

  #opsAt(kdata: bigint): HidBpfOps {
    const { arena } = this.#kernel;
    const layout = this.#layouts.ops;
    const program = (member: string): BpfProg | undefined => this.#kernel.structOpsProgram(kdata, member);
    return {
      kdata,
      hidId: arena.readU32(kdata + BigInt(layout.member('hid_id').offset)),
      before: (arena.readU32(kdata + BigInt(layout.member('flags').offset)) & BPF_F_BEFORE) !== 0,
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
    const hid = this.#bus.find(ops.hidId);
    if (hid === undefined) return -Errno.EINVAL;
    const device = this.#device(hid);
    const error = device.add(ops);
    if (error !== 0) return error;
    this.#registered.set(kdata, { ops, device });
    hid.hooks = this.#dispatcher.hooksFor(device);
    if (ops.descriptorFixup !== undefined) this.#reconnect(device);
    return 0;
  }

  /** hid_bpf_unreg(). */
  #unregister(kdata: bigint): void {
    const entry = this.#registered.get(kdata);
    if (entry === undefined) return;
    this.#registered.delete(kdata);
    const { ops, device } = entry;
    const wasDescriptor = device.remove(ops);
    device.readBack();
    device.hid.hooks = this.#dispatcher.hooksFor(device);
    if (wasDescriptor) this.#reconnect(device);
  }

  /** hid_bpf_reconnect(): the result of the new probe is nobody's concern in the kernel, but an author wants to know. */
  #reconnect(device: BpfDevice): void {
    const accepted = device.hid.reprobe();
    device.hid.hooks = this.#dispatcher.hooksFor(device);
    if (!accepted) {
      this.warnings.emit({
        code: 'descriptor-refused',
        message: `${device.hid.sysName}: the kernel refuses the descriptor that hid_rdesc_fixup made; the device has no driver and no hidraw node until the program is detached`,
      });
    }
  }

  /** hid_bpf_destroy_device(): the device goes away, its tables stay registered without effect. */
  #forget(hid: HidDevice): void {
    const device = this.#devices.get(hid);
    if (device === undefined) return;
    hid.hooks = {};
    device.ops = [];
    device.descriptorOps = undefined;
    this.#devices.delete(hid);
    this.#byAddress.delete(device.address);
    for (const [kdata, entry] of this.#registered)
      if (entry.device === device) this.#registered.delete(kdata);
    device.free();
  }
}
