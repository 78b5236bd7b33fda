import { existsSync } from 'node:fs';
import {
  chooseDevice,
  findMachineDevice,
  isKeyboard,
  KEYBOARD_WARNING,
  openDevices,
  parseRecording,
  type PlayDriver,
  playRecording,
  type ProjectObject,
  proxyDevice,
  simulationOptions,
  throughDriver,
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

/** The driver that was given, with the kernel it runs in. */
function playDriver(object: ProjectObject | undefined, args: Arguments): PlayDriver | undefined {
  if (object === undefined) return undefined;
  return { resources: appResources(), options: simulationOptions(kernelChoice(args)), object };
}

async function playFile(
  path: string,
  object: ProjectObject | undefined,
  args: Arguments,
  output: Output,
): Promise<ExitStatus> {
  const speed = Number(args.text('speed') ?? '1');
  if (!(speed > 0)) throw new UsageError(`--speed takes a number above 0, not '${args.text('speed')}'`);
  let recording = within(`'${path}'`, () => parseRecording(readFile(path)));
  const index = args.number('device', 0, 65_535);
  let device = within(`'${path}'`, () => chooseDevice(recording, index));
  const driver = playDriver(object, args);
  if (driver !== undefined) {
    const driven = throughDriver(recording, device, driver);
    for (const line of driven.log) output.note(line);
    recording = driven.recording;
    device = chooseDevice(recording, undefined);
  }
  if (refusesKeyboard(device.descriptor, args, output)) return 1;
  const signal = interruption(args.number('seconds', 1, 86_400));
  output.note(`playing ${device.name}; Ctrl+C ends it`);
  const played = await playRecording(openDevices(), recording, device, {
    speed,
    signal,
    keyboard: args.flag('yes'),
  });
  if (args.flag('json')) output.json({ device: device.name, reports: played });
  else output.line(`${device.name}: ${played} reports played`);
  return played > 0 ? 0 : 1;
}

async function standIn(
  word: string,
  object: ProjectObject | undefined,
  args: Arguments,
  output: Output,
): Promise<ExitStatus> {
  const bridge = openDevices();
  const source = await findMachineDevice(bridge, word);
  if (refusesKeyboard(source.descriptor ?? new Uint8Array(), args, output)) return 1;
  const signal = interruption(args.number('seconds', 1, 86_400));
  output.note(`standing in for ${source.name}; the device itself keeps working beside it; Ctrl+C ends it`);
  const counts = await proxyDevice(bridge, source, playDriver(object, args), {
    signal,
    keyboard: args.flag('yes'),
  });
  if (args.flag('json')) output.json({ device: source.name, ...counts });
  else output.line(`${source.name}: ${counts.eventsIn} reports in, ${counts.eventsOut} out`);
  return counts.eventsIn > 0 ? 0 : 1;
}

/** True, and says so, for a keyboard without --yes. */
function refusesKeyboard(descriptor: Uint8Array, args: Arguments, output: Output): boolean {
  if (args.flag('yes') || !isKeyboard(descriptor)) return false;
  output.note(`hidsmith play: ${KEYBOARD_WARNING}; say --yes if that is meant`);
  return true;
}
