import { COMMANDS } from './commands.ts';
import { ProcessOutput } from './output.ts';
import { runCommand } from './run.ts';

const output = new ProcessOutput();
process.exitCode = await runCommand(COMMANDS, process.argv.slice(2), output);
output.flush();
