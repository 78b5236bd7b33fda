import {
  type RecordingDevice,
  ScriptSession,
  loadFailureOf,
  parseRecording,
  simulationOptions,
  within,
} from '../../workbench/index.ts';
import { type Command, KERNEL_OPTIONS, UsageError } from '../command.ts';
import { readFile } from '../files.ts';
import { appResources, kernelChoice, readObject, refusable } from '../objects.ts';

/** The first device of a recording; its reports are not used. */
function deviceOf(path: string): RecordingDevice {
  const recording = within(`'${path}'`, () => parseRecording(readFile(path)));
  const device = recording.devices.find(({ descriptor }) => descriptor.length > 0);
  if (device === undefined)
    throw new UsageError(`'${path}' has no device with a report descriptor (an R: line)`);
  return device;
}

export const script: Command = {
  name: 'script',
  usage: 'OBJ --stimuli FILE [--device FILE.hid] [--hid-id N] [--kernel VERSION]',
  summary: 'one stimulus a line, one JSON result a line',
  options: {
    ...KERNEL_OPTIONS,
    stimuli: { type: 'string' },
    device: { type: 'string' },
    'hid-id': { type: 'string' },
  },
  run: async (args, output) => {
    const object = await readObject(args.required(0, 'OBJ'), output);
    const stimuli = args.text('stimuli');
    if (stimuli === undefined) throw new UsageError('--stimuli is missing');
    const lines = new TextDecoder().decode(readFile(stimuli)).split('\n');
    const path = args.text('device');
    const hidId = args.number('hid-id', 1, 0x7fff_ffff);
    const device =
      path === undefined ? undefined : { plan: deviceOf(path), ...(hidId === undefined ? {} : { hidId }) };
    return refusable(args, output, () => {
      const session = new ScriptSession(
        appResources(),
        simulationOptions(kernelChoice(args)),
        object,
        device,
      );
      lines.forEach((line, index) => {
        if (line.trim() === '' || line.startsWith('#')) return;
        output.json(within(`${stimuli}:${index + 1}`, () => stepOf(session, line)));
      });
      return 0;
    });
  },
};

/** A refused attach is a step's result too. */
function stepOf(session: ScriptSession, line: string): unknown {
  try {
    return session.step(line);
  } catch (error) {
    const failure = loadFailureOf(error);
    if (failure === undefined) throw error;
    return { step: line.trim(), result: failure.errno, error: failure };
  }
}
