import { readFileSync } from 'node:fs';
// Not through the room's door: the suite starts this command once per program, and behind the door lies everything.
import { conformance as runProgram } from '../../workbench/conformance.ts';
import { type Command } from '../command.ts';

/** The program on standard input, as hex. */
function standardInput(): string {
  return readFileSync(0, 'utf8');
}

/** Plugin protocol of bpf_conformance: every failure is status 1 with its text on stderr. */
export const conformance: Command = {
  name: 'conformance',
  usage: '[MEMORY-HEX] [--engine jit|interpreter] < PROGRAM-HEX',
  summary: 'plugin for bpf_conformance: prints r0 in hex',
  options: { engine: { type: 'string' }, elf: { type: 'boolean' } },
  run: (args, output) => {
    const engine = args.choice('engine', ['jit', 'interpreter']) ?? 'jit';
    try {
      output.line(runProgram(args.positionals.join(' '), standardInput(), engine));
      return Promise.resolve(0);
    } catch (error) {
      output.note(error instanceof Error ? error.message : String(error));
      return Promise.resolve(1);
    }
  },
};
