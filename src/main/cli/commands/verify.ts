import { simulationOptions, verifyObject } from '../../workbench/index.ts';
import { type Command, KERNEL_OPTIONS, UsageError } from '../command.ts';
import { appResources, kernelChoice, readObject } from '../objects.ts';

export const verify: Command = {
  name: 'verify',
  usage: 'OBJ [--prog NAME] [--log 0|1|2] [--kernel VERSION]',
  summary: 'verdict per program, with the kernel’s log text',
  options: { ...KERNEL_OPTIONS, prog: { type: 'string' }, log: { type: 'string' } },
  run: async (args, output) => {
    const { spec } = await readObject(args.required(0, 'OBJ'), output);
    const program = args.text('prog');
    if (program !== undefined && !spec.programs.some(({ name }) => name === program))
      throw new UsageError(`there is no program '${program}'`);
    const logLevel = Number(args.choice('log', ['0', '1', '2']) ?? 0);
    const verdicts = verifyObject(appResources(), simulationOptions(kernelChoice(args)), spec, {
      logLevel,
      ...(program === undefined ? {} : { program }),
    });
    if (args.flag('json')) {
      output.json(
        verdicts.map(({ program: prog, accepted, errno, log, line }) => ({
          prog,
          accepted,
          errno,
          log,
          ...(line === undefined ? {} : { line }),
        })),
      );
    } else {
      for (const { program: name, accepted, errno, processed, log, file, line, explanation } of verdicts) {
        const where = file === undefined ? '' : ` at ${file}:${line ?? 0}`;
        output.line(
          accepted
            ? `${name}: accepted, ${processed} instructions processed`
            : `${name}: rejected (${errno})${where}`,
        );
        if (!accepted || logLevel > 0) for (const text of log) output.line(`  ${text}`);
        if (explanation !== undefined) output.line(explanation);
      }
    }
    return verdicts.every(({ accepted }) => accepted) ? 0 : 1;
  },
};
