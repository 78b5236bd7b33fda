import { type Command } from './command.ts';

/** A command by name. Its code is loaded when it is asked for: most of a short run would go into the other commands'. */
export interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

/** In the order of the help text. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'build', load: async () => (await import('./commands/build.ts')).build },
  { name: 'inspect', load: async () => (await import('./commands/inspect.ts')).inspect },
  { name: 'disasm', load: async () => (await import('./commands/disasm.ts')).disasm },
  { name: 'verify', load: async () => (await import('./commands/verify.ts')).verify },
  { name: 'replay', load: async () => (await import('./commands/replay.ts')).replay },
  { name: 'script', load: async () => (await import('./commands/script.ts')).script },
  { name: 'run', load: async () => (await import('./commands/run.ts')).run },
  { name: 'skeleton', load: async () => (await import('./commands/skeleton.ts')).skeleton },
  { name: 'decode', load: async () => (await import('./commands/decode.ts')).decode },
  { name: 'devices', load: async () => (await import('./commands/devices.ts')).devices },
  { name: 'record', load: async () => (await import('./commands/record.ts')).record },
  { name: 'play', load: async () => (await import('./commands/play.ts')).play },
  { name: 'test', load: async () => (await import('./commands/test.ts')).test },
  { name: 'conformance', load: async () => (await import('./commands/conformance.ts')).conformance },
  { name: 'bench', load: async () => (await import('./commands/bench.ts')).bench },
  { name: 'serve', load: async () => (await import('./commands/serve.ts')).serve },
];
