import { type ParseArgsOptionsConfig } from 'node:util';

/** Exit status, fixed: 0 done, 1 the answer is no, 2 wrong usage or unreadable input, 3 an error inside hidsmith. */
export type ExitStatus = 0 | 1 | 2 | 3;

/** Options that every command takes. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig;

/** Options of the commands that need a kernel. */
export const KERNEL_OPTIONS = {
  kernel: { type: 'string' },
  btf: { type: 'string' },
  engine: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

/** What was given on the command line, after parsing by the command's own options. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(positionals: readonly string[], values: Readonly<Record<string, unknown>>) {
    this.positionals = positionals;
    this.#values = values;
  }

  /** The option's text, or undefined where it was not given. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** All values of an option that may be repeated. */
  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** A whole number option within limits. */
  number(name: string, minimum: number, maximum: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value < minimum || value > maximum) {
      throw new UsageError(`--${name} takes a whole number from ${minimum} to ${maximum}, not '${text}'`);
    }
    return value;
  }

  /** One of a few words. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new UsageError(`--${name} takes ${choices.join(' or ')}, not '${text}'`);
    return found;
  }

  /** The positional at `index`, or a usage error that names what is missing. */
  required(index: number, what: string): string {
    const value = this.positionals[index];
    if (value === undefined) throw new UsageError(`${what} is missing`);
    return value;
  }
}

/** Where a command's words go: results to stdout, everything else to stderr. */
export interface Output {
  /** A result line. */
  line(text: string): void;
  /** Raw result bytes or text without a line end. */
  write(data: string | Uint8Array): void;
  /** The one JSON document of `--json`; bigints become numbers where exact, else strings; bytes become hex. */
  json(value: unknown): void;
  /** Writes out what is still collected. */
  flush(): void;
  /** A note for people. */
  note(text: string): void;
}

/** The command line was wrong: exit status 2 with a hint at `--help`. */
export class UsageError extends Error {}

export interface Command {
  readonly name: string;
  /** Behind the name: `OBJ [--prog NAME]`. */
  readonly usage: string;
  readonly summary: string;
  readonly options: ParseArgsOptionsConfig;
  run(args: Arguments, output: Output): Promise<ExitStatus>;
}
