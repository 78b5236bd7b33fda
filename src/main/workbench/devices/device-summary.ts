import { type ParsedDescriptor, fullUsageName, parseDescriptor } from '../../engine/hid/index.ts';
import { type RealDevice } from '../../host/bridge/index.ts';
import { type StoredVirtualDevice } from '../../host/store/index.ts';
import { type DeviceDetail, type DeviceSummary } from '../../../preload/contract/index.ts';
import { type SessionDevice } from '../sessions/session-data.ts';
import { descriptorView } from '../views/descriptor-view.ts';
import { inputSetup, previewsOf } from '../views/input-view.ts';
import { layoutsOf } from '../views/report-view.ts';

/** What a device is, by its first application collection. */
function usageOf(parsed: ParsedDescriptor): string {
  const application = parsed.collections.find((collection) => collection.type === 1);
  return application === undefined || application.usage === 0 ? '' : fullUsageName(application.usage);
}

const KEYBOARD_PAGE = 0x07;

/** True if the device's input reports hold keys: played into a real system they are typed there. */
export function hasKeys(parsed: ParsedDescriptor): boolean {
  return [...parsed.reports.input.values()].some((report) =>
    report.fields.some((field) => field.usages.some((usage) => usage >>> 16 === KEYBOARD_PAGE)),
  );
}

/** Id of device `index` of a session. */
export function recordedDeviceId(sessionId: string, index: number): string {
  return `recorded:${sessionId}:${index}`;
}

/** The parts of a recorded device's id, or undefined for another kind of device. */
export function parseRecordedDeviceId(
  deviceId: string,
): { readonly sessionId: string; readonly index: number } | undefined {
  const match = /^recorded:(.+):(\d+)$/.exec(deviceId);
  return match?.[1] === undefined ? undefined : { sessionId: match[1], index: Number(match[2]) };
}

/** A device that a recording brings to life. */
export function recordedDevice(
  sessionId: string,
  device: SessionDevice,
  programs: readonly string[] = [],
): DeviceSummary {
  const { stored } = device;
  return {
    deviceId: recordedDeviceId(sessionId, stored.index),
    kind: 'recorded',
    bus: stored.bus,
    vendor: stored.vendor,
    product: stored.product,
    name: stored.name,
    phys: stored.phys,
    uniq: stored.uniq,
    usage: usageOf(device.original),
    keyboard: hasKeys(device.original),
    descriptorSize: stored.descriptor.length,
    sessionId,
    index: stored.index,
    programs,
  };
}

/** A device that was made from a descriptor. */
export function virtualDevice(device: StoredVirtualDevice, programs: readonly string[] = []): DeviceSummary {
  const parsed = parseDescriptor(device.descriptor);
  return {
    deviceId: `virtual:${device.deviceId}`,
    kind: 'virtual',
    bus: device.bus,
    vendor: device.vendor,
    product: device.product,
    name: device.name,
    phys: `hidsmith/${device.deviceId}`,
    uniq: '',
    usage: usageOf(parsed),
    keyboard: hasKeys(parsed),
    descriptorSize: device.descriptor.length,
    index: 0,
    programs,
  };
}

/** Id of a device that is plugged into this machine: good as long as it stays there. */
export function realDeviceId(path: string): string {
  return `real:${path}`;
}

/** The path of a plugged-in device, or undefined for another kind of device. */
export function parseRealDeviceId(deviceId: string): string | undefined {
  return deviceId.startsWith('real:') ? deviceId.slice('real:'.length) : undefined;
}

/** A device that is plugged into this machine. */
export function realDevice(device: RealDevice, programs: readonly string[] = []): DeviceSummary {
  const {
    path,
    name,
    phys,
    uniq,
    bus,
    vendor,
    product,
    descriptor = new Uint8Array(),
    trouble = [],
  } = device;
  const parsed = parseDescriptor(descriptor);
  const [reason, ...cure] = trouble;
  return {
    deviceId: realDeviceId(path),
    kind: 'real',
    bus,
    vendor,
    product,
    name: name === '' ? path : name,
    phys,
    uniq,
    usage: usageOf(parsed),
    keyboard: hasKeys(parsed),
    descriptorSize: descriptor.length,
    index: 0,
    programs,
    ...(reason === undefined ? {} : { trouble: reason, cure }),
  };
}

/** Everything the Devices screen shows of one device. */
export function deviceDetail(
  summary: DeviceSummary,
  original: ParsedDescriptor,
  fixed: ParsedDescriptor,
  kernel?: string,
): DeviceDetail {
  const { before, after } = previewsOf(summary, original.bytes, fixed.bytes, kernel);
  return {
    summary,
    descriptor: descriptorView(original, fixed),
    reports: layoutsOf(original),
    input: inputSetup(before),
    ...(fixed === original ? {} : { fixedReports: layoutsOf(fixed), fixedInput: inputSetup(after()) }),
  };
}
