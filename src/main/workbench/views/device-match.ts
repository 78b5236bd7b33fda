import { type Btf, BtfKind } from '../../engine/btf/index.ts';
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
  return names[value] ?? `0x${value.toString(16).padStart(4, '0')}`;
}

/** Name of a bus number as device lists show it. */
export function busName(bus: number): string {
  return named(BUS_NAMES, bus);
}

/** A number that a definition hides in the type of a member: the length of the array that it points to. */
function hiddenNumber(btf: Btf, typeId: number): number | undefined {
  const pointer = btf.typeOfKind(btf.resolve(typeId), BtfKind.PTR);
  if (pointer === undefined) return undefined;
  return btf.typeOfKind(btf.resolve(pointer.type), BtfKind.ARRAY)?.length;
}

/** The devices that HID_BPF_CONFIG() names: at most 15 entries, each a struct of array lengths (udev-hid-bpf's convention). */
export function deviceMatches(btf: Btf | undefined): DeviceMatch[] {
  const sectionId = btf?.findByNameKind('.hid_bpf_config', BtfKind.DATASEC);
  if (btf === undefined || sectionId === undefined) return [];
  const matches: DeviceMatch[] = [];
  for (const entry of btf.typeOfKind(sectionId, BtfKind.DATASEC)?.variables ?? []) {
    const variable = btf.typeOfKind(entry.type, BtfKind.VAR);
    const union =
      variable === undefined ? undefined : btf.typeOfKind(btf.resolve(variable.type), BtfKind.UNION);
    for (const member of union?.members ?? []) {
      const device = btf.typeOfKind(btf.resolve(member.type), BtfKind.STRUCT);
      const value = (name: string): number => {
        const field = device?.members.find((candidate) => candidate.name === name);
        return field === undefined ? 0 : (hiddenNumber(btf, field.type) ?? 0);
      };
      if (device === undefined) continue;
      matches.push({
        bus: busName(value('bus')),
        group: named(GROUP_NAMES, value('group')),
        vendor: value('vid'),
        product: value('pid'),
      });
    }
  }
  return matches;
}
