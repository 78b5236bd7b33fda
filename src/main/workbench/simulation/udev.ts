import { MapType } from '../../engine/abi/index.ts';
import { EngineError, encodeUtf8 } from '../../engine/base/index.ts';
import { type ObjectSpec, deviceIds } from '../../engine/elf/index.ts';
import { type HidDevice, PACKED_DESCRIPTOR_SIZE, packDescriptor } from '../../engine/hid/index.ts';
import { type GlobalValue, type LoadedObject, globalVariables } from '../../engine/loader/index.ts';

/*
 * What udev-hid-bpf does for a driver besides loading it, so that drivers written for it run as they are.
 */

/** Prefix of the variables and maps that carry udev properties. */
const PROPERTY = 'UDEV_PROP_';
const DESCRIPTOR = 'HID_REPORT_DESCRIPTOR';

/** Udev properties of a device by name. */
export type UdevProperties = Readonly<Record<string, string>>;

/**
 * Values of globals that are written before the load: `char UDEV_PROP_NAME[n]` gets the property NAME if it and a NUL fit (else it
 * stays as it is), `HID_REPORT_DESCRIPTOR` the device's parsed descriptor.
 */
export function udevGlobals(
  spec: ObjectSpec,
  device: HidDevice,
  properties: UdevProperties,
): Record<string, GlobalValue> {
  const globals: Record<string, GlobalValue> = {};
  for (const { name, size } of globalVariables(spec)) {
    if (name === DESCRIPTOR && size === PACKED_DESCRIPTOR_SIZE) globals[name] = packDescriptor(device.parsed);
    if (!name.startsWith(PROPERTY)) continue;
    const value = properties[name.slice(PROPERTY.length)];
    if (value !== undefined && encodeUtf8(value).length < size) globals[name] = value;
  }
  return globals;
}

/** Properties that the driver gives back: one-entry arrays called UDEV_PROP_NAME (EXPORT_UDEV_PROP), as far as they hold text. */
export function exportedProperties(loaded: LoadedObject): UdevProperties {
  const properties: Record<string, string> = {};
  for (const { name, type, maxEntries, autoCreate } of loaded.spec.maps) {
    if (!name.startsWith(PROPERTY) || type !== MapType.ARRAY || maxEntries !== 1 || !autoCreate) continue;
    const value = loaded.readMap(name, new Uint8Array(4)) ?? new Uint8Array();
    const end = value.indexOf(0);
    const text = new TextDecoder().decode(end < 0 ? value : value.subarray(0, end));
    if (text !== '') properties[name.slice(PROPERTY.length)] = text;
  }
  return properties;
}

/** Whether HID_BPF_CONFIG() of the object names the device; undefined for an object without. 0 stands for any. */
export function isForDevice(spec: ObjectSpec, device: HidDevice): boolean | undefined {
  const ids = deviceIds(spec.btf);
  if (ids.length === 0) return undefined;
  const fits = (wanted: number, actual: number): boolean => wanted === 0 || wanted === actual;
  return ids.some(
    ({ bus, group, vendor, product }) =>
      fits(bus, device.bus) &&
      fits(group, device.group) &&
      fits(vendor, device.vendor) &&
      fits(product, device.product),
  );
}

/** Number and stem of a file name such as `0010-Vendor__Product.bpf.o`; a name without a number is a stem with number 0. */
export function driverVersion(fileName: string): { readonly number: number; readonly stem: string } {
  const [, number, rest] = /^(\d+)-(.*)$/.exec(fileName) ?? [];
  return number === undefined || rest === undefined
    ? { number: 0, stem: fileName }
    : { number: Number(number), stem: rest };
}

/** Groups objects that are versions of one driver, the highest number first; groups in the order of their first object. */
export function driverVersions<T extends { readonly fileName: string }>(objects: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const object of objects) {
    const { stem } = driverVersion(object.fileName);
    groups.set(stem, [...(groups.get(stem) ?? []), object]);
  }
  return [...groups.values()].map((group) =>
    [...group].sort(
      (left, right) => driverVersion(right.fileName).number - driverVersion(left.fileName).number,
    ),
  );
}

/** `KEY=VALUE` words as properties. Throws `usage` for a word without `=`. */
export function parseProperties(words: readonly string[]): UdevProperties {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at < 1) throw new EngineError('usage', `'${word}' is no KEY=VALUE`);
      return [word.slice(0, at), word.slice(at + 1)] as const;
    }),
  );
}
