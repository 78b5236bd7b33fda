import { access, constants, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** What Linux shows of a hidraw node in sysfs, readable by everybody. */
export interface SysfsDevice {
  readonly node: string;
  /** The kernel's number of the HID device, as HID-BPF takes it: 5 of 0003:046D:C077.0005. */
  readonly hidId?: number;
  readonly name: string;
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly phys: string;
  readonly uniq: string;
  readonly descriptor: Uint8Array;
}

/** Reads `KEY=value` lines of a uevent file. */
function ueventOf(text: string): Map<string, string> {
  return new Map(
    text.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

async function readDevice(root: string, node: string): Promise<SysfsDevice | undefined> {
  const folder = join(root, 'sys/class/hidraw', node, 'device');
  try {
    const values = ueventOf(await readFile(join(folder, 'uevent'), 'utf8'));
    const id = /^([0-9A-F]+):([0-9A-F]+):([0-9A-F]+)$/i.exec(values.get('HID_ID') ?? '');
    if (id === null) return undefined;
    const instance = /\.([0-9A-F]{4,})$/i.exec(await realpath(folder))?.[1];
    const [bus = 0, vendor = 0, product = 0] = id.slice(1).map((hex) => parseInt(hex, 16));
    return {
      node,
      ...(instance === undefined ? {} : { hidId: parseInt(instance, 16) }),
      name: values.get('HID_NAME') ?? '',
      bus,
      vendor,
      product,
      phys: values.get('HID_PHYS') ?? '',
      uniq: values.get('HID_UNIQ') ?? '',
      descriptor: new Uint8Array(await readFile(join(folder, 'report_descriptor'))),
    };
  } catch {
    // It went away between the listing and the reading.
    return undefined;
  }
}

/** All hidraw nodes, by the number in their name. `root` is `/`, or a folder that looks like it in tests. */
export async function readSysfs(root: string): Promise<SysfsDevice[]> {
  let nodes: string[];
  try {
    nodes = await readdir(join(root, 'sys/class/hidraw'));
  } catch {
    return [];
  }
  const number = (node: string): number => Number(/\d+$/.exec(node)?.[0] ?? 0);
  const sorted = nodes.filter((node) => /^hidraw\d+$/.test(node)).sort((a, b) => number(a) - number(b));
  const devices = await Promise.all(sorted.map((node) => readDevice(root, node)));
  return devices.filter((device) => device !== undefined);
}

function hex4(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0');
}

/**
 * The rule that lets whoever sits at the machine use the device. It matches the HID device by bus, vendor and product
 * (so it serves USB, Bluetooth and I2C alike); its file's name must sort before systemd's 73-seat-late.rules, where
 * `uaccess` is acted on.
 */
export function udevRule(device: Pick<SysfsDevice, 'bus' | 'vendor' | 'product'>): string {
  const id = [device.bus, device.vendor, device.product].map(hex4).join(':');
  return `KERNEL=="hidraw*", SUBSYSTEM=="hidraw", KERNELS=="${id}.*", TAG+="uaccess"`;
}

/** Why the node cannot be opened, with the way out; undefined if it can. */
export async function troubleOf(root: string, device: SysfsDevice): Promise<readonly string[] | undefined> {
  const node = join(root, 'dev', basename(device.node));
  try {
    await access(node, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [`/dev/${device.node} is not there (a container without /dev?)`];
    return permissionHelp(device);
  }
}

export function permissionHelp(device: SysfsDevice): readonly string[] {
  return [
    `/dev/${device.node}: permission denied. Add this udev rule, then unplug the device and plug it in again.`,
    `echo '${udevRule(device)}' | sudo tee -a /etc/udev/rules.d/70-hidsmith.rules`,
    'sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=hidraw',
  ];
}
