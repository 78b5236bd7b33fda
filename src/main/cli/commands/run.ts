import {
  fromHex,
  resultText,
  runOnMachine,
  runSyscallProgram,
  simulationOptions,
  toHex,
  within,
} from '../../workbench/index.ts';
import { type Arguments, type Command, KERNEL_OPTIONS, UsageError } from '../command.ts';
import { readFile, writeFile } from '../files.ts';
import { appResources, kernelChoice, onHost, readObject, refusable, wantsHost } from '../objects.ts';

function contextOf(args: Arguments): Uint8Array {
  const [hex, file] = [args.text('ctx'), args.text('ctx-file')];
  if (hex !== undefined && file !== undefined)
    throw new UsageError('--ctx and --ctx-file exclude each other');
  if (file !== undefined) return readFile(file);
  return hex === undefined ? new Uint8Array(0) : within('--ctx', () => fromHex(hex));
}

export const run: Command = {
  name: 'run',
  usage: 'OBJ --prog NAME [--ctx HEX] [--ctx-file FILE] [--ctx-out FILE] [--kernel VERSION|host]',
  summary: 'BPF_PROG_RUN of a SEC("syscall") program',
  options: {
    ...KERNEL_OPTIONS,
    prog: { type: 'string' },
    ctx: { type: 'string' },
    'ctx-file': { type: 'string' },
    'ctx-out': { type: 'string' },
  },
  run: async (args, output) => {
    const { spec } = await readObject(args.required(0, 'OBJ'), output);
    const program = args.text('prog');
    if (program === undefined) throw new UsageError('--prog is missing');
    if (!spec.programs.some(({ name }) => name === program)) {
      throw new UsageError(
        `the object has no program '${program}'; it has ${spec.programs.map(({ name }) => name).join(', ')}`,
      );
    }
    const context = contextOf(args);
    return refusable(args, output, () => {
      const result = wantsHost(args)
        ? onHost((machine) => runOnMachine(machine, spec, program, context))
        : runSyscallProgram(appResources(), simulationOptions(kernelChoice(args)), spec, program, context);
      const { log, ...shown } = result;
      const out = args.text('ctx-out');
      if (out !== undefined) writeFile(out, result.ctx);
      for (const line of log) output.note(line);
      if (args.flag('json'))
        output.json({ ...shown, calls: shown.calls.map(({ cmd, ret }) => ({ cmd, ret })) });
      else {
        for (const { text } of result.calls) output.line(text);
        output.line(`BPF_PROG_RUN = ${resultText(result.rc)}, retval ${result.retval}`);
        if (result.ctx.length > 0) output.line(`ctx ${toHex(result.ctx, ' ')}`);
      }
      return result.rc < 0 ? 1 : 0;
    });
  },
};
