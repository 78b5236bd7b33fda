import { goldenSessions, runGolden, simulationOptions } from '../../workbench/index.ts';
import { type Command, KERNEL_OPTIONS, UsageError } from '../command.ts';
import { writeFile } from '../files.ts';
import { appResources, kernelChoice } from '../objects.ts';

/** `I/N`: the I-th of N parts, counted from 1. */
function shardOf(text: string | undefined): { index: number; count: number } {
  if (text === undefined) return { index: 1, count: 1 };
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > count)
    throw new UsageError(`--shard takes I/N with I from 1 to N, not '${text}'`);
  return { index, count };
}

export const test: Command = {
  name: 'test',
  usage: 'DIR… [--shard I/N] [--update] [--kernel VERSION]',
  summary: 'runs the golden sessions of projects and compares what comes out',
  options: { ...KERNEL_OPTIONS, shard: { type: 'string' }, update: { type: 'boolean' } },
  run: (args, output) => {
    args.required(0, 'DIR');
    const shard = shardOf(args.text('shard'));
    const all = args.positionals.flatMap((folder) => goldenSessions(folder));
    if (all.length === 0)
      throw new UsageError(
        `there are no golden sessions in ${args.positionals.map((dir) => `'${dir}'`).join(', ')}`,
      );
    const sessions = all.filter((_, index) => index % shard.count === shard.index - 1);
    const choice = kernelChoice(args);
    const cases = sessions.map((session) => {
      const options = simulationOptions({
        ...choice,
        ...(choice.kernel === undefined && session.kernel !== undefined ? { kernel: session.kernel } : {}),
      });
      const outcome = runGolden(session, appResources(), options);
      const updated = args.flag('update') && !outcome.passed && outcome.actual !== undefined;
      if (updated) writeFile(session.expectedPath, outcome.actual);
      const passed = outcome.passed || updated;
      if (!args.flag('json')) {
        const word = updated ? 'updated' : passed ? 'ok' : 'FAILED';
        output.line(`${word} ${session.name}${passed ? '' : `: ${outcome.difference ?? ''}`}`);
      }
      return { name: session.name, passed, updated, difference: passed ? undefined : outcome.difference };
    });
    const failed = cases.filter(({ passed }) => !passed).length;
    if (args.flag('json')) output.json({ passed: cases.length - failed, failed, cases });
    else output.line(`${cases.length - failed} passed, ${failed} failed`);
    return Promise.resolve(failed === 0 ? 0 : 1);
  },
};
