import { type HidDevice } from '../device/hid-device.ts';
import { InputPreview } from './preview.ts';

/**
 * The preview for a device of the bus with the descriptor now in force; its feature requests go to the device, through its
 * hooks. Make a new one after each reprobe. Throws as InputPreview does.
 */
export function previewDevice(device: HidDevice, genericOnly = false): InputPreview {
  return new InputPreview(device.descriptor, {
    name: device.name,
    bus: device.bus,
    vendor: device.vendor,
    product: device.product,
    quirks: device.quirks,
    group: device.group,
    genericOnly,
    access: (reportNumber, data, type, request) => device.rawRequest(reportNumber, data, type, request),
    maxBufferSize: device.transport.maxBufferSize,
    profile: device.profile,
  });
}
