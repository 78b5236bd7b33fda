import { openDevices, realDevice, vendorProduct } from '../../workbench/index.ts';
import { type Command } from '../command.ts';

export const devices: Command = {
  name: 'devices',
  usage: '',
  summary: 'the HID devices that are plugged into this machine',
  options: {},
  run: async (args, output) => {
    const list = await openDevices().list();
    if (args.flag('json')) {
      output.json(
        list.map((device) => ({
          path: device.path,
          hidId: device.hidId,
          bus: device.bus,
          vendor: device.vendor,
          product: device.product,
          name: device.name,
          phys: device.phys,
          uniq: device.uniq,
          usage: realDevice(device).usage,
          descriptor: device.descriptor,
          trouble: device.trouble,
        })),
      );
    } else {
      for (const device of list) {
        const { usage } = realDevice(device);
        output.line(
          `${device.path}  ${vendorProduct(device)}  ${device.name}${usage === '' ? '' : `  (${usage})`}`,
        );
      }
      for (const { trouble = [] } of list) for (const line of trouble) output.note(line);
      if (list.length === 0) output.note('no HID device is plugged in, or this system shows none');
    }
    return list.length > 0 ? 0 : 1;
  },
};
