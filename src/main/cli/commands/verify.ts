import { basename } from 'node:path';
import {
  parseRawMap,
  programType,
  simulationOptions,
  verifyObject,
  verifyOnMachine,
  verifyRaw,
  type Verdict,
} from '../../workbench/index.ts';
import { type Arguments, type Command, KERNEL_OPTIONS, type Output, UsageError } from '../command.ts';
import { readFile } from '../files.ts';
import { appResources, kernelChoice, onHost, readObject, wantsHost } from '../objects.ts';

/** 4 adds the statistics of the kernel's log level 4. */
const LOG_LEVELS = ['0', '1', '2', '4', '5', '6', '7'] as const;
const RAW_OPTIONS = ['type', 'sleepable', 'map'] as const;

export const verify: Command = {
  name: 'verify',
  usage:
    'OBJ [--prog NAME] [--log 0|1|2] | --raw FILE --type TYPE [--sleepable] [--map TYPE:KEY:VALUE:ENTRIES[:FLAGS]]… [--kernel VERSION|host]',
  summary: 'verdict per program, with the kernel’s log text',
  options: {
    ...KERNEL_OPTIONS,
    prog: { type: 'string' },
    log: { type: 'string' },
    raw: { type: 'string' },
    type: { type: 'string' },
    sleepable: { type: 'boolean' },
    map: { type: 'string', multiple: true },
  },
  run: async (args, output) => {
    const logLevel = Number(args.choice('log', LOG_LEVELS) ?? 0);
    const raw = args.text('raw');
    const verdicts =
      raw === undefined ? await ofObject(args, output, logLevel) : [ofInstructions(args, raw, logLevel)];
    if (args.flag('json')) output.json(verdicts.map(plain));
    else for (const verdict of verdicts) print(verdict, logLevel, output);
    return verdicts.every(({ accepted }) => accepted) ? 0 : 1;
  },
};

async function ofObject(args: Arguments, output: Output, logLevel: number): Promise<readonly Verdict[]> {
  for (const name of RAW_OPTIONS) {
    if (args.flag(name) || args.text(name) !== undefined || args.texts(name).length > 0)
      throw new UsageError(`--${name} belongs to --raw FILE`);
  }
  const { spec } = await readObject(args.required(0, 'OBJ'), output);
  const program = args.text('prog');
  if (program !== undefined && !spec.programs.some(({ name }) => name === program))
    throw new UsageError(`there is no program '${program}'`);
  const choice = program === undefined ? {} : { program };
  if (wantsHost(args)) return onHost((machine) => verifyOnMachine(machine, spec, choice));
  const options = { ...simulationOptions(kernelChoice(args)), verifierProgress: tellProgress };
  return verifyObject(appResources(), options, spec, { logLevel, ...choice });
}

/** On a terminal: how far a long verification is. Ctrl-C ends it. */
function tellProgress(processed: number, limit: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\x1b[K${processed} of ${limit} instructions processed\r`);
}

function ofInstructions(args: Arguments, path: string, logLevel: number): Verdict {
  if (args.positionals.length > 0) throw new UsageError('--raw FILE takes no OBJ');
  if (wantsHost(args)) throw new UsageError('--raw works on simulated kernels only');
  if (args.text('prog') !== undefined)
    throw new UsageError('--prog belongs to OBJ: --raw FILE is one program');
  const type = args.text('type');
  if (type === undefined) throw new UsageError('--raw needs --type TYPE, as --type syscall');
  const insns = readFile(path);
  if (insns.length % 8 !== 0)
    throw new UsageError(`'${path}' holds ${insns.length} bytes: instructions have 8 bytes each`);
  return verifyRaw(
    appResources(),
    simulationOptions(kernelChoice(args)),
    {
      name: basename(path),
      insns,
      type: programType(type),
      sleepable: args.flag('sleepable'),
      maps: args.texts('map').map(parseRawMap),
    },
    logLevel,
  );
}

function plain({ program: prog, accepted, errno, log, line, warnings }: Verdict): object {
  return {
    prog,
    accepted,
    errno,
    log,
    ...(line === undefined ? {} : { line }),
    ...(warnings === undefined ? {} : { warnings }),
  };
}

function print(verdict: Verdict, logLevel: number, output: Output): void {
  const { program: name, accepted, errno, processed, log, file, line, explanation, page } = verdict;
  const where = file === undefined ? '' : ` at ${file}:${line ?? 0}`;
  output.line(
    accepted
      ? `${name}: accepted, ${processed} instructions processed`
      : `${name}: rejected (${errno})${where}`,
  );
  if (!accepted || logLevel > 0) for (const text of log) output.line(`  ${text}`);
  if (explanation !== undefined) output.line(`${explanation}${page === undefined ? '' : ` (${page})`}`);
  for (const warning of verdict.warnings ?? []) {
    const place = warning.file === undefined ? '' : `${warning.file}:${warning.line ?? 0}: `;
    output.line(`  warning: ${place}${warning.message} [${warning.code}]`);
  }
}
