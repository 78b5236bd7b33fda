import { KERNEL_PROFILES, type KernelProfile, kernelProfile } from '../../engine/abi/index.ts';
import { EngineError } from '../../engine/base/index.ts';
import { type Btf } from '../../engine/btf/index.ts';
import { type ObjectSpec } from '../../engine/elf/index.ts';
import {
  type DeviceIdentity,
  type DeviceTransport,
  HidBus,
  type HidDevice,
  hidProfile,
} from '../../engine/hid/index.ts';
import { HidBpf, type HidBpfWarning } from '../../engine/hidbpf/index.ts';
import { Kernel, type Task } from '../../engine/kernel/index.ts';
import { type HidLink, type LoadOptions, type LoadedObject, loadObject } from '../../engine/loader/index.ts';
import { type Resources } from '../resources.ts';
import { type ProbeResult, probeDevice } from './probe.ts';
import { type UdevProperties, udevGlobals } from './udev.ts';

export interface SimulationOptions {
  /** `6.12` */
  readonly kernel: string;
  readonly engine: 'interpreter' | 'jit';
  /** The kernel's types; those of the resources unless given. */
  readonly btf?: Btf;
  /** Keep what the verifier knows at each instruction. */
  readonly keepVerifierStates?: boolean;
  /** Told now and then how many instructions of a program are verified, and how many may be. */
  readonly verifierProgress?: (processedInsns: number, limit: number) => void;
}

/** The profile of a kernel version; throws `usage` with those that there are. */
function profileOf(version: string): KernelProfile {
  const profile = kernelProfile(version);
  if (profile === undefined) {
    const known = KERNEL_PROFILES.map(({ name }) => name).join(', ');
    throw new EngineError('usage', `kernel ${version} is not simulated; choose one of ${known}`);
  }
  return profile;
}

/** One simulated Linux machine: kernel, HID bus and HID-BPF, with a process that loads drivers. */
export class Simulation {
  readonly kernel: Kernel;
  readonly bus: HidBus;
  readonly hidBpf: HidBpf | undefined;
  readonly task: Task;
  /** What a real kernel would not survive or does silently, in order; each message once. */
  readonly warnings: HidBpfWarning[] = [];

  constructor(resources: Resources, options: SimulationOptions) {
    const profile = profileOf(options.kernel);
    const btf = options.btf ?? resources.kernelBtf(profile.name);
    const { engine, keepVerifierStates = false, verifierProgress } = options;
    const watch = verifierProgress === undefined ? {} : { verifierProgress };
    this.kernel = new Kernel({ profile, btf, engine, keepVerifierStates, ...watch });
    this.bus = new HidBus(hidProfile(profile.name));
    this.hidBpf = HidBpf.isAvailable(this.kernel) ? new HidBpf(this.kernel, this.bus) : undefined;
    this.hidBpf?.warnings.on((warning) => {
      if (!this.warnings.some(({ message }) => message === warning.message)) this.warnings.push(warning);
    });
    this.task = this.kernel.openTask({ name: 'hidsmith' });
  }

  addDevice(
    identity: DeviceIdentity,
    descriptor: Uint8Array,
    transport?: DeviceTransport,
    hidId?: number,
  ): HidDevice {
    return this.bus.add(identity, descriptor, transport, hidId);
  }

  /**
   * Loads an object as libbpf would, for the device `hidId` with the globals that udev-hid-bpf fills. Throws LoadError with stage, errno
   * and the kernel's log.
   */
  load(
    spec: ObjectSpec,
    options: Omit<LoadOptions, 'kernelBtf' | 'kernelVersion' | 'cpus'> & {
      readonly properties?: UdevProperties;
    } = {},
  ): LoadedObject {
    const { kernel } = this;
    const { properties = {}, ...rest } = options;
    const device = options.hidId === undefined ? undefined : this.bus.find(options.hidId);
    const globals = device === undefined ? {} : udevGlobals(spec, device, properties);
    return loadObject(spec, this.task, {
      ...rest,
      globals: { ...globals, ...options.globals },
      kernelBtf: kernel.btf,
      kernelVersion: kernel.profile.versionCode,
      cpus: kernel.cpus,
      kallsyms: (name) => kernel.kallsyms.lookup(name),
    });
  }

  /** Runs the driver's SEC("syscall") probe() on a device, as udev-hid-bpf does before it attaches. */
  probe(loaded: LoadedObject, device: HidDevice): ProbeResult {
    return probeDevice(loaded, device.id, device.descriptor);
  }

  /** Attaches all of an object to a device (LoadedObject.attachHid). Throws LoadError; nothing stays attached then. */
  attachAll(loaded: LoadedObject, device: HidDevice): HidLink[] {
    const links = loaded.attachHid(device.id);
    this.hidBpf?.readBack(device);
    return links;
  }

  /** Every program of the kernel with its runs so far. */
  programRuns(): { readonly name: string; readonly runs: number; readonly instructions: number }[] {
    return this.kernel.progs
      .values()
      .map(({ name, stats }) => ({ name, runs: stats.runs, instructions: stats.instructions }));
  }

  /** What an author should read after a run: warnings, then dmesg and bpf_printk lines. */
  notes(): string[] {
    return [...this.warnings.map(({ message }) => message), ...this.logLines()];
  }

  /** dmesg and bpf_printk lines, in the order of their time. */
  logLines(): string[] {
    const lines = [...this.kernel.log.lines, ...this.kernel.tracePipe.lines];
    return lines
      .sort((left, right) => (left.time < right.time ? -1 : left.time > right.time ? 1 : 0))
      .map(({ text }) => text);
  }
}
