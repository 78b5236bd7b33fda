import { decode } from './commands/decode.ts';
import { type Command } from './command.ts';
import { ProcessOutput } from './output.ts';
import { runCommand } from './run.ts';

/** In the order of the help text. */
const COMMANDS: readonly Command[] = [decode];

const output = new ProcessOutput();
process.exitCode = await runCommand(COMMANDS, process.argv.slice(2), output);
output.flush();
