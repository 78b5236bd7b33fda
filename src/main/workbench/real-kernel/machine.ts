import { existsSync, readFileSync } from 'node:fs';
import { BpfCmd, UserMemory } from '../../engine/abi/index.ts';
import { EngineError } from '../../engine/base/index.ts';
import { Btf } from '../../engine/btf/index.ts';
import { type ObjectSpec } from '../../engine/elf/index.ts';
import { encodeAttr, type LoadedObject, loadObject, type LoadOptions } from '../../engine/loader/index.ts';
import {
  HostError,
  readWhole,
  type RealKernel,
  startLocalKernel,
  UhidDevices,
} from '../../host/real-kernel/index.ts';
import { type Resources } from '../resources.ts';

/** enum bpf_stats_type. */
const STATS_RUN_TIME = 0;
const KERNEL_BTF = '/sys/kernel/btf/vmlinux';
/** Capabilities (linux/capability.h): either of the first two loads programs, the others are needed besides CAP_BPF. */
const CAP_SYS_ADMIN = 21n;
const CAP_BPF = 39n;
const CAP_PERFMON = 38n;

/** What `--kernel host` needs: a real kernel with its types, and a second agent that plays devices. */
export class RealMachine {
  readonly kernel: RealKernel;
  readonly btf: Btf;
  readonly devices: UhidDevices;
  readonly #player: RealKernel;

  constructor(kernel: RealKernel, player: RealKernel, btf: Btf) {
    this.kernel = kernel;
    this.#player = player;
    this.btf = btf;
    this.devices = new UhidDevices(player, kernel);
  }

  /** LINUX_VERSION_CODE of the running kernel. */
  get versionCode(): number {
    const [, major = 0, minor = 0, patch = 0] =
      /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(this.kernel.release)?.map(Number) ?? [];
    return major * 65536 + minor * 256 + Math.min(255, patch || 0);
  }

  /** Loads an object by this project's own loader. Throws LoadError with the real kernel's log. */
  load(spec: ObjectSpec, options: Omit<LoadOptions, 'kernelBtf' | 'kernelVersion'> = {}): LoadedObject {
    return loadObject(spec, this.kernel, {
      ...options,
      kernelBtf: this.btf,
      kernelVersion: this.versionCode,
      questionMarkSections: this.versionCode >= 6 * 65536 + 9 * 256,
    });
  }

  /** Throws `unsupported` where drivers cannot be attached to HID devices. */
  requireHidBpf(): void {
    if (this.btf.findByName('hid_bpf_ops') !== undefined) return;
    throw new EngineError(
      'unsupported',
      `the kernel ${this.kernel.release} has no HID-BPF: it takes Linux 6.11 or newer, built with CONFIG_HID_BPF. 'verify' and 'run' work on it, 'replay' and attaching do not; use a simulated kernel for these`,
    );
  }

  /** Makes the kernel count the runs of programs until stop(). False where it refuses: it wants CAP_SYS_ADMIN for that. */
  countRuns(): boolean {
    const attr = encodeAttr(BpfCmd.ENABLE_STATS, { type: STATS_RUN_TIME });
    return this.kernel.bpf(BpfCmd.ENABLE_STATS, attr, new UserMemory()) >= 0;
  }

  stop(): void {
    this.#player.stop();
    this.kernel.stop();
  }
}

/**
 * The kernel of this machine. Throws HostError or `unsupported` with what is missing: Linux, an agent for the processor,
 * the right, or the kernel's types.
 */
export function openLocalMachine(resources: Resources): RealMachine {
  const start = (): RealKernel => startLocalKernel({ resources: resources.folder });
  const kernel = start();
  try {
    requireRight(kernel);
    if (!existsSync(KERNEL_BTF)) {
      throw new EngineError(
        'unsupported',
        `the kernel ${kernel.release} shows no types (${KERNEL_BTF}): it was built without CONFIG_DEBUG_INFO_BTF`,
      );
    }
    const btf = Btf.parse(new Uint8Array(readFileSync(KERNEL_BTF)));
    return new RealMachine(kernel, start(), btf);
  } catch (error) {
    kernel.stop();
    throw error;
  }
}

/** Says who may load programs, where this user may not. */
export function requireRight(kernel: RealKernel): void {
  const status = readWhole(kernel, '/proc/self/status');
  const hex =
    typeof status === 'number'
      ? undefined
      : /^CapEff:\t([0-9a-f]+)$/m.exec(new TextDecoder().decode(status))?.[1];
  if (hex === undefined) return;
  const effective = BigInt(`0x${hex}`);
  const has = (capability: bigint): boolean => ((effective >> capability) & 1n) === 1n;
  if (has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON))) return;
  throw new HostError(
    'io',
    `this user may not load programs into the kernel of this machine: run hidsmith as root (sudo), or give it CAP_BPF and CAP_PERFMON`,
  );
}
