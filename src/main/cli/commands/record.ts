import { findMachineDevice, openDevices, recordDevice } from '../../workbench/index.ts';
import { type Command, UsageError } from '../command.ts';
import { appendFile, writeFile } from '../files.ts';
import { interruption } from '../interrupt.ts';

export const record: Command = {
  name: 'record',
  usage: 'DEVICE -o OUT.hid [--seconds N] [--count N]',
  summary: 'records a plugged-in device (its path, number, VID:PID or name) until Ctrl+C',
  options: {
    output: { type: 'string', short: 'o' },
    seconds: { type: 'string' },
    count: { type: 'string' },
  },
  run: async (args, output) => {
    const word = args.required(0, 'DEVICE');
    const path = args.text('output');
    if (path === undefined) throw new UsageError('-o OUT.hid is missing');
    const seconds = args.number('seconds', 1, 86_400);
    const count = args.number('count', 1, 1e9);
    const bridge = openDevices();
    const device = await findMachineDevice(bridge, word);
    const signal = interruption(seconds);
    writeFile(path, '');
    output.note(`recording ${device.name} (${device.path}); Ctrl+C ends it`);
    const reports = await recordDevice(bridge, device, {
      signal,
      note: (text) => output.note(text),
      write: (text) => appendFile(path, text),
      ...(count === undefined ? {} : { count }),
    });
    if (args.flag('json')) output.json({ file: path, device: device.path, reports });
    else output.line(`${path}: ${reports} reports`);
    return reports > 0 ? 0 : 1;
  },
};
