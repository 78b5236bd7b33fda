import { hex4 } from '../../engine/base/index.ts';
import { type Btf } from '../../engine/btf/index.ts';
import { deviceIds } from '../../engine/elf/index.ts';
import { type DeviceMatch } from '../../../preload/contract/index.ts';

/** BUS_* of linux/input.h that HID devices sit on. */
const BUS_NAMES: Readonly<Record<number, string>> = {
  0: 'any',
  1: 'pci',
  3: 'usb',
  5: 'bluetooth',
  6: 'virtual',
  0x18: 'i2c',
};
/** HID_GROUP_* of linux/hid.h. */
const GROUP_NAMES: Readonly<Record<number, string>> = {
  0: 'any',
  1: 'generic',
  2: 'multitouch',
  3: 'sensor-hub',
  4: 'multitouch-win-8',
  0x100: 'rmi',
  0x101: 'wacom',
  0x102: 'logitech-dj-device',
  0x103: 'steam',
  0x104: 'logitech-27mhz-device',
  0x105: 'vivaldi',
};

function named(names: Readonly<Record<number, string>>, value: number): string {
  return names[value] ?? `0x${hex4(value)}`;
}

/** Name of a bus number as device lists show it. */
export function busName(bus: number): string {
  return named(BUS_NAMES, bus);
}

/** The devices that HID_BPF_CONFIG() of an object names. */
export function deviceMatches(btf: Btf | undefined): DeviceMatch[] {
  return deviceIds(btf).map(({ bus, group, vendor, product }) => ({
    bus: busName(bus),
    group: named(GROUP_NAMES, group),
    vendor,
    product,
  }));
}
