import {
  type ProjectObject,
  parseRecording,
  replayRecording,
  simulationOptions,
  within,
} from '../../workbench/index.ts';
import { type Command, KERNEL_OPTIONS, UsageError } from '../command.ts';
import { readFile, writeFile } from '../files.ts';
import { appResources, kernelChoice, readObject, refusable } from '../objects.ts';

export const replay: Command = {
  name: 'replay',
  usage:
    'OBJ… --recording IN.hid [--device N] [--out OUT.hid] [--before] [--engine jit|interpreter] [--kernel VERSION]',
  summary: 'feeds a recording through drivers and writes what a hidraw reader sees',
  options: {
    ...KERNEL_OPTIONS,
    recording: { type: 'string' },
    device: { type: 'string' },
    out: { type: 'string' },
    before: { type: 'boolean' },
  },
  run: async (args, output) => {
    args.required(0, 'OBJ');
    const path = args.text('recording');
    if (path === undefined) throw new UsageError('--recording is missing');
    const device = args.number('device', 0, 65_535);
    const objects: ProjectObject[] = [];
    for (const object of args.positionals) objects.push(await readObject(object, output));
    const recording = within(`'${path}'`, () => parseRecording(readFile(path)));
    for (const { line, message } of recording.problems) output.note(`${path}:${line}: ${message}`);
    return refusable(args, output, () => {
      const options = {
        ...simulationOptions(kernelChoice(args)),
        before: args.flag('before'),
        ...(device === undefined ? {} : { device }),
      };
      const { report, text } = replayRecording(appResources(), objects, recording, options);
      const out = args.text('out');
      if (out !== undefined) writeFile(out, text);
      for (const line of report.log) output.note(line);
      if (args.flag('json')) output.json(report);
      else if (out === undefined) output.write(text);
      else {
        const { eventsIn, eventsOut, changed, dropped } = report;
        output.line(
          `${out}: ${eventsIn} reports in, ${eventsOut} out, ${changed} changed, ${dropped} dropped${report.descriptorChanged ? ', descriptor changed' : ''}`,
        );
      }
      return 0;
    });
  },
};
