import { build } from './commands/build.ts';
import { decode } from './commands/decode.ts';
import { disasm } from './commands/disasm.ts';
import { inspect } from './commands/inspect.ts';
import { replay } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { serve } from './commands/serve.ts';
import { skeleton } from './commands/skeleton.ts';
import { verify } from './commands/verify.ts';
import { type Command } from './command.ts';
import { ProcessOutput } from './output.ts';
import { runCommand } from './run.ts';

/** In the order of the help text. */
const COMMANDS: readonly Command[] = [build, inspect, disasm, verify, replay, run, skeleton, decode, serve];

const output = new ProcessOutput();
process.exitCode = await runCommand(COMMANDS, process.argv.slice(2), output);
output.flush();
