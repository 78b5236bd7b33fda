import {
  type ProjectObject,
  parseProperties,
  parseRecording,
  replayOnMachine,
  replayRecording,
  simulationOptions,
  within,
} from '../../workbench/index.ts';
import { type Command, KERNEL_OPTIONS, UsageError } from '../command.ts';
import { readFile, writeFile } from '../files.ts';
import { appResources, kernelChoice, onHost, readObject, refusable, wantsHost } from '../objects.ts';

export const replay: Command = {
  name: 'replay',
  usage:
    'OBJ… --recording IN.hid [--device N] [--out OUT.hid] [--before] [--udev] [--property KEY=VALUE]… [--engine jit|interpreter] [--kernel VERSION|host]',
  summary: 'feeds a recording through drivers and writes what a hidraw reader sees',
  options: {
    ...KERNEL_OPTIONS,
    recording: { type: 'string' },
    device: { type: 'string' },
    out: { type: 'string' },
    before: { type: 'boolean' },
    udev: { type: 'boolean' },
    property: { type: 'string', multiple: true },
  },
  run: async (args, output) => {
    args.required(0, 'OBJ');
    const path = args.text('recording');
    if (path === undefined) throw new UsageError('--recording is missing');
    const device = args.number('device', 0, 65_535);
    const properties = args.texts('property');
    const objects: ProjectObject[] = [];
    for (const object of args.positionals) objects.push(await readObject(object, output));
    const recording = within(`'${path}'`, () => parseRecording(readFile(path)));
    for (const { line, message } of recording.problems) output.note(`${path}:${line}: ${message}`);
    return refusable(args, output, () => {
      const choice = { before: args.flag('before'), ...(device === undefined ? {} : { device }) };
      const udev = args.flag('udev') || properties.length > 0;
      const host = wantsHost(args);
      if (host && udev) throw new UsageError('--udev and --property work on simulated kernels only');
      const { report, text } = host
        ? onHost((machine) => replayOnMachine(machine, objects, recording, choice))
        : replayRecording(appResources(), objects, recording, {
            ...simulationOptions(kernelChoice(args)),
            ...choice,
            ...(udev ? { udev: parseProperties(properties) } : {}),
          });
      const out = args.text('out');
      if (out !== undefined) writeFile(out, text);
      for (const line of report.log) output.note(line);
      for (const { object, attached, reason = '' } of report.udev ?? [])
        output.note(attached ? `${object}: attached` : `${object}: ${reason}`);
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
