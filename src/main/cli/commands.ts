import { type Command } from './command.ts';
import { build } from './commands/build.ts';
import { conformance } from './commands/conformance.ts';
import { decode } from './commands/decode.ts';
import { disasm } from './commands/disasm.ts';
import { inspect } from './commands/inspect.ts';
import { replay } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { script } from './commands/script.ts';
import { serve } from './commands/serve.ts';
import { skeleton } from './commands/skeleton.ts';
import { test } from './commands/test.ts';
import { verify } from './commands/verify.ts';

/** In the order of the help text. */
export const COMMANDS: readonly Command[] = [
  build,
  inspect,
  disasm,
  verify,
  replay,
  script,
  run,
  skeleton,
  decode,
  test,
  conformance,
  serve,
];
