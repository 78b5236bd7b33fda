import { type ObjectSpec } from '../../engine/elf/index.ts';
import { type LoadedObject } from '../../engine/loader/index.ts';
import { type UhidTwin } from '../../host/real-kernel/index.ts';
import { type DevicePlan } from '../simulation/attach.ts';
import { type RealMachine } from './machine.ts';

/** A device of a recording in the real kernel with drivers on it, until close(). */
export interface DrivenTwin {
  readonly device: UhidTwin;
  readonly loaded: readonly LoadedObject[];
  /** The descriptor as the drivers left it. */
  readonly descriptor: Uint8Array;
  close(): void;
}

/**
 * Makes the device through /dev/uhid and attaches the objects to it; `onLoaded` may throw to refuse the device before
 * the attach. When anything fails nothing stays behind.
 */
export function openTwin(
  machine: RealMachine,
  objects: readonly ObjectSpec[],
  plan: Omit<DevicePlan, 'deviceId'>,
  onLoaded: (loaded: LoadedObject, device: UhidTwin) => void = () => undefined,
): DrivenTwin {
  machine.requireHidBpf();
  const { name, phys, uniq, bus, vendor, product, descriptor } = plan;
  const device = machine.devices.createUhid({ name, phys, uniq, bus, vendor, product, descriptor });
  const loaded: LoadedObject[] = [];
  const close = (): void => {
    for (const object of loaded) object.close();
    device.destroy();
  };
  try {
    for (const spec of objects) loaded.push(machine.load(spec, { hidId: device.hidId }));
    for (const object of loaded) onLoaded(object, device);
    for (const object of loaded) object.attachHid(device.hidId);
    device.settle();
    return { device, loaded, descriptor: device.read('report_descriptor'), close };
  } catch (error) {
    close();
    throw error;
  }
}
