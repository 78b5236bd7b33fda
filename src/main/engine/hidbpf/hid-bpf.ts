import { Errno } from '../abi/index.ts';
import { Emitter, EngineError } from '../base/index.ts';
import { BtfKind } from '../btf/index.ts';
import { type HidBus, type HidDevice } from '../hid/index.ts';
import { type BpfProg, type Kernel } from '../kernel/index.ts';
import { VmFault } from '../vm/index.ts';
import { type AttachHost } from './attach-host.ts';
import { ContextReader, HidContext } from './context.ts';
import { BpfDevice } from './device.ts';
import { Dispatcher, type HidBpfWarning } from './dispatch.ts';
import { hidKfuncs } from './kfuncs.ts';
import { type HidLayouts, StructLayout, hidLayouts } from './layout.ts';
import { type HidBpfOps } from './ops.ts';
import { type HidBpfProfile, hidBpfProfile } from './profile.ts';
import { HidBpfOpsType } from './struct-ops.ts';
import { HidBpfTracing } from './tracing.ts';

/** The function whose place the running fmod_ret program takes on 6.3 to 6.10. */
const TAIL_CALL = '__hid_bpf_tail_call';

/**
 * HID-BPF, plugged into a simulated kernel as the real one's HID subsystem plugs itself in: kernel functions and, by version, the
 * struct_ops type hid_bpf_ops (6.11 and later) or fmod_ret programs with hid_bpf_attach_prog() (6.3 to 6.10). Devices come from the
 * bus, which knows nothing of BPF.
 */
export class HidBpf implements AttachHost {
  readonly profile: HidBpfProfile;
  /** What a real kernel would not survive, or does silently. */
  readonly warnings = new Emitter<HidBpfWarning>();
  readonly #kernel: Kernel;
  readonly #bus: HidBus;
  readonly #layouts: HidLayouts;
  readonly #dispatcher: Dispatcher;
  readonly #devices = new Map<HidDevice, BpfDevice>();
  readonly #byAddress = new Map<bigint, BpfDevice>();
  readonly #opsType: HidBpfOpsType | undefined;
  readonly #allocated = new Map<bigint, HidContext>();

  /** True where the kernel has HID-BPF (6.3 and later) and its BTF knows the types. */
  static isAvailable(kernel: Kernel): boolean {
    return (
      hidBpfProfile(kernel.profile.name).api !== 'none' &&
      kernel.btf.findByNameKind('hid_bpf_ctx', BtfKind.STRUCT) !== undefined
    );
  }

  /** Registers everything with the kernel. Throws `unsupported` where it is not available. */
  constructor(kernel: Kernel, bus: HidBus) {
    this.profile = hidBpfProfile(kernel.profile.name);
    if (!HidBpf.isAvailable(kernel)) {
      throw new EngineError(
        'unsupported',
        `HID-BPF came with Linux 6.3 and needs CONFIG_HID_BPF; this kernel is ${kernel.profile.name}`,
      );
    }
    this.#kernel = kernel;
    this.#bus = bus;
    this.#layouts = hidLayouts(kernel.btf);
    const traced = this.profile.api === 'tracing';
    this.#dispatcher = new Dispatcher({
      arena: kernel.arena,
      firstResultEnds: traced,
      run: traced
        ? (program, context) => this.#runTraced(program, context)
        : (program, context) => this.#run(program, context),
      warn: (warning) => this.warnings.emit(warning),
    });
    this.#registerKfuncs(traced ? new HidBpfTracing(kernel, this) : undefined);
    this.#opsType = traced
      ? undefined
      : new HidBpfOpsType(
          kernel,
          this.#layouts,
          new StructLayout(kernel.btf, 'hid_bpf_ops'),
          this.profile,
          this,
        );
    bus.removed.on((hid) => this.#forget(hid));
  }

  #registerKfuncs(tracing: HidBpfTracing | undefined): void {
    const kfuncs = hidKfuncs({
      profile: this.profile,
      contexts: new ContextReader(this.#kernel.arena, this.#layouts),
      tracing,
      deviceAt: (address) => this.#byAddress.get(address),
      deviceById: (id) => this.deviceById(id),
      newContext: (device) => this.#newContext(device),
      releaseContext: (address) => this.#releaseContext(address),
    });
    for (const kfunc of kfuncs) this.#kernel.registerKfunc(kfunc);
  }

  deviceById(id: number): BpfDevice | undefined {
    const hid = this.#bus.find(id);
    return hid === undefined ? undefined : this.#device(hid);
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
  #run(program: BpfProg, context: HidContext): number {
    try {
      return Number(BigInt.asIntN(32, this.#kernel.runtime.run(program, context.args)));
    } catch (error) {
      if (!(error instanceof VmFault)) throw error;
      this.warnings.emit({ code: 'program-fault', message: `${program.name}: ${error.message}` });
      return -Errno.EFAULT;
    }
  }

  /**
   * __hid_bpf_tail_call(): the program through the jump table, then whatever else is attached to that function if it gave 0
   * (the kernel's own program was there first).
   */
  #runTraced(program: BpfProg, context: HidContext): number {
    context.setArgument(1, 0n);
    const result = this.#run(program, context);
    const { targets } = this.#kernel;
    if (result !== 0 || targets.attached(TAIL_CALL).length === 0) return result;
    return Number(
      BigInt.asIntN(
        32,
        targets.call(TAIL_CALL, [context.address], () => 0n),
      ),
    );
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

  attach(device: BpfDevice, ops: HidBpfOps): void {
    device.add(ops);
    device.hid.hooks = this.#dispatcher.hooksFor(device);
    if (ops.descriptorFixup !== undefined) this.#reconnect(device);
  }

  detach(device: BpfDevice, ops: HidBpfOps): void {
    const wasDescriptor = device.remove(ops);
    device.readBack();
    device.hid.hooks = this.#dispatcher.hooksFor(device);
    if (wasDescriptor) this.#reconnect(device);
  }

  /**
   * hid_bpf_reconnect(): the result of the new probe is nobody's concern in the kernel, but an author wants to know. Since 6.13 the probe
   * begins with the quirks of the kernel's table, and the fixup may toggle some.
   */
  #reconnect(device: BpfDevice): void {
    const { hid } = device;
    if (hid.isReprobeAsked) {
      this.warnings.emit({
        code: 'reconnect-skipped',
        message: `${hid.sysName}: a probe of the device is already asked for, so Linux does not probe it for hid_rdesc_fixup: the descriptor stays as it is until the next probe`,
      });
      return;
    }
    hid.isReprobeAsked = true;
    if (this.profile.quirksWritable) device.resetQuirks();
    const accepted = hid.reprobe();
    hid.hooks = this.#dispatcher.hooksFor(device);
    device.showGroup();
    device.readBack();
    const toggled = hid.quirks ^ hid.lookupQuirks;
    if (this.profile.quirksWritable && toggled !== 0)
      hid.log.emit(`HID-BPF toggled quirks on the device: ${(toggled >>> 0).toString(16).padStart(4, '0')}`);
    if (accepted) return;
    this.warnings.emit({
      code: 'descriptor-refused',
      message: `${hid.sysName}: the kernel refuses the descriptor that hid_rdesc_fixup made; the device has no driver and no hidraw node until the program is detached`,
    });
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
    this.#opsType?.forget(device);
    device.free();
  }
}
