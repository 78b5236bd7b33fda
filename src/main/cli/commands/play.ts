import { existsSync } from 'node:fs';
import {
  chooseDevice,
  findMachineDevice,
  isKeyboard,
  openDevices,
  parseRecording,
  playRecording,
  plugIntoMachine,
  type ProjectObject,
  proxyDevice,
  replayRecording,
  simulationOptions,
  within,
} from '../../workbench/index.ts';
import {
  type Arguments,
  type Command,
  type ExitStatus,
  KERNEL_OPTIONS,
  type Output,
  UsageError,
} from '../command.ts';
import { readFile } from '../files.ts';
import { interruption } from '../interrupt.ts';
import { appResources, kernelChoice, readObject } from '../objects.ts';

const WARNING =
  'this device is a keyboard: whatever it sends is typed into this machine, also Ctrl+Alt+Del; say --yes if that is meant';

export const play: Command = {
  name: 'play',
  usage: 'IN.hid|DEVICE [--device N] [--driver OBJ] [--speed N] [--yes] [--seconds N] [--kernel VERSION]',
  summary:
    'plays a recording (or stands in for a plugged-in device) as a real device of this machine, through /dev/uhid; with a driver: as it makes it',
  options: {
    ...KERNEL_OPTIONS,
    device: { type: 'string' },
    driver: { type: 'string' },
    speed: { type: 'string' },
    yes: { type: 'boolean' },
    seconds: { type: 'string' },
  },
  run: async (args, output) => {
    const source = args.required(0, 'IN.hid');
    const driverPath = args.text('driver');
    const driver = driverPath === undefined ? undefined : await readObject(driverPath, output);
    return existsSync(source) && !source.startsWith('/dev/')
      ? playFile(source, driver, args, output)
      : standIn(source, driver, args, output);
  },
};

async function playFile(
  path: string,
  driver: ProjectObject | undefined,
  args: Arguments,
  output: Output,
): Promise<ExitStatus> {
  const speed = Number(args.text('speed') ?? '1');
  if (!(speed > 0)) throw new UsageError(`--speed takes a number above 0, not '${args.text('speed')}'`);
  let recording = within(`'${path}'`, () => parseRecording(readFile(path)));
  const index = args.number('device', 0, 65_535);
  let device = within(`'${path}'`, () => chooseDevice(recording, index));
  if (driver !== undefined) {
    const options = { ...simulationOptions(kernelChoice(args)), before: false, device: device.index };
    const { text, report } = replayRecording(appResources(), [driver], recording, options);
    for (const line of report.log) output.note(line);
    recording = parseRecording(new TextEncoder().encode(text));
    device = chooseDevice(recording, undefined);
  }
  if (isKeyboard(device.descriptor) && !args.flag('yes')) {
    output.note(`hidsmith play: ${WARNING}`);
    return 1;
  }
  const signal = interruption(args.number('seconds', 1, 86_400));
  const { name, phys, bus, vendor, product, descriptor } = device;
  const uhid = await plugIntoMachine({ name, phys, uniq: '', bus, vendor, product, descriptor });
  try {
    output.note(`playing ${name}; Ctrl+C ends it`);
    const played = await playRecording(recording, device, uhid, { speed, signal });
    if (args.flag('json')) output.json({ device: name, reports: played });
    else output.line(`${name}: ${played} reports played`);
    return played > 0 ? 0 : 1;
  } finally {
    await uhid.close();
  }
}

async function standIn(
  word: string,
  driver: ProjectObject | undefined,
  args: Arguments,
  output: Output,
): Promise<ExitStatus> {
  const bridge = openDevices();
  const source = await findMachineDevice(bridge, word);
  if (source.descriptor !== undefined && isKeyboard(source.descriptor) && !args.flag('yes')) {
    output.note(`hidsmith play: ${WARNING}`);
    return 1;
  }
  const signal = interruption(args.number('seconds', 1, 86_400));
  output.note(`standing in for ${source.name}; the device itself keeps working beside it; Ctrl+C ends it`);
  const options = simulationOptions(kernelChoice(args));
  const counts = await proxyDevice(bridge, source, appResources(), options, driver, signal);
  if (args.flag('json')) output.json({ device: source.name, ...counts });
  else output.line(`${source.name}: ${counts.eventsIn} reports in, ${counts.eventsOut} out`);
  return counts.eventsIn > 0 ? 0 : 1;
}
