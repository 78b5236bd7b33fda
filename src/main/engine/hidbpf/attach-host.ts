import { type BpfDevice } from './device.ts';
import { type HidBpfOps } from './ops.ts';

/** What the two ways of attaching (hid_bpf_ops, hid_bpf_attach_prog) need from the one who owns the devices. */
export interface AttachHost {
  /** The device with that hid_id. */
  deviceById(id: number): BpfDevice | undefined;
  /** Puts a table into force; the device is probed anew if it has a descriptor fixup. */
  attach(device: BpfDevice, ops: HidBpfOps): void;
  /** Takes a table out of force; the device is probed anew if its descriptor fixup was the one. */
  detach(device: BpfDevice, ops: HidBpfOps): void;
}
