import { type RealDevice } from '../../host/bridge/index.ts';
import { messageOf } from '../../host/errors/index.ts';
import { type KernelView } from '../../../preload/contract/index.ts';
import { isSameDevice } from '../live/machine-devices.ts';
import { realDeviceId } from '../devices/device-summary.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import { attachOnHost, type HostAttachment, type HostTarget, type OpenMachine } from './host-attachment.ts';

/** What is to be on which device, also after that was unplugged. */
interface Wish {
  readonly object: ProjectObject;
  readonly target: HostTarget;
}

/** The kernel of this machine as the app uses it: at most one driver is attached there. */
export class HostKernel {
  /** Starts the agents; the caller stops them. */
  readonly open: OpenMachine;
  #attachment: HostAttachment | undefined;
  #wish: Wish | undefined;
  #log: string[] = [];

  constructor(open: OpenMachine) {
    this.open = open;
  }

  /** The driver that is attached, or the last refusal; undefined for none. */
  get attachment(): HostAttachment | undefined {
    return this.#attachment;
  }

  /** Takes the driver off that is attached and puts this one on. A refusal is a result. */
  attach(object: ProjectObject, target: HostTarget): HostAttachment {
    this.detach();
    this.#attachment = attachOnHost(this.open, object, target);
    if (this.#attachment.view.ok) this.#wish = { object, target };
    return this.#attachment;
  }

  /** Takes the driver off its device, and waits for that no more. */
  detach(): void {
    this.#wish = undefined;
    this.#log = [];
    this.#release();
  }

  /**
   * Looks after the driver where devices have come or gone: its device, plugged in again, gets it anew, as by udev.
   */
  follow(devices: readonly RealDevice[]): void {
    this.#dropUnplugged();
    const wish = this.#wish;
    const known = wish?.target.device;
    if (wish === undefined || known === undefined || this.#attachment !== undefined) return;
    const device = devices.find((candidate) => isSameDevice(candidate, known));
    if (device?.hidId === undefined) return;
    const { hidId, descriptor = wish.target.descriptor } = device;
    const log = this.#log;
    const target = { deviceId: realDeviceId(device.path), name: device.name, hidId, descriptor, device };
    const { view } = this.attach(wish.object, target);
    const outcome = view.ok ? 'the driver was attached anew' : 'the driver was refused';
    this.#log = [...log, `'${device.name}' was plugged in again: ${outcome}`];
  }

  /** The Kernel screen's view; undefined where the machine's kernel has nothing of ours. */
  view(engine: KernelView['engine']): KernelView | undefined {
    this.#dropUnplugged();
    const view = this.#attachment?.view;
    if (view === undefined && this.#log.length === 0) return undefined;
    return {
      version: view?.kernel ?? 'host',
      simulated: false,
      engine,
      fds: [],
      objects: [],
      log: this.#log,
      runs: this.#attachment?.runs() ?? [],
      traceLength: 0,
      ...(view === undefined ? {} : { attachment: view }),
    };
  }

  #dropUnplugged(): void {
    const attachment = this.#attachment;
    if (attachment?.view.ok !== true) return;
    let reason = 'it was unplugged';
    try {
      if (attachment.isPluggedIn()) return;
    } catch (error) {
      reason = messageOf(error);
    }
    this.#release();
    this.#log = [...this.#log, `The driver is no longer on '${attachment.view.deviceName}': ${reason}`];
  }

  #release(): void {
    const attachment = this.#attachment;
    this.#attachment = undefined;
    attachment?.close();
  }
}
