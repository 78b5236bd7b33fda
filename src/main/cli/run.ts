import { parseArgs } from 'node:util';
import { type CommandEntry } from './commands.ts';
import {
  Arguments,
  COMMON_OPTIONS,
  type Command,
  type ExitStatus,
  type Output,
  UsageError,
} from './command.ts';

async function overview(entries: readonly CommandEntry[]): Promise<string> {
  const commands = await Promise.all(entries.map((entry) => entry.load()));
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return ['usage: hidsmith COMMAND …   (hidsmith COMMAND --help tells more)', '', ...lines].join('\n');
}

function parse(command: Command, words: readonly string[]): Arguments {
  try {
    const { positionals, values } = parseArgs({
      args: [...words],
      options: { ...command.options, ...COMMON_OPTIONS },
      allowPositionals: true,
      strict: true,
    });
    return new Arguments(positionals, values);
  } catch (error) {
    throw new UsageError(
      error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error),
    );
  }
}

/** True for errors that tell a person what was wrong with what they gave: the engine's and the machine's. */
function isExpected(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code !== 'internal'
  );
}

function isOursOnly(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('ERR_');
}

/** Longer messages quote what should not be quoted whole. */
const LONGEST = 2000;

/** A message in one line. What it quotes of a file must not reach the terminal as control characters. */
function oneLine(message: string): string {
  const line = message
    .split('\n')
    .join(' ')
    .replace(/\p{Cc}/gu, (sign) => `\\x${(sign.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`);
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`;
}

/** Runs one command line (without `hidsmith` itself) and returns the exit status. Never throws. */
export async function runCommand(
  commands: readonly CommandEntry[],
  words: readonly string[],
  output: Output,
): Promise<ExitStatus> {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    output.line(await overview(commands));
    return name === undefined ? 2 : 0;
  }
  const entry = commands.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    output.note(`hidsmith: there is no command '${oneLine(name)}'; 'hidsmith help' lists them`);
    return 2;
  }
  const command = await entry.load();
  try {
    const args = parse(command, rest);
    if (args.flag('help')) {
      output.line(`usage: hidsmith ${command.name} ${command.usage}\n\n${command.summary}`);
      return 0;
    }
    return await command.run(args, output);
  } catch (error) {
    if (error instanceof UsageError) {
      output.note(
        `hidsmith ${command.name}: ${oneLine(error.message)}; usage: hidsmith ${command.name} ${command.usage}`,
      );
      return 2;
    }
    if (isExpected(error) && !isOursOnly(error)) {
      output.note(`hidsmith ${command.name}: ${oneLine(error.message)}`);
      return 2;
    }
    output.note(
      `hidsmith ${command.name}: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return 3;
  }
}
