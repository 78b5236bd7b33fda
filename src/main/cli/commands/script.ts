import {
  ScriptSession,
  SimulatedMachine,
  scriptDevice,
  simulationOptions,
  stimuliOf,
  stimulusResult,
} from '../../workbench/index.ts';
import { type Command, KERNEL_OPTIONS, UsageError } from '../command.ts';
import { readFile } from '../files.ts';
import { appResources, kernelChoice, readObject, refusable } from '../objects.ts';

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
    const lines = stimuliOf(new TextDecoder().decode(readFile(stimuli)));
    const path = args.text('device');
    const hidId = args.number('hid-id', 1, 0x7fff_ffff);
    const device =
      path === undefined ? undefined : { ...scriptDevice(path), ...(hidId === undefined ? {} : { hidId }) };
    return refusable(args, output, () => {
      const session = new ScriptSession(
        new SimulatedMachine(appResources(), simulationOptions(kernelChoice(args)), device),
        object,
      );
      for (const line of lines) output.json(stimulusResult(session, line, stimuli));
      return 0;
    });
  },
};
