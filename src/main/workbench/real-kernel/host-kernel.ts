import { messageOf } from '../../host/errors/index.ts';
import { type KernelView } from '../../../preload/contract/index.ts';
import { type ProjectObject } from '../projects/project-library.ts';
import { attachOnHost, type HostAttachment, type HostTarget, type OpenMachine } from './host-attachment.ts';

/** The kernel of this machine as the app uses it: at most one driver is attached there. */
export class HostKernel {
  /** Starts the agents; the caller stops them. */
  readonly open: OpenMachine;
  #attachment: HostAttachment | undefined;
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
    return this.#attachment;
  }

  /** Takes the driver off its device. */
  detach(): void {
    const attachment = this.#attachment;
    this.#attachment = undefined;
    this.#log = [];
    attachment?.close();
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
    this.detach();
    this.#log = [`The driver is no longer on '${attachment.view.deviceName}': ${reason}`];
  }
}
