import { EngineError, hex4 } from '../../engine/base/index.ts';
import { type Bridge, type OpenDevice, type RealDevice } from '../../host/bridge/index.ts';
import { realDeviceId } from '../devices/device-summary.ts';
import { transportTo } from './device-transport.ts';
import { type DevicePlan } from '../simulation/attach.ts';

/** `046d:c077` */
export function vendorProduct({ vendor, product }: Pick<RealDevice, 'vendor' | 'product'>): string {
  return `${hex4(vendor)}:${hex4(product)}`;
}

/**
 * The plugged-in device that a word of the command line means: its path, the number of its hidraw node, VID:PID, or its
 * name. Throws `usage` with what there is if none or several fit.
 */
export async function findMachineDevice(bridge: Bridge, word: string): Promise<RealDevice> {
  const devices = await bridge.list();
  const wanted = word.toLowerCase();
  const fitting = devices.filter(
    (device) =>
      device.path === word ||
      device.path.endsWith(`/hidraw${word}`) ||
      vendorProduct(device) === wanted ||
      device.name.toLowerCase() === wanted,
  );
  const [device] = fitting;
  if (device !== undefined && fitting.length === 1) return device;
  const list = (some: readonly RealDevice[]): string =>
    some.map(({ path, name }) => `${path} (${name})`).join(', ');
  if (fitting.length > 1) throw new EngineError('usage', `'${word}' fits ${list(fitting)}: give the path`);
  throw new EngineError(
    'usage',
    devices.length === 0
      ? `there is no device '${word}': no HID device is plugged in, or this system shows none (a container?)`
      : `there is no device '${word}'; there are ${list(devices)}`,
  );
}

/** `input1` of `usb-0000:00:14.0-1.4/input1`: which interface of a device it is, wherever it is plugged in. */
function interfaceOf({ phys }: RealDevice): string {
  return /[^/]*$/.exec(phys)?.[0] ?? '';
}

/**
 * True for the same make at the same place, or with the same serial number at any: the same device for whoever unplugged
 * it and plugged it in again. Interfaces of one device are different devices.
 */
export function isSameDevice(left: RealDevice, right: RealDevice): boolean {
  return (
    left.bus === right.bus &&
    left.vendor === right.vendor &&
    left.product === right.product &&
    left.uniq === right.uniq &&
    left.name === right.name &&
    (left.phys === right.phys || (left.uniq !== '' && interfaceOf(left) === interfaceOf(right)))
  );
}

/** The plan of a simulated twin of a plugged-in device that is open: what the driver asks, the device is asked. */
export function planOf(device: RealDevice, open: OpenDevice): DevicePlan {
  const { path, name, phys, uniq, bus, vendor, product, descriptor } = device;
  if (descriptor === undefined) {
    throw new EngineError(
      'unsupported',
      `${path}: this system does not show the report descriptor of its devices (Linux does), so no driver can be attached: record it, give the recording its R: line, and replay`,
    );
  }
  const transport = transportTo(open.atOnce);
  return { deviceId: realDeviceId(path), name, phys, uniq, bus, vendor, product, descriptor, transport };
}
